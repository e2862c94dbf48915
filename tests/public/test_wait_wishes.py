"""What somebody asked for on the web is what they are offered: each wish of the form, against the real list.

An hour comes free that does not suit: nobody is asked. The same form with another answer: that person is.
"""

import datetime as dt
import re

import pytest
from django.test import Client

from rdv.models import Inscription, MotifSite, Offre
from rdv.services.cancelling import cancel_participation
from rdv.services.public_booking import author_of
from rdv.services.waitlist_rules import open_waitlist
from tests.factories import make_agent, make_motif, make_rdv, make_service, make_site, make_usager
from tests.public.conftest import NOW, book, link_of, local, text_of
from tests.public.waiting import free_an_hour, join_online, place_of, put_on_the_list, wait_url
from tests.waiting_core.conftest import AGENT
from usagers.models import Referent, Usager

pytestmark = pytest.mark.django_db
ANY = {"when": "tous", "where": "partout", "notice": "1440"}
FROM_LENS = "?lieu=Lens+62300"
THURSDAY_MORNING, FRIDAY_MORNING = "6", "8"
IN_BETHUNE = {"day": (2026, 11, 30), "hour": 10, "minute": 40, "site": "bethune"}
IN_THREE_DAYS = {"day": (2026, 11, 26), "hour": 9, "minute": 20}


@pytest.fixture
def world(world):
    world.motif.has_waitlist = True
    world.motif.save()
    world.agents["lens"].languages = ["uk", "ar"]
    world.agents["lens"].save()
    return world


def free(world, *, day=(2026, 12, 3), hour=9, minute=0, site="lens", motif=None, later_min=0):
    """Whom this hour is offered to. Thursday 3 December at 9:00 in Lens by default."""
    held, at = make_usager(world.departement), local(*day, hour, minute) + dt.timedelta(minutes=later_min)
    rdv = make_rdv(
        motif or world.motif, world.sites[site], [world.agents[site]], at, usagers=[held], created_at=NOW
    )  # fmt: skip
    cancel_participation(participation=rdv.participations.get(), by_service=False, author=author_of(held), now=NOW)
    return [offre.inscription for offre in Offre.objects.live().whole()]


WISHES = {
    "moments": (
        {"when": "certains", "half_days": [FRIDAY_MORNING]},
        {"when": "certains", "half_days": [THURSDAY_MORNING, FRIDAY_MORNING]},
        {},
    ),
    "only there": ({"where": "ici"}, {"where": "partout"}, IN_BETHUNE),
    "named places": (
        {"where": "choix", "sites": ["lens", "henin"]},
        {"where": "choix", "sites": ["lens", "bethune"]},
        IN_BETHUNE,
    ),
    "kilometres": ({"where": "km15"}, {"where": "partout"}, IN_BETHUNE),
    "kilometres from the place named": ({"where": "choix", "sites": ["henin"]}, {"where": "km15"}, {}),
    "not before": ({"from_day": "2026-12-04"}, {"from_day": "2026-12-03"}, {}),
    "not after": ({"until_day": "2026-12-02"}, {"until_day": "2026-12-03"}, {}),
    "warning": ({"notice": str(7 * 24 * 60)}, {"notice": str(2 * 24 * 60)}, IN_THREE_DAYS),
}


@pytest.mark.parametrize("name", WISHES)
def test_each_wish_of_the_form_is_what_the_list_goes_by(world, person, name):
    no, yes, hour = WISHES[name]
    query = FROM_LENS + "&site=lens"
    inscription = join_online(person, world, query=query, wishes=ANY | no)
    assert free(world, **hour) == []
    # The same person changes their mind by their link: the next hour is theirs.
    url = place_of(inscription, "souhaits")
    sent = Client().post(url, ANY | yes | {"version": "0"})
    assert sent.status_code == 302, text_of(sent)
    assert free(world, **hour, later_min=20) == [inscription]


def test_a_language_that_nobody_there_speaks(world, person):
    world.agents["bethune"].languages = ["tr"]
    world.agents["bethune"].save()
    inscription = join_online(person, world, wishes=ANY | {"language": "uk"})
    assert free(world, **IN_BETHUNE) == []
    assert free(world) == [inscription]


def test_kilometres_count_from_the_commune_and_not_from_a_far_home(world, person):
    """They work in Lens and live in Arras: what they asked for holds, whatever the file says later."""
    inscription = join_online(person, world, query=FROM_LENS, wishes=ANY | {"where": "km5"})
    Usager.objects.filter(pk=inscription.usager_id).update(latitude=48.85, longitude=2.35)
    assert free(world) == [inscription]


# --- Other motifs that would do


@pytest.fixture
def vaccination(world):
    other = make_motif(
        world.departement,
        sites=[world.sites["lens"]],
        service=world.motif.service,
        slug="vaccination",
        public_label="Vaccination",
        duration_min=20,
        has_waitlist=True,
    )
    for ouverture in world.agents["lens"].ouvertures.all():
        ouverture.motif_ids = [world.motif.pk, other.pk]
        ouverture.save()
    return other


def allow(world, *motifs):
    open_waitlist(motif=world.motif, is_open=True, notice_min=None, alike=motifs, author=AGENT, now=NOW)


def test_another_motif_only_where_the_administrator_says_so(world, person, vaccination):
    assert "Vaccination" not in text_of(person.get(wait_url(world)))
    allow(world, vaccination)
    assert "Vaccination" in text_of(person.get(wait_url(world)))
    inscription = join_online(person, world, wishes=ANY | {"equivalents": ["vaccination"]})
    assert sorted(inscription.motifs) == sorted([world.motif.pk, vaccination.pk])
    assert "Ou : Vaccination" in text_of(person.get(place_of(inscription)))
    assert free(world, motif=vaccination) == [inscription]


def test_without_the_box_nothing_of_the_other_motif_is_offered(world, person, vaccination):
    allow(world, vaccination)
    inscription = join_online(person, world, wishes=ANY)
    assert inscription.motifs == [world.motif.pk]


def test_what_is_not_offered_cannot_be_asked_for(world, person, vaccination):
    for change in ({"is_archived": True}, {"has_waitlist": False}, {"who_books": "agents"}, {"modality": "phone"}):
        allow(world, vaccination)
        kept = {name: getattr(vaccination, name) for name in change}
        type(vaccination).objects.filter(pk=vaccination.pk).update(**change)
        page = person.post(wait_url(world), ANY | {"equivalents": ["vaccination"]})
        assert page.status_code == 302  # the box is not there: what is sent under its name means nothing
        assert "Vaccination" not in text_of(person.get(wait_url(world)))
        type(vaccination).objects.filter(pk=vaccination.pk).update(**kept)


def test_a_motif_that_an_agent_added_stays_when_the_person_changes_their_wishes(world, person, vaccination):
    """The page shows another one only: what it does not show is nobody's to untick there."""
    advice = make_motif(
        world.departement, sites=[world.sites["lens"]], service=world.motif.service, has_waitlist=True, slug="conseil"
    )
    allow(world, advice)
    inscription = join_online(person, world, wishes=ANY | {"equivalents": ["conseil"]})
    Inscription.objects.filter(pk=inscription.pk).update(motifs=[world.motif.pk, vaccination.pk, advice.pk])
    person.post(place_of(inscription, "souhaits"), ANY | {"notice": "2880", "version": "0"})
    inscription.refresh_from_db()
    assert sorted(inscription.motifs) == sorted([world.motif.pk, vaccination.pk])
    join_online(Client(), world, wishes=ANY | {"notice": "10080", "equivalents": ["conseil"]})
    inscription.refresh_from_db()
    assert (inscription.shortest_notice_min, len(inscription.motifs)) == (10080, 3)


# --- With whom


def _company(page):
    return re.findall(r'name="company" value="(\w*)"', page.content.decode())


def test_somebody_unknown_is_not_asked_with_whom(world, person):
    assert "Avec qui" not in text_of(person.get(wait_url(world)))


def test_from_ones_own_rdv_the_same_person(world, person):
    world.agents["lens"].shows_name = True
    world.agents["lens"].save()
    participation = book(person, world, index=6)
    page = person.get(link_of(participation, "plus-tot/"))
    assert _company(page) == ["", "meme"]
    assert f"Avec {world.agents['lens'].full_name}, puéricultrice" in text_of(page)
    person.post(link_of(participation, "plus-tot/"), ANY | {"company": "meme"})
    inscription = Inscription.objects.get()
    assert inscription.agent == world.agents["lens"]
    colleague = make_agent(world.departement, site=world.sites["lens"], services=[world.motif.service])
    world.agents["lens"], mine = colleague, world.agents["lens"]
    world.open("lens", (2026, 11, 27), (9, 0), (11, 0))
    assert free(world, day=(2026, 11, 27), hour=9) == []
    world.agents["lens"] = mine
    assert free(world, day=(2026, 11, 26), hour=10) == [inscription]


def test_a_name_that_is_not_shown_is_said_without_it(world, person):
    participation = book(person, world, index=6)
    page = text_of(person.get(link_of(participation, "plus-tot/")))
    assert "Avec la même personne" in page
    assert world.agents["lens"].last_name not in page


def seen_by(world, usager, agent, **fields):
    at = local(2026, 11, 2, 9)
    return make_rdv(
        world.motif, world.sites["lens"], [agent], at, usagers=[usager], created_at=at - dt.timedelta(days=9), **fields
    )


def test_by_ones_link_the_person_of_last_time(world, person):
    usager = make_usager(world.departement)
    seen_by(world, usager, world.agents["lens"])
    inscription = put_on_the_list(world, usager=usager)
    assert _company(person.get(place_of(inscription, "souhaits"))) == ["", "meme"]
    person.post(place_of(inscription, "souhaits"), ANY | {"company": "meme", "version": "0"})
    inscription.refresh_from_db()
    assert inscription.agent == world.agents["lens"]


@pytest.mark.parametrize("why", ["left", "other_service", "other_parent", "absent"])
def test_who_is_not_the_person_of_last_time(world, person, why):
    """Somebody who no longer receives here, of another service, or of an Rdv that somebody else asked for."""
    usager, agent = make_usager(world.departement), world.agents["lens"]
    rdv = seen_by(world, usager, agent)
    if why == "left":
        type(agent).objects.filter(pk=agent.pk).update(is_active=False)
    if why == "other_service":
        agent.agent_services.update(service=make_service(world.departement, "ssl"))
    if why == "other_parent":
        rdv.participations.update(responsable=make_usager(world.departement))
    if why == "absent":
        rdv.participations.update(status="noshow")
    inscription = put_on_the_list(world, usager=usager)
    assert _company(person.get(place_of(inscription, "souhaits"))) == []


def follow(world, usager, agent, **fields):
    days = {"starts_on": dt.date(2026, 1, 1)} | fields
    return Referent.objects.create(departement=world.departement, usager=usager, agent=agent, **days)


def test_ones_referent_and_nobody_else(world, person):
    usager = make_usager(world.departement)
    follow(world, usager, world.agents["bethune"])
    inscription = put_on_the_list(world, usager=usager)
    page = person.get(place_of(inscription, "souhaits"))
    assert _company(page) == ["", "referent"]
    person.post(place_of(inscription, "souhaits"), ANY | {"company": "referent", "version": "0"})
    inscription.refresh_from_db()
    assert inscription.referent_only
    assert "Avec la personne qui vous suit" in text_of(person.get(place_of(inscription)))
    assert free(world) == []
    assert free(world, **IN_BETHUNE) == [inscription]


@pytest.mark.parametrize("why", ["ended", "confidential", "other_service"])
def test_a_referent_that_is_not_said(world, person, why):
    usager = make_usager(world.departement)
    agent, days = world.agents["bethune"], {}
    if why == "ended":
        days = {"ends_on": dt.date(2026, 11, 1)}
    if why == "other_service":
        agent.agent_services.update(service=make_service(world.departement, "ssl"))
    if why == "confidential":
        world.motif.service.is_confidential = True
        world.motif.service.save()
    follow(world, usager, agent, **days)
    inscription = put_on_the_list(world, usager=usager)
    assert _company(person.get(place_of(inscription, "souhaits"))) == []


def test_the_page_of_a_discreet_motif_names_nobody_and_nothing_else(world, person, vaccination):
    allow(world, vaccination)
    world.motif.notice_level = "discreet"
    world.motif.save()
    world.agents["lens"].shows_name = True
    world.agents["lens"].save()
    usager = make_usager(world.departement)
    seen_by(world, usager, world.agents["lens"])
    inscription = put_on_the_list(world, usager=usager)
    page = text_of(person.get(place_of(inscription, "souhaits")))
    assert "Avec la même personne" in page
    assert world.agents["lens"].last_name not in page
    assert "Vaccination" not in page


# --- How much it costs


def test_few_queries_whatever_the_number_of_places(world, person, django_assert_max_num_queries, vaccination):
    allow(world, vaccination)
    usager = make_usager(world.departement)
    seen_by(world, usager, world.agents["lens"])
    follow(world, usager, world.agents["bethune"])
    for number in range(6):
        site = make_site(world.departement, slug=f"lieu-{number}")
        MotifSite.objects.create(departement=world.departement, motif=world.motif, site=site)
    inscription = put_on_the_list(world, usager=usager)
    with django_assert_max_num_queries(7):
        person.get(place_of(inscription, "souhaits"))
    with django_assert_max_num_queries(7):
        person.get(wait_url(world, FROM_LENS))
    assert free_an_hour(world).inscription == inscription
