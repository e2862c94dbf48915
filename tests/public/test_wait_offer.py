"""The offer: one tap, in every state, answered twice, looked at by a mail scanner."""

import datetime as dt

import pytest
from django.test import Client

from rdv.core.journal import Author
from rdv.models import InscriptionState, Offre, OffreState, Participation, Rdv
from rdv.services.waitlist_offer import lapse_due
from rdv.services.waitlist_withdraw import withdraw_for_agent
from tests.factories import make_motif, make_rdv, make_usager
from tests.public.conftest import NOW, link_of, local, text_of
from tests.public.waiting import free_an_hour, offre_of, place_of, put_on_the_list

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(world):
    world.motif.has_waitlist = True
    world.motif.save()
    return world


@pytest.fixture
def usager(world):
    return make_usager(world.departement, first_name="Nadia", last_name="Lemaire")


@pytest.fixture
def inscription(world, usager):
    return put_on_the_list(world, usager=usager)


@pytest.fixture
def offre(world, inscription):
    return free_an_hour(world)


@pytest.fixture
def reader():
    return Client()


def say(reader, offre, answer):
    return reader.post(offre_of(offre), {"reponse": answer})


def test_the_offer_says_when_where_and_until_when_and_no_name(offre, reader):
    page = reader.get(offre_of(offre))
    text = text_of(page)
    assert "Une place s’est libérée pour vous" in text
    assert "jeudi 3 décembre 9 h 20 minutes, avec une puéricultrice Pesée et conseils" in text
    assert "MDS de Lens" in text
    assert "Gardée pour vous jusqu’à 11 h 10, mercredi 25 novembre." in text
    for answer in ("Oui, je prends cette place", "Non, pas cette fois", "Ne plus attendre"):
        assert answer in text
    for name in ("Nadia", "Lemaire"):
        assert name not in page.content.decode()
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in page["Cache-Control"]


def test_few_queries(offre, reader, django_assert_max_num_queries):
    with django_assert_max_num_queries(5):
        reader.get(offre_of(offre))


def test_a_mail_scanner_answers_nothing(offre, reader):
    for _ in range(2):
        reader.get(offre_of(offre), {"reponse": "oui"})
        reader.head(offre_of(offre))
    offre.refresh_from_db()
    assert offre.state == OffreState.LIVE


@pytest.mark.parametrize("answer", ["", "peut-être"])
def test_what_is_not_one_of_the_buttons_answers_nothing(offre, reader, answer):
    assert say(reader, offre, answer)["Location"] == offre_of(offre)
    offre.refresh_from_db()
    assert offre.state == OffreState.LIVE


def test_a_link_that_nobody_sent_is_not_found(world, reader):
    assert reader.get("/o/AAAAAAAAAAAAAAAA").status_code == 404
    assert reader.post("/o/AAAAAAAAAAAAAAAA", {"reponse": "oui"}).status_code == 404


def test_yes_is_one_tap_and_twice_is_one_rdv(offre, usager, reader):
    before = Rdv.objects.count()
    for _ in range(2):
        assert say(reader, offre, "oui")["Location"] == offre_of(offre)
    assert Rdv.objects.count() == before + 1
    participation = Participation.objects.get(usager=usager)
    page = reader.get(offre_of(offre))
    assert "C’est noté. À jeudi 3 décembre !" in text_of(page)
    assert link_of(participation) in page.content.decode()
    reader.post(link_of(participation, "annuler/"))
    assert "Le rendez-vous a été annulé depuis." in text_of(reader.get(offre_of(offre)))


def test_no_keeps_the_rank_and_gives_the_place_to_the_next(world, inscription, reader):
    other = put_on_the_list(world, now=NOW + dt.timedelta(minutes=1))
    offre = free_an_hour(world)
    for _ in range(2):
        assert say(reader, offre, "non")["Location"] == offre_of(offre)
    page = text_of(reader.get(offre_of(offre)))
    assert "Vous avez répondu non." in page
    assert "Vous êtes toujours sur la liste" in page
    assert Offre.objects.live().get().inscription == other
    late = say(reader, offre, "oui")
    assert late.status_code == 409
    assert "Vous avez répondu non." in text_of(late)


def test_no_more_waiting_is_one_tap_too(offre, inscription, reader):
    for _ in range(2):
        assert say(reader, offre, "stop")["Location"] == place_of(inscription)
    inscription.refresh_from_db()
    assert inscription.state == InscriptionState.LEFT
    assert "Vous n’êtes plus sur la liste" in text_of(reader.get(place_of(inscription)))


def test_no_after_yes_changes_nothing_and_says_how(offre, usager, reader):
    say(reader, offre, "oui")
    page = say(reader, offre, "non")
    assert page.status_code == 409
    assert "Vous avez déjà accepté cette place." in text_of(page)
    assert Participation.objects.get(usager=usager).is_live


def test_late_but_still_held_may_be_answered(offre, reader, now):
    now.move_to(offre.answer_by + dt.timedelta(minutes=1))
    assert "répondez tout de suite" in text_of(reader.get(offre_of(offre)))
    assert say(reader, offre, "oui").status_code == 302
    assert "C’est noté." in text_of(reader.get(offre_of(offre)))


def test_lapsed_is_said(offre, reader, now):
    later = offre.answer_by + dt.timedelta(minutes=1)
    now.move_to(later)
    lapse_due(later)
    for page in (reader.get(offre_of(offre)), say(reader, offre, "oui")):
        assert "L’heure pour répondre est passée." in text_of(page)
        assert "Vous êtes toujours sur la liste" in text_of(page)


def test_lost_to_somebody_faster_keeps_the_rank(world, inscription, reader):
    """Two days before the hour, several people are asked at once."""
    world.motif.min_notice_min = 60
    world.motif.save()
    soon = NOW + dt.timedelta(hours=1)
    other = put_on_the_list(world, now=soon)
    world.open("lens", (2026, 11, 25), (9, 0), (10, 0))
    at = local(2026, 11, 25, 9)
    rdv = make_rdv(world.motif, world.sites["lens"], [world.agents["lens"]], at, usagers=[make_usager()])
    Client().post(link_of(rdv.participations.get(), "annuler/"))
    mine, theirs = Offre.objects.live().order_by("inscription_id")
    assert (mine.inscription, theirs.inscription) == (inscription, other)
    assert "la première qui répond oui obtient la place" in text_of(reader.get(offre_of(mine)))
    say(reader, theirs, "oui")
    for page in (reader.get(offre_of(mine)), say(reader, mine, "oui")):
        assert "Une autre personne a répondu avant vous. Vous gardez votre rang" in text_of(page)


def test_taken_back_by_the_service_is_said_without_the_reason(world, offre, reader):
    agent = Author("agent", world.agents["lens"].pk, "Claire Vasseur", "agent")
    withdraw_for_agent(option=offre.option, reason="urgence PMI", author=agent, now=NOW)
    for page in (reader.get(offre_of(offre)), say(reader, offre, "oui")):
        assert "Le service a dû reprendre cette place." in text_of(page)
        assert "urgence PMI" not in page.content.decode()


def test_over_once_the_hour_has_begun_and_the_link_goes_out_after(offre, reader, now):
    now.move_to(offre.starts_at)
    assert "Cette heure est passée." in text_of(reader.get(offre_of(offre)))
    now.move_to(offre.ends_at + dt.timedelta(days=1))
    page = reader.get(offre_of(offre))
    assert page.status_code == 410
    assert "03 53 01 20 00" in text_of(page)


def test_an_exchange_says_that_the_old_one_is_cancelled_and_does_it(world, usager, reader):
    lievin = world.sites["lievin"]
    old = make_rdv(world.motif, lievin, [world.agents["lievin"]], local(2026, 12, 15, 10), usagers=[usager])
    mine = put_on_the_list(world, usager=usager, participation=old.participations.get())
    offre = free_an_hour(world)
    assert offre.inscription == mine
    text = text_of(reader.get(offre_of(offre)))
    assert "votre ancien rendez-vous du mardi 15 décembre à 10 h sera annulé" in text
    assert "Si vous dites non , vous le gardez" in text
    say(reader, offre, "oui")
    old.refresh_from_db()
    assert not old.is_live
    assert Participation.objects.live().get(usager=usager).rdv.starts_at == offre.starts_at


def test_busy_at_that_hour_is_said_and_the_place_stays_held(world, usager, reader):
    offre = _offre_then_busy(world, usager)
    page = say(reader, offre, "oui")
    assert page.status_code == 409
    assert "Il y a déjà un autre rendez-vous à cette heure." in text_of(page)
    offre.refresh_from_db()
    assert offre.state == OffreState.LIVE


def _offre_then_busy(world, usager):
    """They took something else meanwhile, at the same hour, for another motif."""
    put_on_the_list(world, usager=usager)
    offre = free_an_hour(world)
    other = make_motif(world.departement, sites=world.sites.values())
    make_rdv(other, world.sites["lievin"], [world.agents["lievin"]], offre.starts_at, usagers=[usager])
    return offre
