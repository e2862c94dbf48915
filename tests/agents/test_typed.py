"""The session closed while somebody was writing: the same person sends it after signing in, nobody else sees it."""

import datetime as dt

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from agents.models import Fermeture, Role
from agents.views import typed
from rdv.core import clock
from tests.agents.sign_in_helpers import code_of, enrolled, give_password, sign_in
from tests.factories import make_agent, make_departement
from tests.html.reading import tree_of

pytestmark = pytest.mark.django_db
START = dt.datetime(2027, 1, 4, 8, 0, tzinfo=dt.UTC)
URL = "/agents/reglages/fermetures/"
WRITTEN = {"site": "", "starts_on": "2027-02-01", "ends_on": "2027-02-02", "label": "L’équipe <en> formation"}


@pytest.fixture(autouse=True)
def clock_moves():
    with time_machine.travel(START, tick=False) as moving:
        yield moving


@pytest.fixture
def admin():
    return make_agent(make_departement("62"), role=Role.ADMIN)


def send(client, agent, moving, data=WRITTEN):
    """Two hours and a minute later, the form is sent."""
    sign_in(client, agent)
    moving.shift(dt.timedelta(hours=2, minutes=1))
    answer = client.post(URL, data)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/agents/connexion/")
    assert "formation" not in answer.content.decode() + str(answer.headers) + str(answer.cookies)


def come_back(client, agent):
    device = enrolled(agent)
    give_password(client, agent, next_page=URL)
    return client.post("/agents/connexion/code/", {"code": code_of(device)})


def fields_of(answer):
    form = next(one for one in tree_of(answer.content.decode()).iter("form") if one.get("data-planning") is not None)
    hidden = [(one.get("name"), one.get("value")) for one in form.iter("input")]
    return form.get("action"), {name: value for name, value in hidden if name != "csrfmiddlewaretoken"}


def test_the_same_person_sends_it_after_signing_in(client, admin, clock_moves):
    send(client, admin, clock_moves)
    answer = come_back(client, admin)
    assert answer.status_code == 200
    assert fields_of(answer) == (URL, WRITTEN)
    assert "no-store" in answer["Cache-Control"]
    path, data = fields_of(answer)
    assert client.post(path, data | {"confirmer": "1"}).status_code == 302
    assert Fermeture.objects.get().label == WRITTEN["label"]
    # Read once: nothing stays.
    assert "agents_typed" not in client.session


def test_somebody_else_on_the_same_post_sees_nothing(client, admin, clock_moves):
    send(client, admin, clock_moves)
    other = make_agent(admin.departement, role=Role.ADMIN)
    answer = come_back(client, other)
    assert answer.status_code == 302
    assert "agents_typed" not in client.session


def test_it_is_kept_half_an_hour(client, admin, clock_moves):
    send(client, admin, clock_moves)
    clock_moves.shift(typed.LIFE)
    assert come_back(client, admin).status_code == 302


@pytest.mark.parametrize(
    "data",
    [
        {"label": "x", "password": "secret"},
        {"label": "x" * (typed.MOST_LETTERS + 1)},
        {"label": "x", "file": SimpleUploadedFile("a.txt", b"a")},
    ],
    ids=["secret", "long", "file"],
)
def test_secrets_files_and_long_texts_are_not_kept(client, admin, clock_moves, data):
    send(client, admin, clock_moves, data)
    assert "agents_typed" not in client.session
    assert come_back(client, admin).status_code == 302


def test_a_page_that_was_only_read_is_gone_back_to(client, admin, clock_moves):
    sign_in(client, admin)
    clock_moves.shift(dt.timedelta(hours=3))
    client.get(URL)
    answer = come_back(client, admin)
    assert (answer.status_code, answer["Location"]) == (302, URL)
    assert clock.now() == START + dt.timedelta(hours=3)
