"""The waiting list at the desk, in a browser: F8 from the console, a call answered by keyboard, an hour taken back."""

import datetime as dt

import pytest

from rdv.core import clock
from rdv.models import Inscription, Offre, Option, Rdv
from tests.e2e.conftest import DESK, SMALLEST, check, checked, has_focus
from tests.factories import make_usager
from tests.waiting.conftest import build, free_the_hour, wait

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def desk(visitor):  # the database of the live server is ready before the rows are written
    now = clock.now()
    # Ten days ahead and more, on a weekday: far enough for one person to be asked.
    day = now.date() + dt.timedelta(days=10)
    day += dt.timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)
    return build(now=now, ten=dt.datetime.combine(day, dt.time(9), dt.UTC))


def test_f8_puts_somebody_on_the_list(desk, enter):
    person = make_usager(desk.departement, first_name="Nour", last_name="Haddad")
    page = enter(desk.people["secretary"], width=DESK)
    page.goto(f"/agents/accueil/?usager={person.uuid}&motif={desk.motif.uuid}")
    checked(page)
    page.keyboard.press("F8")
    page.wait_for_url("**/agents/attente/ajouter/**")
    checked(page)
    page.get_by_label("Naissance, grossesse ou échéance d’un droit").check()
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#erreurs")
    has_focus(page, "erreurs")
    checked(page)
    page.get_by_label("Pourquoi").fill("Enceinte de 7 mois")
    page.get_by_label("Lundi matin").check()
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/agents/attente/personne/**")
    assert "rang 1 sur 1" in page.inner_text("main")
    checked(page)
    made = Inscription.objects.get()
    assert (made.priority, made.half_days) == (1, 1)
    page.goto("/agents/attente/")
    checked(page)


def test_a_call_is_answered_by_keyboard(desk, enter):
    wait(desk, phone="", email="")
    free_the_hour(desk)
    page = enter(desk.people["secretary"], width=DESK)
    page.goto("/agents/attente/appels/")
    checked(page)
    page.get_by_role("link", name="Pourquoi cette personne").click()
    page.wait_for_selector("h1:has-text('Pourquoi Samira Benali')")
    checked(page)
    page.go_back()
    page.keyboard.press("o")  # nothing: the focus is not among the answers
    assert Offre.objects.live().count() == 1
    page.get_by_role("button", name="Oui, je réserve").focus()
    page.keyboard.press("o")
    page.wait_for_selector("text=C’est réservé pour Samira Benali")
    checked(page)
    assert Rdv.objects.filter(participations__usager__last_name="Benali").count() == 1
    page.goto("/agents/attente/chiffres/")
    checked(page)


def test_an_hour_is_taken_back_from_the_agenda_and_without_script_a_call_is_answered(desk, enter):
    wait(desk)
    offre = free_the_hour(desk)
    day = clock.local_date(offre.starts_at, desk.departement.zone)
    page = enter(desk.claire, width=DESK)
    page.goto(f"/agents/agenda/?vue=liste&date={day}")
    checked(page)
    page.get_by_role("link", name="Prendre cette heure").click()
    page.get_by_label("Pourquoi vous reprenez cette heure").fill("Nourrisson à voir")
    checked(page)
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/agents/accueil/**")
    checked(page)
    assert Option.objects.get(token=offre.option.token).author_id == desk.claire.pk
    bare = enter(desk.people["secretary"], width=SMALLEST, javascript=False)
    bare.goto("/agents/attente/appels/?voir=toutes")
    check(bare)
    assert "Aucune place n’est proposée en ce moment" in bare.inner_text("main")


def test_the_administrator_opens_a_list_and_writes_its_rules(desk, enter):
    page = enter(desk.people["admin"], width=DESK)
    page.goto("/agents/attente/regles/")
    checked(page)
    page.get_by_role("link", name="Pesée").click()
    checked(page)
    page.get_by_label("Ne plus proposer une heure à moins de … minutes").fill("90")
    page.get_by_role("button", name="Enregistrer l’ouverture").click()
    page.wait_for_selector("text=a une liste d’attente")
    page.get_by_role("link", name="Règles du département").click()
    page.get_by_label("Une personne gagne un rang de priorité tous les … jours").fill("0")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#erreurs")
    checked(page)
    desk.motif.refresh_from_db()
    assert (desk.motif.has_waitlist, desk.motif.waitlist_notice_min) == (True, 90)
