"""Joining the list on a small phone: three answers, boxes that appear with their choice, the same without a script."""

import pytest
from playwright.sync_api import Page

from rdv.models import Inscription
from tests.e2e.conftest import SMALLEST, check, checked, has_focus, overflow
from tests.e2e.test_e2e_public import world  # noqa: F401 - a fixture
from tests.factories import make_usager
from tests.public.waiting import place_of, put_on_the_list, wait_url

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def listed(world):  # noqa: F811 - a fixture
    world.motif.has_waitlist = True
    world.motif.save()
    return world


def open_wishes(page: Page, world) -> None:  # noqa: F811 - a fixture
    page.goto(wait_url(world, "?lieu=Lens+62300&site=henin"))
    page.get_by_role("button", name="Continuer").wait_for()


def test_a_hurried_person_taps_once_and_goes_on(visitor, listed):
    page = visitor(width=SMALLEST)
    open_wishes(page, listed)
    check(page)
    assert page.get_by_label("Seulement ici : MDS d’Hénin-Beaumont").is_checked()
    assert page.locator("input[name=half_days]:visible, input[name=sites]:visible").count() == 0
    page.get_by_text("N’importe quel jour").click()
    page.get_by_role("button", name="Continuer").click()
    page.get_by_text("Vos souhaits").wait_for()
    assert "Tous les jours, MDS d’Hénin-Beaumont" in page.inner_text("main")
    check(page)


def test_moments_and_places_appear_with_their_choice_and_what_is_missing_is_said(visitor, listed):
    page = visitor(width=SMALLEST)
    open_wishes(page, listed)
    page.get_by_text("Certains moments").click()
    page.get_by_text("Des lieux que je choisis").click()
    page.locator("label[for=id_half_days_0]").wait_for(state="visible")
    page.get_by_text("Dire plus").click()
    page.get_by_label("Jusqu’au").wait_for(state="visible")
    checked(page)
    assert overflow(page) == 0
    page.get_by_role("button", name="Continuer").click()
    page.wait_for_selector("#erreurs")
    has_focus(page, "erreurs")
    checked(page)
    for sentence in ("Cochez au moins un moment.", "Cochez au moins un lieu."):
        assert sentence in page.inner_text("#erreurs")
    page.locator("label[for=id_half_days_0]").click()
    page.locator("label:has-text('MDS de Liévin')").click()
    page.get_by_role("button", name="Continuer").click()
    page.get_by_text("Vos souhaits").wait_for()
    assert "Lundi matin, MDS de Liévin" in page.inner_text("main")


@pytest.mark.parametrize("width", [SMALLEST, 1280])
def test_without_a_script_and_by_keyboard_ones_wishes_are_changed(visitor, listed, width):
    one = put_on_the_list(listed, usager=make_usager(listed.departement))
    page = visitor(width=width, javascript=False)
    page.goto(place_of(one, "souhaits"))
    check(page)
    page.get_by_label("N’importe quel jour").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    check(page)
    page.get_by_label("Lundi Matin").wait_for(state="visible")
    assert page.get_by_label("Lundi Matin").is_checked()
    page.get_by_role("button", name="Garder ces souhaits").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Vos souhaits sont changés").wait_for()
    assert Inscription.objects.get().half_days == 1
