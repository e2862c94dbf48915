"""An agent who is away, for the matrix: Rdv to decide, dates proposed in each state, calls to make.

Built by tests/rights/world.build, last. Motif, agent and people are its own, so that no other row changes.
"""

import datetime as dt

from rdv.core.journal import Author
from rdv.models import Appel, AppelKind, Participation
from rdv.services import absent, calls, proposition_answer
from rdv.services.absences import AbsenceRule
from rdv.services.propositions import Asked, first_hours, propose
from rdv.services.public_booking import author_of
from tests.factories import make_agent, make_motif, make_ouverture, make_rdv, make_usager

HOUR = dt.timedelta(hours=1)


def somebody_away(house, at):
    """`at(house, days, hour, minute)`: an hour of the wall."""
    house.replaced = make_motif(
        house.departement, sites=[house.site], service=house.pmi, slug="remplace", name="Remplacé",
        public_label="Bilan", duration_min=20,
    )  # fmt: skip
    house.away = make_agent(site=house.site, services=[house.pmi], first_name="Zoé", last_name="Absente")
    stand_in = make_agent(site=house.site, services=[house.pmi], first_name="Max", last_name="Remplaçant")
    for days in (14, 15, 16):
        make_ouverture(stand_in, [house.replaced], at(house, days, 9), at(house, days, 17), site=house.site)
    house.away_on = at(house, 13, 9).date()
    house.away_rdvs = [_rdv(house, at(house, 13, 9) + number * HOUR) for number in range(3)]
    house.author = Author("agent", house.people["secretaire"].pk, "Isabelle Fontaine", "secretaire")
    rule = AbsenceRule(first_day=house.away_on, last_day=house.away_on, kind="other")
    house.reported = absent.record(
        agent=house.away, rule=rule, key=_key(1), wanted=[], author=house.author, now=house.now
    )
    house.choice = _proposed(house, at(house, 17, 9))
    house.choice_picked = _proposed(house, at(house, 17, 10))
    proposition_answer.pick(
        horaire=house.choice_picked.horaires.first(), author=author_of(house.choice_picked.participation.usager),
        now=house.now,
    )  # fmt: skip
    house.choice_refused = _proposed(house, at(house, 17, 11))
    proposition_answer.refuse(
        proposition=house.choice_refused, author=author_of(house.choice_refused.participation.usager), now=house.now
    )
    Appel.objects.filter(participation=house.choice_refused.participation).delete()
    unreached = _rdv(house, at(house, 17, 14))
    house.silent = calls.open_appel(
        whole(_rdv(house, at(house, 18, 14))), AppelKind.COMING, before=at(house, 18, 14), now=house.now,
        reason="Pas de réponse à notre message",
    )  # fmt: skip
    house.unreached = calls.open_appel(
        whole(unreached), AppelKind.MESSAGE, before=unreached.starts_at, now=house.now, reason="SMS : refusé"
    )
    house.to_propose = _rdv(house, at(house, 17, 15))


def _rdv(house, starts_at):
    house.patients = getattr(house, "patients", 0) + 1
    usager = make_usager(
        house.departement, first_name="Ada", last_name=f"Remplacée{house.patients}",
        phone=f"+336399847{house.patients:02d}", email="", created_at=house.now, last_contact_at=house.now,
    )  # fmt: skip
    return make_rdv(house.replaced, house.site, [house.away], starts_at, usagers=[usager], created_at=house.now)


def whole(rdv):
    found = Participation.objects.select_related(
        "usager", "responsable", "rdv__motif__departement", "rdv__motif__service", "rdv__site"
    )
    return found.get(rdv=rdv)


def _proposed(house, starts_at):
    participation = whole(_rdv(house, starts_at))
    asked = Asked(participation, first_hours(participation, now=house.now))
    return propose(asked=asked, author=house.author, now=house.now)


def hours_to_propose(house):
    """What the form of the page carries."""
    return [one.code for one in first_hours(whole(house.to_propose), now=house.now)]


def _key(number):
    from uuid import UUID

    return UUID(int=number)
