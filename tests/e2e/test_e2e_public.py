"""A person books, moves and cancels in a browser: at a desk, on the smallest phone without script. Then every state.

The budget (design, "Usager"): at most 7 pages, 12 clicks and 60 seconds by the keystroke-level model, 100 kB for a
first visit. The code is read where the demo shows it: on the page of the boîte d'envoi.
"""

import datetime as dt
import gzip
import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page

from notifications.models import Message
from rdv.core import clock
from rdv.models import Occupation, Option, Participation, Rdv
from rdv.services import holding
from tests.e2e.conftest import SMALLEST, check, deliver, has_focus
from tests.e2e.hands import Hands
from tests.factories import make_departement, make_motif, make_ouverture, make_participation, make_rdv, make_usager
from tests.public.conftest import World, link_of, make_world

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

MOST_PAGES, MOST_CLICKS, MOST_SECONDS, MOST_BYTES = 7, 12, 60, 100_000
# A small phone, and the same page read at 200 %: no narrower than what must hold (WCAG 1.4.10).
PHONES = [
    pytest.param({"width": 360}, id="100-percent"),
    pytest.param({"width": SMALLEST, "scale": 2}, id="200-percent"),
]
# Pictures to lay beside the mockups, when a folder is named.
PICTURES = os.environ.get("PUBLIC_PICTURES", "")


@pytest.fixture
def world() -> World:
    """Times in the ten working days to come: Liévin first, then Lens; Hénin-Beaumont is full."""
    world = make_world()
    days = [day for day in (today(world) + dt.timedelta(days=n) for n in range(2, 18)) if day.weekday() < 5]
    first, *others = [(day.year, day.month, day.day) for day in days]
    world.open("lievin", first, (14, 0), (16, 0))
    for number, day in enumerate(others):
        if number != 3:
            world.open("lens", day, (9, 20), (10, 40))
        if number != 2:
            world.open("lens", day, (14, 0), (15, 0))
    world.open("bethune", others[2], (10, 40), (12, 0))
    make_motif(
        world.departement,
        sites=world.sites.values(),
        slug="vaccins",
        public_label="Vaccins",
        public_hint="Bébé de 2 à 11 mois",
        duration_min=20,
        position=2,
    )
    return world


def today(world) -> dt.date:
    return clock.local_date(clock.now(), world.departement.zone)


def expire_holds() -> None:
    """As ten minutes later: the option and what it occupies."""
    before = clock.now() - dt.timedelta(seconds=1)
    Option.objects.update(expires_at=before)
    Occupation.objects.filter(kind="option").update(expires_at=before)


def noon(world, days: int) -> dt.datetime:
    day = today(world) + dt.timedelta(days=days)
    return dt.datetime.combine(day, dt.time(12), world.departement.zone).astimezone(dt.UTC)


def picture(page: Page, name: str) -> None:
    if PICTURES:
        folder = Path(PICTURES)
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(folder / f"{name}-{page.viewport_size['width']}.png"), full_page=True)


def look(page: Page, name: str) -> None:
    check(page)
    picture(page, name)


def code_in_outbox(page: Page) -> str:
    """As the person of the demo reads it: the newest message of the boîte d'envoi, in another tab."""
    deliver()
    tab = page.context.new_page()
    tab.goto("/boite-d-envoi/")
    code = re.search(r"(\d{3})\s(\d{3})", tab.locator("main").inner_text())
    tab.close()
    return code.group(1) + code.group(2)


def link_in_outbox(page: Page, live_server) -> str:
    deliver()
    tab = page.context.new_page()
    tab.goto("/boite-d-envoi/")
    link = re.search(rf"{re.escape(live_server.url)}/r/\w{{16}}", tab.content())
    tab.close()
    return link.group(0)


@pytest.mark.ux
@pytest.mark.parametrize("screen", PHONES)
def test_from_home_to_confirmed_within_the_budget_then_moved_and_cancelled(visitor, world, live_server, screen):
    """Each page shown is a decision."""
    page = visitor(**screen)
    hands = Hands(page, pages=0)
    weights = weight_of_first_visit(page)
    look(page, "01-accueil")
    assert 10_000 < sum(weights.values()) <= MOST_BYTES, weights
    hands.click("#lieu")
    hands.type("lens")
    hands.click("label[for=porte-enfant]")
    hands.follow("text=Voir les rendez-vous libres")
    look(page, "01-motifs")
    hands.follow("text=Pesée et conseils")
    look(page, "02-lieux")
    hands.follow("text=Voir les horaires")
    look(page, "03-creneaux")
    hands.follow("button[name=creneau]")
    look(page, "04-coordonnees")
    hands.click("label:has-text('Pour moi')")
    for words in ("Nadia", "Lemaire", "0639984521"):
        hands.press("Tab")
        hands.type(words)
    hands.follow("#identite .fr-btn")
    look(page, "05-code")
    code = code_in_outbox(page)
    hands.click("#id_code")
    hands.type(code)
    hands.follow("text=Confirmer le rendez-vous")
    look(page, "06-confirmation")
    assert page.locator("h1").inner_text().startswith("C’est noté.")
    for _ in range(hands.pages):
        hands.think()
    told = hands.report("web_booking", budget_s=MOST_SECONDS)
    assert hands.pages <= MOST_PAGES
    assert hands.clicks <= MOST_CLICKS
    assert told["klm_s"] <= told["budget_s"], hands
    participation = Participation.objects.get()
    assert participation.usager.full_name == "Nadia Lemaire"
    old = participation.rdv.starts_at
    move_then_cancel(page, link_in_outbox(page, live_server), old)
    assert_bookable_again(page, world, old)


def move_then_cancel(page: Page, link: str, old: dt.datetime) -> None:
    page.goto(link)
    look(page, "07-mon-rendez-vous")
    hands = Hands(page, pages=0)
    hands.follow("text=Le déplacer")
    look(page, "07-deplacer")
    hands.follow("button[name=creneau] >> nth=2")
    look(page, "07-deplacer-confirmer")
    hands.follow("text=Oui, déplacer")
    look(page, "07-deplace")
    assert hands.pages == 3
    rdv = Rdv.objects.get()
    assert rdv.starts_at != old
    deliver()
    assert Message.objects.filter(kind="rdv.moved", state="delivered").exists()
    page.goto(link)  # a later message never kills an earlier link
    hands = Hands(page)
    hands.follow("text=L’annuler")
    look(page, "07-annuler")
    hands.follow("text=Oui, annuler")
    look(page, "07-annule")
    assert hands.clicks == 2
    assert not Rdv.objects.get().is_live


def assert_bookable_again(page: Page, world, old: dt.datetime) -> None:
    page.goto(world.times_url() + f"?du={old.astimezone(world.departement.zone).date()}")
    assert page.locator(f"button[value^='{old.isoformat(timespec='minutes')}@']").count() == 1


def weight_of_first_visit(page: Page) -> dict[str, int]:
    """Open the home page; what that costs over the wire, compressed as the server in front does.

    The bodies are read when all have come, never from the listener: there the browser cannot be asked.
    """
    responses = []

    def add(response):
        responses.append(response)

    page.on("response", add)
    page.goto("/", wait_until="networkidle")
    page.remove_listener("response", add)
    return {
        response.url: len(gzip.compress(response.body()))
        for response in responses
        if response.ok and not response.url.endswith((".woff", ".woff2"))
    }


def test_the_same_on_the_smallest_phone_without_script(visitor, world, live_server):
    page = visitor(width=SMALLEST, javascript=False)
    page.goto("/")
    look(page, "sans-script-01")
    page.fill("#lieu", "62300")
    page.click("label[for=porte-enfant]")
    page.click("text=Voir les rendez-vous libres")
    page.click("text=Pesée et conseils")
    look(page, "sans-script-02")
    page.locator("text=Voir les horaires").first.click()
    look(page, "sans-script-03")
    page.locator("button[name=creneau]").nth(1).click()
    look(page, "sans-script-04")
    page.check("text=Pour mon enfant")
    page.fill("#id_person_birth_day", "14")
    page.fill("#id_first_name", "Nadia")
    page.fill("#id_phone", "06 39 98 45 2")
    with page.expect_navigation():
        page.keyboard.press("Enter")  # sends the form, and not "plus de temps"
    look(page, "sans-script-04-erreur")
    assert page.title().startswith("Erreur")
    assert page.input_value("#id_phone") == "06 39 98 45 2"
    page.click("text=J’ai besoin de plus de temps")
    assert page.input_value("#id_first_name") == "Nadia"
    assert page.is_checked("text=Pour mon enfant")
    for name, value in (("person_first_name", "Yanis"), ("person_birth_month", "3"), ("person_birth_year", "2026")):
        page.fill(f"#id_{name}", value)
    page.fill("#id_last_name", "Lemaire")
    page.fill("#id_phone", "06 39 98 45 21")
    page.click("#identite .fr-btn")
    look(page, "sans-script-05")
    page.fill("#id_code", code_in_outbox(page))
    with page.expect_navigation():
        page.keyboard.press("Enter")
    look(page, "sans-script-06")
    confirmation = page.url
    page.go_back()
    assert page.url == confirmation, "back leads to the same confirmation"
    page.reload()
    assert Rdv.objects.count() == 1
    assert Participation.objects.get().usager.full_name == "Yanis Lemaire"
    page.goto(link_in_outbox(page, live_server))
    look(page, "sans-script-07")
    for action in ("Le déplacer", "Venir avec quelqu’un", "L’annuler"):
        page.click(f"text={action}")
        look(page, f"sans-script-07-{action[-8:]}")
        page.go_back()
    page.click("text=L’annuler")
    page.click("text=Oui, annuler")
    page.click("text=Reprendre mon rendez-vous")
    look(page, "sans-script-repris")
    assert Rdv.objects.get().is_live


@pytest.fixture(params=[SMALLEST, 360, 1280])
def page(request, visitor) -> Page:
    return visitor(width=request.param)


def held(page: Page, world, site="lens") -> Page:
    page.goto(world.times_url(site) + "?lieu=Lens+62300")
    page.locator("button[name=creneau]").first.click()
    return page


def fill_in(page: Page, **values: str) -> None:
    page.check("text=Pour moi")
    given = {"first_name": "Nadia", "last_name": "Lemaire", "phone": "06 39 98 45 21"} | values
    for name, value in given.items():
        page.fill(f"#id_{name}", value)
    page.click("#identite .fr-btn")


def test_states_of_the_first_pages(page, world):
    page.goto("/pas-de-calais/motifs/?lieu=Zzyx")
    look(page, "01-accueil-erreur")
    has_focus(page, "erreurs")
    page.goto("/pas-de-calais/motifs/?lieu=lens&porte=autre")
    look(page, "01-je-ne-sais-pas")
    page.goto(world.url("pesee", "lieux") + "?lieu=Lens+62300&tri=date")
    look(page, "02-lieux-date")
    page.goto(world.url("pesee", "horaires") + "?lieu=Lens+62300")
    look(page, "03-tous-les-lieux")
    page.goto(world.times_url("henin") + "?lieu=Lens+62300")
    look(page, "03-complet")
    page.goto("/pas-de-calais/rien/lieux/")
    look(page, "404")
    for name in ("accessibilite", "mentions-legales", "donnees-personnelles"):
        page.goto(world.url(name))
        look(page, name)
    make_departement("59")
    page.goto("/")
    look(page, "00-pays")
    page.goto("/?lieu=&porte=")
    look(page, "00-pays-erreur")


def test_states_of_a_held_time(page, world):
    held(page, world)
    page.check("text=Pour mon enfant")
    page.fill("#id_phone", "06 39 98 45 2")
    page.click("#identite .fr-btn")
    look(page, "04-coordonnees-erreur")
    form = page.url
    page.goto(world.times_url())
    look(page, "03-deja-garde")
    expire_holds()
    page.goto(form)
    look(page, "04-perdu-libre")
    page.click("text=Reprendre")
    fill_in(page)
    page.fill("#id_code", "12")
    page.click("text=Confirmer le rendez-vous")
    look(page, "05-code-erreur")
    page.click("text=Renvoyer le code")
    page.click("text=Renvoyer le code")
    page.click("text=Renvoyer le code")
    look(page, "05-code-trop")


def test_states_of_a_time_taken_by_somebody_else(page, world):
    page.goto(world.times_url())
    button = page.locator("button[name=creneau]").first
    start = dt.datetime.fromisoformat(button.get_attribute("value").partition("@")[0])
    make_rdv(world.motif, world.sites["lens"], [world.agents["lens"]], start)
    button.click()
    look(page, "03-pris")
    held(page, world)
    form = page.url
    option = Option.objects.get()
    Option.objects.update(expires_at=clock.now() - dt.timedelta(minutes=1))
    holding.drop_dead_options(clock.now())
    make_rdv(world.motif, world.sites["lens"], [world.agents["lens"]], option.starts_at)
    page.goto(form)
    look(page, "04-perdu")


def test_states_of_a_person_who_has_another_rdv(page, world):
    start = noon(world, 9)
    usager = make_usager(world.departement, first_name="Nadia", last_name="Lemaire", phone="+33639984521")
    make_ouverture(
        world.agents["bethune"], [world.motif], start, start + dt.timedelta(hours=1), site=world.sites["bethune"]
    )
    make_rdv(world.motif, world.sites["lens"], [], start, usagers=[usager])
    page.goto(world.times_url("bethune") + f"?du={start.astimezone(world.departement.zone).date()}")
    page.locator(f"button[value^='{start.isoformat(timespec='minutes')}@']").click()
    fill_in(page)
    page.fill("#id_code", code_in_outbox(page))
    page.click("text=Confirmer le rendez-vous")
    look(page, "06-deja-un-rendez-vous")


def test_states_of_a_workshop_a_visit_and_a_call(page, world):
    workshop = make_motif(
        world.departement, sites=world.sites.values(), slug="massage", is_collective=True, capacity=3, tile="atelier"
    )
    make_rdv(workshop, world.sites["lens"], [], noon(world, 6), title="Massage des bébés")
    full = make_rdv(workshop, world.sites["lens"], [], noon(world, 7))
    for _ in range(3):
        make_participation(full, make_usager(world.departement))
    page.goto(world.times_url(motif=workshop))
    look(page, "03-atelier")
    page.click("button[name=seance]")
    look(page, "04-atelier")
    visit = make_motif(world.departement, sites=world.sites.values(), slug="visite", modality="home", duration_min=60)
    make_ouverture(world.agents["lens"], [visit], noon(world, 6), noon(world, 6) + dt.timedelta(hours=4))
    page.goto(world.url("visite", "domicile"))
    page.click("text=Voir les rendez-vous libres")
    look(page, "02-domicile-erreur")
    page.fill("#id_street", "8 rue des Lilas")
    page.fill("#id_commune", "Lens")
    page.click("text=Voir les rendez-vous libres")
    look(page, "03-domicile")
    page.locator("button[name=creneau]").first.click()
    look(page, "04-domicile")
    call = make_motif(world.departement, sites=world.sites.values(), slug="appel", modality="phone", duration_min=20)
    make_ouverture(world.agents["lens"], [call], noon(world, 6), noon(world, 6) + dt.timedelta(hours=1))
    page.goto(world.url("appel", "lieux"))
    look(page, "02-telephone")


def test_states_of_a_link(page, world):
    usager = make_usager(world.departement, phone="+33639984521", email="")
    now = clock.now()
    soon = make_rdv(world.motif, world.sites["lens"], [], now + dt.timedelta(minutes=20), usagers=[usager])
    participation = soon.participations.get()
    page.goto(link_of(participation))
    look(page, "07-trop-tard")
    if "Je suis en retard" in page.content():  # not around midnight, when it is tomorrow's
        page.goto(link_of(participation, "retard/"))
        look(page, "07-retard")
        page.locator("button[name=minutes]").nth(1).click()
        look(page, "07-retard-dit")
    page.goto(link_of(participation, "accompagnement/"))
    page.click("text=C’est bon")
    look(page, "07-accompagnement-erreur")
    page.goto(link_of(participation))
    page.click("text=Recevoir un code")
    look(page, "07-code")
    page.fill("#id_code", code_in_outbox(page))
    page.click("text=Voir mes rendez-vous")
    look(page, "08-liste")
    page.click("text=Chercher avec un autre numéro")
    look(page, "08-retrouver")
    page.fill("#id_contact", "06 39")
    page.click("text=Recevoir mon code")
    look(page, "08-retrouver-erreur")
    past = make_rdv(world.motif, world.sites["lens"], [], now - dt.timedelta(days=9), usagers=[usager])
    page.goto(link_of(past.participations.get()))
    look(page, "07-expire")
    Participation.objects.filter(pk=participation.pk).update(status="revoked")
    page.goto(link_of(participation))
    look(page, "07-annule-par-le-service")
    page.goto("/r/AAAAAAAAAAAAAAAA")
    look(page, "07-inconnu")


def test_a_double_press_books_once_and_the_clock_counts(visitor, world):
    page = visitor()
    held(page, world)
    assert page.locator("[data-clock-left]").inner_text().startswith("Il vous reste")
    fill_in(page)
    page.fill("#id_code", code_in_outbox(page))
    page.locator("text=Confirmer le rendez-vous").dblclick()
    page.wait_for_url("**/confirme/")
    assert Rdv.objects.count() == Participation.objects.count() == 1


def test_the_whole_booking_by_keyboard_alone(visitor, world):
    page = visitor()
    page.goto(world.times_url())
    press_until(page, "button[name=creneau]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/reservation/**")
    press_until(page, "#id_who_0")
    page.keyboard.press("Space")
    assert page.locator("#id_person_first_name").is_hidden()
    for text in ("Nadia", "Lemaire", "0639984521"):
        page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.wait_for_url("**/code/")
    code = code_in_outbox(page)
    press_until(page, "#id_code")
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    page.wait_for_url("**/confirme/")
    assert Participation.objects.get().usager.full_name == "Nadia Lemaire"


def press_until(page: Page, selector: str) -> None:
    """Tab to the first of these, as a person who sees the focus would."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"the keyboard does not reach {selector}")
