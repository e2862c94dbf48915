"""Signing in: both factors, nothing said of who exists, nothing opened by force, by replay or by a planted session."""

import datetime as dt
import re

import pytest
import time_machine
from axes.models import AccessAttempt
from django.test import Client

from agents.models import Affectation, Role
from agents.views import session as marks
from agents.views.pending import TRUST_COOKIE
from agents.views.sign_in import FAILURES_PER_NETWORK, REFUSED
from rdv.core.journal import Evenement
from tests.agents.sign_in_helpers import PASSWORD, code_of, enrolled, give_password, sign_in
from tests.factories import make_agent, make_departement, make_site

pytestmark = pytest.mark.django_db
ACCOUNT = "/agents/mon-compte/"
SIGN_IN, CODE = "/agents/connexion/", "/agents/connexion/code/"
NOW = dt.datetime(2027, 1, 4, 8, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as travelling:
        yield travelling


@pytest.fixture
def agent():
    return make_agent(site=make_site())


@pytest.fixture
def device(agent):
    return enrolled(agent)


def is_open(client):
    return client.get(ACCOUNT).status_code == 200


def kinds(agent):
    return [line.kind for line in Evenement.objects.about("agent", agent.pk).order_by("id")]


def words(response):
    """The page without what changes at each request."""
    text = response.content.decode()
    return re.sub(r'(value|X-CSRFToken": )="?[^">]*"?|nonce="[^"]*"|csrf[^>]*>|hx-headers=\'[^\']*\'', "", text)


def test_both_factors_open_the_session_on_the_page_asked_for(client, agent, device):
    asked = client.get(ACCOUNT)
    assert asked["Location"] == f"{SIGN_IN}?next=%2Fagents%2Fmon-compte%2F"
    page = client.get(asked["Location"])
    assert 'value="/agents/mon-compte/"' in page.content.decode()
    assert give_password(client, agent, next_page=ACCOUNT)["Location"] == CODE
    assert not is_open(client)
    entered = client.post(CODE, {"code": code_of(device)})
    assert entered["Location"] == ACCOUNT
    assert is_open(client)
    assert kinds(agent) == ["agent.signed_in"]


def test_the_password_alone_opens_nothing(client, agent, device):
    give_password(client, agent)
    assert client.session.get("_auth_user_id") is None
    for page in (ACCOUNT, "/agents/reglages/", "/agents/comptes/"):
        assert client.get(page).status_code == 302


def test_a_session_without_the_marks_of_both_factors_is_closed(client, agent, device):
    client.force_login(agent)
    assert not is_open(client)


@pytest.mark.parametrize("typed", ["{} {}", " {}-{} ", "{}\u00a0{}", "{}.{}"])
def test_spaces_and_pasted_signs_are_permitted(client, agent, device, typed):
    give_password(client, agent, next_page=ACCOUNT)
    code = code_of(device)
    assert client.post(CODE, {"code": typed.format(code[:3], code[3:])}).status_code == 302


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Il manque le code à 6 chiffres."),
        ("41820", "Il manque 1 chiffre."),
        ("41", "Il manque 4 chiffres."),
        ("4182077", "Il y a 1 chiffre de trop."),
        ("41820O", "Le code n’a que des chiffres."),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_is_kept(client, agent, device, typed, said):
    give_password(client, agent)
    page = client.post(CODE, {"code": typed})
    assert page.status_code == 422
    assert said in page.content.decode()
    assert f'value="{typed}"' in page.content.decode() or typed == ""
    device.refresh_from_db()
    assert device.throttling_failure_count == 0  # A slip of the fingers is not a try.


def test_unknown_wrong_closed_and_intervenant_get_the_same_answer(agent):
    site = agent.affectations.get().site
    closed = make_agent(site=site, is_active=False)
    intervenant = make_agent(site=site, role=Role.INTERVENANT)
    gone = make_agent(site=site)
    Affectation.objects.filter(agent=gone).update(ends_on=NOW.date() - dt.timedelta(days=1))
    invited = make_agent(site=site, password=None)
    tries = [
        ("nobody@example.org", PASSWORD),
        (agent.email, "un-autre-mot-de-passe"),
        (closed.email, PASSWORD),
        (intervenant.email, PASSWORD),
        (gone.email, PASSWORD),
        (invited.email, PASSWORD),
    ]
    answers = []
    for email, password in tries:
        answer = Client().post(SIGN_IN, {"email": email, "password": password})
        assert REFUSED in answer.content.decode()
        answers.append((answer.status_code, sorted(answer.headers), words(answer).replace(email, "")))
    assert len({str(answer) for answer in answers}) == 1


def test_an_unknown_address_costs_a_hash_too(client, agent, monkeypatch):
    """The delay must not tell: one password is hashed whoever asks."""
    from django.contrib.auth.hashers import MD5PasswordHasher

    hashed = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher, "encode", lambda self, *args: hashed.append(1) or encode(self, *args), raising=True
    )
    counts = []
    for email in ("nobody@example.org", agent.email):
        hashed.clear()
        client.post(SIGN_IN, {"email": email, "password": "un-autre-mot-de-passe"})
        counts.append(len(hashed))
    assert counts == [1, 1]


def test_five_wrong_passwords_close_the_door_for_a_while_even_to_the_right_one(client, agent, device, clock):
    for _ in range(4):
        assert give_password(client, agent, password="faux").status_code == 422
    assert give_password(client, agent, password="faux").status_code == 429
    locked = give_password(client, agent)
    assert locked.status_code == 429
    assert "Attendez <strong>15\u00a0minutes</strong>" in locked.content.decode()
    clock.shift(dt.timedelta(minutes=15, seconds=1))
    assert give_password(client, agent).status_code == 302


def test_unknown_addresses_are_locked_out_alike(client):
    for _ in range(4):
        client.post(SIGN_IN, {"email": "nobody@example.org", "password": "faux"})
    assert client.post(SIGN_IN, {"email": "nobody@example.org", "password": "faux"}).status_code == 429


def test_another_spelling_of_the_address_does_not_start_the_count_again(client, agent):
    for email in (agent.email, agent.email.upper(), f" {agent.email} ", agent.email.title(), agent.email):
        answer = client.post(SIGN_IN, {"email": email, "password": "faux"})
    assert answer.status_code == 429


def test_a_lock_elsewhere_does_not_keep_the_agent_out(agent, device):
    """An attacker who fails on purpose closes the door for their own network only."""
    for _ in range(6):
        give_password(Client(REMOTE_ADDR="203.0.113.9"), agent, password="faux")
    assert give_password(Client(REMOTE_ADDR="198.51.100.7"), agent).status_code == 302


def test_one_network_cannot_try_one_password_on_everybody(client, agent, device):
    for number in range(FAILURES_PER_NETWORK):
        client.post(SIGN_IN, {"email": f"personne{number}@example.org", "password": "faux"})
    assert give_password(client, agent).status_code == 429
    assert give_password(Client(REMOTE_ADDR="198.51.100.7"), agent).status_code == 302


def test_the_tries_kept_hold_neither_the_password_nor_the_address_typed(client):
    client.post(SIGN_IN, {"email": "nobody@example.org", "password": "un-secret-mal-tape"})
    kept = AccessAttempt.objects.get()
    assert "un-secret-mal-tape" not in kept.post_data
    assert "nobody@example.org" not in kept.post_data


def test_a_code_already_used_is_refused(agent, device, clock):
    code = code_of(device)
    first, second = Client(), Client()
    for browser in (first, second):
        give_password(browser, agent, next_page=ACCOUNT)
    assert first.post(CODE, {"code": code}).status_code == 302
    replayed = second.post(CODE, {"code": code})
    assert replayed.status_code == 422
    assert not is_open(second)
    # The next one works: the refusal was for the replay.
    clock.shift(dt.timedelta(seconds=31))
    assert second.post(CODE, {"code": code_of(device)}).status_code == 302


def test_wrong_codes_wait_longer_and_longer_and_say_how_long(client, agent, device, clock):
    give_password(client, agent)
    waits = []
    for _ in range(5):
        assert "n’a pas marché" in client.post(CODE, {"code": code_of(device, wrong=True)}).content.decode()
        page = client.post(CODE, {"code": code_of(device)}).content.decode()
        waits.append(int(re.search(r"Attendez (\d+)\u00a0seconde", page).group(1)))
        clock.shift(dt.timedelta(seconds=waits[-1]))
    assert waits == [1, 2, 4, 8, 16]
    assert client.post(CODE, {"code": code_of(device)}).status_code == 302
    assert kinds(agent).count("agent.second_factor_refused") == 5


def test_a_wrong_code_is_not_shown_again(client, agent, device):
    give_password(client, agent)
    wrong = code_of(device, wrong=True)
    assert f'value="{wrong}"' not in client.post(CODE, {"code": wrong}).content.decode()


def test_the_second_step_is_for_ten_minutes(client, agent, device, clock):
    give_password(client, agent)
    clock.shift(dt.timedelta(minutes=10))
    assert client.post(CODE, {"code": code_of(device)})["Location"] == SIGN_IN
    assert not is_open(client)


def test_a_password_changed_between_the_steps_stops_the_second(client, agent, device):
    give_password(client, agent)
    agent.set_password("un-tout-autre-mot-1")
    agent.save()
    assert client.post(CODE, {"code": code_of(device)})["Location"] == SIGN_IN


def test_the_session_key_changes_at_each_step(client, agent, device):
    """Fixation: somebody who planted a session key before has nothing after."""
    session = client.session
    session["planted"] = "1"
    session.save()
    planted = client.cookies["sessionid"].value
    give_password(client, agent, next_page=ACCOUNT)
    between = client.cookies["sessionid"].value
    client.post(CODE, {"code": code_of(device)})
    opened = client.cookies["sessionid"].value
    assert len({planted, between, opened}) == 3
    assert "planted" not in client.session
    for stale in (planted, between):
        thief = Client()
        thief.cookies["sessionid"] = stale
        assert not is_open(thief)


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "http:evil.example",
        "javascript:alert(1)",
        " //evil.example",
        "///evil.example",
        "evil.example",
        "/agents/deconnexion/",
        "/agents/connexion/",
    ],
)
def test_only_pages_of_this_site_are_gone_back_to(client, agent, device, address, settings):
    settings.LOGIN_REDIRECT_URL = "/home/"
    give_password(client, agent, next_page=address)
    assert client.post(CODE, {"code": code_of(device)})["Location"] == "/home/"
    assert client.get(SIGN_IN, {"next": address})["Location"] == "/home/"


def test_each_role_lands_on_its_home(settings):
    settings.LOGIN_REDIRECT_URL = "/home/"
    operator = make_agent(make_departement())
    operator.departement, operator.is_operateur = None, True
    operator.save()
    homes = {
        "/home/": make_agent(site=make_site()),
        "/agents/reglages/": make_agent(role=Role.ADMIN),
        "/agents/plateforme/": operator,
    }
    for home, person in homes.items():
        device = enrolled(person)
        browser = Client()
        give_password(browser, person)
        assert browser.post(CODE, {"code": code_of(device)})["Location"] == home


def test_idle_hours_close_the_session(client, agent, clock):
    sign_in(client, agent)
    for _ in range(3):
        clock.shift(dt.timedelta(minutes=119))
        assert is_open(client)
    clock.shift(dt.timedelta(minutes=120))
    assert not is_open(client)


@pytest.mark.parametrize(("role", "hours"), [(Role.AGENT, 12), (Role.ADMIN, 4)])
def test_even_used_a_session_ends(client, clock, role, hours):
    person = make_agent(site=None if role == Role.ADMIN else make_site(), role=role)
    give_password(client, person, next_page=ACCOUNT)
    device = enrolled(person)
    client.post(CODE, {"code": code_of(device)})
    for _ in range(hours * 3 - 1):
        clock.shift(dt.timedelta(minutes=20))
        assert is_open(client)
    clock.shift(dt.timedelta(minutes=20))
    assert not is_open(client)


def test_a_role_that_ends_closes_the_session(client, agent, clock):
    sign_in(client, agent)
    assert is_open(client)
    Affectation.objects.filter(agent=agent).update(ends_on=NOW.date() - dt.timedelta(days=1))
    assert not is_open(client)


def test_a_closed_account_is_out_at_once(client, agent):
    sign_in(client, agent)
    agent.is_active = False
    agent.save()
    assert not is_open(client)


def test_leaving_is_a_post_and_ends_the_session(client, agent):
    sign_in(client, agent)
    key = client.cookies["sessionid"].value
    assert client.get("/agents/deconnexion/").status_code == 405
    assert is_open(client)
    assert client.post("/agents/deconnexion/")["Location"] == SIGN_IN
    thief = Client()
    thief.cookies["sessionid"] = key
    assert not is_open(thief)
    assert "agent.signed_out" in kinds(agent)


def test_a_form_of_another_site_cannot_sign_out(agent):
    strict = Client(enforce_csrf_checks=True)
    sign_in(strict, agent)
    assert strict.post("/agents/deconnexion/").status_code == 403
    assert is_open(strict)


def test_htmx_gets_the_whole_sign_in_page_and_the_page_around(client):
    answer = client.get(ACCOUNT, headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/rdv/7/?jour=4"})
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == f"{SIGN_IN}?next=%2Frdv%2F7%2F%3Fjour%3D4"


def test_a_form_sent_too_late_comes_back_to_its_page(client):
    page = "http://testserver/agents/mon-compte/"
    assert client.post(ACCOUNT, headers={"Referer": page})["Location"] == f"{SIGN_IN}?next=%2Fagents%2Fmon-compte%2F"
    abroad = client.post(ACCOUNT, headers={"Referer": "https://evil.example/x"})
    assert abroad["Location"] == f"{SIGN_IN}?next="


def trusted(agent, device):
    browser = Client()
    give_password(browser, agent, next_page=ACCOUNT)
    browser.post(CODE, {"code": code_of(device), "trusts_post": "on"})
    browser.post("/agents/deconnexion/")
    return browser


def test_a_trusted_post_spares_the_code_for_twelve_hours_never_the_password(agent, device, clock):
    browser = trusted(agent, device)
    assert not is_open(browser)
    assert give_password(browser, agent, password="faux").status_code == 422
    assert give_password(browser, agent, next_page=ACCOUNT)["Location"] == ACCOUNT
    assert is_open(browser)
    browser.post("/agents/deconnexion/")
    clock.shift(dt.timedelta(hours=12))
    assert give_password(browser, agent)["Location"] == CODE


def test_trust_is_of_one_agent_and_dies_with_password_factor_or_sessions(agent, device):
    other = make_agent(site=agent.affectations.get().site)
    enrolled(other)
    browser = trusted(agent, device)
    assert give_password(browser, other)["Location"] == CODE
    agent.session_epoch += 1
    agent.save()
    assert give_password(browser, agent)["Location"] == CODE


def test_a_forged_trust_is_worth_nothing(client, agent, device):
    for forged in ("", "x", "WzEsIDk5OTk5OTk5OTksICJ4Il0:1abcde:forged"):
        client.cookies[TRUST_COOKIE] = forged
        assert give_password(client, agent)["Location"] == CODE


def test_the_trust_cookie_is_out_of_reach_of_scripts_and_other_sites(agent, device):
    browser = Client()
    give_password(browser, agent, next_page=ACCOUNT)
    browser.post(CODE, {"code": code_of(device), "trusts_post": "on"})
    cookie = browser.cookies[TRUST_COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", SIGN_IN)


def test_pages_of_the_back_office_stay_in_no_cache(client, agent):
    sign_in(client, agent)
    assert "no-store" in client.get(ACCOUNT)["Cache-Control"]
    assert "no-store" in Client().get(SIGN_IN)["Cache-Control"]


def test_what_a_request_of_a_signed_in_agent_costs(client, agent, django_assert_max_num_queries):
    sign_in(client, agent)
    with django_assert_max_num_queries(14):
        client.get(ACCOUNT)


def test_seen_is_written_once_a_minute_at_most(client, agent, clock):
    sign_in(client, agent)
    before = client.session[marks.SEEN]
    clock.shift(dt.timedelta(seconds=59))
    client.get(ACCOUNT)
    assert client.session[marks.SEEN] == before
    clock.shift(dt.timedelta(seconds=2))
    client.get(ACCOUNT)
    assert client.session[marks.SEEN] > before
