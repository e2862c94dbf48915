"""The agenda by hand in a browser: mouse, finger, keyboard; each gesture says what it changes before it is written."""

import datetime as dt
import re

import pytest
from django.conf import settings

from rdv.core import clock
from rdv.core.journal import Author
from rdv.models import Rdv
from rdv.services.moving import Move, move_rdv
from tests.e2e.conftest import check, end_sessions
from tests.factories import make_agent, make_departement, make_motif, make_ouverture, make_rdv, make_site, make_usager
from tests.signing import signed_in

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


class Day:
    """Claire and Karim receive 8:30-12:30 in ten days; Samira at 9:00 and Gaspard at 10:00 with Claire."""

    def __init__(self):
        self.departement = make_departement("62")
        self.site = make_site(self.departement, name="MDS du Canal")
        self.motif = make_motif(self.departement, sites=[self.site], name="Pesée")
        services = [self.motif.service]
        self.claire = make_agent(site=self.site, services=services, last_name="Vasseur")
        self.karim = make_agent(site=self.site, services=services, first_name="Karim", last_name="Haddad")
        today = clock.local_date(clock.now(), self.departement.zone)
        self.on = today + dt.timedelta(days=10)
        for agent in (self.claire, self.karim):
            make_ouverture(agent, [self.motif], self.at(8, 30), self.at(12, 30), site=self.site)
        self.samira = self.rdv("Samira", "Benali", self.at(9))
        self.rdv("Gaspard", "Leroy", self.at(10))

    def at(self, hour, minute=0):
        return dt.datetime.combine(self.on, dt.time(hour, minute), self.departement.zone).astimezone(dt.UTC)

    def rdv(self, first, last, start):
        person = make_usager(self.departement, first_name=first, last_name=last)
        return make_rdv(self.motif, self.site, [self.claire], start, usagers=[person])

    def hours(self):
        rdv = Rdv.objects.get(pk=self.samira.pk)
        zone = self.departement.zone
        return f"{rdv.starts_at.astimezone(zone):%H:%M}-{rdv.ends_at.astimezone(zone):%H:%M}"


@pytest.fixture
def day(visitor):  # the database of the live server is ready before the rows are written
    return Day()


@pytest.fixture
def agenda(day, visitor, live_server):
    def come(view="jour", *beside, **options):
        page = visitor(**options)
        name = settings.SESSION_COOKIE_NAME
        cookie = {"name": name, "value": signed_in(day.claire).cookies[name].value, "url": live_server.url}
        page.context.add_cookies([cookie])
        more = "".join(f"&avec={agent.pk}" for agent in beside)
        page.goto(f"/agents/agenda/?vue={view}&date={day.on}&agent={day.claire.pk}{more}")
        return page

    return come


def card(page, day):
    return page.locator(f"a[data-rdv='{day.samira.uuid}']").first


def five_minutes(page):
    """How high, in pixels."""
    column = page.locator("ol[data-day]").first
    return column.bounding_box()["height"] / int(column.get_attribute("data-rows"))


def drag(page, locator, *, down=0, right=0, at=(20, 4)):
    """`down`: minutes; `right`: columns."""
    box = locator.bounding_box()
    width = page.locator("ol[data-day]").first.bounding_box()["width"]
    x, y = box["x"] + at[0], box["y"] + at[1]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right * width, y + down / 5 * five_minutes(page), steps=8)
    page.mouse.up()


def dialog(page):
    page.locator("#changer #geste :is(dl, .note)").first.wait_for()
    return page.locator("#changer")


def press(page, name):
    """The agenda comes again, with what was done in words."""
    page.get_by_role("button", name=name).click()
    page.get_by_text("C’est noté").wait_for()


def test_dragged_to_another_hour_and_told(day, agenda):
    page = agenda()
    drag(page, card(page, day), down=120)
    said = " ".join(dialog(page).inner_text().split())
    assert "9:00 à 9:30, Claire Vasseur" in said
    assert "11:00 à 11:30, Claire Vasseur" in said
    assert "Un message part dans 2 minutes" in said
    assert day.hours() == "09:00-09:30"
    check(page)
    press(page, "Déplacer au")
    assert day.hours() == "11:00-11:30"
    page.wait_for_function("uuid => document.activeElement.dataset.rdv === uuid", arg=str(day.samira.uuid))
    check(page)


def test_a_drag_is_undone_from_the_agenda_that_shows_it(day, agenda):
    page = agenda()
    drag(page, card(page, day), down=120)
    press(page, "Déplacer au")
    assert day.hours() == "11:00-11:30"
    button = page.get_by_role("button", name="Défaire le déplacement")
    button.focus()
    page.keyboard.press("Enter")
    page.get_by_text("Le déplacement est défait").wait_for()
    assert day.hours() == "09:00-09:30"
    assert page.url.partition("?")[0].endswith("/agenda/")
    check(page)


def test_a_taken_hour_is_refused_in_words_and_the_card_put_back(day, agenda):
    page = agenda()
    drag(page, card(page, day), down=60)
    assert "Claire Vasseur a déjà quelque chose de 10:00 à 10:30." in dialog(page).inner_text()
    check(page)
    page.keyboard.press("Escape")
    assert page.locator(".ghost").count() == 0
    assert day.hours() == "09:00-09:30"


def test_the_session_over_a_drag_leads_to_the_door_and_back(day, agenda):
    page = agenda()
    end_sessions()
    drag(page, card(page, day), down=120)
    page.wait_for_url(re.compile(r"/agents/connexion/\?next=%2Fagents%2Fagenda%2F"))
    check(page)
    assert day.hours() == "09:00-09:30"


def test_nothing_reads_itself_again_under_an_open_dialog(day, agenda):
    """Its answer may be the sign-in page: a reason that is being typed would go."""
    page = agenda()
    ask = "new Event('htmx:confirm', {bubbles: true, cancelable: true})"
    asks = f"() => document.getElementById('pour-moi').dispatchEvent({ask})"
    assert page.evaluate(asks)
    drag(page, card(page, day), down=60)
    assert dialog(page).get_by_label("Si vous le placez quand même").is_visible()
    assert not page.evaluate(asks)
    page.keyboard.press("Escape")
    page.locator("#changer").wait_for(state="hidden")
    assert page.evaluate(asks)


def test_pulled_longer_by_its_edge(day, agenda):
    page = agenda()
    grip = page.locator(f"a[data-rdv='{day.samira.uuid}'] ~ .grip")
    drag(page, grip, down=15, at=(20, 2))
    assert "Aucun : l’heure de début et le lieu ne changent pas" in dialog(page).inner_text()
    press(page, "Finir à 9:45")
    assert day.hours() == "09:00-09:45"


def test_dragged_to_a_colleague(day, agenda):
    page = agenda("jour", day.karim)
    check(page)
    drag(page, card(page, day), right=1)
    press(page, "Confier à Karim Haddad")
    assert list(Rdv.objects.get(pk=day.samira.pk).agents.all()) == [day.karim]
    assert day.hours() == "09:00-09:30"


def test_carried_by_keyboard(day, agenda):
    page = agenda("semaine")
    card(page, day).focus()
    page.keyboard.press("m")
    for _ in range(24):
        page.keyboard.press("ArrowDown")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowDown")
    assert "11:00 à 11:45" in page.locator("#porte").inner_text()
    page.keyboard.press("Escape")
    assert page.locator(".ghost").count() == 0
    page.keyboard.press("m")
    for _ in range(24):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    dialog(page)
    page.wait_for_function("() => document.activeElement.matches('#geste [data-final]')")
    page.keyboard.press("Enter")
    page.get_by_text("C’est noté").wait_for()
    assert day.hours() == "11:00-11:30"


def test_held_by_a_finger(day, agenda):
    """Still for a moment, then carried; a finger that moves at once scrolls."""
    page = agenda()
    box, step = card(page, day).bounding_box(), five_minutes(page)
    x, y = box["x"] + 20, box["y"] + 4
    touch = page.context.new_cdp_session(page)

    def send(kind, *points):
        places = [{"x": left, "y": top} for left, top in points]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    send("touchStart", (x, y))
    page.wait_for_function("() => document.documentElement.classList.contains('dragging')")
    for number in range(1, 25):
        send("touchMove", (x, y + number * step))
    send("touchEnd")
    dialog(page)
    press(page, "Déplacer au")
    assert day.hours() == "11:00-11:30"


def test_changed_meanwhile_the_second_person_is_told_and_loses_nothing(day, agenda):
    page = agenda()
    move = Move(starts_at=day.at(9, 30), ends_at=day.at(10))
    move_rdv(rdv=day.samira, move=move, author=Author("agent", day.karim.pk, "Karim Haddad"), now=clock.now())
    drag(page, card(page, day), down=120)
    assert "Ce rendez-vous a changé entre-temps. Karim Haddad a déplacé" in " ".join(dialog(page).inner_text().split())
    check(page)
    press(page, "Déplacer au")
    assert day.hours() == "11:00-11:30"


def test_drawn_over_empty_time_it_proposes_what_to_create(day, agenda):
    page = agenda()
    column = page.locator("ol[data-day]").first
    box, step = column.bounding_box(), five_minutes(page)
    first = int(column.get_attribute("data-first"))
    drag(page, column, down=60, at=(box["width"] / 2, (14 * 60 - first) / 5 * step + 1))
    page.locator("#creer").wait_for()
    assert page.locator("#creer h2").inner_text().endswith("14:00 à 15:15")
    assert not page.get_by_role("link", name="Placer quelqu’un", exact=True).is_visible()
    check(page)
    page.get_by_role("link", name="Absence : ne pas recevoir").click()
    page.wait_for_url("**/absences/**")
    assert page.locator("[name=starts_time]").input_value() == "14:00"
    assert page.locator("[name=ends_time]").input_value() == "15:15"
    assert page.locator("[name=first_day]").input_value() == day.on.isoformat()
    page.get_by_role("button", name="Voir ce que cela change").click()
    page.get_by_role("button", name="Enregistrer l’absence").click()
    page.wait_for_url(f"**/agenda/?date={day.on}&vue=jour**")
    page.get_by_text("L’absence est enregistrée.").wait_for()


def test_a_click_in_a_hole_books_at_that_quarter_and_comes_back(day, agenda):
    page = agenda("semaine")
    hole = page.locator("a.free[data-starts='10:30']")
    hole.click(position={"x": 20, "y": five_minutes(page) * 10})
    page.wait_for_url("**/accueil/**")
    page.locator("strong", has_text=", 11:15").first.wait_for()
    page.get_by_text("avec Claire Vasseur, MDS du Canal").wait_for()
    check(page)
    page.get_by_role("link", name="Revenir à l’agenda").click()
    page.wait_for_url(f"**/agenda/?date={day.on}&vue=semaine**")
