"""Ilyes's Rdv of Thursday 14 January was booked by Samira, his mother, until their link ends."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.urls import reverse
from django.utils.html import escape

from notifications.models import Message, State
from rdv.core.journal import Author, Evenement
from rdv.core.links import fill_links, make_token
from rdv.domain.absent import Hour
from rdv.models import Appel, Inscription, Offre, PropositionState
from rdv.services import notices
from rdv.services.cancelling import cancel_participation, restore_participation
from rdv.services.ending_links import end_link
from rdv.services.moving import Move, move_rdv
from rdv.services.propositions import Asked, propose
from rdv.services.waitlist_join import Wish, Wishes, join
from tests.factories import NOW, make_motif, make_ouverture, make_participation, make_rdv, make_usager, utc
from usagers.models import Proche, Usager

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]
AT = utc(2027, 1, 14, 8, 20)
AGENT = Author("agent", 1, "Isabelle Fontaine", "secretaire")
FATHER = "+33639980788"


@pytest.fixture
def family(desk):
    karim = make_usager(desk.departement, first_name="Karim", last_name="Benali", phone=FATHER, email="")
    Proche.objects.create(departement=desk.departement, responsable=karim, person=desk.ilyes, starts_on=NOW.date())
    Usager.objects.filter(pk=desk.samira.pk).update(email="samira@example.net", channel="both")
    desk.samira.refresh_from_db()
    link = Proche.objects.get(responsable=desk.samira)
    rdv = make_rdv(desk.motif, desk.canal, [desk.claire], AT)
    participation = make_participation(rdv, desk.ilyes, responsable=desk.samira)
    notices.booked(participation, now=NOW)
    return SimpleNamespace(karim=karim, link=link, rdv=rdv, participation=participation)


def page_of(desk, family):
    return reverse("rdv:proche_end", args=[desk.samira.uuid, family.link.pk])


def end(desk, family, told=None):
    where = page_of(desk, family)
    response = desk.client.post(where, {"told": str((told or family.karim).uuid)})
    assert response.status_code == 302
    family.participation.refresh_from_db()


def for_(usager, **filters):
    return Message.objects.filter(recipient=f"usager:{usager.pk}", **filters)


def waiting(usager):
    return for_(usager, state__in=[State.PLANNED, State.STANDBY, State.SENDING])


def link_of(participation):
    return f"/r/{make_token('rdv', str(participation.uuid))}"


def test_the_page_says_what_is_ahead_and_who_hears_of_it(desk, family):
    page = desk.client.get(page_of(desk, family)).content.decode()
    assert "1 rendez-vous à venir dont Samira reçoit les messages" in page
    assert "14" in page
    assert "Karim Benali" in page
    assert escape("Ilyes Benali, directement (aucun message possible") in page
    assert Proche.objects.current(NOW.date()).filter(pk=family.link.pk).exists()


def test_nothing_ends_before_somebody_is_chosen(desk, family):
    response = desk.client.post(page_of(desk, family))
    assert response.status_code == 422
    assert "Choisissez qui reçoit les messages maintenant." in response.content.decode()
    strange = desk.client.post(page_of(desk, family), {"told": str(make_usager(desk.departement).uuid)})
    assert strange.status_code == 422
    assert Proche.objects.current(NOW.date()).filter(pk=family.link.pk).exists()
    assert waiting(desk.samira).exists()


def test_what_waited_for_her_never_leaves_and_he_hears_of_it(desk, family):
    end(desk, family)
    assert not waiting(desk.samira).exists()
    assert family.participation.responsable == family.karim
    news = for_(family.karim, kind="rdv.resent").get()
    assert news.address == FATHER
    assert "Ilyes" not in news.body
    assert waiting(family.karim).filter(kind="rdv.reminder.sms").exists()
    told = Evenement.objects.get(kind="participation.readdressed")
    assert (told.data["before"], told.data["after"]) == (desk.samira.pk, family.karim.pk)


def test_her_link_opens_nothing_and_his_opens_it(desk, family, client):
    old = link_of(family.participation)
    assert client.get(old).status_code == 200
    end(desk, family)
    for action in ("", "/annuler/", "/deplacer/"):
        assert client.get(old + action).status_code == 404
    his = fill_links(for_(family.karim, kind="rdv.resent").get().body)
    path = "/r/" + his.split("/r/")[1][:16]
    assert path != old
    assert client.get(path).status_code == 200


def test_a_move_after_the_end_is_told_to_him_alone(desk, family):
    end(desk, family)
    later = AT + timedelta(days=1)
    make_ouverture(desk.claire, [desk.motif], later - timedelta(hours=1), later + timedelta(hours=2), site=desk.canal)
    family.rdv.refresh_from_db()
    move_rdv(rdv=family.rdv, move=Move(starts_at=later), author=AGENT, now=NOW)
    assert {one.recipient for one in Message.objects.filter(kind="rdv.moved")} == {f"usager:{family.karim.pk}"}
    assert not waiting(desk.samira).exists()


def test_a_cancellation_undone_tells_her_nothing(desk, family):
    cancel_participation(participation=family.participation, by_service=True, author=AGENT, now=NOW)
    end_link(link=family.link, told=family.karim, author=AGENT, now=NOW)
    family.participation.refresh_from_db()
    restore_participation(participation=family.participation, author=AGENT, now=NOW + timedelta(seconds=30))
    assert not waiting(desk.samira).exists()


def test_with_nobody_else_no_message_leaves(desk, family):
    end(desk, family, told=desk.ilyes)
    assert family.participation.responsable is None
    assert not Message.objects.filter(state=State.PLANNED, kind__startswith="rdv.").exists()
    page = desk.client.get(reverse("rdv:usager", args=[desk.samira.uuid])).content.decode()
    assert "prévenez la famille par téléphone" in page


def test_dates_proposed_to_her_are_taken_back_and_he_is_phoned(desk, family, client):
    tenth = AT + timedelta(days=1)
    make_ouverture(desk.claire, [desk.motif], tenth - timedelta(hours=1), tenth + timedelta(hours=2), site=desk.canal)
    hour = Hour(tenth, tenth + timedelta(minutes=30), desk.canal.pk, (desk.claire.pk,))
    asked = Asked(participation=family.participation, hours=[hour])
    proposition = propose(asked=asked, author=AGENT, now=NOW)
    link = f"/c/{make_token('choix', str(proposition.uuid))}"
    assert client.get(link).status_code == 200
    end(desk, family)
    proposition.refresh_from_db()
    assert proposition.state == PropositionState.WITHDRAWN
    assert client.get(link).status_code == 404
    assert Appel.objects.open().get().participation == family.participation
    assert not waiting(desk.samira).exists()


def test_a_wait_keeps_its_rank_and_its_offer_goes_on(desk, family, client):
    motif = make_motif(desk.departement, sites=[desk.canal], service=desk.pmi, has_waitlist=True)
    make_ouverture(desk.claire, [motif], utc(2027, 1, 18, 8), utc(2027, 1, 18, 11), site=desk.canal)
    gone = make_rdv(motif, desk.canal, [desk.claire], utc(2027, 1, 18, 9), usagers=[make_usager(desk.departement)])
    wish = Wish(usager=desk.ilyes, responsable=desk.samira, motif=motif, wishes=Wishes())
    inscription = join(wish=wish, author=AGENT, now=NOW)
    cancel_participation(participation=gone.participations.get(), by_service=False, author=AGENT, now=NOW)
    offre = Offre.objects.live().get()
    old = [f"/o/{make_token('offre', str(offre.uuid))}", f"/l/{make_token('attente', str(inscription.uuid))}"]
    assert [client.get(one).status_code for one in old] == [200, 200]
    end(desk, family)
    assert [client.get(one).status_code for one in old] == [404, 404]
    assert not Offre.objects.live().filter(inscription=inscription).exists()
    after = Inscription.objects.select_related("responsable").get(pk=inscription.pk)
    assert (after.responsable, after.opened_at, after.state) == (family.karim, inscription.opened_at, "waiting")
    assert for_(family.karim, kind="waitlist.joined").exists()
    assert not waiting(desk.samira).exists()


def test_nothing_ahead_asks_nothing(desk, family):
    family.participation.delete()
    assert "personne d’autre n’est à prévenir" in desk.client.get(page_of(desk, family)).content.decode()
    assert desk.client.post(page_of(desk, family)).status_code == 302
    assert not Proche.objects.current(NOW.date()).filter(pk=family.link.pk).exists()
