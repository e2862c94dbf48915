"""The screens of files: side by side, likely pairs, a reason from elsewhere, history, a message again, the paper."""

import datetime as dt
import html
import re
import uuid
from urllib.parse import unquote

import pytest
import segno
import time_machine
from django.urls import reverse

from agents.access import scope_of
from agents.models import Agent, Role
from notifications.models import Message
from rdv.core.journal import Evenement
from rdv.core.links import link_url
from rdv.services import cancelling, moving, notices, waitlist_join
from rdv.services.file_scope import needs_reason
from tests.factories import (
    NOW,
    make_agent,
    make_departement,
    make_motif,
    make_rdv,
    make_site,
    make_usager,
    utc,
)
from tests.rdv.conftest import AGENT
from tests.signing import signed_in
from usagers.models import Doublon, Fusion, Usager
from usagers.services.pairs import compare_file

DAY = dt.timedelta(days=1)


def rdv_of(desk, usager=None):
    start = utc(2027, 1, 6, 9)
    return make_rdv(desk.motif, desk.canal, [desk.claire], start, usagers=[usager or desk.samira])


def seen(response):
    return re.sub(r"\s+", " ", response.content.decode())


@pytest.fixture
def twin(desk):
    """Samira again, with the mailbox that her first file has not."""
    desk.samira.email = ""
    desk.samira.save()
    return make_usager(
        desk.departement, first_name="Samira", last_name="Benali", birth_date=desk.samira.birth_date, phone="",
        email="samira@example.org", created_at=NOW, last_contact_at=NOW,
    )  # fmt: skip


def merge_url(one, other):
    return reverse("rdv:merge", args=[one.uuid, other.uuid])


def file_url(usager):
    return reverse("rdv:usager", args=[usager.uuid])


def answers(page):
    """What the form would send as it is shown."""
    checked = re.findall(r'<input type="radio" name="(\w+)" value="(\w+)"[^>]*checked', page)
    return dict(checked) | {"vu": re.search(r'name="vu" value="(\w+)"', page)[1]}


def test_two_files_made_one_and_parted_again(desk, twin):
    rdv = rdv_of(desk, usager=twin)
    page = seen(desk.client.get(file_url(desk.samira)))
    assert "Comparer et réunir" in page
    page = seen(desk.client.get(merge_url(desk.samira, twin)))
    assert "1 rendez-vous la suivent, dont 1 à venir." in page
    assert "Vous pourrez tout défaire pendant 30 jours." in page
    done = desk.client.post(merge_url(desk.samira, twin), answers(page), follow=True)
    page = seen(done)
    assert "Les deux fiches n’en font plus qu’une." in page
    assert "Cette fiche réunit aussi « Samira Benali »" in page
    assert rdv.participations.get().usager == desk.samira
    assert desk.client.get(file_url(twin))["Location"] == file_url(desk.samira), "an old address leads to the kept file"
    assert desk.client.get(merge_url(desk.samira, twin))["Location"] == file_url(desk.samira)
    undo = reverse("rdv:unmerge", args=[Fusion.objects.get().uuid])
    assert "Ce que quelqu’un a changé depuis reste comme il est." in seen(desk.client.get(undo))
    page = seen(desk.client.post(undo, follow=True))
    assert "Les deux fiches sont de nouveau séparées." in page
    assert rdv.participations.get().usager == twin
    desk.samira.refresh_from_db()
    assert desk.samira.email == ""


def test_a_choice_that_is_missing_is_asked_and_the_others_are_kept(desk, twin):
    Usager.objects.filter(pk=twin.pk).update(phone="+33639981299", language="fr")
    page = seen(desk.client.get(merge_url(desk.samira, twin)))
    assert "à choisir" in page
    sent = answers(page) | {"email": "kept"}
    wrong = desk.client.post(merge_url(desk.samira, twin), sent)
    assert wrong.status_code == 422
    page = seen(wrong)
    assert "Téléphone : choisissez entre les deux fiches." in page
    assert answers(page)["email"] == "kept"
    assert not Fusion.objects.exists()
    assert desk.client.post(merge_url(desk.samira, twin), sent | {"phone": "other"}).status_code == 302
    desk.samira.refresh_from_db()
    assert (str(desk.samira.phone), desk.samira.email) == ("+33639981299", "")


def test_a_file_changed_meanwhile_is_shown_again(desk, twin):
    sent = answers(seen(desk.client.get(merge_url(desk.samira, twin))))
    Usager.objects.filter(pk=twin.pk).update(email="autre@example.org")
    refused = desk.client.post(merge_url(desk.samira, twin), sent)
    assert refused.status_code == 409
    assert "autre@example.org" in seen(refused)
    assert not Fusion.objects.exists()


def test_rdv_at_one_time_stand_in_the_way_and_are_named_to_those_who_read_them(desk, twin):
    own = rdv_of(desk)
    other = make_agent(desk.departement, site=desk.canal, services=[desk.pmi])
    hidden = make_agent(desk.departement, site=desk.canal)
    make_rdv(desk.motif, desk.canal, [other], own.starts_at, usagers=[twin])
    page = seen(desk.client.get(merge_url(desk.samira, twin)))
    assert "Deux rendez-vous à la même heure." in page
    assert page.count("Consultation nourrisson (0 à 2 ans), mercredi") == 2
    assert desk.client.post(merge_url(desk.samira, twin), answers(page)).status_code == 409
    twin.participations.all().delete()
    make_rdv(desk.secret, desk.canal, [hidden], own.starts_at, usagers=[twin])
    page = seen(desk.client.get(merge_url(desk.samira, twin)))
    assert "1 ailleurs, que vous ne lisez pas" in page
    assert desk.secret.name not in page


def test_two_people_are_remembered(desk, twin):
    compare_file(twin, now=NOW)
    inbox = reverse("rdv:doublons")
    assert "1 paire" in seen(desk.client.get(inbox))
    url = reverse("rdv:distinct", args=[desk.samira.uuid, twin.uuid])
    page = seen(desk.client.post(url, follow=True))
    assert "sont deux personnes différentes." in page
    assert "Aucune fiche en double à regarder." in page
    assert "ressemblante" not in seen(desk.client.get(file_url(twin)))
    said = seen(desk.client.get(inbox, {"etat": "distinctes"}))
    assert "Remettre dans la liste" in said
    desk.client.post(url, {"reponse": "revoir"})
    assert not Doublon.objects.filter(distinct_at__isnull=False).exists()
    assert "ressemblante" in seen(desk.client.get(file_url(twin)))


def test_the_list_has_an_end_and_pages(desk):
    for number in range(26):
        for _ in range(2):
            one = make_usager(desk.departement, first_name="Ana", last_name=f"Silva{number:02d}", phone="", email="")
        compare_file(one, now=NOW)
    first = seen(desk.client.get(reverse("rdv:doublons")))
    assert "Page 1 sur 2 (26 en tout)" in first
    assert "C’est la fin de la liste." not in first
    assert "C’est la fin de la liste." in seen(desk.client.get(reverse("rdv:doublons"), {"page": 2}))


def test_a_secretary_of_another_departement_reaches_nothing(desk, twin):
    site = make_site(make_departement("59"))
    stranger = signed_in(make_agent(site=site, role=Role.SECRETAIRE))
    shown = seen(desk.client.get(merge_url(desk.samira, twin)))
    assert desk.client.post(merge_url(desk.samira, twin), answers(shown)).status_code == 302
    local = make_usager(site.departement)
    fusion = Fusion.objects.get()
    for url in (
        merge_url(desk.samira, twin),
        merge_url(local, desk.samira),
        reverse("rdv:unmerge", args=[fusion.uuid]),
        reverse("rdv:usager_reason", args=[desk.samira.uuid]),
        reverse("rdv:usager_history", args=[desk.samira.uuid]),
        reverse("rdv:rdv_paper", args=[rdv_of(desk).participations.get().uuid]),
    ):
        assert stranger.get(url).status_code == 404, url
    for url in (
        merge_url(local, desk.samira),
        reverse("rdv:distinct", args=[local.uuid, desk.samira.uuid]),
        reverse("rdv:unmerge", args=[fusion.uuid]),
    ):
        assert stranger.post(url, {}).status_code == 404, url
    assert "Benali" not in seen(stranger.get(reverse("rdv:doublons")))
    fusion.refresh_from_db()
    assert fusion.undone_at is None


@pytest.fixture
def elsewhere(desk):
    """A secretary of another site of the département; Samira is known on the first one."""
    rdv_of(desk)
    site = make_site(desk.departement, name="MDS de la Gare")
    return signed_in(make_agent(site=site, role=Role.SECRETAIRE, services=[desk.pmi], last_name="Morel"))


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


class TestResend:
    @pytest.fixture
    def sent(self, desk):
        rdv = rdv_of(desk)
        participation = rdv.participations.get()
        notices.booked(participation, now=NOW)
        Message.objects.filter(kind="rdv.booked").update(state="sent", sent_at=NOW)
        return participation

    def url(self, desk, message):
        return reverse("rdv:message_resend", args=[desk.samira.uuid, message.uuid])

    def test_once_to_the_address_of_today(self, desk, sent):
        message = Message.objects.get(kind="rdv.booked", channel="sms")
        assert "Renvoyer" in seen(desk.client.get(file_url(desk.samira)))
        Usager.objects.filter(pk=desk.samira.pk).update(phone="+33639981277")
        for _ in range(2):
            desk.client.post(self.url(desk, message))
        again = Message.objects.get(kind="rdv.resent")
        assert (again.channel, again.address) == ("sms", "+33639981277")
        assert again.body.startswith("Votre RDV")
        assert Evenement.objects.filter(kind="usager.resent").count() == 1

    def test_not_once_the_rdv_is_cancelled(self, desk, sent):
        message = Message.objects.get(kind="rdv.booked", channel="sms")
        cancelling.cancel_participation(participation=sent, by_service=True, author=AGENT, now=NOW)
        assert "Renvoyer" not in seen(desk.client.get(file_url(desk.samira)))
        assert desk.client.post(self.url(desk, message)).status_code == 404

    def test_a_move_makes_what_has_not_left_useless(self, desk, sent):
        message = Message.objects.get(kind="rdv.booked", channel="sms")
        desk.client.post(self.url(desk, message))
        move = moving.Move(starts_at=utc(2027, 1, 5, 8))
        moving.move_rdv(rdv=sent.rdv, move=move, author=AGENT, now=NOW)
        assert Message.objects.get(kind="rdv.resent").state == "obsolete"

    def test_a_discreet_motif_says_no_more(self, desk, sent):
        type(desk.motif).objects.filter(pk=desk.motif.pk).update(notice_level="discreet")
        desk.client.post(self.url(desk, Message.objects.get(kind="rdv.booked", channel="sms")))
        assert "nourrisson" not in Message.objects.get(kind="rdv.resent").body


class TestPaper:
    def test_big_letters_and_the_link(self, desk):
        participation = rdv_of(desk).participations.get()
        page = seen(desk.client.get(reverse("rdv:rdv_paper", args=[participation.uuid])))
        assert link_url("rdv", str(participation.uuid)) in page
        assert "Votre rendez-vous" in page
        assert Evenement.objects.filter(kind="usager.printed").count() == 1

    def test_the_code_says_the_link(self, desk):
        """Drawn again from the page, square by square, it is the code of that very link."""
        participation = rdv_of(desk).participations.get()
        page = seen(desk.client.get(reverse("rdv:rdv_paper", args=[participation.uuid])))
        path = re.search(r'<path d="([^"]+)" fill="#000"', page)[1]
        drawn = {
            (int(x) + step, int(y))
            for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)", path)
            for step in range(int(length))
        }
        code = segno.make(link_url("rdv", str(participation.uuid)), error="m", micro=False)
        assert drawn == {(x + 4, y + 4) for y, row in enumerate(code.matrix) for x, dark in enumerate(row) if dark}

    def test_a_discreet_motif_says_no_more(self, desk):
        participation = rdv_of(desk).participations.get()
        type(desk.motif).objects.filter(pk=desk.motif.pk).update(notice_level="discreet")
        page = seen(desk.client.get(reverse("rdv:rdv_paper", args=[participation.uuid])))
        assert "nourrisson" not in page

    def test_not_of_an_rdv_that_is_over(self, desk):
        participation = rdv_of(desk).participations.get()
        cancelling.cancel_participation(participation=participation, by_service=True, author=AGENT, now=NOW)
        assert desk.client.get(reverse("rdv:rdv_paper", args=[participation.uuid])).status_code == 404


class TestHistory:
    def test_in_words_of_the_file_and_of_its_rdv(self, desk):
        rdv = rdv_of(desk)
        participation = rdv.participations.get()
        cancelling.cancel_participation(participation=participation, by_service=False, author=AGENT, now=NOW)
        page = seen(desk.client.get(reverse("rdv:usager_history", args=[desk.samira.uuid])))
        assert "a noté : Excusé" in page
        assert "lecture, fiche" in page
        assert "C’est le début de l’historique." in page

    def test_a_masked_rdv_leaves_no_trace(self, desk):
        agent = make_agent(desk.departement, site=desk.canal)
        rdv = make_rdv(desk.secret, desk.canal, [agent], utc(2027, 1, 6, 8), usagers=[desk.samira])
        cancelling.cancel_participation(
            participation=rdv.participations.get(), by_service=True, author=AGENT, now=NOW, reason="secret de famille"
        )
        page = seen(desk.client.get(reverse("rdv:usager_history", args=[desk.samira.uuid])))
        assert "secret de famille" not in page
        assert desk.secret.name not in page


def test_what_the_person_waits_for_and_a_count_of_what_one_does_not_read(desk):
    waited = make_motif(
        desk.departement, sites=[desk.canal], service=desk.pmi, name="Bilan des 4 ans", has_waitlist=True
    )
    hidden = make_motif(
        desk.departement, sites=[desk.canal], service=desk.secret.service, name="Attente masquée", has_waitlist=True
    )
    for motif in (waited, hidden):
        waitlist_join.join(wish=waitlist_join.Wish(usager=desk.samira, motif=motif), author=AGENT, now=NOW)
    page = seen(desk.client.get(file_url(desk.samira)))
    assert "Bilan des 4 ans" in page
    assert "1re sur 1" in page
    assert "1 attente ailleurs, que vous ne lisez pas." in page
    assert "Attente masquée" not in page


def test_an_agent_of_the_service_does_not_merge(desk, twin):
    client = signed_in(desk.claire)
    assert client.get(merge_url(desk.samira, twin)).status_code == 403
    assert client.get(reverse("rdv:doublons")).status_code == 403
    page = seen(client.get(file_url(desk.samira)))
    assert "Le secrétariat peut les réunir." in page


def test_the_file_of_a_child_shows_the_messages_that_go_to_the_parent(desk):
    """About the child's Rdv only: those about the parent's own are on the parent's file."""
    own = rdv_of(desk)
    childs = make_rdv(desk.motif, desk.canal, [desk.claire], utc(2027, 1, 7, 9), usagers=[desk.ilyes])
    page = seen(desk.client.get(file_url(desk.ilyes)))
    assert f'Les messages vont à <a href="{file_url(desk.samira)}">Samira Benali</a>.' in page
    assert "Aucun message envoyé à son sujet." in page
    for rdv, address in ((childs, "about.ilyes@example.org"), (own, "about.samira@example.org")):
        Message.objects.create(
            departement_code="62", kind="rdv.booked", channel="email", address=address, state="sent", body="Bonjour",
            recipient=f"usager:{desk.samira.pk}", subject_type="participation",
            subject_id=str(rdv.participations.get().uuid), send_not_before=NOW, sent_at=NOW, created_at=NOW,
            worthless_after=NOW + DAY,
        )  # fmt: skip
    page = seen(desk.client.get(file_url(desk.ilyes)))
    assert "about.ilyes@example.org" in page
    assert "about.samira@example.org" not in page
    assert "Renvoyer" not in page
    assert "Les messages vont à" not in seen(desk.client.get(file_url(desk.samira)))


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


class TestTwoWhoEdit:
    """Two people have the same file open to change it: the second is told, and nothing of either is lost."""

    def fields(self, **more):
        return {"last_name": "Benali", "first_name": "Samira", "birth_date": "14/03/1994", "phone": "06 39 98 12 40",
                "email": "", "language": "fr", "channel": "both", "note": "", **more}  # fmt: skip

    def seen_on(self, page):
        return re.search(r'name="vu" value="(\w+)"', page)[1]

    def test_the_second_is_told_what_the_file_says_now(self, desk):
        url = reverse("rdv:usager_edit", args=[desk.samira.uuid])
        vu = self.seen_on(seen(desk.client.get(url)))
        other = signed_in(desk.claire)
        assert other.post(url, self.fields(phone="06 39 98 12 77", vu=vu)).status_code == 302
        refused = desk.client.post(url, self.fields(note="préfère le soir", vu=vu))
        assert refused.status_code == 409
        page = seen(refused).replace("\xa0", " ")
        assert "Quelqu’un a modifié cette fiche entre-temps." in page
        assert "Téléphone : 06 39 98 12 77" in re.sub(r"<[^>]+>", "", page)
        assert "préfère le soir" in page
        desk.samira.refresh_from_db()
        assert (str(desk.samira.phone), desk.samira.note) == ("+33639981277", "")
        again = self.fields(phone="06 39 98 12 77", note="préfère le soir", vu=self.seen_on(page))
        assert desk.client.post(url, again).status_code == 302
        assert desk.client.post(url, again).status_code == 302, "the same form, sent twice"
        desk.samira.refresh_from_db()
        assert (str(desk.samira.phone), desk.samira.note) == ("+33639981277", "préfère le soir")

    def test_what_is_mended_after_an_error_is_still_compared_with_what_was_read(self, desk):
        url = reverse("rdv:usager_edit", args=[desk.samira.uuid])
        vu = self.seen_on(seen(desk.client.get(url)))
        signed_in(desk.claire).post(url, self.fields(phone="06 39 98 12 77", vu=vu))
        wrong = desk.client.post(url, self.fields(last_name="", vu=vu))
        assert wrong.status_code == 422
        assert self.seen_on(seen(wrong)) == vu
