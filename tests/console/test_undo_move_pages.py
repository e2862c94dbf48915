"""A move undone from the screens: the page of the Rdv, the agenda that it was dragged on; who may, what is refused."""

import datetime as dt
import re

import pytest
from django.urls import reverse

from notifications.models import Message, State
from rdv.core.journal import Author, Evenement
from rdv.models import Rdv
from rdv.services.moving import Move, move_rdv
from tests.console.conftest import value_of
from tests.factories import NOW, make_agent, make_departement, make_rdv, make_site, make_usager, utc
from tests.signing import signed_in

NINE, TEN = utc(2027, 1, 5, 8), utc(2027, 1, 5, 9)
BUTTON = "Défaire le déplacement (jusqu’à 8:02)"


def seen(response):
    return re.sub(r"\s+", " ", response.content.decode()).replace("\xa0", " ")


@pytest.fixture
def rdv(desk):
    return make_rdv(desk.motif, desk.canal, [desk.claire], NINE, usagers=[desk.samira])


def address(name, rdv):
    return reverse(f"rdv:{name}", args=[rdv.uuid])


def moved_by_the_desk(desk, rdv, **more):
    data = {"creneau": value_of(TEN, desk.canal, desk.claire), "version": 0} | more
    return desk.client.post(address("rdv_move", rdv), data, follow=True)


def undo(client, rdv, version=1, **more):
    return client.post(address("rdv_move_undo", rdv), {"version": version} | more)


def dragged(desk, rdv, **more):
    data = {"day": "2027-01-05", "hour": "10:00", "ends": "10:30", "version": 0} | more
    return desk.client.post(address("rdv_hours", rdv), data)


def test_the_page_after_a_move_undoes_it_in_one_press(desk, rdv):
    page = seen(moved_by_the_desk(desk, rdv))
    assert "Avant ce déplacement : mardi 5 janvier 2027, 9:00 à 9:30." in page.replace("</strong>", "").replace(
        "<strong>", ""
    )
    assert BUTTON in page
    response = undo(desk.client, rdv)
    assert response["Location"] == address("rdv_detail", rdv)
    page = seen(desk.client.get(response["Location"]))
    assert "Le déplacement est défait : le rendez-vous est de nouveau mardi 5 janvier 2027, 9:00." in page
    assert "Un message le dit" not in page
    assert "Isabelle Fontaine" in page
    assert "a défait le déplacement : mar. 5 janv., 10:00 → mar. 5 janv., 9:00" in page
    assert "Défaire le déplacement" not in page
    rdv.refresh_from_db()
    assert rdv.starts_at == NINE


def test_the_person_who_was_told_is_told_again_and_the_page_says_so(desk, rdv):
    moved_by_the_desk(desk, rdv)
    Message.objects.filter(kind="rdv.moved").update(state=State.SENT)
    page = seen(desk.client.get(undo(desk.client, rdv)["Location"]))
    assert "Un message le dit à la personne." in page
    assert Message.objects.filter(kind="rdv.restored").exists()


def test_the_same_button_stands_after_a_drag_and_leads_back_to_the_agenda(desk, rdv):
    place = f"2027-01-05.semaine.{desk.claire.pk}"
    response = dragged(desk, rdv, retour=place)
    agenda = response["Location"]
    page = seen(desk.client.get(agenda.partition("#")[0]))
    assert "C’est noté : mardi 5 janvier 2027, 10:00 à 10:30, avec Claire Vasseur." in page
    assert BUTTON in page
    assert f'name="retour" value="{place}"' in page
    assert undo(desk.client, rdv, retour=place)["Location"] == agenda
    page = seen(desk.client.get(agenda.partition("#")[0]))
    assert "Le déplacement est défait" in page
    assert "Défaire le déplacement" not in page


@pytest.mark.parametrize("changes", [{"ends": "11:00", "hour": "09:00"}, {"hour": "09:00", "ends": "09:30"}])
def test_a_length_and_a_colleague_are_undone_the_same_way(desk, rdv, changes):
    karim = make_agent(desk.departement, site=desk.canal, services=[desk.pmi], first_name="Karim", last_name="Haddad")
    who = (
        {"who": f"{desk.canal.pk}:{karim.pk}", "reason": "Claire est en formation"}
        if changes["ends"] == "09:30"
        else {}
    )
    dragged(desk, rdv, **changes, **who)
    rdv.refresh_from_db()
    assert rdv.schedule_version == 1
    page = seen(desk.client.get(address("rdv_detail", rdv)))
    assert BUTTON in page
    assert ("9:00 à 9:30, avec Claire Vasseur." in page) is bool(who)
    undo(desk.client, rdv)
    rdv.refresh_from_db()
    assert (rdv.starts_at, rdv.ends_at - rdv.starts_at) == (NINE, dt.timedelta(minutes=30))
    assert [link.agent_id for link in rdv.rdv_agents.all()] == [desk.claire.pk]


def test_the_button_goes_with_the_two_minutes(desk, rdv, now):
    moved_by_the_desk(desk, rdv)
    now.move_to(NOW + dt.timedelta(minutes=2, seconds=1))
    assert "Défaire le déplacement" not in seen(desk.client.get(address("rdv_detail", rdv)))
    late = undo(desk.client, rdv)
    assert late.status_code == 409
    assert "Les 2 minutes pour défaire sont passées. Déplacez le rendez-vous de nouveau." in seen(late)
    rdv.refresh_from_db()
    assert rdv.starts_at == TEN


def test_the_button_on_a_page_that_waited_in_another_window_is_gone(desk, rdv, now):
    dragged(desk, rdv, retour=f"2027-01-05.semaine.{desk.claire.pk}")
    now.move_to(NOW + dt.timedelta(minutes=3))
    page = seen(desk.client.get(reverse("rdv:agenda"), {"agent": desk.claire.pk, "date": "2027-01-05"}))
    assert "C’est noté" in page
    assert "Défaire le déplacement" not in page


def test_an_hour_taken_since_is_said_and_the_rdv_stays(desk, rdv):
    moved_by_the_desk(desk, rdv)
    make_rdv(desk.motif, desk.canal, [desk.claire], NINE, usagers=[make_usager(desk.departement)])
    response = undo(desk.client, rdv)
    assert response.status_code == 409
    assert (
        "L’heure d’avant (mardi 5 janvier à 9 h) a été donnée à quelqu’un d’autre. "
        "Le rendez-vous reste mardi 5 janvier à 10 h."
    ) in seen(response)


def test_what_a_colleague_did_meanwhile_is_shown(desk, rdv):
    moved_by_the_desk(desk, rdv)
    other = Author("agent", desk.claire.pk, "Claire Vasseur", "agent")
    later = Move(starts_at=utc(2027, 1, 5, 10), agents=[desk.claire.pk])
    move_rdv(rdv=Rdv.objects.get(pk=rdv.pk), move=later, author=other, now=NOW)
    response = undo(desk.client, rdv)
    assert response.status_code == 409
    page = seen(response)
    assert "Quelqu’un a modifié ce rendez-vous entre-temps" in page
    assert "Claire Vasseur a déplacé : mar. 5 janv., 10:00 → mar. 5 janv., 11:00" in page


def test_a_colleague_sees_no_button_and_undoes_nothing(desk, rdv):
    moved_by_the_desk(desk, rdv)
    claire = signed_in(desk.claire)
    assert "Défaire le déplacement" not in seen(claire.get(address("rdv_detail", rdv)))
    assert undo(claire, rdv).status_code == 409
    rdv.refresh_from_db()
    assert rdv.starts_at == TEN


def test_a_stranger_of_another_departement_finds_nothing(desk, rdv):
    moved_by_the_desk(desk, rdv)
    elsewhere = make_departement("59")
    site = make_site(elsewhere)
    stranger = signed_in(make_agent(elsewhere, site=site, services=[]))
    assert undo(stranger, rdv).status_code == 404
    assert not Evenement.objects.filter(kind="rdv.move_undone").exists()


def test_pressed_twice_it_says_the_same_and_changes_nothing_more(desk, rdv):
    moved_by_the_desk(desk, rdv)
    assert [undo(desk.client, rdv).status_code for _ in range(2)] == [302, 302]
    assert Evenement.objects.filter(kind="rdv.move_undone").count() == 1


@pytest.mark.parametrize("version", ["", "x", "99999999999"])
def test_a_form_without_its_version_undoes_nothing(desk, rdv, version):
    moved_by_the_desk(desk, rdv)
    assert undo(desk.client, rdv, version=version).status_code == 409


def test_the_pages_that_move_say_when_the_message_leaves(desk, rdv):
    target = {"creneau": value_of(TEN, desk.canal, desk.claire)}
    page = seen(desk.client.get(address("rdv_move", rdv), target))
    assert "Un message part dans 2 minutes, avec l’ancienne et la nouvelle heure" in page
    desk.samira.phone = desk.samira.email = ""
    desk.samira.save()
    page = seen(desk.client.get(address("rdv_move", rdv), target))
    assert "Aucun ne part." in page
    assert "dans 2 minutes" not in page


def test_the_undo_of_a_move_costs_a_bounded_number_of_queries(desk, rdv, django_assert_max_num_queries):
    moved_by_the_desk(desk, rdv)
    with django_assert_max_num_queries(75):
        undo(desk.client, rdv)


def test_a_move_refused_keeps_the_hour_and_the_reason_in_the_exact_form(desk, rdv):
    """The reason given for a closed hour, refused because somebody was faster: nothing is typed again."""
    other = Author("agent", desk.claire.pk, "Claire Vasseur", "agent")
    moved = Move(starts_at=TEN, agents=[desk.claire.pk])
    move_rdv(rdv=Rdv.objects.get(pk=rdv.pk), move=moved, author=other, now=NOW)
    late = {"creneau": value_of(utc(2027, 1, 5, 17), desk.canal, desk.claire), "version": 0, "reason": "Urgence"}
    response = desk.client.post(address("rdv_move", rdv), late)
    assert response.status_code == 409
    exact = response.context["exact"]
    assert [str(exact[name].value()) for name in ("day", "hour", "reason")] == ["2027-01-05", "18:00:00", "Urgence"]
    assert 'value="Urgence"' in seen(response)


def test_the_page_of_the_hours_leads_back_and_the_dialog_of_the_agenda_stays_where_it_is(desk, rdv):
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{address('rdv_hours', rdv)}?day=2027-01-05"}
    data = {"day": "2027-01-05", "hour": "10:00", "ends": "10:30", "version": 0}
    response = desk.client.post(address("rdv_hours", rdv), data, headers=headers)
    assert (response.status_code, response["HX-Redirect"]) == (204, address("rdv_detail", rdv))
    headers["HX-Current-URL"] = f"http://testserver{reverse('rdv:agenda')}"
    response = desk.client.post(
        address("rdv_hours", rdv), data | {"hour": "10:30", "ends": "11:00"} | {"version": 1}, headers=headers
    )
    assert (response.status_code, response["HX-Refresh"]) == (204, "true")


def test_the_hours_of_the_table_are_long_enough_for_an_rdv_made_longer(desk, rdv):
    """One hour from 9:00, the morning ends at 12:00: 11:30 would hold the motif, not this Rdv."""
    dragged(desk, rdv, hour="09:00", ends="10:00")
    matrix = desk.client.get(address("rdv_move", rdv)).context["matrix"]
    starts = {slot.creneau.starts_at for slot in matrix.slots}
    assert utc(2027, 1, 5, 10) in starts
    assert max(one for one in starts if one.date() == dt.date(2027, 1, 5)) == utc(2027, 1, 5, 10)
