"""What the tests of the console share: a small house with a full week ahead, and the secretary's browser."""

import datetime as dt
from types import SimpleNamespace

from agents.models import Role
from rdv.core import clock
from tests.e2e.conftest import settle
from tests.factories import (
    make_agent,
    make_departement,
    make_motif,
    make_ouverture,
    make_rdv,
    make_service,
    make_site,
    make_usager,
)
from tests.signing import signed_in
from usagers.models import Proche, Referent

ACCUEIL = "/agents/accueil/"


def make_world():
    """Two sites, three professionals, a mother with two children, a namesake, a full week ahead."""
    now = clock.now()
    departement = make_departement("62")
    zone = departement.zone
    canal = make_site(
        departement, name="MDS du Canal", address="12 rue des Tanneurs", transport="tram A", is_step_free=True
    )
    tilleuls = make_site(departement, name="MDS des Tilleuls", transport="bus 12", latitude=50.45)
    pmi = make_service(departement, "pmi", name="Protection maternelle et infantile", short_name="PMI")
    ssl = make_service(departement, "ssl", name="Social", short_name="SSL")
    consultation = make_motif(
        departement,
        sites=[canal, tilleuls],
        service=pmi,
        name="Consultation nourrisson (0 à 2 ans)",
        documents=["le carnet de santé", "la carte Vitale"],
        instructions_before="Arrivez cinq minutes avant.",
    )
    first = make_motif(
        departement, sites=[canal], service=pmi, name="Consultation nourrisson, première visite", duration_min=45
    )
    social = make_motif(
        departement, sites=[canal, tilleuls], service=ssl, name="Premier accueil social", duration_min=45
    )
    atelier = make_motif(
        departement, sites=[canal], service=pmi, name="Atelier massage bébé", is_collective=True, capacity=6
    )
    agents = [
        make_agent(
            departement, site=canal, services=[pmi], first_name="Hélène", last_name="Morel", profession="médecin"
        ),
        make_agent(departement, site=canal, services=[pmi], first_name="Claire", last_name="Vasseur"),
        make_agent(
            departement, site=tilleuls, services=[pmi], first_name="Paul", last_name="Lambert", profession="médecin"
        ),
        make_agent(departement, site=tilleuls, services=[pmi], first_name="Élise", last_name="Martel"),
    ]
    karim = make_agent(
        departement,
        site=tilleuls,
        services=[ssl],
        first_name="Karim",
        last_name="Haddad",
        profession="assistant social",
    )
    day, opened = clock.local_date(now, zone), []
    while len(opened) < 5:
        day += dt.timedelta(days=1)
        if day.weekday() < 5:
            opened.append(day)
    hours = [(0, 0, 9, 10), (0, 1, 14, 16), (1, 1, 8, 11), (1, 0, 14, 15), (2, 1, 10, 11), (3, 0, 9, 10)]
    for day_number, who, start, end in hours:
        _open(agents[who], [consultation, first], opened[day_number], start, end, canal)
    for day_number, who, start, end in [(0, 2, 13, 15), (1, 3, 10, 11), (2, 2, 8, 10), (3, 3, 9, 11)]:
        _open(agents[who], [consultation], opened[day_number], start, end, tilleuls)
    _open(karim, [social], opened[1], 14, 17, tilleuls)
    secretary = make_agent(
        departement, site=canal, role=Role.SECRETAIRE, services=[pmi, ssl], first_name="Isabelle", last_name="Fontaine"
    )
    secretary.affectations.create(
        departement=departement, site=tilleuls, role=Role.SECRETAIRE, starts_on=dt.date(2020, 1, 1)
    )
    today = clock.local_date(now, zone)
    samira = make_usager(
        departement, first_name="Samira", last_name="Benali", birth_date=dt.date(1994, 3, 14), phone="+33639981240",
        email="", language="ar", needs_interpreter=True, latitude=50.431, longitude=2.84, address="3 rue du Port",
    )  # fmt: skip
    make_usager(
        departement, first_name="Samira", last_name="Ben Ali", birth_date=dt.date(1994, 3, 14), phone="", email=""
    )
    for name, age in (("Ilyes", 60), ("Lina", 1500)):
        child = make_usager(
            departement,
            first_name=name,
            last_name="Benali",
            phone="",
            email="",
            birth_date=today - dt.timedelta(days=age),
        )
        Proche.objects.create(departement=departement, responsable=samira, person=child, starts_on=today)
    Referent.objects.create(departement=departement, usager=samira, agent=agents[1], starts_on=today)
    at_two = dt.datetime.combine(opened[1], dt.time(14), tzinfo=zone).astimezone(dt.UTC)
    suivi = make_motif(departement, sites=[tilleuls], service=ssl, name="Suivi social", who_books="agents")
    upcoming = make_rdv(suivi, tilleuls, [karim], at_two, usagers=[samira], created_at=now)
    past = make_rdv(consultation, canal, [agents[1]], now - dt.timedelta(days=20), usagers=[samira], created_at=now)
    past.participations.update(status="seen")
    secret = make_motif(
        departement, sites=[canal], service=make_service(departement, "ase", is_confidential=True), name="Suivi ASE"
    )
    make_rdv(secret, canal, [agents[0]], at_two + dt.timedelta(days=7), usagers=[samira], created_at=now)
    make_rdv(atelier, canal, [agents[0]], at_two + dt.timedelta(days=6), minutes=60, created_at=now, title="Massage")
    return SimpleNamespace(
        departement=departement,
        secretary=secretary,
        samira=samira,
        consultation=consultation,
        karim=karim,
        upcoming=upcoming,
        past=past,
    )


def _open(agent, motifs, day, start, end, site):
    zone = agent.departement.zone
    starts_at, ends_at = (
        dt.datetime.combine(day, dt.time(hour), tzinfo=zone).astimezone(dt.UTC) for hour in (start, end)
    )
    make_ouverture(agent, motifs, starts_at, ends_at, site=site)


def opener(world, visitor, live_server):
    """The secretary's browser, signed in with both factors, on the console."""

    def open_at(**options):
        page = visitor(**{"width": 1366, **options})
        cookie = signed_in(world.secretary).cookies["sessionid"]
        page.context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])
        page.goto(ACCUEIL)
        return page

    return open_at


def focused(page):
    return page.evaluate("document.activeElement.id || document.activeElement.name || document.activeElement.tagName")


def step(page, name):
    page.wait_for_selector(f"#console[data-step='{name}']")
    settle(page)
