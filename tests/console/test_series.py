"""Several Rdv for one person who comes back: each date known before, all taken or none, one message, the rest given up.

Claire receives every Tuesday morning from 5 January 2027; Samira comes on the 5th at 9:00 (8:00 UTC).
"""

import datetime as dt
import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agents.models import Fermeture
from notifications.models import Message
from rdv.core.journal import Author
from rdv.models import Absence, Evenement, Occupation, Option, Participation, Rdv, Serie
from rdv.services.cancelling import cancel_participation, restore_participation
from rdv.services.moving import Move, move_rdv
from tests.console.conftest import value_of
from tests.factories import (
    NOW,
    make_agent,
    make_departement,
    make_motif,
    make_ouverture,
    make_rdv,
    make_service,
    make_site,
    make_usager,
    utc,
)
from tests.signing import signed_in

WEEK = dt.timedelta(weeks=1)
AUTHOR = Author("agent", 1, "Isabelle Fontaine", "secretaire")


@pytest.fixture
def rdv(desk):
    for week in range(1, 40):
        start = desk.nine + week * WEEK
        make_ouverture(desk.claire, [desk.motif], start, start + dt.timedelta(hours=3), site=desk.canal)
    return make_rdv(desk.motif, desk.canal, [desk.claire], desk.nine, usagers=[desk.samira])


def url(rdv):
    return reverse("rdv:rdv_series", args=[rdv.uuid])


def page(desk, rdv, **data):
    return desk.client.get(url(rdv), {"tous": 1, "unite": "semaines", "fois": 4} | data)


def lines(response):
    """Each date of the page: its day, whether it is ticked, the hours that it may take."""
    rows = re.findall(r"<tr>(.*?)</tr>", response.content.decode().partition("<tbody>")[2], re.DOTALL)
    found = {}
    for row in rows:
        day = re.search(r'name="garder" value="([^"]+)"( checked)?', row)
        values = re.findall(r'<option value="([^"]+)"', row) or re.findall(r'name="heure-[^"]+" value="([^"]+)"', row)
        found[day[1] if day else f"-{len(found)}"] = (bool(day and day[2]), values, row)
    return found


def form_of(response, **more):
    """What the page would post as it came."""
    shown = lines(response)
    kept = {day: values[0] for day, (is_kept, values, _) in shown.items() if is_kept}
    data = {"tous": 1, "unite": "semaines", "fois": len(shown), "cle": str(uuid.uuid4()), "garder": list(kept)}
    return data | {f"heure-{day}": value for day, value in kept.items()} | more


def take(desk, rdv, **data):
    return desk.client.post(url(rdv), form_of(page(desk, rdv, **data)))


def messages(kind):
    return Message.objects.filter(kind=kind).order_by("channel")


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


def _taken(desk, start):
    make_rdv(desk.motif, desk.canal, [desk.claire], start, usagers=[make_usager(desk.departement)])


def _away(desk, start):
    absence = Absence.objects.create(
        departement=desk.departement, agent=desk.claire, first_day=start.date(), last_day=start.date(),
        starts_time=dt.time(9), ends_time=dt.time(10),
    )  # fmt: skip
    Occupation.objects.create(
        departement=desk.departement, agent=desk.claire, kind="absence", absence=absence,
        starts_at=start, ends_at=start + dt.timedelta(hours=1),
    )  # fmt: skip


def _closed(desk, start):
    Fermeture.objects.create(
        departement=desk.departement, site=desk.canal, starts_on=start.date(), ends_on=start.date(), label="Travaux"
    )


def _not_open(desk, start):
    desk.claire.ouvertures.filter(starts_at=start).update(starts_at=start + dt.timedelta(hours=1))


def _busy(desk, start):
    paul = make_rdv(desk.motif, desk.tilleuls, [desk.paul], start)
    paul.participations.create(
        departement=desk.departement, usager=desk.samira, starts_at=paul.starts_at, ends_at=paul.ends_at,
        origin="web", created_at=desk.nine, created_by_kind="usager", link_hash="x",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("because", "words", "first"),
    [
        (_taken, "Déjà prise", 1),
        (_away, "Absence", 2),
        (_not_open, "Pas d’ouverture", 2),
        (_busy, "déjà un rendez-vous", 1),
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
    _closed(desk, start)
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
    _taken(desk, start)
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
        _taken(desk, desk.nine + week * WEEK)
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
    _taken(desk, desk.nine + 2 * WEEK)
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
    _busy(desk, desk.nine + WEEK)
    response = desk.client.post(url(rdv), data)
    assert response.status_code == 409
    assert "a déjà un rendez-vous" in response.content.decode()
    assert not Serie.objects.exists()


def test_another_hour_of_the_week_may_be_chosen(desk, rdv):
    _taken(desk, desk.nine + WEEK)
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


# --- Giving up the rest


def rest_url(rdv):
    return reverse("rdv:rdv_series_cancel", args=[rdv.uuid])


def given_up(desk, rdv, who="usager"):
    return desk.client.post(rest_url(rdv), {"who": who, "reason": "déménage"})


@pytest.fixture
def taken(desk, rdv):
    take(desk, rdv)
    return list(Rdv.objects.order_by("starts_at"))


def test_this_one_and_the_following_are_given_up_with_one_message(desk, taken):
    said = desk.client.get(rest_url(taken[2])).content.decode()
    assert "Annuler les 3 rendez-vous" in said
    given_up(desk, taken[2])
    assert [one.cancelled_at is None for one in Rdv.objects.order_by("starts_at")] == [True, True, False, False, False]
    assert set(Participation.objects.filter(rdv__in=taken[2:]).values_list("status", flat=True)) == {"excused"}
    assert not Occupation.objects.filter(rdv__in=taken[2:]).exists()
    email, sms = messages("serie.cancelled")
    assert not messages("rdv.cancelled").exists()
    assert "3 RDV annulés" in sms.body
    assert "mar. 19 janv., mar. 26 janv., mar. 2 févr." in sms.body.replace("\xa0", " ")
    assert email.send_not_before == sms.send_not_before == NOW + dt.timedelta(minutes=2)
    assert not Message.objects.filter(
        kind__startswith="rdv.reminder", state="planned", subject_id__in=[
            str(one.participations.get().uuid) for one in taken[2:]
        ]
    ).exists()  # fmt: skip
    fact = Evenement.objects.get(kind="serie.cancelled")
    assert (len(fact.data["rdvs"]), fact.data["reason"]) == (3, "déménage")


def test_a_date_moved_meanwhile_is_told_and_nothing_is_given_up(desk, taken):
    page = desk.client.get(rest_url(taken[2])).content.decode()
    seen = re.search(r'name="vu" value="(\w+)"', page)[1]
    move = Move(starts_at=taken[3].starts_at + dt.timedelta(hours=9), overbook_reason="le soir")
    move_rdv(rdv=taken[3], move=move, author=Author("agent", 1, "Claire"), now=NOW)
    sent = {"who": "service", "reason": "déménage", "vu": seen}
    refused = desk.client.post(rest_url(taken[2]), sent)
    assert refused.status_code == 409
    page = refused.content.decode()
    assert "Quelqu’un a changé cette série entre-temps." in page
    assert 'value="déménage"' in page
    assert not Rdv.objects.filter(cancelled_at__isnull=False).exists()
    again = re.search(r'name="vu" value="(\w+)"', page)[1]
    assert desk.client.post(rest_url(taken[2]), sent | {"vu": again}).status_code == 302
    assert Rdv.objects.filter(cancelled_at__isnull=False).count() == 3


def test_given_up_by_the_service_it_is_said_so(desk, taken):
    given_up(desk, taken[1], who="service")
    assert set(Participation.objects.filter(rdv__in=taken[1:]).values_list("status", flat=True)) == {"revoked"}
    assert "par le service" in messages("serie.cancelled").get(channel="sms").body


def test_given_up_twice_it_is_once(desk, taken):
    for _ in range(2):
        given_up(desk, taken[2])
    assert messages("serie.cancelled").count() == 2
    assert Evenement.objects.filter(kind="serie.cancelled").count() == 1


def test_who_gives_up_must_be_said(desk, taken):
    response = desk.client.post(rest_url(taken[2]), {"reason": ""})
    assert response.status_code == 422
    assert Rdv.objects.live().count() == 5


def test_one_cancelled_alone_is_not_counted_any_more(desk, taken, now):
    cancel_participation(
        participation=taken[1].participations.get(), by_service=False, author=AUTHOR, now=desk.nine - WEEK
    )
    said = desk.client.get(reverse("rdv:rdv_detail", args=[taken[2].uuid])).content.decode()
    assert "Série : 2e sur 4" in said


def test_one_put_back_in_time_is_taken_out_of_the_message(desk, taken, now):
    given_up(desk, taken[2])
    now.shift(dt.timedelta(minutes=1))
    restore_participation(participation=taken[2].participations.get(), author=AUTHOR, now=utc(2027, 1, 4, 7, 1))
    waiting = messages("serie.cancelled").filter(state="planned")
    assert waiting.count() == 2
    sms = waiting.get(channel="sms").body.replace("\xa0", " ")
    assert "2 RDV annulés" in sms
    assert "19 janv." not in sms
    assert waiting[0].send_not_before == utc(2027, 1, 4, 7, 2)
    assert not messages("rdv.restored").exists()


def test_all_put_back_in_time_nothing_is_said(desk, taken):
    given_up(desk, taken[3])
    for rdv in taken[3:]:
        restore_participation(participation=rdv.participations.get(), author=AUTHOR, now=utc(2027, 1, 4, 7, 1))
    assert not messages("serie.cancelled").filter(state="planned").exists()
    assert not messages("rdv.restored").exists()


def test_one_put_back_too_late_is_told_that_it_stands(desk, taken):
    given_up(desk, taken[3])
    messages("serie.cancelled").update(state="sent")
    restore_participation(participation=taken[4].participations.get(), author=AUTHOR, now=utc(2027, 1, 4, 8))
    assert messages("rdv.restored").count() == 2


def test_strangers_reach_neither_page(desk, taken):
    far = make_departement("974")
    stranger = signed_in(make_agent(site=make_site(far), services=[make_service(far)]))
    colleague = signed_in(make_agent(site=desk.tilleuls, services=[make_service(desk.departement, "ssl")]))
    for client in (stranger, colleague):
        assert client.get(url(taken[0])).status_code == 404
        assert client.post(url(taken[0]), {"garder": "2027-01-12"}).status_code == 404
        assert client.get(rest_url(taken[0])).status_code == 404
        assert client.post(rest_url(taken[0]), {"who": "usager"}).status_code == 404
    assert Rdv.objects.live().count() == 5


def test_those_moved_out_of_reach_are_a_count_and_stay(desk, taken):
    """A colleague of another service and place has it now: its day is not told, and it is not given up."""
    hidden = taken[4]
    hidden.motif = desk.secret
    hidden.save()
    said = desk.client.get(reverse("rdv:rdv_detail", args=[taken[2].uuid])).content.decode()
    assert "1 autre que vous ne lisez pas" in said
    assert "2 févr." not in said.partition("Historique")[0].replace("\xa0", " ")
    given_up(desk, taken[2])
    hidden.refresh_from_db()
    assert hidden.is_live


# --- Again


def again(desk, rdv, **data):
    return desk.client.get(reverse("rdv:rdv_again", args=[rdv.uuid]), data)


def test_one_like_this_opens_the_console_on_the_days_after_it(desk, rdv):
    response = again(desk, rdv)
    assert response.status_code == 302
    for part in (
        f"usager={desk.samira.uuid}",
        f"motif={desk.motif.uuid}",
        f"site={desk.canal.slug}",
        f"agent={desk.claire.pk}",
        "depuis=2027-01-06",
    ):
        assert part in response.url
    shown = desk.client.get(response.url)
    assert value_of(desk.nine + WEEK, desk.canal, desk.claire) in shown.content.decode()


def test_one_like_this_for_a_child_is_asked_by_whoever_answers_for_them(desk, rdv):
    child = make_rdv(desk.motif, desk.canal, [desk.claire], desk.nine + WEEK, usagers=[desk.ilyes])
    child.participations.update(responsable=desk.samira)
    response = again(desk, child, participation=str(child.participations.get().uuid))
    assert f"usager={desk.samira.uuid}&pour={desk.ilyes.uuid}" in response.url


def test_a_motif_that_one_does_not_book_leads_back_to_the_page(desk, rdv):
    desk.motif.is_archived = True
    desk.motif.save()
    assert again(desk, rdv).url == reverse("rdv:rdv_detail", args=[rdv.uuid])


def test_strangers_are_not_sent_to_the_console(desk, rdv):
    far = make_departement("974")
    stranger = signed_in(make_agent(site=make_site(far), services=[make_service(far)]))
    assert stranger.get(reverse("rdv:rdv_again", args=[rdv.uuid])).status_code == 404
