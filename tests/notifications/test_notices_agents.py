"""What agents are told, each by their level; and workshops, whose every registration is not news."""

from datetime import timedelta

import pytest

from notifications.models import Message, State
from rdv.core.journal import Author
from rdv.services import notices
from tests.factories import (
    NOW,
    make_agent,
    make_participation,
    make_usager,
)
from tests.notifications.notice_cases import AT, USAGER, cancel, make_case, reload, restore

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def address(settings):
    settings.BASE_URL = "https://rdv.example.org"


def agent_rows(**filters):
    return Message.objects.filter(kind__startswith="agent.", **filters)


@pytest.mark.parametrize(
    ("level", "own", "soon", "expected"),
    [
        (level, own, soon, expected)
        for (level, own, soon), expected in {
            ("all", True, False): True,
            ("all", False, True): True,
            ("others", True, True): False,
            ("others", False, False): True,
            ("soon", True, True): False,
            ("soon", False, True): True,
            ("soon", False, False): False,
            ("none", True, True): False,
            ("none", False, True): False,
        }.items()
    ],
)
@pytest.mark.parametrize("kind", ["booked", "moved", "cancelled"])
def test_agents_are_told_by_their_level(level, own, soon, expected, kind):
    participation = make_case()
    agent = participation.rdv.agents.get()
    agent.notification_level = level
    agent.save()
    now = AT - timedelta(hours=20) if soon else NOW
    author = Author("agent", agent.pk, agent.full_name) if own else USAGER
    notices.agent_told(participation.rdv, kind=kind, author=author, now=now)
    assert agent_rows(kind=f"agent.{kind}").exists() is expected


@pytest.mark.parametrize("level", ["all", "others", "soon", "digest", "none"])
def test_a_delay_is_told_at_once_to_all_but_none(level):
    participation = make_case()
    participation.rdv.agents.update(notification_level=level)
    participation.late_minutes = 10
    participation.save()
    notices.agent_told(participation.rdv, kind="late", author=USAGER, now=AT - timedelta(minutes=30))
    rows = agent_rows(kind="agent.late", send_not_before=AT - timedelta(minutes=30))
    assert rows.exists() is (level != "none")
    assert all("10\u00a0minutes" in row.body for row in rows)


def test_soon_hears_of_what_leaves_today():
    participation = make_case()
    participation.rdv.agents.update(notification_level="soon")
    notices.agent_told(participation.rdv, kind="moved", author=USAGER, now=NOW, was_at=NOW + timedelta(hours=3))
    assert agent_rows().count() == 1


def test_who_has_it_no_more_is_told():
    participation = make_case()
    gone = make_agent(site=participation.rdv.site, notification_level="all")
    notices.agent_told(participation.rdv, kind="moved", author=USAGER, now=NOW, gone_agent_ids=[gone.pk])
    assert agent_rows().count() == 2


def test_a_cancellation_undone_is_no_news_for_agents():
    participation = make_case()
    cancel(participation, NOW)
    notices.agent_told(participation.rdv, kind="cancelled", author=USAGER, now=NOW)
    restore(participation, NOW + timedelta(minutes=1))
    assert set(agent_rows().values_list("state", flat=True)) == {State.OBSOLETE}


def test_the_digest_is_one_email_in_the_morning():
    participation = make_case()
    rdv = participation.rdv
    rdv.agents.update(notification_level="digest")
    for kind in ("booked", "moved", "moved"):
        notices.agent_told(rdv, kind=kind, author=USAGER, now=NOW)
    row = agent_rows().get()
    local = row.send_not_before.astimezone(rdv.motif.departement.zone)
    assert (local.day, local.hour, local.minute) == (5, 7, 30)
    assert [line for line in row.body.splitlines() if line.startswith("-")] == [
        "- Nouveau rendez-vous : jeudi 14\u00a0janvier à 9\u00a0h\u00a020, MDS de Lens, Libelle Kumquat",
        "- Rendez-vous déplacé : jeudi 14\u00a0janvier à 9\u00a0h\u00a020, MDS de Lens, Libelle Kumquat",
    ]
    assert "/agents/" in row.body


def make_workshop(at=AT):
    participation = make_case(at=at, is_collective=True, capacity=12)
    rdv = participation.rdv
    rdv.capacity = 12
    rdv.save()
    return rdv


def test_registrations_to_a_workshop_are_one_line_not_one_email_each():
    rdv = make_workshop()
    for number in range(3):
        usager = make_usager()
        make_participation(rdv, usager)
        notices.agent_told(rdv, kind="booked", author=USAGER, now=NOW + timedelta(minutes=number))
    row = agent_rows().get()
    assert (row.kind, row.body.count("- Atelier")) == ("agent.digest", 1)
    assert "4 inscrits sur 12" in row.body


def test_a_registration_for_today_does_not_wait_for_tomorrow():
    rdv = make_workshop()
    notices.agent_told(rdv, kind="booked", author=USAGER, now=AT - timedelta(minutes=30))
    assert agent_rows().get().kind == "agent.booked"


def test_a_whole_workshop_cancelled_is_told_at_once():
    rdv = make_workshop()
    rdv.cancelled_at = NOW
    rdv.save()
    notices.agent_told(rdv, kind="cancelled", author=USAGER, now=NOW)
    assert agent_rows().get().kind == "agent.cancelled"


def test_workshop_people_are_told_their_own_news_only():
    rdv = make_workshop()
    first, second = (reload(make_participation(rdv, make_usager())) for _ in range(2))
    notices.booked(first, now=NOW)
    subjects = set(Message.objects.values_list("subject_id", flat=True))
    assert subjects == {str(first.uuid)}
    assert second.uuid != first.uuid
