"""A person who comes back, for the matrix: an Rdv to follow, a series already taken.

Built by tests/rights/world.build, last. Motif, agent and person are its own, so that no other row changes.
"""

import datetime as dt

from rdv.models import Serie
from tests.factories import make_agent, make_motif, make_ouverture, make_rdv, make_usager

FIRST, COUNT = 20, 4  # days from now of the first one, how many weeks are opened


def coming_back(house, at):
    """`at(house, days, hour, minute)`: an hour of the wall."""
    motif = make_motif(
        house.departement, sites=[house.site], service=house.pmi, slug="suite", name="Suivi du poids",
        public_label="Suivi", duration_min=20,
    )  # fmt: skip
    agent = make_agent(site=house.site, services=[house.pmi], first_name="Jeanne", last_name="Suivante")
    person = make_usager(
        house.departement, first_name="Ada", last_name="Revenante", phone="+33639984801", email="",
        created_at=house.now, last_contact_at=house.now,
    )  # fmt: skip
    for week in range(1, COUNT):
        day = FIRST + 7 * week
        make_ouverture(agent, [motif], at(house, day, 9), at(house, day, 12), site=house.site)

    def rdv(days, hour, **fields):
        return make_rdv(
            motif, house.site, [agent], at(house, days, hour), usagers=[person], created_at=house.now, **fields
        )

    house.to_follow = rdv(FIRST, 9)
    house.repeated = Serie.objects.create(
        departement=house.departement, rule="toutes les semaines, le lundi", created_at=house.now,
        created_by_kind="agent",
    )  # fmt: skip
    house.repeated_rdvs = [rdv(FIRST + 7 * week, 11, serie=house.repeated) for week in range(COUNT)]
    # Something to propose instead of the hour wanted.
    rdv(FIRST + 7, 9)
    house.series_agent = agent


def follow_value(house, weeks):
    """What the form of the page carries for the hour of this week."""
    starts_at = house.to_follow.starts_at + dt.timedelta(weeks=weeks)
    return f"{int(starts_at.timestamp())}_{house.site.pk}_{house.series_agent.pk}"
