"""The département of the load: `python -m tests.load.world`, in a process that knows the database.

Two motifs: "banc" for the minute of bookings (many sites, hours for everybody), "ruee" for the rush: a few hours only.
"""

import argparse
import datetime as dt

MINUTES = 20


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sites", type=int, default=10)
    parser.add_argument("--agents", type=int, default=10)
    parser.add_argument("--days", type=int, default=20)
    parser.add_argument("--rush", type=int, default=50, help="hours that just opened")
    asked = parser.parse_args()

    import django

    django.setup()
    build(asked.sites, asked.agents, asked.days, asked.rush)


def build(sites, agents, days, rush):
    from django.db import transaction

    from agents.models import Commune
    from tests.factories import make_departement, make_motif, make_site

    with transaction.atomic():
        departement = make_departement("62", is_open=True)
        Commune.objects.create(
            code="62498",
            name="Lens",
            search_key="lens",
            postcodes=["62300"],
            departement_code="62",
            population=32000,
            latitude=50.432,
            longitude=2.823,
        )
        places = [
            make_site(departement, slug=f"lieu-{n}", name=f"MDS numéro {n}", latitude=50.43 + n / 100)
            for n in range(1, sites + 1)
        ]
        usual = make_motif(departement, sites=places, slug="banc", name="Banc", duration_min=MINUTES)
        hurried = make_motif(departement, sites=places[:1], slug="ruee", name="Ruée", duration_min=MINUTES)
        for place in places:
            _open(place, usual, count=agents, days=days, hours=8)
        _open_rush(places[0], hurried, rush)


def _open(site, motif, *, count, days, hours):
    for _ in range(count):
        _openings(_agent(site), motif, site, [(day, 9, hours * 60) for day in range(2, days + 2)])


def _open_rush(site, motif, hours):
    """Five professionals on one day, so that one start is there five times."""
    professionals = min(5, hours)
    for number in range(professionals):
        count = hours // professionals + (number < hours % professionals)
        _openings(_agent(site), motif, site, [(3, 9, count * MINUTES)])


def _agent(site):
    """No password: nobody signs in, and a slow hash per professional would be half the load."""
    from agents.models import Affectation, Agent, Role

    number = Agent.objects.count() + 1
    agent = Agent.objects.create(
        departement=site.departement,
        email=f"pro{number}@example.org",
        first_name="Claire",
        last_name=f"Vasseur{number}",
        profession="puéricultrice",
    )
    Affectation.objects.create(
        departement=site.departement, agent=agent, site=site, role=Role.AGENT, starts_on=dt.date(2020, 1, 1)
    )
    return agent


def _openings(agent, motif, site, wanted):
    """`wanted`: (days from today, hour of the wall, minutes)."""
    from rdv.core import clock
    from rdv.models import Ouverture, PlageMotif, PlageOuverture

    zone = site.departement.zone
    today = clock.now().astimezone(zone).date()
    rows = []
    for ahead, hour, minutes in wanted:
        day = today + dt.timedelta(days=ahead)
        start = dt.datetime.combine(day, dt.time(hour), zone)
        rows.append((day, start, start + dt.timedelta(minutes=minutes)))
    plages = PlageOuverture.objects.bulk_create(
        PlageOuverture(
            departement=site.departement,
            agent=agent,
            site=site,
            first_day=day,
            starts_time=start.time(),
            ends_time=end.time(),
            expanded_until=day,
        )
        for day, start, end in rows
    )
    PlageMotif.objects.bulk_create(
        PlageMotif(departement=site.departement, plage=plage, motif=motif) for plage in plages
    )
    Ouverture.objects.bulk_create(
        Ouverture(
            departement=site.departement,
            plage=plage,
            agent=agent,
            site=site,
            occurrence_on=day,
            local_on=day,
            starts_at=start.astimezone(dt.UTC),
            ends_at=end.astimezone(dt.UTC),
            motif_ids=[motif.pk],
        )
        for plage, (day, start, end) in zip(plages, rows, strict=True)
    )


if __name__ == "__main__":
    main()
