"""The calls of a secretary by keyboard alone, counted by the keystroke-level model; then the same at 200 %.

Sequences A, C, D, E of look-backoffice.md and the move; every state that a call goes through is looked at by axe.
"""

import datetime as dt

import pytest

from rdv.models import Inscription, Option, Participation, Rdv
from tests.e2e.conftest import check, has_focus, has_number
from tests.e2e.console_world import focused, make_world, opener, step
from tests.e2e.hands import Hands, at_the_desk
from tests.factories import make_rdv
from usagers.models import Usager

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.ux, pytest.mark.django_db(transaction=True), at_the_desk]


@pytest.fixture
def world(live_server):
    return make_world()


@pytest.fixture
def desk(world, visitor, live_server):
    return opener(world, visitor, live_server)


def seen(page, name):
    """A step of the call, and nothing wrong with it."""
    step(page, name)
    check(page)


def benali(hands):
    """A known person, found by two beginnings of words."""
    hands.press("F2")
    hands.think()
    hands.type("benali sam")
    hands.think()
    hands.press("Enter")
    seen(hands.page, "pour")
    has_focus(hands.page, "pour-0")


def for_her_son(hands):
    hands.think()
    hands.press("ArrowRight", "Enter")
    seen(hands.page, "motif")
    has_focus(hands.page, "motif")
    nourrisson(hands)


def nourrisson(hands):
    """The motif by its first letters; the best hour has the focus."""
    hands.think()
    hands.type("nour")
    hands.press("Enter")
    seen(hands.page, "heure")
    has_number(hands.page, "1")


def booked(hands):
    """The hour is held, what it says is read, it is confirmed."""
    seen(hands.page, "confirmer")
    hands.think()
    hands.press("Control+Enter")
    seen(hands.page, "fait")


def test_a_known_person_and_her_child(desk, world, screen):
    """Sequence A: 22 keys, 6 decisions, 14.7 s."""
    hands = Hands(desk(**screen))
    has_focus(hands.page, "q")
    benali(hands)
    for_her_son(hands)
    hands.think()
    hands.press("4")
    step(hands.page, "confirmer")
    has_number(hands.page, "4")
    booked(hands)
    participation = Participation.objects.select_related("usager", "responsable").latest("pk")
    assert (participation.usager.first_name, participation.responsable) == ("Ilyes", world.samira)
    told = hands.report("phone_known", budget_s=15)
    assert (told["pages"], told["clicks"], told["keys"], hands.decisions, told["klm_s"]) == (1, 0, 22, 6, 14.7)
    assert told["klm_s"] <= told["budget_s"]


def test_a_hard_case(desk, world, screen):
    """Sequence C: two namesakes, the afternoon only, five arrows in the table."""
    hands = Hands(desk(**screen))
    page = hands.page
    hands.press("F2")
    hands.think()
    hands.type("sam ben")
    page.wait_for_selector("#resultats [data-list][data-q='sam ben']")
    check(page)
    hands.think()
    names = page.locator("#resultats a strong").all_inner_texts()
    assert sorted(names[:2]) == ["Samira Ben Ali", "Samira Benali"]
    hands.press(*["ArrowDown"] * (names.index("Samira Benali") + 1), "Enter")
    step(page, "pour")
    hands.think()
    hands.press("Enter")
    step(page, "motif")
    nourrisson(hands)
    hands.think()
    hands.press("Escape")
    has_focus(page, "j-jour")
    hands.press("ArrowLeft")
    page.wait_for_selector("#j-am:checked")
    seen(page, "heure")
    has_focus(page, "j-am")
    hands.press("Enter")
    before = focused(page)
    has_number(page, "1")
    hands.think()
    hands.press("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowDown", "ArrowUp")
    assert focused(page) != before
    assert not Option.objects.exists()  # arrows pass over hours: nothing is held
    hands.press("Enter")
    booked(hands)
    rdv = Rdv.objects.latest("pk")
    assert rdv.starts_at.astimezone(world.departement.zone).hour >= 12
    assert rdv.participations.get().usager == world.samira
    told = hands.report("phone_hard", budget_s=22)
    assert told["pages"] == 1
    assert told["klm_s"] <= told["budget_s"]


def test_a_new_person(desk, world, screen):
    """Sequence D: words of the search, birth date, motif, hour."""
    hands = Hands(desk(**screen))
    page = hands.page
    hands.press("F2")
    hands.think()
    hands.type("diallo aminata 0639984417")
    page.wait_for_selector("#resultats [data-list][data-q='diallo aminata 0639984417']")
    check(page)
    hands.think()
    hands.press("Enter")
    seen(page, "nouveau")
    has_focus(page, "np-birth_date")
    hands.think()
    hands.type("17051998")
    hands.think()
    hands.press("Enter")
    step(page, "motif")
    person = Usager.objects.get(last_name="Diallo")
    assert (person.first_name, str(person.phone)) == ("Aminata", "+33639984417")
    assert person.birth_date == dt.date(1998, 5, 17)
    nourrisson(hands)
    hands.think()
    hands.press("1")
    booked(hands)
    assert Participation.objects.latest("pk").usager == person
    told = hands.report("phone_new", budget_s=30)
    assert told["pages"] == 1
    assert told["klm_s"] <= told["budget_s"]


def test_the_waiting_list(desk, world, screen):
    """Sequence E: no hour suits her; one place and two half-days would."""
    world.consultation.has_waitlist = True
    world.consultation.save()
    hands = Hands(desk(**screen))
    page = hands.page
    benali(hands)
    for_her_son(hands)
    hands.think()
    hands.press("F8")
    page.wait_for_url("**/agents/attente/ajouter/**")
    check(page)
    hands.think()
    hands.press("Space")
    hands.think()
    hands.press("ArrowDown", "Space")
    hands.think()
    hands.press("ArrowRight", "ArrowRight", "Space")
    hands.think()
    hands.press("Control+Enter")
    page.wait_for_url("**/agents/attente/personne/**")
    check(page)
    wish = Inscription.objects.get()
    monday_and_tuesday_morning = 0b101
    assert (wish.usager.first_name, wish.half_days) == ("Ilyes", monday_and_tuesday_morning)
    assert wish.sites == [world.upcoming.site_id]
    told = hands.report("phone_waitlist", budget_s=21)
    assert (told["clicks"], told["keys"], hands.decisions, told["klm_s"]) == (0, 28, 9, 20.4)
    assert told["klm_s"] <= told["budget_s"]


def test_moving(desk, world, screen):
    """She calls to move her second Rdv: from the search to moved, by its line at the console."""
    colleagues = [link.agent for link in world.past.rdv_agents.all()]
    start = world.upcoming.starts_at + dt.timedelta(days=1)
    rdv = make_rdv(world.consultation, world.past.site, colleagues, start, usagers=[world.samira])
    hands = Hands(desk(**screen))
    page = hands.page
    benali(hands)
    hands.press("F2", "ArrowDown")
    hands.think()
    hands.press("ArrowDown", "m")
    page.wait_for_url(f"**/agents/rdv/{rdv.uuid}/deplacer/")
    check(page)
    has_number(page, "1")
    hands.think()
    hands.press("2")
    page.wait_for_selector("[data-final]")
    check(page)
    hands.think()
    hands.press("Control+Enter")
    page.wait_for_url(f"**/agents/rdv/{rdv.uuid}/")
    check(page)
    assert "Le rendez-vous est déplacé." in page.inner_text("main")
    rdv.refresh_from_db()
    assert rdv.schedule_version == 1
    told = hands.report("phone_move", budget_s=15)
    assert (told["clicks"], told["keys"], hands.decisions, told["klm_s"]) == (0, 19, 5, 12.5)
    assert told["klm_s"] <= told["budget_s"]
