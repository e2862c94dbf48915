"""Invitations and forgotten passwords: one link, once, for a while, and nothing said of who has an account."""

import datetime as dt
import threading

import pytest
import time_machine
from django.db import connection
from django.test import Client

from agents.access import LinkDead
from agents.models import AccountLink, Agent, Role
from agents.services import links
from notifications.models import Message
from rdv.core import clock
from rdv.core.journal import SYSTEM, Evenement
from rdv.core.links import PATHS, fill_links, make_token
from tests.agents.sign_in_helpers import PASSWORD, code_of, enrolled, give_password, sign_in
from tests.factories import make_agent, make_departement, make_site

FORGOTTEN = "/agents/mot-de-passe-oublie/"
ACCOUNT = "/agents/mon-compte/"
NEW = "quatre-chats-bleus-dansent"
NOW = dt.datetime(2027, 1, 4, 8, 0, tzinfo=dt.UTC)


@pytest.fixture
def travelling():
    with time_machine.travel(NOW, tick=False) as travelling:
        yield travelling


@pytest.fixture
def agent(db, travelling):
    return make_agent(site=make_site())


def page_of(link):
    return PATHS["compte"](make_token("compte", str(link.uuid)))


def sent(agent, kind=AccountLink.Kind.RESET):
    return links.send_link(agent=agent, kind=kind, author=SYSTEM, now=clock.now())


def test_the_whole_way_from_forgotten_to_signed_in(client, agent):
    device = enrolled(agent)
    page = client.post(FORGOTTEN, {"email": agent.email.upper()})
    assert page.status_code == 200
    message = Message.objects.get()
    assert (message.kind, message.address, message.is_urgent) == ("agent.reset", agent.email, True)
    address = fill_links(message.body).split("ici : ")[1].split()[0]
    assert address not in message.body  # At rest, a marker only.
    path = address.removeprefix("http://127.0.0.1:8000")
    assert client.get(path).status_code == 200
    assert client.post(path, {"password": NEW})["Location"] == "/agents/connexion/code/"
    assert client.get(ACCOUNT).status_code == 302  # The second factor is still asked.
    client.post("/agents/connexion/code/", {"code": code_of(device)})
    assert client.get(ACCOUNT).status_code == 200
    assert give_password(Client(), agent).status_code == 422
    assert give_password(Client(), agent, password=NEW).status_code == 302


def test_an_invitation_leads_to_enrolment(client, agent):
    agent.set_unusable_password()
    agent.save()
    assert client.post(page_of(sent(agent, AccountLink.Kind.INVITATION)), {"password": NEW})["Location"] == (
        "/agents/connexion/premiere-fois/"
    )


def test_somebody_whose_role_begins_later_chooses_a_password_but_does_not_enter(client, agent):
    agent.affectations.update(starts_on=NOW.date() + dt.timedelta(days=7))
    assert client.post(page_of(sent(agent)), {"password": NEW})["Location"] == "/agents/connexion/"
    assert give_password(client, agent, password=NEW).status_code == 422


@pytest.mark.parametrize(
    ("kind", "life"),
    [(AccountLink.Kind.INVITATION, dt.timedelta(days=3)), (AccountLink.Kind.RESET, dt.timedelta(hours=1))],
)
def test_a_link_lives_so_long(client, agent, travelling, kind, life):
    page = page_of(sent(agent, kind))
    travelling.shift(life - dt.timedelta(seconds=1))
    assert client.get(page).status_code == 200
    travelling.shift(dt.timedelta(seconds=1))
    assert client.get(page).status_code == 410
    assert client.post(page, {"password": NEW}).status_code == 410
    agent.refresh_from_db()
    assert agent.check_password(PASSWORD)


def test_a_link_serves_once_and_looking_spends_nothing(client, agent):
    page = page_of(sent(agent))
    for _ in range(3):
        assert client.get(page).status_code == 200
    assert client.post(page, {"password": "court"}).status_code == 422
    assert client.post(page, {"password": NEW}).status_code == 302
    assert client.post(page, {"password": "encore-un-autre-mot-1"}).status_code == 410
    assert give_password(Client(), agent, password=NEW).status_code == 302


def test_a_new_link_kills_the_former_one(client, agent):
    former = page_of(sent(agent))
    sent(agent)
    assert client.get(former).status_code == 410


def test_a_link_of_a_closed_account_is_dead(client, agent):
    page = page_of(sent(agent))
    Agent.objects.filter(pk=agent.pk).update(is_active=False)
    assert client.get(page).status_code == 410


def test_invented_links_and_dead_links_answer_alike(client, agent):
    dead = page_of(sent(agent))
    sent(agent)
    invented = client.get("/agents/mot-de-passe/AAAAAAAAAAAAAAAA/")
    known = client.get(dead)
    assert invented.status_code == known.status_code
    assert without_csrf(invented) == without_csrf(known)


def test_the_page_of_a_link_sends_its_address_to_no_other_site(client, agent):
    page = client.get(page_of(sent(agent)))
    # Not "no-referrer": browsers then send `Origin: null` with the form, and the CSRF check refuses it.
    assert page["Referrer-Policy"] == "same-origin"
    assert "no-store" in page["Cache-Control"]


@pytest.mark.parametrize("weak", ["", "court", "123456789012", "password1234", "claire.vasseur"])
def test_weak_passwords_are_refused_at_choice(client, agent, weak):
    agent.last_name = "Vasseur"
    agent.email = "claire.vasseur@example.org"
    agent.save()
    answer = client.post(page_of(sent(agent)), {"password": weak})
    assert answer.status_code == 422
    assert f'value="{weak}"' not in answer.content.decode()  # Not even a refused one is shown again.
    agent.refresh_from_db()
    assert agent.check_password(PASSWORD)


def test_a_new_password_ends_the_sessions(agent):
    elsewhere = sign_in(Client(), agent)
    assert elsewhere.get(ACCOUNT).status_code == 200
    Client().post(page_of(sent(agent)), {"password": NEW})
    assert elsewhere.get(ACCOUNT).status_code == 302


def without_csrf(page):
    return "\n".join(line for line in page.content.decode().splitlines() if "csrf" not in line.lower())


def asked(email, **network):
    page = Client(**network).post(FORGOTTEN, {"email": email})
    return page.status_code, without_csrf(page).replace(email, "X")


def test_asking_says_nothing_of_who_has_an_account(agent):
    site = agent.affectations.get().site
    closed = make_agent(site=site, is_active=False)
    intervenant = make_agent(site=site, role=Role.INTERVENANT)
    answers = {asked(email) for email in ("nobody@example.org", agent.email, closed.email, intervenant.email)}
    assert len(answers) == 1
    assert list(Message.objects.values_list("address", flat=True)) == [agent.email]
    assert AccountLink.objects.count() == 4  # One row each: asking costs the same.


def test_the_fourth_ask_for_one_address_is_silent(agent):
    answers = {asked(agent.email) for _ in range(5)}
    assert len(answers) == 1
    assert Message.objects.count() == 3


def test_one_network_asks_twenty_times_an_hour(agent, travelling):
    for number in range(links.ASKS_PER_NETWORK):
        assert asked(f"personne{number}@example.org")[0] == 200
    assert asked(agent.email)[0] == 429
    assert asked(agent.email, REMOTE_ADDR="198.51.100.7")[0] == 200
    travelling.shift(dt.timedelta(hours=1, seconds=1))
    assert asked(agent.email)[0] == 200


def test_old_links_are_forgotten(agent, travelling):
    sent(agent)
    travelling.shift(dt.timedelta(days=8))
    sent(agent)
    assert AccountLink.objects.count() == 1


def test_at_rest_no_token_and_no_address(agent):
    link = sent(agent)
    kept = str(AccountLink.objects.values().get(pk=link.pk))
    assert make_token("compte", str(link.uuid)) not in kept
    assert agent.email not in kept


def test_journalled(agent):
    Client().post(page_of(sent(agent)), {"password": NEW})
    lines = Evenement.objects.about("agent", agent.pk).order_by("id")
    assert [line.kind for line in lines] == ["agent.link_sent", "agent.password_set"]
    assert NEW not in str([line.data for line in lines])


def test_of_two_passwords_by_one_link_one_is_kept(transactional_db):
    agent = make_agent(site=make_site())
    token = make_token("compte", str(sent(agent).uuid))
    barrier, outcomes = threading.Barrier(2), {}

    def choose(password):
        try:
            barrier.wait(timeout=10)
            links.set_password_by_link(token=token, password=password, now=clock.now())
            outcomes[password] = "kept"
        except LinkDead:
            outcomes[password] = "refused"
        finally:
            connection.close()

    threads = [threading.Thread(target=choose, args=[f"{NEW}-{n}"]) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(outcomes.values()) == ["kept", "refused"]
    agent.refresh_from_db()
    [winner] = [password for password, outcome in outcomes.items() if outcome == "kept"]
    assert agent.check_password(winner)


def test_an_operator_is_invited_from_the_command_line(db, travelling, client):
    from django.core.management import CommandError, call_command

    call_command("invite_operateur", "ops@example.org", "Nour", "Haddad")
    operator = Agent.objects.get(email="ops@example.org")
    assert operator.is_operateur
    link = AccountLink.objects.get(agent=operator)
    assert client.post(page_of(link), {"password": NEW})["Location"] == "/agents/connexion/premiere-fois/"
    with pytest.raises(CommandError):
        call_command("invite_operateur", "ops@example.org", "Nour", "Haddad")


def test_an_agent_cannot_be_made_without_a_departement(db):
    make_departement()
    from django.db import IntegrityError

    with pytest.raises(IntegrityError):
        Agent.objects.create_agent(email="x@example.org", departement=None, first_name="X", last_name="Y")
