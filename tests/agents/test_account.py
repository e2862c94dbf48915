"""Mon compte: preferences, password, sessions, recovery codes; each agent their own."""

import datetime as dt
import json
import re

import pytest
from django.test import Client

from rdv.core.journal import Evenement
from tests.agents.sign_in_helpers import PASSWORD, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("travelling")]


def test_preferences_are_ones_own(client, agent):
    sign_in(client, agent)
    client.post("/agents/mon-compte/", {"notification_level": "digest"})
    agent.refresh_from_db()
    assert (agent.notification_level, agent.shows_name) == ("digest", False)
    line = Evenement.objects.about("agent", agent.pk).get()
    assert line.data["after"] == {
        "notification_level": "digest",
        "hears_arrivals": False,
        "shows_name": False,
        "languages": [],
    }


def test_a_new_password_needs_the_former_one_and_keeps_this_session_only(client, agent):
    sign_in(client, agent)
    elsewhere = sign_in(Client(), agent)
    page, new = "/agents/mon-compte/mot-de-passe/", "quatre-chats-bleus-dansent"
    assert client.post(page, {"current": "faux", "password": new}).status_code == 422
    assert client.post(page, {"current": PASSWORD, "password": "court"}).status_code == 422
    key = client.cookies["sessionid"].value
    assert client.post(page, {"current": PASSWORD, "password": new}).status_code == 302
    assert client.cookies["sessionid"].value != key
    assert client.get("/agents/mon-compte/").status_code == 200
    assert elsewhere.get("/agents/mon-compte/").status_code == 302
    agent.refresh_from_db()
    assert agent.check_password(new)
    told = json.dumps([line.data for line in Evenement.objects.about("agent", agent.pk)])
    assert new not in told


def test_other_sessions_are_ended_and_this_one_goes_on(client, agent):
    sign_in(client, agent)
    elsewhere = sign_in(Client(), agent)
    client.post("/agents/mon-compte/sessions/")
    assert client.get("/agents/mon-compte/").status_code == 200
    assert elsewhere.get("/agents/mon-compte/").status_code == 302


def test_new_recovery_codes_ask_for_a_fresh_password(client, agent, travelling):
    sign_in(client, agent)
    assert client.get("/agents/mon-compte/codes-de-secours/").status_code == 405
    assert client.post("/agents/mon-compte/codes-de-secours/").content.decode().count("<code>") == 10
    travelling.shift(dt.timedelta(minutes=16))
    assert client.post("/agents/mon-compte/codes-de-secours/").status_code == 302


def test_the_languages_one_speaks(client, agent):
    sign_in(client, agent)
    page = client.get("/agents/mon-compte/").content.decode()
    assert "Langues que je parle" in page
    data = {"notification_level": "digest", "languages": ["uk", "ar"]}
    client.post("/agents/mon-compte/", data)
    agent.refresh_from_db()
    assert agent.languages == ["ar", "uk"]
    assert re.search(r'value="ar"[^>]*checked', client.get("/agents/mon-compte/").content.decode())
    line = Evenement.objects.about("agent", agent.pk).get()
    assert (line.data["before"]["languages"], line.data["after"]["languages"]) == ([], ["ar", "uk"])
    refused = client.post("/agents/mon-compte/", {"notification_level": "digest", "languages": ["fr"]})
    assert refused.status_code == 422
    assert "Cochez les langues de la liste." in refused.content.decode()
