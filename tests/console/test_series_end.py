"""A series given up from one Rdv on, one of it put back, who may; an Rdv like this one."""

import datetime as dt
import re

import pytest
from django.urls import reverse

from notifications.models import Message
from rdv.core.journal import Author
from rdv.models import Evenement, Occupation, Participation, Rdv
from rdv.services.cancelling import cancel_participation, restore_participation
from rdv.services.moving import Move, move_rdv
from tests.console.conftest import value_of
from tests.console.series_steps import (
    AUTHOR,
    WEEK,
    every_tuesday,
    messages,
    take,
    url,
)
from tests.factories import (
    NOW,
    make_agent,
    make_departement,
    make_rdv,
    make_service,
    make_site,
    utc,
)
from tests.signing import signed_in


@pytest.fixture
def rdv(desk):
    return every_tuesday(desk)


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
