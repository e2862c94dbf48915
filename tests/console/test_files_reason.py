"""Outside one's sites, a file is opened for a reason: on its own pages, during a call, in the middle of a form."""

import datetime as dt
import html
import re
import uuid
from urllib.parse import unquote

import pytest
import time_machine
from django.urls import reverse

from agents.access import scope_of
from agents.models import Agent
from rdv.core.journal import Evenement
from rdv.services.file_scope import needs_reason
from tests.console.conftest import file_url, merge_url, rdv_of, seen
from tests.factories import (
    NOW,
    make_agent,
    make_motif,
    make_site,
    make_usager,
)
from tests.signing import signed_in
from usagers.models import Usager


class TestReason:
    def test_a_file_from_elsewhere_asks_why_and_the_answer_is_kept(self, desk, elsewhere):
        asked = elsewhere.get(file_url(desk.samira))
        assert asked.status_code == 302
        page = seen(elsewhere.get(asked["Location"]))
        assert "Pourquoi ouvrez-vous cette fiche ?" in page
        assert "06 39 98 12 40" not in page
        url = reverse("rdv:usager_reason", args=[desk.samira.uuid])
        assert elsewhere.post(url, {}).status_code == 422
        assert elsewhere.post(url, {"raison": "autre", "precision": " "}).status_code == 422
        assert elsewhere.get(file_url(desk.samira)).status_code == 302, "nothing opened yet"
        said = elsewhere.post(url, {"raison": "autre", "precision": "urgence du 115", "suite": file_url(desk.samira)})
        assert said["Location"] == file_url(desk.samira)
        assert "06 39 98 12 40" in seen(elsewhere.get(file_url(desk.samira)))
        event = Evenement.objects.about("usager", desk.samira.pk).filter(kind="usager.read").latest("id")
        assert event.data == {"reason": "urgence du 115", "outside": True}
        assert "lecture hors de ses sites : urgence du 115" in seen(desk.client.get(file_url(desk.samira)))

    @pytest.mark.parametrize("name", ["usager_edit", "proche_add", "usager_history"])
    def test_no_page_of_the_file_goes_round(self, name, desk, elsewhere):
        answer = elsewhere.get(reverse(f"rdv:{name}", args=[desk.samira.uuid]))
        assert answer["Location"].startswith(reverse("rdv:usager_reason", args=[desk.samira.uuid]))

    def test_it_leads_nowhere_else(self, desk, elsewhere):
        url = reverse("rdv:usager_reason", args=[desk.samira.uuid])
        sent = elsewhere.post(url, {"raison": "presente", "suite": "https://example.net/"})
        assert sent["Location"] == file_url(desk.samira)

    def test_after_half_an_hour_it_is_asked_again(self, desk, elsewhere):
        with time_machine.travel(NOW, tick=False):
            client = elsewhere
            client.post(reverse("rdv:usager_reason", args=[desk.samira.uuid]), {"raison": "collegue"})
            event = Evenement.objects.filter(kind="usager.read").latest("id")
        scope = scope_of(Agent.objects.get(pk=event.author_id), today=NOW.date())
        later = event.at + dt.timedelta(minutes=29)
        assert not needs_reason(scope, desk.samira.uuid, now=later)
        assert needs_reason(scope, desk.samira.uuid, now=later + dt.timedelta(minutes=2))

    def test_ones_own_people_ask_nothing(self, desk):
        rdv_of(desk)
        assert desk.client.get(file_url(desk.samira)).status_code == 200
        assert desk.client.get(file_url(desk.ilyes)).status_code == 200, "the child of somebody known"
        assert desk.client.get(file_url(make_usager(desk.departement))).status_code == 200, "nobody's yet"


class TestReasonOnCall:
    """Outside one's sites, the console and the waiting list ask as the file does."""

    @pytest.fixture
    def outsider(self, desk):
        """An agent of another site: no secretary, so no calls of everybody's."""
        rdv_of(desk)
        desk.gare = make_site(desk.departement, name="MDS de la Gare")
        desk.own = make_motif(desk.departement, sites=[desk.gare], service=desk.pmi, name="Pesée", has_waitlist=True)
        return signed_in(make_agent(site=desk.gare, services=[desk.pmi], last_name="Morel"))

    def call(self, desk, **more):
        return {"usager": str(desk.samira.uuid), "pour": str(desk.samira.uuid), "motif": str(desk.own.uuid)} | more

    def says_nothing(self, response):
        page = seen(response)
        assert "06 39 98 12 40" not in page
        assert "Claire Vasseur" not in page
        assert "Ilyes" not in page

    @pytest.mark.parametrize("name", ["accueil", "waiting_join"])
    def test_the_person_on_the_phone_is_asked_about_first(self, name, desk, outsider):
        asked = outsider.get(reverse(f"rdv:{name}"), self.call(desk))
        assert asked.status_code == 302
        self.says_nothing(outsider.get(asked["Location"]))
        assert outsider.get(file_url(desk.samira)).status_code == 302, "looking at the console has opened nothing"
        assert not Evenement.objects.about("usager", desk.samira.pk).filter(kind="usager.read").exists()
        url, suite = asked["Location"].split("?suite=")
        sent = outsider.post(url, {"raison": "presente", "suite": unquote(suite)})
        assert sent["Location"].startswith(reverse(f"rdv:{name}"))
        page = seen(outsider.get(sent["Location"]))
        assert "Samira" in page
        event = Evenement.objects.about("usager", desk.samira.pk).get(kind="usager.read")
        assert event.data == {"reason": "la personne est devant moi ou au téléphone", "outside": True}

    def test_a_piece_of_page_leads_the_whole_page_to_the_question(self, desk, outsider):
        answer = outsider.get("/agents/accueil/", self.call(desk), headers={"HX-Request": "true"})
        assert answer.status_code == 204
        assert answer["HX-Redirect"].startswith(reverse("rdv:usager_reason", args=[desk.samira.uuid]))

    @pytest.mark.parametrize(
        "name", ["console_hold", "console_more_time", "console_confirm", "console_undo", "console_place",
                 "console_new_proche", "waiting_join"],
    )  # fmt: skip
    def test_no_gesture_of_the_call_goes_round(self, name, desk, outsider):
        answer = outsider.post(reverse(f"rdv:{name}"), self.call(desk, option=str(uuid.uuid4())))
        assert "Pourquoi ouvrez-vous cette fiche ?" in seen(answer)
        self.says_nothing(answer)

    def test_a_secretary_answers_whoever_calls_and_the_journal_says_it_is_outside(self, desk, elsewhere):
        page = seen(elsewhere.get("/agents/accueil/", {"usager": str(desk.samira.uuid)}))
        assert "06 39 98 12 40" in page
        event = Evenement.objects.about("usager", desk.samira.pk).get(kind="usager.read")
        assert event.data == {"reason": "appel", "outside": True}
        assert "lecture hors de ses sites : appel" in seen(desk.client.get(file_url(desk.samira))).replace("\xa0", " ")

    def test_ones_own_people_ask_nothing(self, desk):
        rdv_of(desk)
        signed_in(desk.claire).get("/agents/accueil/", {"usager": str(desk.samira.uuid)})
        assert Evenement.objects.about("usager", desk.samira.pk).get(kind="usager.read").data == {"reason": "appel"}

    def test_comparing_two_files_is_marked_too(self, desk, twin, elsewhere):
        elsewhere.get(merge_url(desk.samira, twin))
        event = Evenement.objects.about("usager", desk.samira.pk).get(kind="usager.read")
        assert event.data == {"reason": "comparaison de deux fiches", "outside": True}


class TestNothingTypedIsLost:
    """The half hour ends while a form is filled: the question carries it."""

    def fields(self, page):
        return {
            name: html.unescape(value)
            for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
            if name != "csrfmiddlewaretoken"
        }

    def test_a_form_sent_after_half_an_hour_does_its_work_once_the_reason_is_given(self, desk, elsewhere):
        url = reverse("rdv:proche_add", args=[desk.samira.uuid])
        typed = {"first_name": "Aïcha", "last_name": "Ben \"Ali\"", "kind": "child", "birth_date_0": "3",
                 "birth_date_1": "2", "birth_date_2": "2020", "has_authority": "on"}  # fmt: skip
        asked = elsewhere.post(url, typed)
        page = seen(asked)
        assert "rien n’est à taper de nouveau" in page
        assert f'action="{url}"' in page
        kept = self.fields(page) | {"acces-suite": ""}
        assert {name: kept[name] for name in typed} == typed
        assert not Usager.objects.filter(first_name="Aïcha").exists()
        refused = elsewhere.post(url, kept)
        assert refused.status_code == 422
        assert "Choisissez une raison." in seen(refused)
        assert self.fields(seen(refused)).items() <= kept.items()
        done = elsewhere.post(url, kept | {"acces-raison": "presente"})
        assert done["Location"] == file_url(desk.samira)
        assert Usager.objects.filter(first_name="Aïcha").exists()
        event = Evenement.objects.about("usager", desk.samira.pk).get(kind="usager.read")
        assert event.data["outside"]

    def test_what_htmx_sends_takes_the_whole_page(self, desk, elsewhere):
        url = reverse("rdv:referent_add", args=[desk.samira.uuid])
        answer = elsewhere.post(url, {"agent": "1"}, headers={"HX-Request": "true"})
        assert (answer["HX-Retarget"], answer["HX-Reselect"]) == ("#contenu", "#contenu")
