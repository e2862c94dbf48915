"""A call about an Rdv that was cancelled closes by itself once the person is booked again for the motif."""

import datetime as dt

import pytest
from django.urls import reverse

from rdv.core.journal import Author, Evenement
from rdv.models import Absence, AppelKind, AppelResult, Option, Participation, Proposition, PropositionState
from rdv.services.calls import open_appel
from rdv.services.calls_again import settle_booked_again
from rdv.services.cancelling import cancel_participation
from rdv.services.propositions import Asked, first_hours, propose_within
from tests.console.test_console_journey import confirm, hold, query, state
from tests.factories import NOW, make_motif, make_ouverture, make_rdv, make_usager

AUTHOR = Author("agent", 1, "Isabelle Fontaine", "secretaire")
DAY = dt.timedelta(days=1)


def whole(rdv):
    rows = Participation.objects.select_related("usager", "responsable", "rdv__motif__departement", "rdv__site")
    return rows.get(rdv=rdv)


@pytest.fixture
def called(desk):
    """Ilyes's Rdv of Thursday is cancelled, his mother is to be phoned about it."""
    desk.old = make_rdv(desk.motif, desk.canal, [desk.claire], desk.nine + 2 * DAY, usagers=[desk.ilyes])
    return cancelled_and_called(desk, desk.old)


def cancelled_and_called(desk, rdv):
    at = NOW - dt.timedelta(hours=1)
    participation = whole(rdv)
    cancel_participation(participation=participation, by_service=True, author=AUTHOR, now=at)
    return open_appel(participation, AppelKind.ABSENCE, before=rdv.starts_at, now=at)


def again(appel):
    appel.refresh_from_db()
    return appel


def test_booked_again_in_the_console_the_call_is_closed_by_whoever_booked(desk, called):
    assert str(called.uuid) in desk.client.get(reverse("rdv:waiting_calls")).content.decode()
    confirm(desk, query(hold(desk))["option"])
    assert again(called).result == AppelResult.SETTLED
    assert called.closed_at == NOW
    told = Evenement.objects.get(kind="appel.settled")
    assert told.author_id == desk.secretary.pk
    # Sent twice, the same Rdv, the same line.
    assert settle_booked_again(NOW) == 0
    assert str(called.uuid) not in desk.client.get(reverse("rdv:waiting_calls")).content.decode()


def test_placed_over_taken_time_it_is_booked_again_too(desk, called):
    make_rdv(desk.motif, desk.canal, [desk.claire], desk.nine, usagers=[make_usager(desk.departement)])
    data = state(
        desk, with_0=f"{desk.canal.pk}:{desk.claire.pk}", day="2027-01-05", hour="09:00", note="", reason="urgence"
    )
    assert desk.client.post(reverse("rdv:console_place"), data).status_code == 302
    assert again(called).closed_at == NOW


def test_the_booking_undone_the_person_is_to_be_called_again(desk, called, now):
    fait = query(confirm(desk, query(hold(desk))["option"]))["fait"]
    now.shift(60)
    desk.client.post(reverse("rdv:console_undo"), state(desk, fait=fait))
    assert again(called).closed_at is None
    assert called.result == ""
    assert Evenement.objects.filter(kind="appel.reopened").count() == 1
    said = desk.client.get(reverse("rdv:rdv_detail", args=[desk.old.uuid])).content.decode()
    assert "a remis la personne dans la liste d’appels" in said


def test_another_motif_or_another_person_settles_nothing(desk, called):
    other = make_motif(desk.departement, sites=[desk.canal], service=desk.pmi, name="Vaccination")
    make_rdv(other, desk.canal, [desk.claire], desk.nine, usagers=[desk.ilyes])
    make_rdv(desk.motif, desk.canal, [desk.claire], desk.nine + DAY, usagers=[desk.samira])
    assert settle_booked_again(NOW) == 0
    assert again(called).closed_at is None


def test_an_rdv_that_was_there_before_the_cancellation_settles_nothing(desk, called):
    before = NOW - DAY
    make_rdv(desk.motif, desk.canal, [desk.claire], desk.nine, usagers=[desk.ilyes], created_at=before)
    Participation.objects.live().update(created_at=before)
    assert settle_booked_again(NOW) == 0
    assert again(called).closed_at is None


def test_a_call_about_an_rdv_that_stands_is_not_of_this_kind(desk):
    rdv = make_rdv(desk.motif, desk.canal, [desk.claire], desk.nine, usagers=[desk.ilyes])
    appel = open_appel(whole(rdv), AppelKind.MESSAGE, before=rdv.starts_at, now=NOW)
    make_rdv(desk.motif, desk.canal, [desk.claire], desk.nine + DAY, usagers=[desk.ilyes])
    assert settle_booked_again(NOW) == 0
    assert again(appel).closed_at is None


def test_booked_by_another_way_the_task_of_the_minute_closes_it(desk, called):
    make_rdv(desk.motif, desk.canal, [desk.claire], desk.nine, usagers=[desk.ilyes])
    assert settle_booked_again(NOW) == 1
    assert settle_booked_again(NOW) == 0
    assert again(called).result == AppelResult.SETTLED


def test_dates_still_held_for_the_cancelled_rdv_are_free_again(desk, called):
    make_ouverture(desk.claire, [desk.motif], desk.nine + 7 * DAY, desk.nine + 7 * DAY + DAY / 8, site=desk.canal)
    absence = Absence.objects.create(
        departement=desk.departement, agent=desk.claire, first_day=desk.old.starts_at.date(),
        last_day=desk.old.starts_at.date(), starts_time=dt.time(8), ends_time=dt.time(18),
    )  # fmt: skip
    participation = whole(desk.old)
    hours = first_hours(participation, now=NOW)
    proposition = propose_within(asked=Asked(participation, hours, absence=absence), author=AUTHOR, now=NOW)
    assert proposition.is_live
    assert Option.objects.filter(purpose="pick", rdv=None).exists()
    token = query(hold(desk, desk.nine + dt.timedelta(hours=2, minutes=30)))["option"]
    confirm(desk, token)
    assert Proposition.objects.get().state == PropositionState.WITHDRAWN
    assert not Option.objects.filter(purpose="pick", rdv=None).exists()
    assert again(called).closed_at == NOW


def test_the_task_asks_little_however_many_calls_there_are(desk, called, django_assert_num_queries):
    with django_assert_num_queries(2):
        settle_booked_again(NOW)
