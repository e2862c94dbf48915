"""Several Rdv for one person who comes back: each date known before, all taken or none, one message."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from notifications.models import Message
from rdv.models import Evenement, Option, Participation, Rdv, Serie
from tests.console.conftest import value_of
from tests.console.series_steps import (
    WEEK,
    away,
    busy,
    closed,
    every_tuesday,
    form_of,
    lines,
    messages,
    not_open,
    page,
    somebody_has,
    take,
    url,
)
from tests.factories import (
    make_agent,
    make_departement,
    make_motif,
    make_ouverture,
    make_rdv,
    make_service,
    make_site,
    utc,
)


@pytest.fixture
def rdv(desk):
    return every_tuesday(desk)


# --- What is known of each date


def test_each_date_is_free_on_the_same_weekday_and_hour(desk, rdv):
    found = lines(page(desk, rdv))
    assert list(found) == ["2027-01-12", "2027-01-19", "2027-01-26", "2027-02-02"]
    assert found["2027-01-12"][:2] == (True, [value_of(desk.nine + WEEK, desk.canal, desk.claire)])


def test_the_hour_of_the_wall_stays_across_the_change_of_hour(desk, rdv):
    for week in range(12, 15):  # after 28 March, 9:00 in Paris is 7:00 UTC
        start = desk.nine + week * WEEK - dt.timedelta(hours=1)
        make_ouverture(desk.claire, [desk.motif], start, start + dt.timedelta(minutes=30), site=desk.canal)
    found = lines(page(desk, rdv, fois=13))
    assert found["2027-04-06"][1][0] == value_of(utc(2027, 4, 6, 7), desk.canal, desk.claire)


def test_every_two_weeks_and_every_month(desk, rdv):
    assert list(lines(page(desk, rdv, tous=2)))[:2] == ["2027-01-19", "2027-02-02"]
    assert list(lines(page(desk, rdv, unite="mois")))[:3] == ["2027-02-02", "2027-03-02", "2027-04-06"]


def test_until_a_day_stands_in_place_of_the_number(desk, rdv):
    assert list(lines(page(desk, rdv, jusqu="2027-01-26"))) == ["2027-01-12", "2027-01-19", "2027-01-26"]


def test_26_dates_at_the_most_and_it_is_said(desk, rdv):
    response = page(desk, rdv, fois="", jusqu="2027-12-31")
    assert len(lines(response)) == 26
    assert "La série s’arrête là" in response.content.decode()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"tous": 0}, "après combien"),
        ({"tous": "x"}, "après combien"),
        ({"fois": 27}, "un nombre entre 1 et 26"),
        ({"fois": ""}, "Dites combien de rendez-vous"),
        ({"unite": "jours"}, "semaines"),
        ({"jusqu": "2027-01-01"}, "un jour à venir"),
        ({"jusqu": "2029-01-01"}, "13 mois"),
        ({"jusqu": "demain"}, "Écrivez le jour"),
    ],
)
def test_a_rhythm_that_cannot_be_says_what_is_missing(desk, rdv, data, words):
    response = page(desk, rdv, **data)
    assert response.status_code == 422
    assert words in response.content.decode()


@pytest.mark.parametrize(
    ("because", "words", "first"),
    [
        (somebody_has, "Déjà prise", 1),
        (away, "Absence", 2),
        (not_open, "Pas d’ouverture", 2),
        (busy, "déjà un rendez-vous", 1),
    ],
)
def test_an_hour_that_is_not_free_says_why_and_proposes_the_nearest_of_that_day(desk, rdv, because, words, first):
    start = desk.nine + WEEK
    because(desk, start)
    kept, values, row = lines(page(desk, rdv))["2027-01-12"]
    assert words in row
    assert values[0] == value_of(start + first * dt.timedelta(minutes=30), desk.canal, desk.claire)
    assert kept


def test_a_closed_day_and_a_holiday_say_their_name_and_propose_the_rest_of_the_week(desk, rdv):
    start = desk.nine + WEEK
    closed(desk, start)
    thursday = start + dt.timedelta(days=2)
    make_ouverture(desk.claire, [desk.motif], thursday, thursday + dt.timedelta(hours=1), site=desk.canal)
    _, values, row = lines(page(desk, rdv))["2027-01-12"]
    assert "Travaux" in row
    assert values[0] == value_of(thursday, desk.canal, desk.claire)


def test_a_week_without_any_free_hour_cannot_be_kept(desk, rdv):
    desk.claire.ouvertures.filter(starts_at=desk.nine + WEEK).delete()
    found = lines(page(desk, rdv))
    assert "-0" in found
    assert "Aucune heure libre cette semaine-là" in found["-0"][2]


def test_somebody_else_is_proposed_only_when_asked(desk, rdv):
    start = desk.nine + WEEK
    somebody_has(desk, start)
    make_ouverture(desk.paul, [desk.motif], start, start + dt.timedelta(hours=1), site=desk.canal)
    assert "Lambert" not in lines(page(desk, rdv))["2027-01-12"][2]
    _, values, row = lines(page(desk, rdv, avec="tous"))["2027-01-12"]
    assert "Paul Lambert" in row
    assert value_of(start, desk.canal, desk.paul) in values


def test_a_follow_up_stays_with_the_referent(desk, rdv):
    desk.motif.is_follow_up = True
    desk.motif.save()
    assert [kept for kept, _, _ in lines(page(desk, rdv)).values()] == [True] * 4
    desk.samira.referents.all().delete()
    assert [kept for kept, _, _ in lines(page(desk, rdv)).values()] == [False] * 4


def test_the_page_asks_as_little_for_26_dates_as_for_one(desk, rdv):
    for week in range(1, 27):
        somebody_has(desk, desk.nine + week * WEEK)
    page(desk, rdv, fois=1)
    counts = []
    for many in (1, 26):
        with CaptureQueriesContext(connection) as asked:
            page(desk, rdv, fois=many)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 30


# --- Taking them


def test_all_are_taken_in_one_gesture_and_the_first_opens_the_series(desk, rdv):
    response = take(desk, rdv)
    serie = Serie.objects.get()
    found = list(serie.rdvs.order_by("starts_at"))
    assert [one.starts_at for one in found] == [desk.nine + week * WEEK for week in range(5)]
    assert [one.origin for one in found] == ["web", *["series"] * 4]
    assert response.url == reverse("rdv:rdv_detail", args=[found[1].uuid])
    assert not Option.objects.filter(rdv=None).exists()
    assert Participation.objects.filter(usager=desk.samira).count() == 5


def test_the_page_of_each_says_its_place_and_leads_to_the_others(desk, rdv):
    take(desk, rdv)
    second = Rdv.objects.order_by("starts_at")[1]
    said = desk.client.get(reverse("rdv:rdv_detail", args=[second.uuid])).content.decode()
    assert "Série : 2e sur 5" in said
    assert "Toutes les semaines, le mardi" in said
    others = Rdv.objects.exclude(pk=second.pk)
    assert all(reverse("rdv:rdv_detail", args=[one.uuid]) in said for one in others)
    assert "Annuler celui-ci et la suite (4)" in said


def test_one_message_by_channel_says_all_the_dates_and_each_keeps_its_reminders(desk, rdv):
    take(desk, rdv)
    email, sms = messages("serie.booked")
    assert not messages("rdv.booked").exists()
    for day in (
        "mardi 12\xa0janvier 2027",
        "mardi 19\xa0janvier 2027",
        "mardi 26\xa0janvier 2027",
        "mardi 2\xa0février 2027",
    ):
        assert day in email.body
    assert "mar. 12 janv., mar. 19 janv." in sms.body.replace("\xa0", " ")
    assert "4 RDV" in sms.body
    assert "Pesée et conseils" in email.body
    reminders = Message.objects.filter(kind__startswith="rdv.reminder", state="planned")
    assert reminders.values("subject_id").distinct().count() == 4


def test_a_discreet_motif_says_only_rendez_vous_and_the_place(desk, rdv):
    desk.motif.notice_level = "discreet"
    desk.motif.save()
    take(desk, rdv)
    for message in messages("serie.booked"):
        said = message.body + message.title + message.html
        assert "Pesée" not in said
        assert "Claire" not in said
        assert "carnet" not in said


def test_a_silent_motif_says_nothing(desk, rdv):
    desk.motif.notice_level = "silent"
    desk.motif.save()
    response = desk.client.get(take(desk, rdv).url)
    assert "Aucun message ne part" in response.content.decode()
    assert Rdv.objects.count() == 5
    assert not Message.objects.filter(recipient__startswith="usager").exists()


def test_the_agent_is_told_once(desk, rdv):
    desk.claire.notification_level = "others"
    desk.claire.save()
    take(desk, rdv)
    told = Message.objects.get(kind="agent.booked")
    assert "Série de 4 rendez-vous" in told.body


def test_it_is_one_fact_in_the_journal_with_its_members(desk, rdv):
    take(desk, rdv)
    fact = Evenement.objects.get(kind="serie.created")
    assert len(fact.data["rdvs"]) == 4
    assert Evenement.objects.filter(kind="rdv.booked").count() == 4


def test_sent_twice_it_is_the_same_series(desk, rdv):
    data = form_of(page(desk, rdv))
    first, second = (desk.client.post(url(rdv), data) for _ in range(2))
    assert first.url == second.url
    assert (Serie.objects.count(), Rdv.objects.count()) == (1, 5)
    assert messages("serie.booked").count() == 2


def test_a_date_taken_meanwhile_takes_none_and_keeps_what_was_ticked(desk, rdv):
    data = form_of(page(desk, rdv))
    data["garder"].remove("2027-01-12")
    somebody_has(desk, desk.nine + 2 * WEEK)
    response = desk.client.post(url(rdv), data)
    assert response.status_code == 409
    said = response.content.decode()
    assert "Le mardi 19\xa0janvier à 9\xa0h : ce créneau vient d’être pris." in said
    assert Rdv.objects.count() == 2
    assert not Serie.objects.exists()
    assert not Option.objects.exists()
    again = lines(response)
    assert [kept for kept, _, _ in again.values()] == [False, True, True, True]
    assert "Déjà prise" in again["2027-01-19"][2]
    assert desk.client.post(url(rdv), form_of(response)).status_code == 302
    assert Serie.objects.get().rdvs.count() == 4


def test_the_person_has_another_rdv_meanwhile(desk, rdv):
    data = form_of(page(desk, rdv))
    busy(desk, desk.nine + WEEK)
    response = desk.client.post(url(rdv), data)
    assert response.status_code == 409
    assert "a déjà un rendez-vous" in response.content.decode()
    assert not Serie.objects.exists()


def test_another_hour_of_the_week_may_be_chosen(desk, rdv):
    somebody_has(desk, desk.nine + WEEK)
    response = page(desk, rdv)
    other = value_of(desk.nine + WEEK + dt.timedelta(hours=2), desk.canal, desk.claire)
    assert other in lines(response)["2027-01-12"][1]
    desk.client.post(url(rdv), form_of(response, **{"heure-2027-01-12": other}))
    starts = Serie.objects.get().rdvs.order_by("starts_at").values_list("starts_at", flat=True)
    assert starts[1] == desk.nine + WEEK + dt.timedelta(hours=2)
    sms = messages("serie.booked").get(channel="sms").body.replace("\xa0", " ")
    assert "mar. 12 janv. à 11h, mar. 19 janv. à 9h" in sms


def test_nothing_ticked_says_so(desk, rdv):
    response = desk.client.post(url(rdv), form_of(page(desk, rdv), garder=[]))
    assert response.status_code == 422
    assert "Cochez au moins une date." in response.content.decode()


@pytest.mark.parametrize("value", ["", "x", "1_2", "99999999999_1_1", "-1_1_1", "1_1_1"])
def test_clumsy_hours_take_nothing(desk, rdv, value):
    data = form_of(page(desk, rdv, fois=1), **{"heure-2027-01-12": value})
    assert desk.client.post(url(rdv), data).status_code in (409, 422)
    assert Rdv.objects.count() == 1


def test_an_agent_of_another_departement_cannot_be_put_in(desk, rdv):
    far = make_departement("974")
    site = make_site(far)
    other = make_agent(site=site, services=[make_service(far)])
    motif = make_motif(far, sites=[site])
    make_ouverture(other, [motif], desk.nine + WEEK, desk.nine + WEEK + dt.timedelta(hours=2), site=site)
    value = value_of(desk.nine + WEEK, desk.canal, other)
    response = desk.client.post(url(rdv), form_of(page(desk, rdv, fois=1), **{"heure-2027-01-12": value}))
    assert response.status_code == 409
    assert Rdv.objects.count() == 1


def test_a_past_rdv_starts_a_series_without_being_in_it(desk, rdv):
    Rdv.objects.filter(pk=rdv.pk).update(starts_at=rdv.starts_at - 2 * WEEK, ends_at=rdv.ends_at - 2 * WEEK)
    make_ouverture(desk.claire, [desk.motif], desk.nine, desk.nine + dt.timedelta(hours=1), site=desk.canal)
    take(desk, rdv)
    rdv.refresh_from_db()
    assert rdv.serie is None
    assert Serie.objects.get().rdvs.count() == 4


def test_a_workshop_has_no_series(desk, rdv):
    massage = make_motif(desk.departement, sites=[desk.canal], service=desk.pmi, is_collective=True, capacity=4)
    session = make_rdv(massage, desk.canal, [desk.claire], desk.nine + WEEK, usagers=[desk.samira])
    assert desk.client.get(url(session)).status_code == 302
