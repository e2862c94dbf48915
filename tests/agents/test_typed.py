"""The session closed while somebody was writing: the same person sends it after signing in, nobody else sees it."""

import datetime as dt
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from agents.models import Fermeture, Role
from agents.views import session as marks
from agents.views import typed
from rdv.core import clock
from tests.agents.sign_in_helpers import code_of, enrolled, give_password, sign_in
from tests.factories import make_agent, make_departement, make_motif, make_site
from tests.html.reading import tree_of

pytestmark = pytest.mark.django_db
START = dt.datetime(2027, 1, 4, 8, 0, tzinfo=dt.UTC)
URL = "/agents/reglages/fermetures/"
WRITTEN = {"site": "", "starts_on": "2027-02-01", "ends_on": "2027-02-02", "label": "L’équipe <en> formation"}
TOO_LATE = dt.timedelta(hours=2, minutes=1)
OURS = {"Origin": "http://testserver"}
PIECE = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{URL}"}


@pytest.fixture(autouse=True)
def clock_moves():
    with time_machine.travel(START, tick=False) as moving:
        yield moving


@pytest.fixture
def admin():
    return make_agent(make_departement("62"), role=Role.ADMIN)


def send(client, agent, moving, data=WRITTEN, **headers):
    """Two hours and a minute later, the form is sent."""
    sign_in(client, agent)
    moving.shift(TOO_LATE)
    answer = client.post(URL, data, **headers)
    assert leads_to_sign_in(answer)
    assert "formation" not in answer.content.decode() + str(answer.headers) + str(answer.cookies)


def leads_to_sign_in(answer):
    return (answer.get("Location") or answer.get("HX-Redirect", "")).startswith("/agents/connexion/")


def come_back(client, agent, next_page=URL):
    device = enrolled(agent)
    give_password(client, agent, next_page=next_page)
    return client.post("/agents/connexion/code/", {"code": code_of(device)})


def fields_of(answer):
    form = next(one for one in tree_of(answer.content.decode()).iter("form") if one.get("data-planning") is not None)
    hidden = [(one.get("name"), one.get("value")) for one in form.iter("input")]
    return form.get("action"), {name: value for name, value in hidden if name != "csrfmiddlewaretoken"}


def next_of(answer):
    address = answer.get("Location") or answer["HX-Redirect"]
    return parse_qs(urlsplit(address).query)["next"][0]


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


@pytest.mark.parametrize(
    "late",
    [marks.LIFE_OF_ADMIN + dt.timedelta(minutes=1), dt.timedelta(hours=15), dt.timedelta(days=3, hours=16)],
    ids=["absolute end", "next morning", "long weekend"],
)
def test_it_is_kept_long_after_the_end_of_the_session(client, admin, clock_moves, late):
    assert come_back(client, admin).status_code == 302
    clock_moves.shift(late)
    assert leads_to_sign_in(client.post(URL, WRITTEN))
    clock_moves.shift(dt.timedelta(minutes=1))  # a code serves once
    give_password(client, admin, next_page=URL)
    answer = client.post("/agents/connexion/code/", {"code": code_of(admin.totpdevice_set.get())})
    assert fields_of(answer) == (URL, WRITTEN)


def test_the_end_comes_even_to_somebody_who_works(client, admin, clock_moves):
    """The row of the session outlives it; the session itself does not."""
    come_back(client, admin)
    for _ in range(3):
        clock_moves.shift(dt.timedelta(hours=1))
        assert client.get(URL).status_code == 200
    clock_moves.shift(dt.timedelta(hours=1))
    assert leads_to_sign_in(client.get(URL))


def test_a_second_tab_is_kept_too(client, admin, clock_moves):
    """The first one was only read: it closes the session. The other is sent after it."""
    sign_in(client, admin)
    clock_moves.shift(TOO_LATE)
    assert leads_to_sign_in(client.get("/agents/reglages/"))
    assert leads_to_sign_in(client.post(URL, WRITTEN))
    assert fields_of(come_back(client, admin)) == (URL, WRITTEN)


def test_the_sign_in_page_says_that_something_is_kept_and_not_what(client, admin, clock_moves):
    assert "est gardé une demi-heure" not in client.get("/agents/connexion/").content.decode()
    send(client, admin, clock_moves)
    page = client.get("/agents/connexion/").content.decode()
    assert "est gardé une demi-heure" in page
    assert "formation" not in page


def test_somebody_else_on_the_same_post_sees_nothing(client, admin, clock_moves):
    send(client, admin, clock_moves)
    other = make_agent(admin.departement, role=Role.ADMIN)
    answer = come_back(client, other)
    assert answer.status_code == 302
    assert "agents_typed" not in client.session


def test_whoever_signed_out_leaves_nothing(client, admin):
    sign_in(client, admin)
    client.post("/agents/deconnexion/")
    client.post(URL, WRITTEN)
    assert not client.session.keys()


def test_it_is_kept_half_an_hour(client, admin, clock_moves):
    send(client, admin, clock_moves)
    clock_moves.shift(typed.LIFE)
    assert come_back(client, admin).status_code == 302


@pytest.mark.parametrize(
    "data",
    [
        {"label": "x", "password": "secret"},
        {"code": "123 456"},
        {"label": "x" * (typed.MOST_LETTERS + 1)},
    ],
    ids=["password", "code", "long"],
)
def test_secrets_and_long_texts_are_not_kept(client, admin, clock_moves, data):
    send(client, admin, clock_moves, data)
    assert "agents_typed" not in client.session
    assert come_back(client, admin).status_code == 302


def test_a_postcode_is_no_secret(client, admin, clock_moves):
    written = {"name": "MDS de Lens", "postcode": "62300", "code": "62"}
    send(client, admin, clock_moves, written)
    assert fields_of(come_back(client, admin)) == (URL, written)


def test_a_file_is_not_kept_and_it_is_said(client, admin, clock_moves):
    send(client, admin, clock_moves, {"label": "Logo", "file": SimpleUploadedFile("a.txt", b"formation")})
    answer = come_back(client, admin)
    assert fields_of(answer) == (URL, {"label": "Logo"})
    assert "Le fichier que vous aviez joint n’est pas gardé" in answer.content.decode()


def test_a_page_that_was_only_read_is_gone_back_to(client, admin, clock_moves):
    sign_in(client, admin)
    clock_moves.shift(dt.timedelta(hours=3))
    client.get(URL)
    answer = come_back(client, admin)
    assert (answer.status_code, answer["Location"]) == (302, URL)
    assert clock.now() == START + dt.timedelta(hours=3)


class TestPieces:
    """What htmx and scripts ask leads the whole page to the door, and back."""

    def test_a_form_sent_by_htmx_is_kept(self, client, admin, clock_moves):
        send(client, admin, clock_moves, headers=PIECE)
        assert fields_of(come_back(client, admin)) == (URL, WRITTEN)

    def test_a_search_comes_back_with_what_was_typed(self, client, admin, clock_moves):
        sign_in(client, admin)
        clock_moves.shift(TOO_LATE)
        answer = client.get("/agents/exports/?de=2027-01-01", headers=PIECE | {"HX-Current-URL": "/agents/exports/"})
        assert (answer.status_code, answer.content) == (204, b"")
        assert next_of(answer) == "/agents/exports/?de=2027-01-01"

    def test_another_address_comes_back_to_the_page_around_it(self, client, admin, clock_moves):
        sign_in(client, admin)
        clock_moves.shift(TOO_LATE)
        assert next_of(client.get("/agents/exports/?de=2027-01-01", headers=PIECE)) == URL

    def test_a_page_that_reads_itself_again_comes_back_as_it_was(self, client, admin, clock_moves):
        sign_in(client, admin)
        clock_moves.shift(TOO_LATE)
        headers = PIECE | {"X-Refresh": "1", "HX-Current-URL": "http://testserver/agents/exports/?de=2027-01-01"}
        assert next_of(client.get("/agents/exports/", headers=headers)) == "/agents/exports/?de=2027-01-01"

    def test_who_is_still_filling_a_form_stays_on_it(self, client, admin, clock_moves):
        sign_in(client, admin)
        clock_moves.shift(TOO_LATE)
        answer = client.post(URL, WRITTEN, headers=PIECE | {"X-Preview": "1"})
        assert (answer.status_code, answer.content, answer["HX-Trigger"]) == (204, b"", "session-over")
        assert "HX-Redirect" not in answer
        assert leads_to_sign_in(client.post(URL, WRITTEN))
        assert fields_of(come_back(client, admin)) == (URL, WRITTEN)


class TestAnOldToken:
    """The page is older than the session: signed in again in another tab, the token of the first one has changed."""

    @pytest.fixture
    def tab(self, admin):
        client = Client(enforce_csrf_checks=True)
        sign_in(client, admin)
        old = client.get(URL).cookies["csrftoken"].value
        device, address = enrolled(admin), "/agents/connexion/"
        client.get("/agents/reglages/")
        client.session.flush()
        client.cookies.pop("sessionid")
        first = {"email": admin.email, "password": "motdepasse-de-test-1", "next": URL, "csrfmiddlewaretoken": old}
        client.post(address, first)
        token = client.cookies["csrftoken"].value
        client.post(f"{address}code/", {"code": code_of(device), "csrfmiddlewaretoken": token})
        assert client.cookies["csrftoken"].value != old
        assert client.get(URL).status_code == 200
        return client, WRITTEN | {"csrfmiddlewaretoken": old}

    def test_it_is_sent_again_from_a_page_of_today(self, tab):
        client, data = tab
        answer = client.post(URL, data, headers=OURS | {"Referer": f"http://testserver{URL}"})
        assert leads_to_sign_in(answer)
        path, kept = fields_of(client.get(answer["Location"]))
        assert (path, kept) == (URL, WRITTEN)
        token = client.cookies["csrftoken"].value
        again = kept | {"confirmer": "1", "csrfmiddlewaretoken": token}
        assert client.post(path, again, headers=OURS).status_code == 302
        assert Fermeture.objects.get().label == WRITTEN["label"]

    def test_a_piece_of_page_leads_there_too(self, tab):
        client, data = tab
        answer = client.post(URL, data, headers=OURS | PIECE)
        assert answer.status_code == 204
        assert fields_of(client.get(answer["HX-Redirect"])) == (URL, WRITTEN)
        assert client.get(answer["HX-Redirect"])["Location"] == URL, "once"

    def test_the_session_closed_since(self, tab, admin, clock_moves):
        client, data = tab
        clock_moves.shift(TOO_LATE)
        assert leads_to_sign_in(client.post(URL, data, headers=OURS))
        assert client.session["agents_typed"]["agent"] == admin.pk

    @pytest.mark.parametrize("headers", [{}, {"Origin": "https://example.net"}, {"Origin": "null"}])
    def test_nothing_of_another_site_is_kept(self, tab, headers):
        client, data = tab
        assert client.post(URL, data, headers=headers).status_code == 403
        assert "agents_typed" not in client.session

    def test_a_page_of_the_public_is_none_of_ours(self, tab, admin, clock_moves):
        client, data = tab
        clock_moves.shift(TOO_LATE)
        assert client.post("/pas-de-calais/mes-rendez-vous/", data, headers=OURS).status_code == 403

    def test_a_second_sign_in_page_lets_through(self, tab, admin):
        client, data = tab
        old = data["csrfmiddlewaretoken"]
        sent = {"email": admin.email, "password": "x", "next": "", "csrfmiddlewaretoken": old}
        answer = client.post("/agents/connexion/", sent, headers=OURS)
        assert client.get(answer["Location"]).status_code == 302

    def test_a_password_is_not_kept(self, tab):
        client, data = tab
        secret = data | {"password": "nouveau"}
        assert client.post(URL, secret, headers=OURS).status_code == 403
        assert "agents_typed" not in client.session


def test_what_was_sent_while_the_password_was_old_is_kept(client, admin, clock_moves):
    """Rights and exports ask it again after a quarter of an hour: what was written meanwhile waits for it."""
    url, written = "/agents/comptes/inviter/", {"first_name": "Nina", "last_name": "Petit", "email": "n@example.org"}
    sign_in(client, admin)
    clock_moves.shift(marks.CONFIRMED_FOR)
    answer = client.post(url, written)
    assert answer["Location"].startswith("/agents/confirmer/")
    given = client.post("/agents/confirmer/", {"password": "motdepasse-de-test-1", "next": url})
    assert fields_of(given) == (url, written)


def test_the_search_of_the_console_is_a_page(client, clock_moves):
    """The way back of a search leads somewhere that shows what was looked for."""
    site = make_site(make_departement("62"))
    make_motif(site.departement, sites=[site])
    secretary = make_agent(site=site, role=Role.SECRETAIRE)
    sign_in(client, secretary)
    clock_moves.shift(TOO_LATE)
    seen = {"HX-Request": "true", "HX-Current-URL": "http://testserver/agents/accueil/"}
    answer = client.get("/agents/accueil/?q=benali", headers=seen)
    back = come_back(client, secretary, next_page=next_of(answer))
    assert 'value="benali"' in client.get(back["Location"]).content.decode()
