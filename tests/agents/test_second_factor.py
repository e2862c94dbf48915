"""Enrolment, recovery codes, reset: secrets shown once, spent once, journalled without a secret."""

import datetime as dt
import json
import re
import threading
import time

import pytest
import time_machine
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice

from agents.models import RecoveryCode, Role
from agents.services import second_factor
from notifications.models import Message
from rdv.core import clock
from rdv.core.journal import SYSTEM, Evenement
from tests.agents.sign_in_helpers import code_of, enrolled, give_password, sign_in
from tests.factories import make_agent, make_site

ACCOUNT, ENROL = "/agents/mon-compte/", "/agents/connexion/premiere-fois/"
RECOVERY = "/agents/connexion/code-de-secours/"
NOW = dt.datetime(2027, 1, 4, 8, 0, tzinfo=dt.UTC)
CODE_SHAPE = re.compile(r"<code>([2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4})</code>")


@pytest.fixture
def travelling():
    with time_machine.travel(NOW, tick=False) as travelling:
        yield travelling


@pytest.fixture
def agent(db, travelling):
    return make_agent(site=make_site(), role=Role.SECRETAIRE)


def is_open(client):
    return client.get(ACCOUNT).status_code == 200


def printed_codes(agent):
    return second_factor.make_recovery_codes(agent=agent, author=SYSTEM, now=clock.now())


def try_recovery(agent, code):
    browser = Client()
    give_password(browser, agent, next_page=ACCOUNT)
    return browser, browser.post(RECOVERY, {"code": code})


def test_the_first_sign_in_links_an_application_and_shows_the_codes_once(client, agent):
    assert give_password(client, agent, next_page=ACCOUNT)["Location"] == ENROL
    page = client.get(ENROL).content.decode()
    device = TOTPDevice.objects.get(user=agent, confirmed=False)
    assert page.count("<svg") == 1
    assert " style=" not in page
    assert second_factor.is_enrolled(agent) is False
    done = client.post(ENROL, {"code": code_of(device)})
    codes = CODE_SHAPE.findall(done.content.decode())
    assert len(set(codes)) == 10
    assert f'href="{ACCOUNT}"' in done.content.decode()
    assert is_open(client)
    assert client.post(ENROL, {"code": code_of(device)}).status_code == 302  # Shown once.


def test_the_secret_can_be_typed_in_groups_of_four(client, agent):
    from base64 import b32encode

    give_password(client, agent)
    page = client.get(ENROL).content.decode()
    device = TOTPDevice.objects.get(user=agent)
    groups = re.search(r"<code>([A-Z2-7 ]+)</code>", page).group(1)
    assert groups.replace(" ", "") == b32encode(device.bin_key).decode()
    assert {len(group) for group in groups.split(" ")} == {4}


def test_opening_the_page_again_keeps_the_same_secret(client, agent):
    give_password(client, agent)
    client.get(ENROL)
    key = TOTPDevice.objects.get(user=agent).key
    client.get(ENROL)
    assert TOTPDevice.objects.get(user=agent).key == key


def test_a_wrong_first_code_links_nothing(client, agent):
    give_password(client, agent)
    client.get(ENROL)
    device = TOTPDevice.objects.get(user=agent)
    assert client.post(ENROL, {"code": code_of(device, wrong=True)}).status_code == 422
    assert not second_factor.is_enrolled(agent)
    assert not is_open(client)


def test_an_enrolled_agent_cannot_be_enrolled_again_with_the_password_alone(client, agent):
    device = enrolled(agent)
    give_password(client, agent)
    assert client.get(ENROL)["Location"] == "/agents/connexion/code/"
    assert client.post(ENROL, {"code": code_of(device)})["Location"] == "/agents/connexion/code/"
    assert TOTPDevice.objects.get(user=agent) == device


def test_enrolment_needs_the_password_first(client, db):
    assert client.get(ENROL)["Location"] == "/agents/connexion/"
    assert TOTPDevice.objects.count() == 0


def test_a_printed_code_opens_once(agent):
    enrolled(agent)
    code = printed_codes(agent)[0]
    browser, entered = try_recovery(agent, f" {code.lower().replace('-', ' ')} ")
    assert entered["Location"] == ACCOUNT
    page = browser.get(ACCOUNT).content.decode()
    assert "Il vous reste 9 codes de secours." in page
    again, refused = try_recovery(agent, code)
    assert refused.status_code == 422
    assert not is_open(again)


def test_the_code_of_a_colleague_opens_nothing(agent):
    enrolled(agent)
    colleague = make_agent(site=make_site())
    browser, refused = try_recovery(agent, printed_codes(colleague)[0])
    assert refused.status_code == 422
    assert not is_open(browser)


def test_new_codes_replace_the_former_ones(agent):
    enrolled(agent)
    former = printed_codes(agent)[0]
    printed_codes(agent)
    assert try_recovery(agent, former)[1].status_code == 422
    assert RecoveryCode.objects.filter(agent=agent).count() == 10


def test_guesses_of_printed_codes_wait_like_those_of_the_application(agent, travelling):
    enrolled(agent)
    code = printed_codes(agent)[0]
    for _ in range(6):
        _, refused = try_recovery(agent, "2222-3333-4444")
        travelling.shift(dt.timedelta(seconds=1))
    assert "Attendez" in refused.content.decode()
    assert try_recovery(agent, code)[1].status_code == 422
    travelling.shift(dt.timedelta(minutes=2))
    assert try_recovery(agent, code)[1].status_code == 302


def test_at_rest_only_hashes(agent):
    codes = printed_codes(agent)
    kept = set(RecoveryCode.objects.values_list("code_hash", flat=True))
    assert len(kept) == 10
    assert not any(code in hashed or code.replace("-", "") in hashed for code in codes for hashed in kept)


def test_codes_outlive_a_change_of_the_secret_key(agent, settings):
    enrolled(agent)
    code = printed_codes(agent)[0]
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-secret-key-another-secret-key-another-secret-key"
    assert second_factor.use_recovery_code(agent=agent, code=code, now=clock.now()) == 9


def test_everything_is_journalled_and_told_without_a_secret(client, agent):
    give_password(client, agent)
    client.get(ENROL)
    device = TOTPDevice.objects.get(user=agent)
    codes = CODE_SHAPE.findall(client.post(ENROL, {"code": code_of(device)}).content.decode())
    try_recovery(agent, codes[0])
    lines = Evenement.objects.about("agent", agent.pk)
    assert {line.kind for line in lines} >= {
        "agent.second_factor_enrolled",
        "agent.recovery_code_used",
        "agent.signed_in",
    }
    assert {line.author_id for line in lines} == {agent.pk}
    told = json.dumps([line.data for line in lines]) + "".join(Message.objects.values_list("body", flat=True))
    assert not any(secret in told for secret in [*codes, device.key, agent.email])
    assert set(Message.objects.values_list("kind", flat=True)) == {"agent.factor_enrolled", "agent.recovery_used"}


def test_a_reset_ends_sessions_and_enrols_again(client, agent):
    device = enrolled(agent)
    printed_codes(agent)
    sign_in(client, agent)
    assert is_open(client)
    second_factor.reset_second_factor(agent=agent, author=SYSTEM, now=clock.now())
    assert not is_open(client)
    assert not TOTPDevice.objects.filter(user=agent).exists()
    assert not RecoveryCode.objects.filter(agent=agent).exists()
    assert give_password(client, agent)["Location"] == ENROL
    client.get(ENROL)
    assert TOTPDevice.objects.get(user=agent).key != device.key


def race(function, count=2):
    """Run `function` in threads that start together; give what each returned."""
    results, barrier = [], threading.Barrier(count)

    def run():
        try:
            barrier.wait(timeout=10)
            results.append(function(barrier))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(results) == count
    return results


@pytest.fixture
def racer(transactional_db):
    agent = make_agent(site=make_site())
    enrolled(agent)
    return agent


def test_of_two_requests_with_one_printed_code_one_enters(racer):
    code = printed_codes(racer)[0]

    def enter(_):
        try:
            second_factor.use_recovery_code(agent=racer, code=code, now=clock.now())
        except (second_factor.RecoveryCodeRefused, second_factor.TooManyCodes):
            return "refused"
        return "entered"

    assert sorted(race(enter)) == ["entered", "refused"]


def test_without_the_guard_both_enter(racer, monkeypatch):
    """The negative control: the same race sees two winners when reading and spending are two steps without a lock."""
    code = printed_codes(racer)[0]

    def unguarded(barrier):
        found = RecoveryCode.objects.unused_of(racer).filter(code_hash__in=second_factor._hashes(code)).first()
        barrier.wait(timeout=10)
        if found is None:
            return "refused"
        RecoveryCode.objects.filter(pk=found.pk).update(used_at=clock.now())
        return "entered"

    assert race(unguarded) == ["entered", "entered"]


@pytest.mark.parametrize("is_guarded", [True, False])
def test_of_two_requests_with_one_code_of_the_application_one_enters(racer, monkeypatch, is_guarded):
    """Both read the device, then check the code. Guard off (no row lock), the same race sees two winners."""
    code = code_of(TOTPDevice.objects.get(user=racer))
    verify = TOTPDevice.verify_token
    monkeypatch.setattr(TOTPDevice, "verify_token", lambda self, token: time.sleep(0.3) or verify(self, token))
    if not is_guarded:
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **options: self.all())

    def enter(_):
        try:
            second_factor.verify_code(agent=racer, code=code, now=clock.now())
        except (second_factor.CodeRefused, second_factor.TooManyCodes):
            return "refused"
        return "entered"

    assert sorted(race(enter)) == (["entered", "refused"] if is_guarded else ["entered", "entered"])
