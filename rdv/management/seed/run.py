"""The order of the builders, and what the command says at the end.

Room: management. Called by the seed_demo command and by tests. Rows first, in one transaction; then what goes through
the real services, each in its own.
"""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction

from agents.models import Agent, Departement, Role
from rdv.management.seed.absent import AbsentStory
from rdv.management.seed.accounts import AccountsFile, open_accounts, usager_hints
from rdv.management.seed.claire import ClaireWeek
from rdv.management.seed.coming import Coming
from rdv.management.seed.drafts import Board
from rdv.management.seed.filling import Crowd, Filler
from rdv.management.seed.institution import (
    SITES,
    WITH_LISTS,
    Institution,
    build_institution,
    create_departement,
    switch_on,
)
from rdv.management.seed.journeys import Traveller
from rdv.management.seed.letters import settle_letters, write_letters
from rdv.management.seed.named import build_named, refer_named
from rdv.management.seed.people import People, assign_referents, build_households, open_register
from rdv.management.seed.planning import Opening, build_absences, build_plages, build_training
from rdv.management.seed.team import CLAIRE, ELISE, ISABELLE, KARIM, NADIA, SOPHIE
from rdv.management.seed.waiting import WaitingRoom
from rdv.management.seed.workshops import Workshops, workshops_held
from rdv.management.seed.world import World
from rdv.services.confirming_calls import open_calls

CODES = ("62", "974")
REFERENTS = {
    "Samira Benali": KARIM,
    "Paul Renard": KARIM,
    "Iris Delcourt": KARIM,
    "Marc Toussaint": SOPHIE,
}


@dataclass(slots=True)
class Laid:
    """One departement, laid out."""

    world: World
    built: Institution
    people: People
    board: Board
    openings: list[Opening] = field(default_factory=list)


@dataclass(slots=True)
class Seeded:
    laid: list[Laid]
    accounts: AccountsFile


def is_empty() -> bool:
    return not Departement.objects.exists()


def lay_out(code: str, *, seed: int, now: datetime, is_small: bool) -> Laid:
    """Every row of one departement but those the services write."""
    world = World(departement=create_departement(code), seed=seed, now=now, is_small=is_small)
    built = build_institution(world)
    openings = build_plages(world, built)
    received = {(motif.slug, opening.base.slug) for opening in openings for motif in opening.motifs}
    switch_on(world, built, received | {(seed.motif, seed.site) for seed in workshops_held(built)})
    build_absences(world, built)
    people, board = _people(world, built), Board(world)
    crowd = Crowd(world, people, board)
    if CLAIRE in built.agents:
        week = ClaireWeek(world, built, people, board)
        week.plan()
        build_training(world, built, week.training_day)
    Workshops(world, built, crowd, board).plan()
    Filler(world, built, crowd, board).fill(openings)
    people.save()
    board.write(_secretaries(built))
    return Laid(world, built, people, board, openings)


def _people(world: World, built: Institution) -> People:
    register = open_register(world)
    if world.departement.code == "62":
        build_named(register)
        refer_named(register, built.agents, REFERENTS)
    around = {seed.slug: seed.around for seed in SITES[world.departement.code]}
    build_households(register, built.sites, around)
    social: dict[str, list[Agent]] = {}
    for key, seed in built.seeds.items():
        if seed.duty == "social" and seed.posts[0] in built.sites:
            social.setdefault(seed.posts[0], []).append(built.agents[key])
    assign_referents(register, built.sites, social)
    return register.people


def _secretaries(built: Institution) -> dict[int, Agent]:
    return {
        site.pk: built.agents[key]
        for key, seed in built.seeds.items()
        if seed.role == Role.SECRETAIRE
        for site in built.posts_of(seed)
    }


def seed_all(*, seed: int, now: datetime, is_small: bool = False) -> Seeded:
    """Both departements. No row is kept if one is refused."""
    with transaction.atomic(durable=True):
        laid = [lay_out(code, seed=seed, now=now, is_small=is_small) for code in CODES]
        accounts = open_accounts([one.built for one in laid])
    with connection.cursor() as cursor:
        # The planner has only seen empty tables: the searches that follow must not be planned on that.
        cursor.execute("ANALYZE")
    for one in laid:
        traveller = Traveller(one.world, one.built, one.people)
        traveller.travel()
        away = traveller.sick_leave((NADIA, ELISE))
        if one.world.departement.code in WITH_LISTS:
            WaitingRoom(one.world, one.built, one.people).open()
        if away is not None and ISABELLE in one.built.agents:
            AbsentStory(one.world, one.built, away, now=traveller.now).tell()
        write_letters(one.people)
        coming = Coming(one.world, one.built)
        coming.ask()
        settle_letters(one.world)
        coming.answer()
    open_calls(now)
    hints = [hint for one in laid for hint in usager_hints(one.people)]
    return Seeded(laid, AccountsFile(accounts=accounts, usagers=hints))
