"""What each Rdv of a series takes over from the one that it follows, and the calendar file of all its dates."""

import datetime as dt

import pytest
from django.urls import reverse
from icalendar import Calendar

from notifications.models import Message
from rdv.core.links import fill_links
from rdv.models import Occupation, Participation, Rdv, Serie
from rdv.services.moving import Move, move_rdv
from tests.console.conftest import value_of
from tests.console.series_steps import (
    AUTHOR,
    WEEK,
    away,
    every_tuesday,
    form_of,
    lines,
    messages,
    page,
    somebody_has,
    take,
    url,
)
from tests.factories import NOW, make_ouverture, make_rdv

HALF_HOUR = dt.timedelta(minutes=30)


@pytest.fixture
def rdv(desk):
    return every_tuesday(desk)


def members():
    return list(Serie.objects.get().rdvs.order_by("starts_at"))


def lengthen(rdv, minutes):
    rdv.ends_at = rdv.starts_at + dt.timedelta(minutes=minutes)
    rdv.save()
    rdv.participations.update(ends_at=rdv.ends_at)
    Occupation.objects.filter(rdv=rdv).update(ends_at=rdv.ends_at + rdv.motif.buffer_after)


# --- Note and length


def test_the_note_goes_with_each(desk, rdv):
    Rdv.objects.filter(pk=rdv.pk).update(context="Vient avec sa sœur, parle doucement")
    assert "Chaque rendez-vous reprend sa note." in page(desk, rdv).content.decode()
    take(desk, rdv)
    assert {one.context for one in members()} == {"Vient avec sa sœur, parle doucement"}
    # For the agents only: no message says it.
    assert not any("sœur" in one.body + one.html + one.calendar for one in Message.objects.all())


def test_a_length_changed_by_hand_goes_with_each(desk, rdv):
    lengthen(rdv, 60)
    assert "Chaque rendez-vous dure 1\u00a0heure, comme celui-ci." in page(desk, rdv).content.decode()
    take(desk, rdv)
    assert [one.length for one in members()] == [dt.timedelta(hours=1)] * 5
    taken = Occupation.objects.filter(rdv__in=members()[1:])
    buffers = desk.motif.buffer_before + desk.motif.buffer_after
    assert {one.ends_at - one.starts_at for one in taken} == {dt.timedelta(hours=1) + buffers}


def test_the_length_of_the_motif_says_nothing(desk, rdv):
    assert "Chaque rendez-vous" not in page(desk, rdv).content.decode()
    take(desk, rdv)
    assert {one.length for one in members()} == {desk.motif.duration}


def test_a_longer_rdv_does_not_fit_where_a_short_one_would(desk, rdv):
    """Half an hour is free at that hour, an hour is not: the nearest place where an hour fits is proposed."""
    somebody_has(desk, desk.nine + WEEK + HALF_HOUR)
    assert lines(page(desk, rdv))["2027-01-12"][1] == [value_of(desk.nine + WEEK, desk.canal, desk.claire)]
    lengthen(rdv, 60)
    kept, values, row = lines(page(desk, rdv))["2027-01-12"]
    assert "Déjà prise" in row
    assert values[0] == value_of(desk.nine + WEEK + 2 * HALF_HOUR, desk.canal, desk.claire)
    assert kept
    assert desk.client.post(url(rdv), form_of(page(desk, rdv))).status_code == 302
    assert {one.length for one in members()} == {dt.timedelta(hours=1)}


def test_a_shorter_rdv_fits_where_the_motif_would_not(desk, rdv):
    away(desk, desk.nine + WEEK + dt.timedelta(minutes=15))
    lengthen(rdv, 15)
    assert "Absence" not in lines(page(desk, rdv))["2027-01-12"][2]
    take(desk, rdv)
    assert members()[1].starts_at == desk.nine + WEEK
    assert members()[1].length == dt.timedelta(minutes=15)


def test_a_longer_rdv_meets_another_one_of_the_person(desk, rdv):
    lengthen(rdv, 60)
    other = every_other(desk)
    assert "déjà un rendez-vous" in lines(page(desk, rdv))["2027-01-12"][2]
    assert other.starts_at == desk.nine + WEEK + HALF_HOUR


def every_other(desk):
    """Elsewhere, half an hour after the hour of the series."""
    start = desk.nine + WEEK + HALF_HOUR
    return make_rdv(desk.motif, desk.tilleuls, [desk.paul], start, usagers=[desk.samira])


# --- The calendar file


def events_of(message):
    """By the day, as a calendar reads the file that is sent."""
    built = Calendar.from_ical(fill_links(message.calendar))
    return str(built["METHOD"]), sorted(built.events, key=lambda one: one.start)


def test_the_email_carries_one_file_with_every_date(desk, rdv):
    take(desk, rdv)
    email, sms = messages("serie.booked")
    assert sms.calendar == ""
    method, events = events_of(email)
    assert method == "PUBLISH"
    assert [one.start for one in events] == [desk.nine + week * WEEK for week in range(1, 5)]
    people = Participation.objects.filter(rdv__in=members()[1:]).order_by("starts_at")
    assert [str(one["UID"]).partition("@")[0] for one in events] == [str(one.uuid) for one in people]
    assert {int(one["SEQUENCE"]) for one in events} == {0}
    assert {str(one["STATUS"]) for one in events} == {"CONFIRMED"}
    assert len({str(one["URL"]) for one in events}) == 4
    assert all("/r/" in str(one["URL"]) and "ORGANIZER" in one and "ATTENDEE" not in one for one in events)


def test_hours_stay_on_the_wall_across_the_change_of_hour(desk, rdv):
    for week in range(12, 15):  # after 28 March, 9:00 in Paris is 7:00 UTC
        start = desk.nine + week * WEEK - dt.timedelta(hours=1)
        make_ouverture(desk.claire, [desk.motif], start, start + HALF_HOUR, site=desk.canal)
    take(desk, rdv, fois=13)
    _, events = events_of(messages("serie.booked").get(channel="email"))
    assert {one.start.hour for one in events} == {9}
    assert [one.start for one in events] == [one.starts_at for one in members()[1:]]


def test_one_that_is_moved_changes_alone_under_the_same_uid(desk, rdv):
    take(desk, rdv)
    _, events = events_of(messages("serie.booked").get(channel="email"))
    second = members()[1]
    move_rdv(rdv=second, move=Move(starts_at=second.starts_at + HALF_HOUR), author=AUTHOR, now=NOW)
    method, (moved,) = events_of(messages("rdv.moved").get(channel="email"))
    assert method == "REQUEST"
    assert str(moved["UID"]) == str(events[0]["UID"])
    assert int(moved["SEQUENCE"]) > int(events[0]["SEQUENCE"])


def test_given_up_the_same_uids_are_said_cancelled(desk, rdv):
    take(desk, rdv)
    _, booked = events_of(messages("serie.booked").get(channel="email"))
    third = members()[2]
    desk.client.post(reverse("rdv:rdv_series_cancel", args=[third.uuid]), {"who": "usager", "reason": ""})
    method, events = events_of(messages("serie.cancelled").get(channel="email"))
    assert method == "PUBLISH"
    assert [str(one["UID"]) for one in events] == [str(one["UID"]) for one in booked[1:]]
    assert {str(one["STATUS"]) for one in events} == {"CANCELLED"}


def test_a_discreet_motif_says_nothing_in_the_file_either(desk, rdv):
    desk.motif.notice_level = "discreet"
    desk.motif.save()
    take(desk, rdv)
    file = messages("serie.booked").get(channel="email").calendar
    assert "SUMMARY:Rendez-vous - MDS du Canal" in file
    for word in ("nourrisson", "Pesée", "Claire", "Samira"):
        assert word not in file


def test_the_file_names_nobody_who_is_received(desk, rdv):
    take(desk, rdv)
    file = messages("serie.booked").get(channel="email").calendar
    assert "Samira" not in file
    assert "Benali" not in file
