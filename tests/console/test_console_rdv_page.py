"""The page of one Rdv and the files: what they show, what they change, what they refuse in place."""

import datetime as dt
import html
import re

import pytest
from django.urls import reverse

from notifications.models import Message
from rdv.core.journal import Author
from rdv.domain.statuses import Status
from rdv.models import Evenement, Occupation, Rdv
from rdv.services.attendance import set_status
from rdv.services.moving import Move, move_rdv
from tests.console.conftest import value_of
from tests.factories import NOW, make_agent, make_ouverture, make_participation, make_rdv, make_usager, utc
from tests.signing import signed_in
from usagers.models import Proche, Referent

OTHER = Author("agent", 999, "Claire Vasseur", "agent")


def seen(response):
    return re.sub(r"\s+", " ", response.content.decode()).replace("\xa0", " ")


@pytest.fixture
def rdv(desk):
    return make_rdv(
        desk.motif, desk.canal, [desk.claire], utc(2027, 1, 5, 8), usagers=[desk.samira], context="Vient à pied"
    )


def address(name, rdv):
    return reverse(f"rdv:{name}", args=[rdv.uuid])


def test_the_page_says_what_when_who_and_what_happened(desk, rdv):
    participation = rdv.participations.get()
    desk.client.post(address("rdv_move", rdv), {"creneau": value_of(utc(2027, 1, 5, 9), desk.canal, desk.claire)})
    page = seen(desk.client.get(address("rdv_detail", rdv)))
    for words in (
        "Mardi 5 janvier 2027, 10:00 à 10:30",
        "Claire Vasseur",
        "Samira Benali",
        "Vient à pied",
        "a déplacé : mar. 5 janv., 9:00 → mar. 5 janv., 10:00",
        "Isabelle Fontaine",
        "SMS, déplacement",
    ):
        assert words in page, words
    assert Message.objects.filter(subject_id=str(participation.uuid), kind="rdv.moved").exists()


def test_came_or_not_once_it_has_begun(desk, rdv, now):
    participation = rdv.participations.get()
    data = {"participation": str(participation.uuid), "statut": "seen", "vu": "unknown"}
    early = desk.client.post(address("rdv_status", rdv), data)
    assert early.status_code == 409
    assert "Ce rendez-vous n’a pas encore eu lieu." in seen(early)
    assert "Vu</button>" not in seen(desk.client.get(address("rdv_detail", rdv)))
    now.move_to(utc(2027, 1, 5, 8, 10))
    desk.client = signed_in(desk.secretary)
    assert desk.client.post(address("rdv_status", rdv), data).status_code == 302
    assert rdv.participations.get().status == "seen"


def test_what_a_colleague_noted_meanwhile_is_shown_and_the_wish_kept(desk, rdv, now):
    now.move_to(utc(2027, 1, 5, 8, 10))
    desk.client = signed_in(desk.secretary)
    participation = rdv.participations.get()
    set_status(participation=participation, status=Status.SEEN, author=OTHER, now=utc(2027, 1, 5, 8, 9))
    data = {"participation": str(participation.uuid), "statut": "noshow", "vu": "unknown"}
    response = desk.client.post(address("rdv_status", rdv), data)
    page = seen(response)
    assert response.status_code == 409
    assert "Claire Vasseur a noté : Vu, mar. 5 janv. à 9:09." in page
    assert "Vous vouliez noter : « Absent »" in page
    assert rdv.participations.get().status == "seen"
    assert desk.client.post(address("rdv_status", rdv), data | {"vu": "seen"}).status_code == 302
    assert rdv.participations.get().status == "noshow"


@pytest.mark.parametrize(("who", "status"), [("usager", "excused"), ("service", "revoked")])
def test_cancelling_says_before_who_is_told_and_frees_the_hour(desk, rdv, who, status):
    asked = seen(desk.client.get(address("rdv_cancel", rdv)))
    assert "SMS au 06 39 98 12 40" in asked
    assert "dans 2 minutes" in asked
    missing = desk.client.post(address("rdv_cancel", rdv), {"reason": "malade"})
    assert missing.status_code == 422
    assert "Dites qui annule." in seen(missing)
    assert 'value="malade"' in seen(missing)
    desk.client.post(address("rdv_cancel", rdv), {"who": who, "reason": "malade"})
    assert rdv.participations.get().status == status
    assert not Occupation.objects.exists()
    assert Evenement.objects.get(kind="participation.status").data["reason"] == "malade"


def test_the_page_that_cancels_says_who_is_told_and_where_the_hour_goes(desk, rdv):
    asked = seen(desk.client.get(address("rdv_cancel", rdv)))
    assert "Elle redevient libre tout de suite chez Claire Vasseur" in asked
    assert "data-final" in asked
    assert "data-back" in asked
    desk.samira.phone = desk.samira.email = ""
    desk.samira.save()
    desk.motif.has_waitlist = True
    desk.motif.save()
    asked = seen(desk.client.get(address("rdv_cancel", rdv)))
    assert "Aucun ne part." in asked
    assert "dans 2 minutes" not in asked
    assert "Elle est proposée d’abord aux personnes de la liste d’attente." in asked
    assert "tout de suite" not in asked


def test_a_cancellation_is_put_back_while_the_hour_is_free(desk, rdv):
    participation = rdv.participations.get()
    desk.client.post(address("rdv_cancel", rdv), {"who": "usager"})
    data = {"participation": str(participation.uuid)}
    assert desk.client.post(address("rdv_restore", rdv), data).status_code == 302
    assert rdv.participations.get().status == "unknown"
    desk.client.post(address("rdv_cancel", rdv), {"who": "usager"})
    make_rdv(desk.motif, desk.canal, [desk.claire], rdv.starts_at)
    refused = desk.client.post(address("rdv_restore", rdv), data)
    assert refused.status_code == 409
    assert "L’heure a été donnée à quelqu’un d’autre." in seen(refused)


def test_one_person_leaves_a_workshop_or_the_whole_session_goes(desk):
    motif = desk.motif
    motif.is_collective, motif.capacity = True, 4
    motif.save()
    people = [make_usager(desk.departement) for _ in range(3)]
    session = make_rdv(motif, desk.canal, [desk.claire], utc(2027, 1, 6, 9), usagers=people)
    first = session.participations.order_by("pk").first()
    page = seen(desk.client.get(address("rdv_detail", session)))
    assert "3 sur 4" in page
    desk.client.post(address("rdv_cancel", session), {"who": "usager", "participation": str(first.uuid)})
    assert sorted(session.participations.values_list("status", flat=True)) == ["excused", "unknown", "unknown"]
    desk.client.post(address("rdv_cancel", session), {"who": "seance"})
    session.refresh_from_db()
    assert session.cancelled_at
    assert sorted(session.participations.values_list("status", flat=True)) == ["excused", "revoked", "revoked"]


def test_moving_proposes_says_what_changes_then_does_it_once(desk, rdv):
    page = seen(desk.client.get(address("rdv_move", rdv)))
    target = value_of(utc(2027, 1, 5, 8, 30), desk.canal, desk.claire)
    assert f'value="{target}"' in page
    assert value_of(rdv.starts_at, desk.canal, desk.claire) not in page  # the hour it has is no proposal
    asked = seen(desk.client.get(address("rdv_move", rdv), {"creneau": target}))
    assert "Mardi 5 janvier 2027, 9:00" in asked
    assert "Mardi 5 janvier 2027, 9:30" in asked
    assert "SMS au 06 39 98 12 40" in asked
    data = {"creneau": target, "version": "0"}
    for _ in range(2):
        assert desk.client.post(address("rdv_move", rdv), data).status_code == 302
    rdv.refresh_from_db()
    assert (rdv.starts_at, rdv.schedule_version) == (utc(2027, 1, 5, 8, 30), 1)
    assert Evenement.objects.filter(kind="rdv.moved").count() == 1


def test_moving_to_a_colleague_of_another_site(desk, rdv):
    assert "Paul Lambert" in seen(desk.client.get(address("rdv_move", rdv), {"avec": "tous"}))
    target = value_of(utc(2027, 1, 5, 13), desk.tilleuls, desk.paul)
    desk.client.post(address("rdv_move", rdv), {"creneau": target, "version": "0"})
    rdv.refresh_from_db()
    assert rdv.site == desk.tilleuls
    assert [link.agent for link in rdv.rdv_agents.all()] == [desk.paul]


def test_a_move_that_somebody_made_meanwhile_is_told_and_the_choice_kept(desk, rdv):
    move = Move(starts_at=utc(2027, 1, 5, 10), agents=[desk.claire.pk], site=desk.canal)
    move_rdv(rdv=rdv, move=move, author=OTHER, now=NOW)
    target = value_of(utc(2027, 1, 5, 8, 30), desk.canal, desk.claire)
    response = desk.client.post(address("rdv_move", rdv), {"creneau": target, "version": "0"})
    page = seen(response)
    assert response.status_code == 409
    assert "Claire Vasseur a déplacé : mar. 5 janv., 9:00 → mar. 5 janv., 11:00" in page
    assert f'name="creneau" value="{target}"' in page
    assert 'name="version" value="1"' in page
    rdv.refresh_from_db()
    assert rdv.starts_at == utc(2027, 1, 5, 10)


def test_an_hour_taken_meanwhile_shows_the_nearest(desk, rdv):
    make_rdv(desk.motif, desk.canal, [desk.claire], utc(2027, 1, 5, 8, 30))
    target = value_of(utc(2027, 1, 5, 8, 30), desk.canal, desk.claire)
    response = desk.client.post(address("rdv_move", rdv), {"creneau": target, "version": "0"})
    assert response.status_code == 409
    assert "prise à l’instant, ou fermée" in seen(response)
    assert re.search(r'data-number="1"', response.content.decode())


def test_an_exact_time_over_taken_time_needs_a_reason(desk, rdv):
    make_rdv(desk.motif, desk.canal, [desk.claire], utc(2027, 1, 5, 8, 30))
    exact = {"day": "2027-01-05", "hour": "09:40", "who": f"{desk.canal.pk}:{desk.claire.pk}"}
    asked = desk.client.get(address("rdv_move", rdv), exact | {"reason": "urgence"})
    assert "urgence" in seen(asked)
    target = value_of(utc(2027, 1, 5, 8, 40), desk.canal, desk.claire)
    refused = desk.client.post(address("rdv_move", rdv), {"creneau": target, "version": "0"})
    assert refused.status_code == 409
    desk.client.post(address("rdv_move", rdv), {"creneau": target, "version": "0", "reason": "urgence"})
    rdv.refresh_from_db()
    assert (rdv.starts_at, rdv.is_overbooked) == (utc(2027, 1, 5, 8, 40), True)


def test_an_exact_time_says_what_is_missing(desk, rdv):
    response = desk.client.get(address("rdv_move", rdv), {"day": "", "hour": "14:30"})
    assert response.status_code == 422
    assert "Choisissez le jour." in seen(response)


def test_the_file_says_who_what_and_that_it_was_read(desk, rdv):
    page = seen(desk.client.get(reverse("rdv:usager", args=[desk.samira.uuid])))
    for words in (
        "lundi 14 mars 1994, 32 ans",
        "Mar. 5 janv. 2027, 9:00",
        "Ilyes Benali",
        "2 mois",
        "Claire Vasseur",
        "PMI",
        "Votre lecture est inscrite à l’historique.",
        "lecture, fiche",
    ):
        assert words in page, words


def test_identity_is_changed_and_told(desk):
    where = reverse("rdv:usager_edit", args=[desk.samira.uuid])
    shown = seen(desk.client.get(where))
    assert 'value="14/03/1994"' in shown
    data = {
        "last_name": "Benali",
        "first_name": "Samira",
        "language": "ar",
        "channel": "sms",
        "phone": "06 39 98 12 41",
    }
    wrong = desk.client.post(where, data | {"last_name": ""})
    assert wrong.status_code == 422
    assert "Écrivez le nom." in seen(wrong)
    assert desk.client.post(where, data).status_code == 302
    desk.samira.refresh_from_db()
    assert (desk.samira.language, str(desk.samira.phone)) == ("ar", "+33639981241")
    assert "fiche modifiée : naissance, messages, e-mail, langue, téléphone" in seen(
        desk.client.get(reverse("rdv:usager", args=[desk.samira.uuid]))
    )


def test_proches_and_referents_are_added_and_ended(desk):
    paul = desk.paul
    desk.client.post(reverse("rdv:referent_add", args=[desk.samira.uuid]), {"agent": str(paul.pk)})
    assert Referent.objects.filter(usager=desk.samira, agent=paul, ends_on=None).exists()
    nobody = desk.client.post(reverse("rdv:referent_add", args=[desk.samira.uuid]), {"agent": ""})
    assert nobody.status_code == 422
    assert "Choisissez un professionnel." in seen(nobody)
    child = {"first_name": "Lina", "last_name": "Benali", "birth_date": "", "kind": "child"}
    desk.client.post(reverse("rdv:proche_add", args=[desk.samira.uuid]), child)
    assert Proche.objects.filter(responsable=desk.samira, person__first_name="Lina").exists()
    incomplete = desk.client.post(reverse("rdv:proche_add", args=[desk.samira.uuid]), child | {"first_name": ""})
    assert incomplete.status_code == 422


def test_the_search_page_lists_and_says_that_there_are_others(desk):
    for _ in range(31):
        make_usager(desk.departement, first_name="Awa")
    page = seen(desk.client.get(reverse("rdv:usagers"), {"q": "awa"}))
    assert page.count("<tr>") == 31  # thirty, and the heading
    assert "Il y a d’autres fiches." in page
    assert "Tapez au moins deux lettres" in seen(desk.client.get(reverse("rdv:usagers"), {"q": "a"}))


QUERIES = {"blank": 19, "search": 19, "full": 29}


def test_queries_are_counted(desk, django_assert_max_num_queries, rdv):
    """The cost of a page does not grow with the agents, the family, the Rdv."""
    for _ in range(6):
        agent = make_agent(desk.departement, site=desk.canal, services=[desk.pmi])
        make_ouverture(agent, [desk.motif], utc(2027, 1, 5, 8), utc(2027, 1, 5, 11), site=desk.canal)
    for day in range(1, 9):
        start = NOW - dt.timedelta(days=day)
        make_participation(make_rdv(desk.motif, desk.canal, [desk.claire], start), desk.samira)
    value = value_of(utc(2027, 1, 5, 9), desk.canal, desk.claire)
    state = {"usager": str(desk.samira.uuid), "pour": str(desk.ilyes.uuid), "motif": str(desk.motif.uuid)}
    desk.client.get("/agents/accueil/", state)
    held = desk.client.post(reverse("rdv:console_hold"), state | {"creneau": value})
    with django_assert_max_num_queries(QUERIES["full"]):
        assert desk.client.get(held.url).status_code == 200
    with django_assert_max_num_queries(QUERIES["blank"]):
        desk.client.get("/agents/accueil/")
    with django_assert_max_num_queries(QUERIES["search"]):
        desk.client.get("/agents/accueil/", {"q": "samira"}, headers={"HX-Request": "true", "HX-Target": "resultats"})
    assert Rdv.objects.count() == 9


@pytest.mark.parametrize("who", ["usager", "service"])
def test_a_page_of_cancelling_opened_before_a_move_cancels_nothing(desk, rdv, who):
    first = seen(desk.client.get(address("rdv_cancel", rdv)))
    assert 'name="version" value="0"' in first
    move_rdv(rdv=rdv, move=Move(starts_at=utc(2027, 1, 5, 10)), author=OTHER, now=NOW)
    sent = {"who": who, "reason": "malade", "version": "0"}
    stale = desk.client.post(address("rdv_cancel", rdv), sent)
    page = seen(stale)
    assert stale.status_code == 409
    assert "Quelqu’un a modifié ce rendez-vous entre-temps." in page
    assert "Claire Vasseur a déplacé : mar. 5 janv., 9:00 → mar. 5 janv., 11:00" in page
    assert "Annuler quand même le rendez-vous du mar. 5 janv., 11:00" in page
    assert 'value="malade"' in page, "what was typed is kept"
    assert re.search(rf'value="{who}"[^>]*checked', page)
    assert rdv.participations.get().status == "unknown"
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    assert desk.client.post(address("rdv_cancel", rdv), sent | {"version": version}).status_code == 302
    assert rdv.participations.get().status in ("excused", "revoked")


def test_a_session_moved_meanwhile_is_not_cancelled_whole(desk):
    desk.motif.is_collective, desk.motif.capacity = True, 4
    desk.motif.save()
    people = [make_usager(desk.departement) for _ in range(2)]
    session = make_rdv(desk.motif, desk.canal, [desk.claire], utc(2027, 1, 6, 9), usagers=people)
    move_rdv(rdv=session, move=Move(starts_at=utc(2027, 1, 7, 9)), author=OTHER, now=NOW)
    assert desk.client.post(address("rdv_cancel", session), {"who": "seance", "version": "0"}).status_code == 409
    session.refresh_from_db()
    assert session.cancelled_at is None
    assert desk.client.post(address("rdv_cancel", session), {"who": "seance", "version": "1"}).status_code == 302
    assert desk.client.post(address("rdv_cancel", session), {"who": "seance", "version": "0"}).status_code == 302, (
        "what is cancelled already is not refused"
    )


def note_sent(page, text):
    before = re.search(r'name="before"(?: value="([^"]*)")?', page)[1] or ""
    return {"note": text, "before": html.unescape(before)}


def test_the_note_for_agents_is_written_again_after_the_booking(desk, rdv):
    assert "Changer la note pour les agents" in seen(desk.client.get(address("rdv_detail", rdv)))
    sent = note_sent(seen(desk.client.get(address("rdv_note", rdv))), "Vient en bus,\r\nun peu en retard")
    assert sent["before"] == "Vient à pied"
    for _ in range(2):
        assert desk.client.post(address("rdv_note", rdv), sent)["Location"] == address("rdv_detail", rdv)
    assert Rdv.objects.get().context == "Vient en bus,\nun peu en retard"
    event = Evenement.objects.get(kind="rdv.note")
    assert "bus" not in str(event.data), "the journal keeps that it changed, not what it said"
    page = seen(desk.client.get(address("rdv_detail", rdv)))
    assert "Vient en bus,<br>un peu en retard" in page
    assert "a changé la note pour les agents" in page
    assert not Message.objects.exists()
    assert desk.client.post(address("rdv_note", rdv), {"note": "x" * 2001, "before": ""}).status_code == 422


def test_two_people_write_the_note_and_neither_loses_it(desk, rdv):
    client = desk.client
    sent = note_sent(seen(client.get(address("rdv_note", rdv))), "Fauteuil roulant")
    signed_in(desk.claire).post(address("rdv_note", rdv), {"note": "Avec sa sœur", "before": "Vient à pied"})
    refused = client.post(address("rdv_note", rdv), sent)
    assert refused.status_code == 409
    page = seen(refused)
    assert "Quelqu’un a écrit dans cette note entre-temps." in page
    assert "Claire Vasseur a changé la note pour les agents" in page
    assert "« Avec sa sœur »" in page
    assert ">Fauteuil roulant</textarea>" in page.replace("> Fauteuil", ">Fauteuil"), "what was typed is kept"
    assert Rdv.objects.get().context == "Avec sa sœur"
    again = note_sent(page, "Fauteuil roulant, avec sa sœur")
    assert again["before"] == "Avec sa sœur"
    assert client.post(address("rdv_note", rdv), again).status_code == 302
    assert Rdv.objects.get().context == "Fauteuil roulant, avec sa sœur"
