"""`make screenshots`: pictures of the main screens of a fresh demo, as each role sees them, on a phone and on a desk.

Not a test: a person looks at the pictures before a page is called done. They are put in .cache/screenshots, one folder
per role: what the role sees first, then every page that this one leads to.
"""

import base64
import os
import re
import signal
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlparse

from django_otp.oath import totp
from playwright.sync_api import Page, sync_playwright

from rdv.config import processes
from rdv.config.demo import reset
from tests.ops.running import RunningDemo

PICTURES = Path(".cache/screenshots")
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
# A browser in a closed network must not look for its maker's; root cannot use the sandbox.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
WIDTHS = {"phone": {"width": 320, "height": 640}, "desk": {"width": 1280, "height": 900}}
PAGES_PER_ROLE = 15


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "demo"
        demo = RunningDemo(directory, processes.free_port())
        try:
            take_all(demo.card)
        finally:
            demo.end_by(signal.SIGTERM)
            reset(directory)
    return 0


def take_all(card: dict) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for role, account in {"public": None, **{found["role"]: found for found in card["accounts"]}}.items():
            if account and not account["password"]:
                continue  # signs in by a code that is sent, not by a password
            context = browser.new_context(locale="fr-FR")
            page = context.new_page()
            page.goto(card["url"])
            if account:
                sign_in(page, card["url"], account)
            for address in [page.url, *linked(page)][:PAGES_PER_ROLE]:
                take(page, address, PICTURES / role)
            context.close()
        browser.close()


def sign_in(page: Page, url: str, account: dict) -> None:
    page.goto(f"{url}/agents/connexion/")
    page.locator("[autocomplete=username]").fill(account["email"])
    page.locator("[autocomplete=current-password]").fill(account["password"])
    page.keyboard.press("Enter")
    code = page.locator("[autocomplete=one-time-code]")
    code.fill(f"{totp(base64.b32decode(account['totp_secret'])):06d}")
    page.keyboard.press("Enter")
    code.wait_for(state="detached")


def linked(page: Page) -> list[str]:
    """Pages of the platform that this one leads to, in the order of the page, without those that sign out."""
    here = urlparse(page.url)
    hrefs = page.eval_on_selector_all("a[href]", "links => links.map(link => link.href.split('#')[0])")
    wanted = [href for href in dict.fromkeys(hrefs) if urlparse(href).netloc == here.netloc and href != page.url]
    return [href for href in wanted if "deconnexion" not in href]


def take(page: Page, address: str, folder: Path) -> None:
    name = re.sub(r"\W+", "-", urlparse(address).path).strip("-") or "accueil"
    folder.mkdir(parents=True, exist_ok=True)
    for width, size in WIDTHS.items():
        page.set_viewport_size(size)
        page.goto(address)
        picture = folder / f"{name}-{width}.png"
        page.screenshot(path=picture, full_page=True)
        sys.stdout.write(f"{picture}\n")


if __name__ == "__main__":
    sys.exit(main())
