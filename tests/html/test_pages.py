"""Every page of the matrix, as its viewer sees it: markup, rules of the house, and what it asks of the database."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.html.reading import faults
from tests.rights.doors import OK
from tests.rights.table import ASKS, PAGES
from tests.rights.world import sandbox

pytestmark = pytest.mark.django_db
# Not a page of ours: the body of an e-mail as a mail reader shows it, in its frame.
NOT_PAGES = ("outbox:html",)


@pytest.mark.parametrize("ask", PAGES, ids=[ask.title for ask in PAGES])
def test_the_page_is_sound_and_asks_little(ask, house, client_of, settings):
    settings.HELP_PHONE = "+33353012000"  # as every instance says its own, for pages of no département
    client = client_of(ask.viewer)
    with sandbox(), CaptureQueriesContext(connection) as asked:
        response = ask.send(client, house, ask.viewer)
    html = response.content.decode()
    assert response.headers["Content-Type"].startswith("text/html")
    assert faults(html, is_mock=ask.is_mock) == []
    assert ask.queries > 0
    assert len(asked) <= ask.queries


def test_every_page_has_a_viewer(house, client_of):
    """Whatever answers with HTML and its own body must be looked at above."""
    seen = []
    for ask in ASKS:
        if ask.method != "GET" or ask.viewer or ask.name in NOT_PAGES:
            continue
        role = next((role for role, answer in ask.door.items() if answer == OK), "anonymous")
        with sandbox():
            response = ask.send(client_of(role), house, role)
        if response.headers["Content-Type"].startswith("text/html") and not response.headers.get("Location"):
            seen.append(ask.title)
    assert seen == []


BROKEN = {
    "<p>one<p id=a><b id=a></b>": "id 'a' 2 times",
    "<label for=x>Nom</label>": "for of <label>: no 'x'",
    "<h1>a</h1><h1>b</h1>": "2 h1",
    "<h1>a</h1><h3>b</h3>": "h3 after h1",
    "<p>Le 12 janvier 2027</p>": "a date without its weekday: 'Le 12 janvier'",
    "<p onclick='x'>a</p>": "onclick on <p>",
    "<p style='x'>a</p>": "inline style on <p>",
    "<script>x</script>": "inline script",
    "<form method=post></form>": "a form without its token: None",
    "<p>a</p>": "no phone number to call",
}


@pytest.mark.parametrize(("body", "fault"), BROKEN.items(), ids=BROKEN.values())
def test_each_rule_sees_what_it_forbids(body, fault):
    html = f"<!DOCTYPE html><html lang=fr><head><title>a</title></head><body>{body}</body></html>"
    assert fault in faults(html)


def test_markup_that_does_not_parse_is_a_fault():
    assert faults("<!DOCTYPE html><html lang=fr><body><p></div></body></html>") != []


def test_a_sound_page_has_no_fault():
    body = "<h1>a</h1><p>mardi 12 janvier 2027, loi du 6 janvier 1978</p><a href='tel:+33353012000'>03</a>"
    assert faults(f"<!DOCTYPE html><html lang=fr><head><title>a</title></head><body>{body}</body></html>") == []
