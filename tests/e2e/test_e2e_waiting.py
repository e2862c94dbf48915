"""Somebody waits, is offered an hour and takes it: at a desk, on the smallest phone, and without script."""

import datetime as dt

import pytest
from playwright.sync_api import Page

from rdv.core import clock
from rdv.models import Inscription, InscriptionState, Offre, Rdv
from rdv.services.cancelling import cancel_participation
from rdv.services.public_booking import author_of
from tests.e2e.conftest import SMALLEST
from tests.e2e.test_e2e_public import code_in_outbox, look, noon, today
from tests.factories import make_rdv, make_usager
from tests.public.conftest import World, link_of, make_world
from tests.public.waiting import offre_of, place_of, put_on_the_list

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
SCREENS = [(1280, True), (SMALLEST, True), (SMALLEST, False)]


@pytest.fixture(params=SCREENS, ids=["desk", "phone", "phone-without-script"])
def page(request, visitor) -> Page:
    width, javascript = request.param
    return visitor(width=width, javascript=javascript)


@pytest.fixture
def world(transactional_db) -> World:
    """Hénin-Beaumont is full; its list is open."""
    world = make_world()
    world.motif.has_waitlist = True
    world.motif.save()
    return world


def weekday(world, days: int) -> dt.date:
    """A working day, at least so many days away."""
    day = today(world) + dt.timedelta(days=days)
    while day.weekday() > 4:
        day += dt.timedelta(days=1)
    return day


def free_an_hour(world, *, days=10, site="henin") -> Offre:
    """Somebody who had ten o'clock cancels."""
    day = weekday(world, days)
    world.open(site, (day.year, day.month, day.day), (9, 0), (12, 0))
    at = dt.datetime.combine(day, dt.time(10), world.departement.zone).astimezone(dt.UTC)
    leaver = make_usager(world.departement)
    rdv = make_rdv(world.motif, world.sites[site], [world.agents[site]], at, usagers=[leaver])
    cancel_participation(
        participation=rdv.participations.get(), by_service=False, author=author_of(leaver), now=clock.now()
    )
    return Offre.objects.live().whole().get()


def waiting_person(world, **fields) -> Inscription:
    return put_on_the_list(world, now=clock.now(), **fields)


def test_from_a_full_place_to_an_hour_taken(page, world):
    page.goto(world.times_url("henin"))
    look(page, "attente-01-complet")
    page.locator("main .fr-btn", has_text="Prévenez-moi").click()
    look(page, "attente-02-souhaits")
    page.uncheck("text=Après-midi >> nth=0")
    page.check("text=MDS de Lens")
    page.click("text=Continuer")
    look(page, "attente-03-qui")
    page.check("text=Pour moi")
    for name, value in (("first_name", "Nadia"), ("last_name", "Lemaire"), ("phone", "06 39 98 45 21")):
        page.fill(f"#id_{name}", value)
    page.click("#identite .fr-btn")
    look(page, "attente-04-code")
    page.fill("#id_code", code_in_outbox(page))
    page.click("button:has-text('M’inscrire sur la liste')")
    look(page, "attente-05-sur-la-liste")
    assert page.locator("h1").inner_text() == "Vous êtes sur la liste"
    inscription = Inscription.objects.get()
    assert inscription.half_days == 0b111111111101
    offre = free_an_hour(world)
    assert offre.inscription == inscription
    page.goto(offre_of(offre))
    look(page, "attente-06-proposition")
    page.click("text=Oui, je prends cette place")
    look(page, "attente-07-prise")
    assert page.locator("h1").inner_text().startswith("C’est noté. À ")
    page.reload()
    page.click("text=Voir mon rendez-vous")
    look(page, "attente-08-rendez-vous")
    assert Rdv.objects.live().count() == 1


def test_something_missing_is_said_on_the_page(page, world):
    page.goto(world.url(world.motif.slug, "attente") + "?site=henin")
    for box in page.locator("input[name=half_days]").all():
        box.uncheck(force=True)
    page.click("text=Continuer")
    look(page, "attente-02-erreur")
    assert page.title().startswith("Erreur")
    assert "Cochez au moins une demi-journée." in page.inner_text("main")


def test_states_of_ones_place(page, world):
    inscription = waiting_person(world)
    page.goto(place_of(inscription))
    look(page, "attente-09-place")
    page.click("text=Changer mes souhaits")
    look(page, "attente-10-changer")
    page.click("text=Garder ces souhaits")
    assert "Vos souhaits sont changés" in page.inner_text("main")
    Inscription.objects.update(state=InscriptionState.ASLEEP, unanswered=2)
    page.goto(place_of(inscription))
    look(page, "attente-11-en-pause")
    page.click("text=J’attends encore")
    assert page.locator("h1").inner_text() == "Vous êtes sur la liste"
    page.click("text=Ne plus attendre")
    look(page, "attente-12-quitter")
    page.click("text=Oui, ne plus attendre")
    look(page, "attente-13-quittee")
    assert Inscription.objects.get().state == InscriptionState.LEFT


def test_an_exchange_then_no_then_over(page, world):
    usager = make_usager(world.departement)
    lens = world.sites["lens"]
    old = make_rdv(world.motif, lens, [world.agents["lens"]], noon(world, 40), usagers=[usager])
    page.goto(link_of(old.participations.get()))
    page.click("text=Me prévenir si une place se libère plus tôt")
    look(page, "attente-14-plus-tot")
    page.check("text=MDS d’Hénin-Beaumont")
    page.click("button:has-text('M’inscrire sur la liste')")
    look(page, "attente-15-plus-tot-liste")
    offre = free_an_hour(world)
    page.goto(offre_of(offre))
    look(page, "attente-16-echange")
    assert "sera annulé" in page.inner_text("main")
    page.click("text=Non, pas cette fois")
    look(page, "attente-17-refusee")
    assert old.participations.get().is_live
    page.click("text=Voir ma place sur la liste")
    assert page.locator("h1").inner_text() == "Vous êtes sur la liste"
