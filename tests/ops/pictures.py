"""`make pictures`: docs/images again, the main job told in pictures on a fresh demo, with its real worker.

Not a test: tests/e2e holds the same journeys. The usager has a 320 px phone, the others a desk. PICTURES_OF names the
address of a demo that already runs (its demo.json), to try one picture.
"""

import datetime as dt
import json
import os
import re
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from rdv.config import processes
from rdv.config.demo import reset
from rdv.core import clock
from tests.ops.running import RunningDemo
from tests.ops.screenshots import CHROMIUM, FLAGS, sign_in

PICTURES = Path("docs/images")
PHONE = {"width": 320, "height": 640}
DESK = {"width": 1366, "height": 860}
SENT_SECONDS = 30_000
TAKEN = "#erreurs"
HOURS_TRIED = 5


def main() -> int:
    with demo_card() as card, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for part in PARTS:
            part(browser, card)
        browser.close()
    return 0


@contextmanager
def demo_card() -> Iterator[dict]:
    if running := os.environ.get("PICTURES_OF"):
        yield json.loads(Path(running).read_text())
        return
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "demo"
        demo = RunningDemo(directory, processes.free_port())
        try:
            yield demo.card
        finally:
            demo.end_by(signal.SIGTERM)
            reset(directory)


def open_page(browser: Browser, card: dict, size: dict, role: str = "") -> Page:
    page = browser.new_context(locale="fr-FR", base_url=card["url"], viewport=size).new_page()
    if role:
        sign_in(page, card["url"], next(one for one in card["accounts"] if one["role"] == role))
    return page


def take(page: Page, name: str, *, whole: bool = True) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=whole)
    sys.stdout.write(f"{PICTURES / name}.png\n")


def in_mailbox(page: Page, pattern: str, name: str = "") -> re.Match:
    """The newest message that says this, as soon as the worker has sent it."""
    tab = page.context.new_page()
    for _ in range(SENT_SECONDS // 500):
        tab.goto("/boite-d-envoi/")
        if found := re.search(pattern, tab.content()):
            break
        tab.wait_for_timeout(500)
    if name:
        take(tab, name, whole=False)
    tab.close()
    return found


def usager(browser: Browser, card: dict) -> None:
    """From home to confirmed; the message read, its link followed; moved, then cancelled."""
    page = open_page(browser, card, PHONE)
    page.goto("/")
    take(page, "usager-01-accueil")
    page.fill("#lieu", "Lens")
    page.click("label[for=porte-enfant]")
    page.click("text=Voir les rendez-vous libres")
    take(page, "usager-02-motifs")
    page.click("text=Pesée et conseils")
    take(page, "usager-03-lieux")
    page.locator("text=Voir les horaires").first.click()
    take(page, "usager-04-horaires")
    press_an_hour(page)
    identify(page)
    take(page, "usager-05-coordonnees")
    page.click("#identite .fr-btn")
    page.wait_for_selector("#id_code")
    page.fill("#id_code", "".join(in_mailbox(page, r"(\d{3})\s(\d{3})").groups()))
    take(page, "usager-06-code")
    page.click("text=Confirmer le rendez-vous")
    take(page, "usager-07-confirme")
    link = in_mailbox(page, rf"{re.escape(card['url'])}/r/\w{{16}}", "usager-08-boite-d-envoi").group(0)
    change(page, link)
    page.goto("/pas-de-calais/chiffres/")
    take(page, "usager-13-chiffres")
    page.context.close()


def press_an_hour(page: Page, nth: int = 0) -> None:
    """Between the page and the finger an hour may go to the list: the first thing the worker of a fresh demo does is to
    offer what the seed left free. The page then proposes the nearest hours, and one presses the first of them."""
    button = page.locator("button[name=creneau]").nth(nth)
    for _ in range(HOURS_TRIED):
        with page.expect_navigation():
            button.click()
        if not page.locator(TAKEN).count():
            return
        button = page.locator("button[name=creneau]").first
    raise RuntimeError(f"{HOURS_TRIED} hours were taken one after the other: {page.url}")


def identify(page: Page) -> None:
    page.click("label:has-text('Pour mon enfant')")
    for name, value in {
        "person_first_name": "Yanis",
        "person_birth_day": "14",
        "person_birth_month": "3",
        "person_birth_year": "2026",
        "first_name": "Nadia",
        "last_name": "N’Diaye-Lemaire",
        "phone": "06 39 98 45 21",
    }.items():
        page.fill(f"#id_{name}", value)


def change(page: Page, link: str) -> None:
    page.goto(link)
    take(page, "usager-09-mon-rendez-vous")
    page.click("text=Le déplacer")
    take(page, "usager-10-deplacer")
    press_an_hour(page, nth=2)
    page.click("text=Oui, déplacer")
    take(page, "usager-11-deplace")
    page.goto(link)
    page.click("text=L’annuler")
    page.click("text=Oui, annuler")
    take(page, "usager-12-annule")


def secretary(browser: Browser, card: dict) -> None:
    """A call by keyboard alone."""
    page = open_page(browser, card, DESK, "secretaire")
    page.keyboard.press("F2")
    page.keyboard.type("benali sam", delay=30)
    page.wait_for_selector("#resultats [data-list]")
    page.wait_for_timeout(400)
    take(page, "secretaire-1-qui-appelle", whole=False)
    page.keyboard.press("Enter")  # two namesakes: into the list, where the birth dates tell
    press_until(page, "Enter", "pour")
    press_until(page, "ArrowRight", "pour")
    press_until(page, "Enter", "motif")
    page.keyboard.type("pes", delay=30)
    press_until(page, "Enter", "heure")
    take(page, "secretaire-2-heures", whole=False)
    press_until(page, "F9", "pourquoi")
    take(page, "secretaire-7-pourquoi", whole=False)
    press_until(page, "Escape", "heure")
    press_until(page, "4", "confirmer")
    take(page, "secretaire-3-confirmer", whole=False)
    press_until(page, "Control+Enter", "fait")
    take(page, "secretaire-4-note", whole=False)
    page.keyboard.press("Control+Enter")  # a new call
    day = coming_tuesday().isoformat()
    for name, address in {
        "secretaire-5-usagers": "/agents/usagers/?q=benali",
        "secretaire-6-journee": f"/agents/journee/?date={day}",
        "secretaire-8-attente": "/agents/attente/",
        "secretaire-9-appels": "/agents/attente/appels/?voir=toutes",
        "secretaire-10-doublons": "/agents/usagers/doublons/",
    }.items():
        page.goto(address)
        take(page, name, whole=False)
    page.context.close()


def press_until(page: Page, key: str, step: str) -> None:
    page.keyboard.press(key)
    page.wait_for_selector(f"#console[data-step='{step}']")
    page.wait_for_timeout(400)


def coming_tuesday() -> dt.date:
    """The demo has its fullest days in the week: pictures taken on a Saturday would show an empty one."""
    today = clock.now().date()
    return today + dt.timedelta(days=(1 - today.weekday()) % 7)


def agent(browser: Browser, card: dict) -> None:
    page = open_page(browser, card, DESK, "agent")
    day = coming_tuesday().isoformat()
    for name, address in {
        "agent-1-semaine": f"/agents/agenda/?vue=semaine&date={day}",
        "agent-2-liste": f"/agents/agenda/?vue=liste&date={day}",
        "agent-3-a-renseigner": "/agents/a-renseigner/",
        "agent-4-ouvertures": "/agents/agenda/ouvertures/",
        "agent-6-mois": f"/agents/agenda/?vue=mois&date={day}",
    }.items():
        page.goto(address)
        take(page, name, whole=False)
    page.set_viewport_size(PHONE)
    page.goto(f"/agents/agenda/?vue=jour&date={day}")
    take(page, "agent-5-jour-au-telephone")
    page.context.close()


def admin(browser: Browser, card: dict) -> None:
    page = open_page(browser, card, DESK, "admin")
    for name, address in {
        "admin-1-reglages": "/agents/reglages/",
        "admin-2-motifs": "/agents/motifs/",
        "admin-3-liste-d-attente": "/agents/attente/chiffres/",
        "admin-4-exports": "/agents/exports/",
    }.items():
        page.goto(address)
        take(page, name, whole=False)
    page.context.close()


PARTS = (usager, secretary, agent, admin)

if __name__ == "__main__":
    sys.exit(main())
