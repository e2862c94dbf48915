"""An agent's day in a browser: agenda read, status said by keyboard, every page checked, on a phone, without script."""

import datetime as dt

import pytest

from agents.models import Role
from rdv.core import clock
from tests.e2e.conftest import check, has_focus, overflow
from tests.e2e.hands import Hands, at_the_desk
from tests.factories import make_agent, make_departement, make_motif, make_ouverture, make_rdv, make_site, make_usager

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
HALF_HOUR = dt.timedelta(minutes=30)


class Office:
    """Claire with three Rdv earlier today (or yesterday, in the small hours) and two tomorrow."""

    def __init__(self):
        self.departement = make_departement("62")
        self.site = make_site(self.departement, name="MDS du Canal")
        self.motif = make_motif(self.departement, sites=[self.site], name="Pesée")
        self.phone = make_motif(self.departement, sites=[self.site], name="Point", modality="phone")
        self.workshop = make_motif(self.departement, sites=[self.site], name="Massage", is_collective=True, capacity=8)
        self.claire = make_agent(site=self.site, services=[self.motif.service], last_name="Vasseur")
        self.admin = make_agent(self.departement, role=Role.ADMIN)
        zone = self.departement.zone
        today = clock.local_date(clock.now(), zone)
        self.tomorrow = today + dt.timedelta(days=1)
        # Local noon of the day before: past whatever the hour, on one page of "à renseigner".
        self.past = dt.datetime.combine(today - dt.timedelta(days=1), dt.time(10), zone).astimezone(dt.UTC)
        self.ahead = dt.datetime.combine(self.tomorrow, dt.time(9), zone).astimezone(dt.UTC)
        self.done = [
            self.rdv(self.motif, self.past + n * HALF_HOUR, *name)
            for n, name in enumerate([("Manon", "Lebrun"), ("Tiago", "Alves"), ("Emma", "Roy")])
        ]
        self.web = self.rdv(self.motif, self.ahead, "Samira", "Benali", origin="web")
        self.called = self.rdv(self.phone, self.ahead + HALF_HOUR, "Gaspard", "Leroy", origin="phone")
        self.atelier = make_rdv(
            self.workshop,
            self.site,
            [self.claire],
            self.past + 4 * HALF_HOUR,
            title="Massage bébé",
            usagers=[self.person("Aline", "Bertin"), self.person("Sofia", "Duval")],
        )
        make_ouverture(
            self.claire, [self.motif], self.ahead - HALF_HOUR, self.ahead + dt.timedelta(hours=3), site=self.site
        )

    def person(self, first, last):
        return make_usager(self.departement, first_name=first, last_name=last)

    def rdv(self, motif, start, first, last, **fields):
        return make_rdv(motif, self.site, [self.claire], start, usagers=[self.person(first, last)], **fields)


@pytest.fixture
def office(visitor):  # the database of the live server is ready before the rows are written
    return Office()


def test_the_agenda_is_read_and_a_status_said_by_keyboard(office, enter):
    page = enter(office.claire)
    page.goto(f"/agents/agenda/?vue=semaine&date={office.tomorrow}")
    grid = page.get_by_role("group", name="Grille de la semaine")
    assert "Samira Benali Pesée" in " ".join(grid.inner_text().split())
    assert "Gaspard Leroy Téléphone · Point" in " ".join(grid.inner_text().split())
    check(page)

    title = page.locator("h1").inner_text()
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_function("title => document.querySelector('h1').innerText !== title", arg=title)
    page.keyboard.press("Shift+ArrowLeft")
    page.wait_for_function("title => document.querySelector('h1').innerText === title", arg=title)

    page.get_by_role("link", name="À renseigner 5 en attente").click()
    assert page.locator("h1").inner_text() == "5 statuts à renseigner"
    check(page)
    page.get_by_role("group", name="Manon Lebrun").get_by_role("radio", name="Vu").focus()
    page.keyboard.press("Space")  # Manon: seen
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")  # Tiago: seen, then absent
    page.keyboard.press("t")  # the rest: seen
    assert "3 sur 3 cochés" in page.locator("[data-count]").inner_text()
    page.keyboard.press("Control+Enter")
    page.get_by_text("3 statuts enregistrés.").wait_for()
    said = [rdv.participations.get().status for rdv in office.done]
    assert said == ["seen", "noshow", "seen"]
    check(page)

    page.get_by_label("Aline Bertin").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Enregistrer la feuille").click()
    page.get_by_text("2 statuts enregistrés.").wait_for()
    assert page.locator("h1").inner_text() == "Tout est renseigné"
    check(page)


@pytest.mark.ux
@at_the_desk
def test_a_day_of_twelve_with_two_absent_by_the_keyboard_alone(office, enter, screen):
    """Sequence G of the design, longer: the fourth and the ninth did not come. 12 s at the most by the model."""
    office.done += [
        office.rdv(office.motif, office.past + n * HALF_HOUR, "Léo", f"Personne{n}") for n in (3, *range(6, 14))
    ]
    page = enter(office.claire, **screen)
    page.goto("/agents/a-renseigner/")
    assert page.locator("fieldset.seg").count() == 12
    check(page)
    hands = Hands(page)
    hands.think()
    hands.press("Tab", "Tab", "Tab", "ArrowRight")
    hands.think()
    hands.press("Tab", "Tab", "Tab", "Tab", "Tab", "ArrowRight")
    hands.think()
    hands.press("t")
    assert "12 sur 12 cochés" in page.locator("[data-count]").inner_text()
    check(page)
    hands.think()
    hands.press("Control+Enter")
    page.get_by_text("12 statuts enregistrés.").wait_for()
    check(page)
    said = [rdv.participations.get().status for rdv in sorted(office.done, key=lambda rdv: rdv.starts_at)]
    assert [number for number, status in enumerate(said, 1) if status == "noshow"] == [4, 9]
    assert said.count("seen") == 10
    told = hands.report("statuses_12", budget_s=12)
    assert (told["clicks"], told["keys"], told["klm_s"]) == (0, 13, 9.4)
    assert told["klm_s"] <= told["budget_s"]


@pytest.mark.parametrize("width", [1366, 320])
def test_every_page_on_a_desk_and_on_a_phone(office, enter, width):
    page = enter(office.claire, width=width)
    for address in (
        f"/agents/agenda/?vue=semaine&date={office.tomorrow}",
        f"/agents/agenda/?vue=jour&date={office.tomorrow}",
        f"/agents/agenda/?vue=liste&date={office.tomorrow}",
        "/agents/agenda/?vue=semaine&date=2026-06-02",
        "/agents/a-renseigner/",
        "/agents/ateliers/nouveau/",
    ):
        page.goto(address)
        check(page)
    page.get_by_role("button", name="Poser l’atelier").click()  # the last page, its errors
    page.get_by_role("alert").wait_for()
    has_focus(page, "erreurs")
    check(page)


@pytest.mark.parametrize("width", [1366, 320])
def test_the_pages_of_the_administrator(office, enter, width):
    office.admin.last_name = "Delannoy-Vandenberghe-Przybylski"  # a name may be longer than a phone is wide
    office.admin.save()
    page = enter(office.admin, width=width)
    for address in ("/agents/motifs/", "/agents/motifs/?archives=oui", f"/agents/motifs/{office.motif.uuid}/"):
        page.goto(address)
        check(page)
    page.goto("/agents/motifs/nouveau/")
    page.get_by_role("button", name="Créer le motif").click()
    page.get_by_role("alert").wait_for()
    check(page)


def test_the_administrator_switches_a_site(office, enter):
    other = make_site(office.departement, name="MDS des Tilleuls")
    page = enter(office.admin)
    page.goto("/agents/motifs/")
    page.get_by_label("Pesée à MDS des Tilleuls").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Enregistrer les sites").click()
    page.get_by_text("1 motif changé.").wait_for()
    assert office.motif.motif_sites.filter(site=other).exists()


def test_without_script(office, enter):
    page = enter(office.claire, width=320, javascript=False)
    page.goto(f"/agents/agenda/?vue=liste&date={office.tomorrow}")
    assert "Samira Benali" in page.inner_text("main")
    page.get_by_role("link", name="Semaine", exact=True).click()
    assert page.get_by_role("link", name="Samira Benali").count() == 1
    assert overflow(page) <= 0
    page.goto("/agents/a-renseigner/")
    page.get_by_role("button", name="Le reste : tous vus").click()
    assert page.get_by_text("rien n’est encore écrit").count() == 1
    page.get_by_role("button", name="Enregistrer Ctrl Entrée").click()
    page.get_by_text("3 statuts enregistrés.").wait_for()
    assert {rdv.participations.get().status for rdv in office.done} == {"seen"}
    assert overflow(page) <= 0


def test_a_workshop_from_the_agenda(office, enter):
    page = enter(office.claire)
    page.goto(f"/agents/agenda/?vue=semaine&date={office.tomorrow}")
    page.get_by_role("link", name="Atelier", exact=True).click()
    page.wait_for_url("**/agents/ateliers/nouveau/**")  # loaded: its keys work
    page.get_by_label("Atelier", exact=True).select_option(label="Massage")
    page.get_by_label("Début").fill("09:00")
    page.keyboard.press("Control+Enter")
    page.get_by_text("a déjà quelque chose à cette heure").first.wait_for()
    assert page.get_by_label("Début").input_value() == "09:00"
    page.get_by_label("Début").fill("15:00")
    page.keyboard.press("Control+Enter")
    page.get_by_text("L’atelier est posé").wait_for()
    assert "Massage 0 inscrit sur 8" in " ".join(page.get_by_role("group", name="Grille").inner_text().split())


def test_change_nothing_leads_back_to_the_same_place_of_the_agenda(office, enter):
    page = enter(office.claire, height=420)
    page.goto(f"/agents/agenda/?vue=semaine&date={office.tomorrow}")
    card = page.get_by_role("link", name="Gaspard Leroy")
    card.focus()
    page.evaluate("window.scrollTo(0, 160)")
    top = page.evaluate("window.scrollY")
    assert top > 0
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Déplacer").click()
    page.wait_for_url("**/deplacer/**")
    page.get_by_role("link", name="Revenir sans déplacer").click()
    page.wait_for_url("**/agenda/**")
    page.wait_for_function("top => Math.abs(window.scrollY - top) < 2", arg=top)
    page.wait_for_function("() => document.activeElement.textContent.includes('Gaspard')")
    assert f"date={office.tomorrow}" in page.url
    assert "#" not in page.url
    check(page)
