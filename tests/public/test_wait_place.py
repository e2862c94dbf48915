"""One's place on the list: where one stands, wishes changed, woken, left. No name, nothing done by looking."""

import datetime as dt

import pytest
from django.test import Client

from rdv.models import Inscription, InscriptionState, Offre
from rdv.services.public_booking import author_of
from rdv.services.waitlist_answer import accept
from rdv.services.waitlist_join import Wishes
from tests.factories import make_usager
from tests.public.conftest import NOW, text_of
from tests.public.waiting import WISHES, free_an_hour, offre_of, place_of, put_on_the_list

pytestmark = pytest.mark.django_db
ACTIONS = ("", "souhaits", "quitter")


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
def reader():
    return Client()


def test_where_one_stands_without_a_name(world, usager, reader):
    for minutes in (1, 2):
        put_on_the_list(world, now=NOW - dt.timedelta(minutes=minutes))
    mine = put_on_the_list(world, usager=usager)
    page = reader.get(place_of(mine))
    assert "Vous êtes en 3e position 3 personnes attendent en tout." in text_of(page)
    assert "MDS de Lens" in text_of(page)
    for name in ("Nadia", "Lemaire", str(usager.phone)[-4:]):
        assert name not in page.content.decode()
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in page["Cache-Control"]


def test_a_discreet_motif_says_only_rendez_vous(world, inscription, reader):
    world.motif.notice_level = "discreet"
    world.motif.save()
    page = reader.get(place_of(inscription))
    assert "Pesée" not in page.content.decode()


@pytest.mark.parametrize("action", ACTIONS)
def test_a_link_that_nobody_sent_is_not_found(world, reader, action):
    assert reader.get("/l/AAAAAAAAAAAAAAAA" + (f"/{action}/" if action else "")).status_code == 404


def test_few_queries(world, inscription, reader, django_assert_max_num_queries):
    for _ in range(5):
        put_on_the_list(world)
    with django_assert_max_num_queries(5):
        reader.get(place_of(inscription))


def test_other_wishes_the_same_rank(world, inscription, reader):
    page = reader.get(place_of(inscription, "souhaits"))
    assert 'value="tous" id="id_when_0" required checked' in page.content.decode()
    assert 'value="11" checked' not in page.content.decode()
    wishes = WISHES | {"sites": ["lens", "lievin"], "half_days": ["2"], "version": str(inscription.version)}
    response = reader.post(place_of(inscription, "souhaits"), wishes)
    assert response["Location"] == place_of(inscription) + "?fait=souhaits"
    opened = inscription.opened_at
    inscription.refresh_from_db()
    assert sorted(inscription.sites) == sorted(world.sites[slug].pk for slug in ("lens", "lievin"))
    assert (inscription.half_days, inscription.opened_at) == (4, opened)


def test_what_an_agent_asked_for_stays(world, usager, reader):
    agent = world.agents["lens"]
    inscription = put_on_the_list(world, usager=usager, wishes=Wishes(agent=agent, needs_step_free=True))
    reader.post(place_of(inscription, "souhaits"), WISHES)
    inscription.refresh_from_db()
    assert (inscription.agent, inscription.needs_step_free) == (agent, True)


def test_wishes_changed_meanwhile_are_shown_and_not_overwritten(inscription, reader):
    page = reader.post(place_of(inscription, "souhaits"), WISHES | {"half_days": ["2"], "version": "99"})
    assert page.status_code == 409
    assert "a changé entre-temps" in text_of(page)
    inscription.refresh_from_db()
    assert inscription.half_days == 0


def test_looking_at_leaving_leaves_nothing_and_a_yes_leaves_once(inscription, reader):
    assert "Ne plus attendre ?" in text_of(reader.get(place_of(inscription, "quitter")))
    reader.head(place_of(inscription, "quitter"))
    assert Inscription.objects.get().state == InscriptionState.WAITING
    for _ in range(2):
        assert reader.post(place_of(inscription, "quitter"))["Location"] == place_of(inscription)
    assert Inscription.objects.get().state == InscriptionState.LEFT
    page = text_of(reader.get(place_of(inscription)))
    assert "Vous n’êtes plus sur la liste" in page
    assert "M’inscrire à nouveau" in page


def test_leaving_passes_a_live_offer_on(world, inscription, reader):
    other = put_on_the_list(world, now=NOW + dt.timedelta(minutes=1))
    free_an_hour(world)
    reader.post(place_of(inscription, "quitter"))
    assert Offre.objects.live().get().inscription == other


def test_asleep_one_press_wakes(inscription, reader):
    Inscription.objects.update(state=InscriptionState.ASLEEP, unanswered=2)
    assert "Votre attente est en pause" in text_of(reader.get(place_of(inscription)))
    assert reader.get(place_of(inscription, "attendre")).status_code == 405
    for _ in range(2):
        assert reader.post(place_of(inscription, "attendre"))["Location"] == place_of(inscription) + "?fait=attend"
    inscription.refresh_from_db()
    assert (inscription.state, inscription.unanswered) == (InscriptionState.WAITING, 0)


def test_a_live_offer_is_shown_on_ones_place(world, inscription, reader):
    offre = free_an_hour(world)
    page = reader.get(place_of(inscription))
    assert "Une place vous est proposée" in text_of(page)
    assert offre_of(offre) in page.content.decode()


def test_served_leads_to_the_rdv(world, usager, inscription, reader):
    accept(offre=free_an_hour(world), author=author_of(usager), now=NOW)
    page = text_of(reader.get(place_of(inscription)))
    assert "Vous avez votre rendez-vous" in page
    assert "jeudi 3 décembre à 9 h" in page
    for action in ("souhaits", "quitter"):
        assert reader.post(place_of(inscription, action), WISHES)["Location"] == place_of(inscription)
    inscription.refresh_from_db()
    assert inscription.state == InscriptionState.SERVED


def test_expired_says_so_and_later_the_link_goes_out(inscription, reader):
    Inscription.objects.update(state=InscriptionState.EXPIRED, closed_at=NOW)
    assert "nous ne pouvons plus rien proposer pour ce motif" in text_of(reader.get(place_of(inscription)))
    Inscription.objects.update(until_day=NOW.date())
    assert "Le dernier jour que vous aviez donné est passé" in text_of(reader.get(place_of(inscription)))
    Inscription.objects.update(closed_at=NOW - dt.timedelta(days=31))
    page = reader.get(place_of(inscription))
    assert page.status_code == 410
    assert "03 53 01 20 00" in text_of(page)
