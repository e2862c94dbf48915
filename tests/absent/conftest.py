"""Nadia is away on Monday 11 January 2027: eight Rdv in the morning, colleagues of three kinds.

09:00 to 12:40  eight Rdv of 20 minutes with Nadia, half an hour apart
Élise           free all that morning          Dr Morel  free from 11:00
the week after  Nadia, Élise and Dr Morel every morning
"""

import datetime as dt

import pytest
import time_machine

from agents.models import Role
from rdv.core.journal import Author
from rdv.models import Participation, SuiteChoice
from rdv.services import absent, absent_plan
from rdv.services.absences import AbsenceRule
from tests.factories import (
    NOW,
    make_agent,
    make_ouverture,
    make_rdv,
    make_usager,
    utc,
)
from tests.signing import signed_in
from tests.small_mds import make_small_mds

DAY = dt.timedelta(days=1)
HALF_HOUR = dt.timedelta(minutes=30)
USAGER = Author("usager", None, "Usager")
MONDAY = dt.date(2027, 1, 11)


def build(now=NOW, nine=None, count=8):
    """`nine`: the instant of the first Rdv."""
    nine = nine or utc(2027, 1, 11, 8)
    world = make_small_mds(name="Pesée", duration_min=20)
    departement, site, pmi, motif, people = world.departement, world.site, world.pmi, world.motif, world.people
    nadia = make_agent(site=site, services=[pmi], first_name="Nadia", last_name="Cherif")
    elise = make_agent(site=site, services=[pmi], first_name="Élise", last_name="Martel")
    morel = make_agent(site=site, services=[pmi], first_name="Hervé", last_name="Morel")
    responsable = make_agent(site=site, role=Role.RESPONSABLE, services=[pmi], last_name="Marchand")
    people |= {"nadia": nadia, "elise": elise, "responsable": responsable}
    make_ouverture(nadia, [motif], nine, nine + 4 * dt.timedelta(hours=1), site=site)
    for agent in (nadia, elise, morel):
        for days in (1, 2, 3, 7):
            start = nine + days * DAY
            make_ouverture(agent, [motif], start, start + 3 * dt.timedelta(hours=1), site=site)
    world.nadia, world.elise, world.morel, world.now, world.nine = nadia, elise, morel, now, nine
    names = ("Blondel", "Morin", "Szabo", "Haddou", "Hamel", "Jacquet", "Roy", "Mendes", "Ba", "Diallo")
    world.rdvs = [
        make_rdv(
            motif, site, [nadia], nine + number * HALF_HOUR, created_at=now,
            usagers=[make_usager(departement, first_name="Théo", last_name=names[number])],
        )
        for number in range(count)
    ]  # fmt: skip
    return world


def elise_is_free(world):
    make_ouverture(world.elise, [world.motif], world.nine, world.nine + 4 * dt.timedelta(hours=1), site=world.site)


def rule_of(world):
    day = world.nine.astimezone(world.departement.zone).date()
    return AbsenceRule(first_day=day, last_day=day, kind="sick")


def plan(world, who="secretary", now=None):
    from agents.access import scope_of

    now = now or world.now
    today = now.astimezone(world.departement.zone).date()
    scope = scope_of(world.people[who], today=today)
    return absent_plan.plan_new(world.nadia, rule_of(world), scope=scope, now=now, today=today)


def wanted_of(line, choice=None):
    """As the page posts a line: the preset, or another choice."""
    code, _, agent_id = (choice or line.preset).partition(":")
    return absent.Wanted(
        rdv_id=line.rdv.pk,
        choice=SuiteChoice(code),
        version=line.rdv.schedule_version,
        agent_id=int(agent_id) if agent_id else None,
        hours=tuple(hour.code for hour in line.hours),
    )


def whole(rdv):
    return (
        Participation.objects.select_related("usager", "responsable", "rdv__motif__departement", "rdv__site")
        .get(rdv=rdv)
    )  # fmt: skip


@pytest.fixture
def world(db):
    with time_machine.travel(NOW, tick=False):
        yield build()


@pytest.fixture
def client_of(world):
    return lambda name, **options: signed_in(world.people[name], **options)
