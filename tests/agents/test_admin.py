"""Administrators: their département and nothing else; every right given or taken is journalled."""

import datetime as dt
import threading
import time

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice

from agents.models import AccountLink, Affectation, Agent, AgentService, Role
from agents.services import accounts
from notifications.models import Message
from rdv.core import clock
from rdv.core.journal import SYSTEM, Evenement
from tests.agents.conftest import NOW, TODAY
from tests.agents.sign_in_helpers import PASSWORD, enrolled, sign_in
from tests.factories import make_agent, make_departement, make_service, make_site

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("travelling")]


def agent_service(agent):
    accounts.set_services(agent=agent, services=[make_service(agent.departement)], author=SYSTEM, now=clock.now())


ACTIONS = [
    ("get", "/agents/comptes/{agent}/", {}),
    ("post", "/agents/comptes/{agent}/lien/", {}),
    ("post", "/agents/comptes/{agent}/second-facteur/", {}),
    ("post", "/agents/comptes/{agent}/ouverture/", {"active": "0"}),
    ("post", "/agents/comptes/{agent}/roles/", {"role": "admin", "starts_on": "2027-01-04"}),
    ("post", "/agents/comptes/{agent}/roles/{role}/retirer/", {}),
    ("post", "/agents/comptes/{agent}/services/", {}),
]


def state_of(agent):
    return (
        Agent.objects.filter(pk=agent.pk).values().get(),
        list(Affectation.objects.filter(agent=agent).values().order_by("id")),
        list(AgentService.objects.filter(agent=agent).values()),
        TOTPDevice.objects.filter(user=agent).count(),
        AccountLink.objects.filter(agent=agent).count(),
    )


def do(browser, action, agent):
    method, path, data = action
    role = agent.affectations.get()
    return getattr(browser, method)(path.format(agent=agent.pk, role=role.pk), data)


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action[1])
def test_an_administrator_of_elsewhere_cannot_touch_an_agent(client, agent, action):
    stranger = make_agent(make_departement("974"), role=Role.ADMIN)
    agent_service(agent)
    enrolled(agent)
    before = state_of(agent)
    assert do(sign_in(client, stranger), action, agent).status_code == 404
    assert state_of(agent) == before


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action[1])
@pytest.mark.parametrize("role", [Role.AGENT, Role.SECRETAIRE, Role.RESPONSABLE])
def test_other_roles_cannot_either(client, site, agent, role, action):
    colleague = make_agent(site=site, role=role)
    agent_service(agent)
    enrolled(agent)
    before = state_of(agent)
    assert do(sign_in(client, colleague), action, agent).status_code == 403
    assert state_of(agent) == before


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action[1])
def test_the_same_actions_are_open_to_the_administrator(browser, agent, action):
    """The control of the two tests above: these requests do work for who may."""
    assert do(browser, action, agent).status_code in (200, 302)


@pytest.mark.parametrize("action", ACTIONS[1:], ids=lambda action: action[1])
def test_rights_ask_for_the_password_again_after_fifteen_minutes(browser, agent, action, travelling):
    enrolled(agent)
    before = state_of(agent)
    travelling.shift(dt.timedelta(minutes=16))
    answer = do(browser, action, agent)
    assert answer["Location"].startswith("/agents/confirmer/")
    assert state_of(agent) == before


def test_the_password_again_leads_back_to_the_page(browser, admin, agent, travelling):
    travelling.shift(dt.timedelta(minutes=16))
    page = f"/agents/comptes/{agent.pk}/"
    asked = browser.get(page)["Location"]
    assert browser.post(asked, {"password": "faux", "next": page}).status_code == 422
    assert browser.get(page).status_code == 302
    assert browser.post(asked, {"password": PASSWORD, "next": page})["Location"] == page
    assert browser.get(page).status_code == 200


def test_the_password_asked_again_is_not_guessed_without_end(browser):
    answers = [browser.post("/agents/confirmer/", {"password": "faux"}).status_code for _ in range(5)]
    assert answers == [422, 422, 422, 422, 429]


def test_the_list_shows_the_departement_only(browser, agent, admin):
    stranger = make_agent(site=make_site(make_departement("974")))
    page = browser.get("/agents/comptes/").content.decode()
    assert agent.email in page
    assert admin.email in page
    assert stranger.email not in page


@pytest.mark.parametrize("typed", ["vasseur claire", "CLAIRE", "Vassé", "jean-pierre@"])
def test_the_list_is_searched_by_name_or_address(browser, site, typed):
    wanted = make_agent(site=site, last_name="Vasséur", first_name="Claire", email="jean-pierre@example.org")
    other = make_agent(site=site, last_name="Okoye", first_name="Ada", email="ada@example.org")
    page = browser.get("/agents/comptes/", {"q": typed.replace("Vassé", "Vasse")}).content.decode()
    assert f"/agents/comptes/{wanted.pk}/" in page
    assert f"/agents/comptes/{other.pk}/" not in page


def test_the_list_costs_the_same_for_few_and_many(browser, site, django_assert_max_num_queries):
    for _ in range(60):
        make_agent(site=site)
    with django_assert_max_num_queries(16):
        page = browser.get("/agents/comptes/")
    assert "Page 1 sur 2 (61 en tout)" in page.content.decode()


def invited(browser, at, **changes):
    data = {
        "first_name": "Ada",
        "last_name": "Okoye",
        "email": "Ada.Okoye@example.org",
        "profession": "sage-femme",
        "role": "agent",
        "site": at.pk,
        "starts_on": "2027-01-04",
        "services": [make_service(at.departement, "pmi").pk],
    }
    return browser.post("/agents/comptes/inviter/", data | changes)


def test_an_invitation_makes_an_account_with_its_role_and_its_link(browser, site, admin):
    answer = invited(browser, site)
    agent = Agent.objects.get(email="ada.okoye@example.org")
    assert answer["Location"] == f"/agents/comptes/{agent.pk}/"
    assert not agent.has_usable_password()
    assert agent.departement == site.departement
    role = agent.affectations.get()
    assert (role.role, role.site, role.starts_on, role.ends_on) == ("agent", site, TODAY, None)
    message = Message.objects.get()
    assert (message.kind, message.address) == ("agent.invitation", "ada.okoye@example.org")
    lines = Evenement.objects.about("agent", agent.pk).order_by("id")
    assert [line.kind for line in lines] == ["agent.invited", "affectation.created", "agent.link_sent"]
    assert {(line.author_id, line.author_role) for line in lines} == {(admin.pk, "admin")}


def test_an_intervenant_gets_no_link(browser, site):
    assert invited(browser, site, role="intervenant").status_code == 302
    assert Agent.objects.filter(email="ada.okoye@example.org").exists()
    assert not Message.objects.exists()


def test_an_address_already_known_is_said(browser, site, agent):
    answer = invited(browser, site, email=agent.email)
    assert answer.status_code == 409
    assert "Un compte a déjà cette adresse e-mail." in answer.content.decode()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"site": ""}, "Il manque le site."),
        ({"role": "admin"}, "Un administrateur a tout le département"),
        ({"first_name": ""}, "Il manque le prénom."),
        ({"email": "ada"}, "Écrivez l’adresse en entier."),
        ({"starts_on": "bientôt"}, "Écrivez le premier jour en entier"),
    ],
)
def test_what_is_missing_in_an_invitation_is_said(browser, site, changes, said):
    answer = invited(browser, site, **changes)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Agent.objects.filter(email="ada.okoye@example.org").exists()


def test_a_site_or_a_service_of_elsewhere_is_no_choice(browser, site):
    abroad = make_site(make_departement("974"))
    assert invited(browser, site, site=abroad.pk).status_code == 422
    assert invited(browser, site, services=[make_service(abroad.departement).pk]).status_code == 422
    assert not Agent.objects.filter(email="ada.okoye@example.org").exists()


def test_a_role_twice_is_refused_in_words(browser, site, agent):
    data = {"role": "secretaire", "site": site.pk, "starts_on": "2027-01-04"}
    answer = browser.post(f"/agents/comptes/{agent.pk}/roles/", data)
    assert answer.status_code == 409
    assert "Cette personne a déjà un rôle sur ce site à ces dates." in answer.content.decode()


def test_a_role_taken_away_ends_at_once_and_its_past_stays(browser, agent):
    role = agent.affectations.get()
    elsewhere = sign_in(Client(), agent)
    assert elsewhere.get("/agents/mon-compte/").status_code == 200
    browser.post(f"/agents/comptes/{agent.pk}/roles/{role.pk}/retirer/")
    role.refresh_from_db()
    assert role.ends_on == TODAY - dt.timedelta(days=1)
    assert elsewhere.get("/agents/mon-compte/").status_code == 302


def test_a_role_that_had_not_begun_is_removed(browser, agent):
    agent.affectations.update(starts_on=TODAY)
    role = agent.affectations.get()
    browser.post(f"/agents/comptes/{agent.pk}/roles/{role.pk}/retirer/")
    assert not agent.affectations.exists()


def test_the_last_administrator_stays(browser, admin):
    role = admin.affectations.get()
    answer = browser.post(f"/agents/comptes/{admin.pk}/roles/{role.pk}/retirer/")
    assert answer.status_code == 409
    assert "au moins un administrateur" in answer.content.decode()
    answer = browser.post(f"/agents/comptes/{admin.pk}/ouverture/", {"active": "0"})
    assert answer.status_code == 409
    admin.refresh_from_db()
    assert admin.is_active


def test_one_of_two_administrators_may_leave(browser, site, admin):
    other = make_agent(site.departement, role=Role.ADMIN)
    browser.post(f"/agents/comptes/{other.pk}/roles/{other.affectations.get().pk}/retirer/")
    assert other.affectations.get().ends_on == TODAY - dt.timedelta(days=1)


def test_a_role_and_an_agent_that_do_not_go_together_are_a_404(browser, site, agent):
    other = make_agent(site=site)
    answer = browser.post(f"/agents/comptes/{agent.pk}/roles/{other.affectations.get().pk}/retirer/")
    assert answer.status_code == 404
    assert other.affectations.get().ends_on is None


def test_closing_an_account_puts_it_out_and_opening_gives_it_back(browser, agent):
    elsewhere = sign_in(Client(), agent)
    browser.post(f"/agents/comptes/{agent.pk}/ouverture/", {"active": "0"})
    assert elsewhere.get("/agents/mon-compte/").status_code == 302
    browser.post(f"/agents/comptes/{agent.pk}/ouverture/", {"active": "1"})
    agent.refresh_from_db()
    assert agent.is_active
    assert elsewhere.get("/agents/mon-compte/").status_code == 302  # The former session does not come back.


def test_services_are_those_ticked(browser, site, agent):
    pmi, ssl = make_service(site.departement, "pmi"), make_service(site.departement, "ssl")
    browser.post(f"/agents/comptes/{agent.pk}/services/", {"services": [pmi.pk]})
    browser.post(f"/agents/comptes/{agent.pk}/services/", {"services": [ssl.pk]})
    assert list(agent.services.all()) == [ssl]
    lines = Evenement.objects.about("agent", agent.pk).filter(kind="agent.services_changed").order_by("id")
    assert [line.data for line in lines] == [
        {"before": [], "after": [pmi.pk]},
        {"before": [pmi.pk], "after": [ssl.pk]},
    ]


def test_the_administrator_says_which_languages_an_agent_speaks(browser, agent, admin):
    page = f"/agents/comptes/{agent.pk}/"
    assert "Langues parlées, en plus du français" in browser.get(page).content.decode()
    browser.post(page + "services/", {"languages": ["ar"]})
    browser.post(page + "services/", {"languages": ["ar"]})  # the same form, sent twice
    agent.refresh_from_db()
    assert agent.languages == ["ar"]
    line = Evenement.objects.filter(kind="agent.languages_changed").get()
    assert (line.author_id, line.data) == (admin.pk, {"before": [], "after": ["ar"]})
    assert browser.post(page + "services/", {"languages": ["xx"]}).status_code == 422
    agent.refresh_from_db()
    assert agent.languages == ["ar"]


def test_a_reset_of_the_second_factor_is_journalled_and_told(browser, agent, admin):
    enrolled(agent)
    browser.post(f"/agents/comptes/{agent.pk}/second-facteur/")
    line = Evenement.objects.about("agent", agent.pk).get()
    assert (line.kind, line.author_id) == ("agent.second_factor_reset", admin.pk)
    assert Message.objects.get().kind == "agent.factor_reset"


def test_a_link_is_an_invitation_until_a_password_exists(browser, site):
    fresh = make_agent(site=site, password=None)
    used = make_agent(site=site)
    for agent in (fresh, used):
        browser.post(f"/agents/comptes/{agent.pk}/lien/")
    assert [AccountLink.objects.get(agent=agent).kind for agent in (fresh, used)] == ["invitation", "reset"]


# Races


@pytest.mark.parametrize("is_guarded", [True, False])
def test_two_administrators_who_end_each_other_leave_one(transactional_db, monkeypatch, is_guarded):
    """Both count the administrators, then close. Guard off (no lock on the département), nobody is left."""
    if not is_guarded:
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **options: self.all())
    count = accounts._keep_an_admin
    monkeypatch.setattr(accounts, "_keep_an_admin", lambda agent, now: (count(agent, now), time.sleep(0.3)))
    departement = make_departement("62")
    admins = [make_agent(departement, role=Role.ADMIN) for _ in range(2)]
    barrier, outcomes = threading.Barrier(2), []

    def close(agent, by):
        author = accounts.journal.oneself(by, NOW)
        try:
            barrier.wait(timeout=10)
            accounts.set_active(agent=agent, is_active=False, author=author, now=NOW)
            outcomes.append("closed")
        except accounts.LastAdmin:
            outcomes.append("refused")
        finally:
            connection.close()

    pairs = [(admins[0], admins[1]), (admins[1], admins[0])]
    threads = [threading.Thread(target=close, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(outcomes) == (["closed", "refused"] if is_guarded else ["closed", "closed"])
    assert Agent.objects.filter(is_active=True).count() == (1 if is_guarded else 0)
