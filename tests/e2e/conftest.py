"""A real browser on a live server, shared by every end-to-end test.

    def test_something(visitor, live_server):
        page = visitor()                      # a new browser profile, 1280 px; visitor(width=320, javascript=False)
        page = visitor(width=683, height=384, scale=2)    # a desk of 1366 by 768 px, read at 200 %
        page.goto(live_server.url)
        check(page)                           # axe, no sideways scroll, nothing refused by the content policy

The clock is the real one: rows are made around `clock.now()`. No worker runs: `deliver()` sends what is due, as the
sweep does every minute.
"""

import datetime as dt
import os
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.sessions.models import Session
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from agents.models import Agent
from agents.views.session import ENDS
from notifications import delivery
from rdv.core import clock
from tests.signing import signed_in

# Playwright's own loop runs in this thread; the tests use the ORM between two clicks, never inside it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
# A browser in a closed network must not look for its maker's; root cannot use the sandbox.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SMALLEST = 320
# What most agents have before them.
DESK = 1366
WHOLE_HEIGHT = "document.documentElement.scrollHeight"
OVERFLOW = "document.body && document.documentElement.scrollWidth - document.documentElement.clientWidth"
EXPECTED = (
    # A form that misses something answers 4xx on purpose; Chromium calls every 4xx an error.
    "the server responded with a status of 4",
    # Typing goes on while an answer comes: it is given up for the next one (hx-sync). A lost one says sendError too.
    "htmx:afterRequest",
    "htmx:sendAbort",
)
ACTIVE = "document.activeElement?.id || document.activeElement?.name"
NUMBER = "document.activeElement?.dataset.number"
AT_REST = "() => !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visitor(browser: Browser, live_server, settings) -> Iterator[Callable[..., Page]]:
    """A page of a new browser profile. Links in messages lead to the live server."""
    settings.BASE_URL = live_server.url
    contexts = []

    def come(*, width: int = 1280, height: int = 0, scale: int = 1, javascript: bool = True) -> Page:
        context = browser.new_context(
            locale="fr-FR",
            base_url=live_server.url,
            viewport={"width": width, "height": height or (900 if width > 600 else 740)},
            device_scale_factor=scale,
            java_script_enabled=javascript,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.problems = []
        page.runs_script = javascript
        page.on("console", lambda message: _note_console(page, message))
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("requestfailed", lambda request: _note_request(page, request))
        return page

    yield come
    for context in contexts:
        context.close()


@pytest.fixture
def enter(visitor: Callable[..., Page], live_server) -> Callable[..., Page]:
    """`enter(agent)`: a new profile where this agent is signed in. Signing in has its own tests."""

    def come(agent: Agent, **options: int | bool) -> Page:
        page = visitor(**options)
        name = settings.SESSION_COOKIE_NAME
        cookie = {"name": name, "value": signed_in(agent).cookies[name].value, "url": live_server.url}
        page.context.add_cookies([cookie])
        return page

    return come


def _note_console(page: Page, message: ConsoleMessage) -> None:
    if message.type == "error" and not any(words in message.text for words in EXPECTED):
        page.problems.append(message.text)


def _note_request(page: Page, request: Request) -> None:
    if request.failure != "net::ERR_ABORTED":  # a page left before its last file came
        page.problems.append(f"{request.url} {request.failure}")


def check(page: Page) -> None:
    """Zero violation, no sideways scroll, one title, nothing that the browser complained about.

    Without script axe cannot wait for its own answers: such a page is looked at by axe where scripts run.
    """
    page.wait_for_load_state()  # a click returns as soon as the next page has begun: there may be no body yet
    if page.runs_script:
        assert violations(page) == []
    assert overflow(page) <= 0, f"{page.url} scrolls sideways by {overflow(page)} px at {page.viewport_size}"
    assert page.locator("h1").count() == 1
    assert page.problems == []


def checked(page: Page) -> None:
    """`check` on a desk and on a small phone."""
    for width in (DESK, SMALLEST):
        page.set_viewport_size({"width": width, "height": 768})
        check(page)
    page.set_viewport_size({"width": DESK, "height": 768})


def violations(page: Page) -> list[str]:
    """On the whole page at once: what lies under the sticky bar until one scrolls is not a target that is too small."""
    page.wait_for_load_state()
    size = page.viewport_size
    page.set_viewport_size({"width": size["width"], "height": max(size["height"], page.evaluate(WHOLE_HEIGHT))})
    try:
        return _violations(page)
    finally:
        page.set_viewport_size(size)


def _violations(page: Page) -> list[str]:
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations"]})
    return [
        f"{page.url} {violation['id']}: {violation['help']} {[node['html'][:160] for node in violation['nodes']]}"
        for violation in found.response["violations"]
    ]


def settle(page: Page) -> None:
    """Until every piece of page that was asked for has taken its place."""
    page.wait_for_function(AT_REST)


def has_focus(page: Page, name: str) -> None:
    """Fails unless the control with this id (or name) takes the focus: a script may need a moment for it."""
    page.wait_for_function(f"name => ({ACTIVE}) === name", arg=name)


def has_number(page: Page, number: str) -> None:
    """Fails unless the hour with this number takes the focus."""
    page.wait_for_function(f"number => ({NUMBER}) === number", arg=number)


def overflow(page: Page) -> int:
    """How far the page scrolls sideways, once there is a page: a click may be on its way to the next one."""
    page.locator("h1").first.wait_for()
    while (found := page.evaluate(OVERFLOW)) is None:
        page.wait_for_timeout(20)
    return found


def deliver() -> int:
    """Send what is due. Returns how many left."""
    sent = 0
    while delivery.deliver_next(now=clock.now()):
        sent += 1
    return sent


def end_sessions() -> None:
    """The absolute end has come, on every post."""
    for row in Session.objects.all():
        data = row.get_decoded()
        if ENDS in data:
            data[ENDS] = (clock.now() - dt.timedelta(minutes=1)).timestamp()
            row.session_data = Session.get_session_store_class()().encode(data)
            row.save()
