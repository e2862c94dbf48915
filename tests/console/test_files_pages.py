"""The screens of a file: what it shows, history, a message again, the paper, two people who edit it."""

import datetime as dt
import re

import pytest
import segno
from django.urls import reverse

from notifications.models import Message
from rdv.core.journal import Evenement
from rdv.core.links import link_url
from rdv.services import cancelling, moving, notices, waitlist_join
from tests.console.conftest import file_url, rdv_of, seen
from tests.factories import (
    NOW,
    make_agent,
    make_motif,
    make_rdv,
    utc,
)
from tests.rdv.conftest import AGENT
from tests.signing import signed_in
from usagers.models import Usager

DAY = dt.timedelta(days=1)


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
