"""The world of the rights matrix: two départements, every role in each place that matters, one row of each kind.

    house = build(now)               rows; call inside `sandbox()` or a transactional test
    session = sign_in(house, role)   the cookies of this role's browser
    with sandbox(): ...              whatever is written inside is undone

Everything is built around `now`, at hours of the wall of the Pas-de-Calais, so that the tests say the same at any time.
"""

import datetime as dt
import re
from contextlib import contextmanager
from types import SimpleNamespace

from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from agents.models import AccountLink, Agent, Commune, Equipe, Fermeture, Role
from agents.services import feeds, second_factor
from agents.services import links as account_links
from notifications.models import Message
from notifications.services import about
from rdv.core.journal import Author
from rdv.core.links import make_token
from rdv.models import Absence, Occupation
from rdv.services import booking, cancelling, holding, moving, notices
from rdv.services.moving import Move
from rdv.services.questions import EVERYBODY
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
from tests.rights.world_absent import somebody_away
from tests.rights.world_exports import prepared_files
from tests.rights.world_files import files
from tests.rights.world_series import coming_back
from tests.rights.world_waiting import begin_waits, waiting_list
from tests.signing import signed_in
from usagers.models import Proche, Referent

PASSWORD = "motdepasse-de-test-1"
PHONE = "06 39 98 45 21"
MASKED_NAME, MASKED_MOTIF = "Secretier", "Protection rapprochée"
NAME, ABSENCE_NOTE, FILE_NOTE = "Benalizhe", "cure thermale", "préfère le matin"
IDENTITY = {"who": "me", "first_name": "Nadia", "last_name": "Lemaire", "phone": PHONE, "email": "", "email_kept": ""}
SYSTEM = Author("systeme", None, "Système")
MINUTE, DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)


@contextmanager
def sandbox():
    """Undone at the end. Marked like the transaction of a TestCase: services may open their durable ones inside."""
    atomic = transaction.atomic()
    atomic._from_testcase = True
    with atomic:
        yield
        transaction.set_rollback(True)


def build(now):
    house = SimpleNamespace(now=now)
    _institution(house)
    _people(house)
    _offer(house)
    _usagers(house)
    _rdvs(house)
    _planning(house)
    _accounts(house)
    waiting_list(house, at)
    prepared_files(house)
    somebody_away(house, at)
    files(house)
    coming_back(house, at)
    return house


def at(house, days, hour, minute=0):
    """An hour of the wall, so many days from today."""
    zone = house.departement.zone
    day = house.now.astimezone(zone).date() + days * DAY
    return dt.datetime.combine(day, dt.time(hour, minute), zone).astimezone(dt.UTC)


def _institution(house):
    house.departement, house.far = here, far = make_departement("62"), make_departement("974")
    house.site = make_site(here, name="MDS du Canal", slug="canal")
    house.other_site = make_site(here, name="MDS des Tilleuls", slug="tilleuls", latitude=50.53, longitude=2.64)
    house.far_site = make_site(far, name="MDS du Volcan", slug="volcan")
    house.pmi, house.ssl = make_service(here, "pmi"), make_service(here, "ssl")
    house.ase = make_service(here, "ase", is_confidential=True)
    house.unused = make_service(here, "fsl", name="Fonds de solidarité", short_name="Fonds")
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
    day = house.now.date() + 60 * DAY
    house.closure = Fermeture.objects.create(departement=here, starts_on=day, ends_on=day, label="Travaux")


def _people(house):
    """Every role on the first site, then what is one step away from it: service, site, département."""
    here, site, pmi = house.departement, house.site, house.pmi
    house.people = {
        "owner": make_agent(site=site, services=[pmi], last_name="Vasseur"),
        "colleague": make_agent(site=site, services=[pmi], first_name="Karim", last_name="Haddad"),
        "other_service": make_agent(site=site, services=[house.ssl], first_name="Sonia", last_name="Petit"),
        "other_site": make_agent(site=house.other_site, services=[pmi], first_name="Nadia", last_name="Cherif"),
        "insider": make_agent(site=site, services=[house.ase], first_name="Inès", last_name="Garnier"),
        "secretaire": make_agent(site=site, role=Role.SECRETAIRE, services=[pmi], last_name="Fontaine"),
        "responsable": make_agent(site=site, role=Role.RESPONSABLE, services=[pmi], last_name="Marchand"),
        "admin": make_agent(here, role=Role.ADMIN, last_name="Minard"),
        "intervenant": make_agent(site=site, role=Role.INTERVENANT, services=[pmi], last_name="Lopez"),
        "stranger": make_agent(site=house.far_site, services=[make_service(house.far, "pmi")], last_name="Payet"),
        "stranger_admin": make_agent(house.far, role=Role.ADMIN, last_name="Hoarau"),
        "operateur": Agent.objects.create_agent(
            email="operateur@example.org", password=PASSWORD, first_name="Ada", last_name="Op", is_operateur=True
        ),
    }
    house.owner, house.colleague = house.people["owner"], house.people["colleague"]
    house.team = Equipe.objects.create(departement=here, site=site, name="Équipe du Canal")
    house.team.membres.create(departement=here, agent=house.owner)
    house.feed = feeds.open_feed(agent=house.owner, author=SYSTEM, now=house.now)


def _offer(house):
    here, site, pmi = house.departement, house.site, house.pmi
    house.motif = make_motif(
        here,
        sites=[site, house.other_site],
        service=pmi,
        slug="pesee",
        name="Pesée",
        documents=["Le carnet de santé"],
        duration_min=20,
    )
    house.secret = make_motif(
        here,
        sites=[site],
        service=house.ase,
        name=MASKED_MOTIF,
        public_label=MASKED_MOTIF,
        who_books="agents",
        notice_level="discreet",
    )
    house.workshop = make_motif(
        here, sites=[site], service=pmi, slug="massage", name="Massage", is_collective=True, capacity=6
    )
    house.visit = make_motif(here, sites=[site], service=pmi, slug="visite", name="Visite", modality="home")


def _usagers(house):
    here, today = house.departement, house.now.date()
    house.usager = make_usager(
        here, last_name=NAME, phone="+33639984523", created_at=house.now, last_contact_at=house.now, note=FILE_NOTE
    )
    house.child = make_usager(here, first_name="Yanis", last_name=NAME, phone="", email="")
    house.masked = make_usager(here, first_name="Zélie", last_name=MASKED_NAME)
    house.other = make_usager(here, first_name="Hugo", last_name="Delattre", phone="+33639984524")
    house.proche = Proche.objects.create(
        departement=here, responsable=house.usager, person=house.child, starts_on=today
    )
    house.referent = Referent.objects.create(departement=here, usager=house.usager, agent=house.owner, starts_on=today)


def _rdvs(house):
    """To come, today, over, moved, given back; individual, collective, confidential."""
    owner, usager, motif, site, now = house.owner, house.usager, house.motif, house.site, house.now
    _openings(house)

    def make(kind, agents, start, usagers, **fields):
        return make_rdv(kind, site, agents, start, usagers=usagers, created_at=now, **fields)

    house.rdv = make(motif, [owner], at(house, 3, 9), [usager])
    house.participation = house.rdv.participations.get()
    house.hidden = make(house.secret, [house.people["intervenant"]], at(house, 3, 10), [house.masked])
    house.hidden_own = make(house.secret, [owner], at(house, 4, 15), [house.masked])
    house.past = make(motif, [owner], at(house, -1, 9), [usager])
    house.past_hidden = make(house.secret, [house.people["insider"]], at(house, -1, 11), [house.masked])
    house.session = make(house.workshop, [owner], at(house, 7, 14), [house.other], title="Massage bébé")
    house.past_session = make(house.workshop, [owner], at(house, -1, 14), [house.other], title="Massage bébé")
    soon = now.replace(minute=0, second=0, microsecond=0) + 90 * MINUTE
    house.today = make(motif, [owner], soon, [house.other]).participations.get()
    house.moved = make(motif, [owner], at(house, 5, 9), [house.other], schedule_version=1).participations.get()
    house.given_back = make(motif, [owner], at(house, 5, 10), [house.other]).participations.get()
    cancelling.cancel_participation(
        participation=house.given_back, by_service=False, author=Author("usager", house.other.pk, "Usager"), now=now
    )
    house.shifted = {
        role: _moved(house, house.people[role], make(motif, [owner], at(house, 9, 13 + number), []))
        for number, role in enumerate(("owner", "colleague", "secretaire", "responsable"))
    }
    house.over = make(motif, [owner], at(house, -9, 9), [house.other]).participations.get()
    long_ago = now - 10 * 24 * 60 * MINUTE
    asked = make_rdv(motif, site, [owner], at(house, 5, 18), usagers=[house.other], created_at=long_ago)
    house.asked = asked.participations.get()
    notices.booked(house.participation, now=now)
    house.messages = list(about(("participation", str(house.participation.uuid))).order_by("id"))
    house.email = next(one for one in house.messages if one.channel == "email" and one.calendar)


def _moved(house, agent, rdv):
    """By this agent, a moment ago: it may still be undone."""
    move = Move(starts_at=rdv.starts_at + 30 * MINUTE, overbook_reason="Une heure plus calme")
    author = Author("agent", agent.pk, agent.full_name, "agent")
    return moving.move_rdv(rdv=rdv, move=move, author=author, now=house.now)


def _openings(house):
    """Mornings of Claire (the last one stays as it is: planning screens) and one on the other site."""
    for days in (3, 4, 5, 6):
        house.ouverture = make_ouverture(
            house.owner, [house.motif], at(house, days, 9), at(house, days, 12), site=house.site
        )
    make_ouverture(house.owner, [house.visit], at(house, 8, 9), at(house, 8, 12))
    house.cancelled = make_ouverture(
        house.owner, [house.motif], at(house, 7, 9), at(house, 7, 12), site=house.site, is_cancelled=True
    )
    make_ouverture(house.people["other_site"], [house.motif], at(house, 4, 14), at(house, 4, 16), site=house.other_site)


def _planning(house):
    day = house.now.date() + 10 * DAY
    house.absence = Absence.objects.create(
        departement=house.departement,
        agent=house.owner,
        first_day=day,
        last_day=day,
        starts_time=dt.time(8),
        ends_time=dt.time(18),
        note=ABSENCE_NOTE,
    )
    Occupation.objects.create(
        departement=house.departement,
        agent=house.owner,
        kind="absence",
        absence=house.absence,
        starts_at=at(house, 10, 8),
        ends_at=at(house, 10, 18),
    )
    house.options, house.booked = {}, {}
    for number, role in enumerate(("owner", "colleague", "secretaire", "responsable")):
        agent = house.people[role]
        house.options[role] = _held(house, agent, at(house, 4, 9) + 20 * number * MINUTE)
        house.booked[role] = _booked(house, agent, at(house, 4, 11) + 20 * number * MINUTE) if number < 3 else None
    house.free_at = at(house, 3, 11)


def _held(house, agent, starts_at):
    return holding.hold_creneau(
        motif=house.motif,
        site=house.site,
        starts_at=starts_at,
        agents=EVERYBODY,
        author=Author("agent", agent.pk, agent.full_name),
        opened_at=house.now,
        now=house.now,
    )


def _booked(house, agent, starts_at):
    """An Rdv that this agent booked a moment ago: it may still be undone."""
    option = _held(house, agent, starts_at)
    return booking.book_option(
        token=option.token,
        booking=booking.Booking(usager=house.usager, origin="phone"),
        author=Author("agent", agent.pk, agent.full_name, "agent"),
        now=house.now,
    )


def _accounts(house):
    """What the sign-in needs: an application of codes, a printed code, a link, an affectation that may be ended."""
    house.device = TOTPDevice.objects.create(user=house.owner, name="application", confirmed=True)
    codes = second_factor.make_recovery_codes(agent=house.owner, author=SYSTEM, now=house.now)
    house.recovery_code = codes[0]
    link = account_links.send_link(
        agent=house.colleague, kind=AccountLink.Kind.INVITATION, author=SYSTEM, now=house.now
    )
    house.account_token = make_token("compte", str(link.uuid))
    house.affectation = house.colleague.affectations.get()


def totp(device, now):
    """The six digits that the application shows."""
    code = TOTP(device.bin_key, device.step, device.t0, device.digits)
    code.time = now.timestamp()
    return f"{code.token():06d}"


# Browsers. One per role; what they hold is in their session.

AGENTS = (
    "owner",
    "colleague",
    "other_service",
    "other_site",
    "insider",
    "secretaire",
    "responsable",
    "admin",
    "intervenant",
    "stranger",
    "stranger_admin",
    "operateur",
)
ROLES = ("anonymous", "usager", "pending", "enrolling", *AGENTS)


def sign_in(house, role):
    """The cookies of this role. `usager`: the holder of the links, whose session holds hours and a proved phone."""
    makers = {"anonymous": Client, "usager": lambda: _usager(house)}
    if role in house.people:
        client = signed_in(house.people[role])
    elif role in makers:
        client = makers[role]()
    else:
        client = _half_way(house, role)
    return client.cookies


def _half_way(house, role):
    """The password was right, nothing more: `pending` has an application of codes, `enrolling` has none."""
    client = Client()
    agent = house.owner if role == "pending" else house.colleague
    client.post(reverse("agents:sign_in"), {"email": agent.email, "password": PASSWORD})
    if role == "enrolling":
        client.get(reverse("agents:enrol"))
        house.new_device = TOTPDevice.objects.get(user=house.colleague)
    return client


def _usager(house):
    """Four hours: one booked, one waiting for its code, one whose form is open, one that would move an Rdv."""
    client = Client()
    slug = house.departement.slug
    client.post(reverse("rdv:public_mine", args=[slug]), {"contact": str(house.usager.phone)})
    client.post(reverse("rdv:public_mine_code", args=[slug]), {"code": code_sent()})
    client.post(reverse("rdv:public_mine", args=[slug]), {"contact": str(house.usager.phone)})
    house.find_code = code_sent()
    house.booked_token = _press(house, client, at(house, 6, 9))
    _give_identity(house, client, house.booked_token)
    client.post(reverse("rdv:public_code", args=[slug, house.booked_token]), {"code": code_sent()})
    house.coded_token = _press(house, client, at(house, 6, 9, 20))
    _give_identity(house, client, house.coded_token)
    house.code = code_sent()
    house.held_token = _press(house, client, at(house, 6, 9, 40))
    url = reverse("rdv:public_move", args=[token_of(house.participation)])
    house.moving_token = _press(house, client, at(house, 6, 10), url=url)
    client.post(
        reverse("rdv:public_visit", args=[slug, house.visit.slug]), {"street": "3 rue des Ormes", "commune": "Lens"}
    )
    begin_waits(house, client, code_sent)
    return client


def _press(house, client, starts_at, url=None):
    url = url or reverse("rdv:public_times", args=[house.departement.slug, house.motif.slug, house.site.slug])
    response = client.post(url, {"creneau": f"{starts_at.isoformat(timespec='minutes')}@{house.site.slug}"})
    assert response.status_code == 302, response.content.decode()
    return re.search(r"[0-9a-f-]{36}", response["Location"]).group()


def _give_identity(house, client, token):
    response = client.post(reverse("rdv:public_identity", args=[house.departement.slug, token]), IDENTITY)
    assert response.status_code == 302, response.content.decode()


def code_sent():
    """The six digits of the last code, as the person reads them."""
    message = Message.objects.filter(kind="code").order_by("-id").first()
    return re.search(r"(\d{3})\s(\d{3})", message.body).expand(r"\1\2")


def token_of(participation):
    return make_token("rdv", str(participation.uuid))


def fingerprints():
    """What each table holds, sessions apart: equal before and after means that nothing was written."""
    asked = [
        f"SELECT '{table}', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM \"{table}\" t"
        for table in sorted(connection.introspection.table_names())
        if table not in ("django_session", "django_migrations")
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(asked))
        return dict(cursor.fetchall())
