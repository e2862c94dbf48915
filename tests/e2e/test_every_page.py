"""Every page of the matrix in a browser, as its viewer: on a desk, on a small phone, and without script.

One world and one browser profile per role for all its pages: signing in has its own tests.
"""

from contextlib import contextmanager
from urllib.parse import urlencode

import pytest
import time_machine

from tests.e2e.conftest import SMALLEST, check, overflow
from tests.factories import utc
from tests.rights import world
from tests.rights.doors import OK, OUTSIDE
from tests.rights.table import PAGES

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
DESK, PHONE = {"width": 1366, "height": 768}, {"width": SMALLEST, "height": 740}
AT = utc(2027, 1, 12, 9, 12)  # the same Tuesday as the matrix, so that a page looks the same at any hour
BUTTONS = "button:not([type=button]):visible, input[type=submit]:visible"
KINDS = {
    "public": [ask for ask in PAGES if ask.viewer in OUTSIDE],
    "call": [ask for ask in PAGES if ask.viewer == "secretaire"],
    "agents": [ask for ask in PAGES if ask.viewer not in (*OUTSIDE, "secretaire")],
}


@pytest.fixture
def house(visitor, settings):  # the database of the live server is ready before the rows are written
    settings.HELP_PHONE = "+33353012000"
    with time_machine.travel(AT):
        house = world.build(AT)
        house.cookies = {role: world.sign_in(house, role) for role in {ask.viewer for ask in PAGES}}
        yield house


@pytest.fixture
def page_of(house, visitor, live_server):
    """`page_of("owner")`: this role's profile, opened once."""
    opened = {}

    def come(role, **options):
        if role not in opened:
            opened[role] = visitor(**options)
            cookies = house.cookies[role].items()
            opened[role].context.add_cookies(
                [{"name": name, "value": morsel.value, "url": live_server.url} for name, morsel in cookies]
            )
        return opened[role]

    return come


@pytest.mark.parametrize("kind", KINDS)
def test_every_page_on_a_desk_and_on_a_small_phone(kind, house, page_of):
    faults = []
    for ask in KINDS[kind]:
        page = page_of(ask.viewer)
        for size in (DESK, PHONE):
            with noted(faults, ask, page):
                page.set_viewport_size(size)
                if size is DESK:
                    _open(page, ask, house)
                check(page)
    assert faults == []


def test_every_page_without_script(house, page_of):
    """Its title, its width, and a button to press in each form that has something to send."""
    faults = []
    for ask in PAGES:
        page = page_of(ask.viewer, width=SMALLEST, javascript=False)
        with noted(faults, ask, page):
            _open(page, ask, house)
            assert page.locator("h1:visible").count() == 1
            assert overflow(page) <= 0
            assert [form for form in page.locator("form:visible").all() if not _may_be_sent(page, form)] == []
    assert faults == []


def _may_be_sent(page, form):
    name = form.get_attribute("id")
    outside = page.locator(f"button[form='{name}']:visible").count() if name else 0
    return form.locator(BUTTONS).count() + outside > 0


@contextmanager
def noted(faults, ask, page):
    """All the pages are looked at, whatever the first ones say."""
    page.problems.clear()
    try:
        yield
    except AssertionError as error:
        faults.append(f"{ask.title} at {page.viewport_size['width']} px: {str(error)[:600]}")


def _open(page, ask, house):
    """The page itself, not the one where somebody without rights is sent."""
    address = _address(ask, house)
    response = page.goto(address)
    assert page.url.endswith(address)
    assert (response.status < 400) == (ask.door[ask.viewer] == OK)


def _address(ask, house):
    data = ask.data(house, ask.viewer)
    return ask.url(house, ask.viewer) + (f"?{urlencode(data, doseq=True)}" if data else "")
