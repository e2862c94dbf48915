"""Every address, for every role: the URLconf itself says which addresses there are.

A refused write changes nothing in the whole database; one that is let in changes something.
"""

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver

from agents.views import session
from tests.rights.doors import OK, Answer, leaks, read
from tests.rights.table import ASKS
from tests.rights.world import ROLES, fingerprints, sandbox

pytestmark = pytest.mark.django_db
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
BY_NAME = {name: [ask for ask in ASKS if ask.name == name] for name in {ask.name for ask in ASKS}}
WRITES = [ask for ask in ASKS if ask.method == "POST"]
# Called by machines, which sign in their own way.
UNPROTECTED = ("notifications:twilio_status", "notifications:email_events", "rdv:twilio_answer")


def named(asks):
    return pytest.mark.parametrize("ask", asks, ids=[ask.title for ask in asks])


def addresses(resolver=None, space=""):
    """Names of all the addresses, their namespace first. An address without a name has a row under its view's name."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            yield f"{space}{pattern.name or pattern.lookup_str}"
        else:
            yield from addresses(pattern, f"{space}{pattern.namespace}:" if pattern.namespace else space)


def test_every_address_has_its_rows_and_every_row_its_address():
    known = set(addresses())
    assert known - set(BY_NAME) == set(), "addresses without rights in tests/rights/table.py"
    assert set(BY_NAME) - known == set(), "rows without an address"


def test_titles_are_unique():
    titles = [ask.title for ask in ASKS]
    assert [title for title in titles if titles.count(title) > 1] == []


@named(ASKS)
def test_each_role(ask, house, client_of):
    wrong = {}
    for role in ROLES:
        with sandbox():
            response = ask.send(client_of(role), house, role)
            fault = _fault(ask, role, response, house)
        if fault:
            wrong[role] = fault
    assert wrong == {}


def _fault(ask, role, response, house):
    expected, answer = ask.door[role], read(response)
    if answer != expected:
        return f"{answer}, not {expected}"
    if not ask.is_mock and leaks(response, role):
        return f"shows {leaks(response, role)}"
    if ask.method == "GET":
        return ""
    changed = [table for table, print_ in fingerprints().items() if house.before[table] != print_]
    must_write = expected == OK and ask.writes and role not in ask.idle
    if must_write and not changed:
        return "let in, but nothing was written: the row proves nothing"
    if not must_write and _beyond_marks(changed):
        return f"wrote in {changed}"
    return ""


def _beyond_marks(changed):
    """Refused sign-ins and codes are counted, and the journal says who came and went."""
    return set(changed) - {"axes_accessattempt", "axes_accesslog", "axes_accessfailurelog", "rdv_evenement"}


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_methods_that_no_row_names_are_refused(name, house, client_of):
    asks = BY_NAME[name]
    allowed = {ask.method for ask in asks}
    role = next((role for role in ROLES if asks[0].door[role] == OK), "anonymous")
    wrong = {}
    for method in METHODS:
        if method not in allowed:
            with sandbox():
                answer = read(client_of(role).generic(method, asks[0].url(house, role)))
            if answer != Answer.METHOD:
                wrong[method] = str(answer)
    assert wrong == {}


@named([ask for ask in WRITES if ask.name not in UNPROTECTED])
def test_a_form_of_another_site_writes_nothing(ask, house, client_of):
    role = next((role for role in ROLES if ask.door[role] == OK), "anonymous")
    response = ask.send(client_of(role, enforce_csrf_checks=True), house, role)
    assert response.status_code == 403
    assert fingerprints() == house.before


@named([ask for ask in ASKS if ask.is_fresh])
def test_an_old_password_is_asked_again(ask, house, client_of):
    role = next(role for role in ROLES if ask.door[role] == OK)
    client = client_of(role)
    marks = client.session
    marks[session.CONFIRMED] -= session.CONFIRMED_FOR.total_seconds()
    marks.save()
    assert read(ask.send(client, house, role)) == Answer.CONFIRM
    assert fingerprints() == house.before


@named([ask for ask in ASKS if ask.door["anonymous"] == Answer.SIGN_IN and ask.door["owner"] != Answer.SIGN_IN])
def test_without_the_second_factor_nothing_opens(ask, house):
    """A session of Django alone, as a password would open it."""
    client = Client()
    client.force_login(house.people["secretaire"], backend="agents.backends.AgentBackend")
    assert read(ask.send(client, house, "secretaire")) == Answer.SIGN_IN


def test_the_journal_is_not_a_way_in(house):
    """The table that is left out above must exist: a new name would hide writes."""
    assert {"axes_accessattempt", "rdv_evenement"} <= set(house.before)
