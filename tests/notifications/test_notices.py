"""What people are told of their appointments: which, when, to whom, and never more than the motif allows."""

import itertools
from datetime import timedelta

import pytest
from icalendar import Calendar

from notifications import delivery
from notifications.channels.gsm7 import plain, segments
from notifications.models import Message, State
from rdv.core.links import fill_links, link_url
from rdv.models import NoticeLevel
from rdv.services import notices
from rdv.services.calendars import calendar_file
from rdv.services.texts import Was
from tests.factories import (
    NOW,
    make_departement,
    make_motif,
    make_rdv,
    make_site,
    make_usager,
    utc,
)
from tests.notifications.notice_cases import (
    AT,
    DETAILS,
    HIDDEN,
    SAID_BY_DISCREET,
    USAGER,
    cancel,
    everything_said,
    make_case,
    move,
    planned,
    reload,
    restore,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def address(settings):
    settings.BASE_URL = "https://rdv.example.org"


# --- Every kind, every level, every channel


def tell(kind, participation, author):
    """Each kind of news, as the services of the appointment call it."""
    rdv = participation.rdv
    match kind:
        case "booked":
            notices.booked(participation, now=NOW)
        case "booked_late":
            notices.booked(participation, now=AT - timedelta(hours=20))
        case "moved":
            old = move(participation, AT + timedelta(days=1))
            notices.moved(participation, old_starts_at=old, old_site_name="MDS de Vimy", now=NOW)
        case "move_undone":
            old = move(participation, AT + timedelta(days=1))
            notices.moved(participation, old_starts_at=old, old_site_name="MDS de Vimy", now=NOW)
            Message.objects.filter(kind="rdv.moved").update(state=State.SENT)
            was = Was(participation.rdv.starts_at, "MDS de Vimy")
            move(participation, AT)
            notices.move_undone(participation, was=was, moved_at=NOW, now=NOW + timedelta(minutes=1))
        case "cancelled_by_usager" | "cancelled_by_service":
            participation.status_at = NOW
            notices.cancelled(participation, by_service=kind.endswith("service"), now=NOW)
        case "restored":
            participation.status_at = NOW
            notices.cancelled(participation, by_service=True, now=NOW)
            Message.objects.update(state=State.SENT)
            participation.status_at = NOW + timedelta(hours=1)
            notices.restored(participation, now=NOW + timedelta(hours=1))
        case "resent":
            for channel in ("sms", "email"):
                notices.resent(participation, channel=channel, author=author, now=NOW)
        case _:
            notices.agent_told(rdv, kind=kind.removeprefix("agent_"), author=author, now=NOW)


USAGER_KINDS = [
    *("booked", "booked_late", "moved", "move_undone", "cancelled_by_usager", "cancelled_by_service", "restored"),
    "resent",
]
AGENT_KINDS = ["agent_booked", "agent_moved", "agent_unmoved", "agent_cancelled", "agent_late"]


@pytest.mark.parametrize("agent_level", ["all", "digest"])
@pytest.mark.parametrize("modality", ["public_office", "home", "phone", "visio"])
@pytest.mark.parametrize("level", NoticeLevel)
@pytest.mark.parametrize("kind", USAGER_KINDS + AGENT_KINDS)
def test_no_message_says_more_than_its_motif_allows(kind, level, modality, agent_level):
    participation = make_case(level, modality=modality, title="Atelier Gingembre")
    participation.rdv.agents.update(notification_level=agent_level)
    tell(kind, participation, USAGER)
    said = everything_said()
    if level == NoticeLevel.SILENT:
        assert not Message.objects.exists()
        return
    assert "MDS de Lens" in said
    for word in (HIDDEN["name"], HIDDEN["service"], HIDDEN["context"], HIDDEN["last_name"], "Precision Papaye"):
        assert word not in said
    if level == NoticeLevel.DISCREET:
        assert any(word in said for word in SAID_BY_DISCREET)
        words = [value for text in DETAILS.values() for value in (text if isinstance(text, list) else [text])]
        for word in [*words, HIDDEN["agent"], "Nadia", "puéricultrice", "Gingembre", "Samira"]:
            assert word not in said


def test_the_walk_covers_every_kind_and_both_channels():
    """Guard of the test above: what it walks is what exists."""
    for kind in USAGER_KINDS + AGENT_KINDS:
        tell(kind, make_case(), USAGER)
    kinds = set(Message.objects.values_list("kind", flat=True))
    agents = {"agent.booked", "agent.moved", "agent.unmoved", "agent.cancelled", "agent.late"}
    assert kinds == {str(news) for news in notices.News} | agents
    for news in ("rdv.booked", "rdv.moved", "rdv.cancelled", "rdv.restored", "rdv.resent"):
        assert set(Message.objects.filter(kind=news).values_list("channel", flat=True)) == {"sms", "email"}
    normal = everything_said()
    for word in ("Libelle Kumquat", "Carnet Bergamote", "Apres Topinambour", "Attention Salsifis", HIDDEN["agent"]):
        assert word in normal, "a normal motif says it: the walk would see it"


WEEKDAYS = ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim.")
LONG_WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


@pytest.mark.parametrize("level", [NoticeLevel.NORMAL, NoticeLevel.DISCREET])
@pytest.mark.parametrize("kind", USAGER_KINDS)
def test_every_sms_has_weekday_hour_place_link_phone_in_one_segment(kind, level):
    participation = make_case(level, public_label="Pesée et conseils")
    tell(kind, participation, USAGER)
    rows = Message.objects.filter(channel="sms")
    assert rows
    for row in rows:
        text = plain(fill_links(row.body))
        assert any(day in text for day in WEEKDAYS)
        assert "9h20" in text
        assert "MDS de Lens" in text
        assert link_url("rdv", str(participation.uuid)) in text
        assert "03 53 01 20 40" in text
        # A move says two dates, two places: the one text that may take two.
        assert segments(text) == 1 or row.kind == "rdv.moved"
        assert segments(text) <= 2


@pytest.mark.parametrize("kind", USAGER_KINDS)
def test_every_email_has_weekday_hour_place_link_phone_twice(kind):
    participation = make_case()
    tell(kind, participation, USAGER)
    rows = Message.objects.filter(channel="email")
    assert rows
    for row in rows:
        for twin in (row.body, row.html):
            assert any(day in twin for day in LONG_WEEKDAYS)
            assert "9\u00a0h\u00a020" in twin
            assert "MDS de Lens" in twin
            assert link_url("rdv", str(participation.uuid)) in fill_links(twin)
            assert "03\u00a053\u00a001\u00a020\u00a040" in twin
        assert any(day in row.title for day in LONG_WEEKDAYS)
        assert row.reply_to == "mds62@example.org"
        assert "<title>" in row.html


def test_a_label_too_long_leaves_the_sms_first_and_html_is_escaped():
    participation = make_case(public_label="Consultation <b>de suivi</b> de grossesse avec une sage-femme de la PMI")
    notices.booked(participation, now=NOW)
    text = plain(fill_links(Message.objects.get(kind="rdv.booked", channel="sms").body))
    assert "grossesse" not in text
    assert segments(text) == 1
    html = Message.objects.get(kind="rdv.booked", channel="email").html
    assert "&lt;b&gt;" in html
    assert "<b>" not in html


# --- Which, when


def test_booked_at_once_and_reminders_planned():
    participation = make_case()
    notices.booked(participation, now=NOW)
    assert set(planned().values_list("kind", "channel")) == {
        ("rdv.booked", "sms"),
        ("rdv.booked", "email"),
        ("rdv.reminder.sms", "sms"),
        ("rdv.reminder.email", "email"),
        ("rdv.reminder.second", "sms"),
    }
    assert set(planned(kind="rdv.booked").values_list("send_not_before", flat=True)) == {NOW}
    zone = participation.rdv.motif.departement.zone
    for kind, day in (("rdv.reminder.sms", 12), ("rdv.reminder.email", 7)):
        local = planned().get(kind=kind).send_not_before.astimezone(zone)
        assert (local.month, local.day) == (1, day)
        assert 10 <= local.hour < 12
    others = Message.objects.exclude(kind="rdv.reminder.second")
    assert set(others.values_list("worthless_after", flat=True)) == {AT}


def test_reminders_stand_in_for_each_other_only_when_alone():
    participation = make_case()
    notices.booked(participation, now=NOW)
    stand_ins = Message.objects.filter(state=State.STANDBY).values_list("kind", "channel")
    assert set(stand_ins) == {("rdv.reminder.sms", "email"), ("rdv.reminder.email", "sms")}


def test_told_five_times_one_message_each():
    participation = make_case()
    for _ in range(5):
        notices.booked(participation, now=NOW)
    assert planned().count() == 5


def test_under_48_hours_the_booking_is_the_reminder():
    participation = make_case()
    notices.booked(participation, now=AT - timedelta(hours=47))
    assert set(Message.objects.values_list("kind", flat=True)) == {"rdv.booked"}
    assert "aussi votre rappel" in Message.objects.get(channel="email").body


def test_a_reminder_whose_day_is_past_is_not_planned():
    participation = make_case()
    notices.booked(participation, now=AT - timedelta(days=5))
    assert not Message.objects.filter(kind="rdv.reminder.email").exists()
    assert planned().filter(kind="rdv.reminder.sms").exists()


def test_the_motif_may_want_no_reminder_or_another_day():
    participation = make_case(email_reminder_days=None, sms_reminder_days=1)
    notices.booked(participation, now=NOW)
    reminder = planned().get(kind__startswith="rdv.reminder")
    assert (reminder.channel, reminder.send_not_before.date().day) == ("sms", 13)


@pytest.mark.parametrize(("code", "hour"), [("62", 10), ("974", 10)])
@pytest.mark.parametrize("month", [1, 3, 7, 10])
def test_a_decent_hour_where_people_live(code, hour, month):
    """Over the changes of hour too: reminders and texts are in the hour of the département."""
    departement = make_departement(code)
    site = make_site(departement)
    motif = make_motif(departement, sites=[site])
    usager = make_usager(departement)
    for day in (28, 29, 30):
        rdv = make_rdv(motif, site, [], utc(2027, month, day, 7, 0) + timedelta(minutes=day), usagers=[usager])
        participation = reload(rdv.participations.get())
        local = notices.reminder_at(participation, 2).astimezone(departement.zone)
        assert hour <= local.hour < hour + 2
        assert (rdv.starts_at.astimezone(departement.zone).date() - local.date()).days == 2


def test_the_hour_said_is_the_hour_of_the_departement():
    departement = make_departement("974")
    site = make_site(departement, name="MDS de Saint-Denis")
    rdv = make_rdv(make_motif(departement, sites=[site]), site, [], AT, usagers=[make_usager(departement)])
    notices.booked(reload(rdv.participations.get()), now=NOW)
    assert "12h20" in Message.objects.get(kind="rdv.booked", channel="sms").body


def test_moved_says_old_and_new_and_plans_again():
    participation = make_case()
    notices.booked(participation, now=NOW)
    old = move(participation, AT + timedelta(days=7))
    notices.moved(reload(participation), old_starts_at=old, old_site_name="MDS de Lens", now=NOW)
    assert set(planned().values_list("kind", "version")) == {
        ("rdv.moved", 1),
        ("rdv.reminder.sms", 1),
        ("rdv.reminder.email", 1),
        ("rdv.reminder.second", 1),
    }
    text = planned().get(kind="rdv.moved", channel="sms").body
    assert "jeu. 21\u00a0janv. à 9h20" in text
    assert "avant : jeu. 14\u00a0janv. à 9h20" in text
    assert "jeudi 14\u00a0janvier" in planned().get(kind="rdv.moved", channel="email").body


def test_moved_to_another_place_names_both():
    participation = make_case()
    old = move(participation, AT)
    notices.moved(participation, old_starts_at=old, old_site_name="MDS de Vimy", now=NOW)
    for row in Message.objects.filter(kind="rdv.moved"):
        assert "MDS de Vimy" in row.body
        assert "MDS de Lens" in row.body


def test_another_agent_at_the_same_hour_is_no_move():
    participation = make_case()
    notices.booked(participation, now=NOW)
    old = move(participation, AT)
    notices.moved(reload(participation), old_starts_at=old, old_site_name="MDS de Lens", now=NOW)
    assert not Message.objects.filter(kind="rdv.moved").exists()
    assert planned(kind="rdv.reminder.sms").get().version == 1


def test_cancelled_after_two_minutes_and_no_reminder_any_more():
    participation = make_case()
    notices.booked(participation, now=NOW)
    participation.status_at = NOW
    notices.cancelled(participation, by_service=False, now=NOW)
    assert set(planned().values_list("kind", "send_not_before")) == {("rdv.cancelled", NOW + timedelta(minutes=2))}
    assert "annulé par le service" not in planned().get(channel="sms").body


def test_cancelled_and_undone_nobody_hears_of_it_and_everything_is_as_before():
    participation = make_case()
    notices.booked(participation, now=NOW)
    while delivery.deliver_next(now=NOW):
        pass
    before = set(planned().values_list("kind", "channel", "send_not_before"))
    cancel(participation, NOW)
    restore(participation, NOW + timedelta(minutes=1))
    while delivery.deliver_next(now=NOW + timedelta(minutes=10)):
        pass
    assert set(planned().values_list("kind", "channel", "send_not_before")) == before
    left = set(Message.objects.filter(state=State.DELIVERED).values_list("kind", flat=True))
    assert left == {"rdv.booked"}


def test_undone_too_late_is_told_and_a_second_cancellation_too():
    participation = make_case()
    told = []
    for step, act in enumerate((cancel, restore, cancel, restore)):
        now = NOW + timedelta(hours=step)
        act(participation, now)
        while delivery.deliver_next(now=now + timedelta(minutes=5)):
            pass
        left = Message.objects.filter(state=State.DELIVERED, channel="sms").count()
        told.append(left)
    assert told == [1, 2, 3, 4]


def test_undone_days_later_does_not_send_the_reminders_it_missed():
    participation = make_case()
    notices.booked(participation, now=NOW)
    while delivery.deliver_next(now=NOW):
        pass
    cancel(participation, NOW + timedelta(days=1))
    restore(participation, NOW + timedelta(days=5))
    assert set(planned().values_list("kind", flat=True)) == {"rdv.reminder.sms", "rdv.reminder.second"}


def test_nothing_about_what_is_past():
    participation = make_case()
    after = AT + timedelta(minutes=1)
    notices.booked(participation, now=after)
    notices.cancelled(participation, by_service=True, now=after)
    assert not Message.objects.exists()


# --- To whom


@pytest.mark.parametrize(
    ("channel", "wants_sms", "wants_email", "expected"),
    [
        ("both", True, True, {"sms", "email"}),
        ("both", False, True, {"email"}),
        ("both", True, False, {"sms"}),
        ("sms", True, True, {"sms"}),
        ("email", True, True, {"email"}),
        ("none", True, True, set()),
    ],
)
def test_by_the_channels_the_person_allows(channel, wants_sms, wants_email, expected):
    participation = make_case(usager_fields={"channel": channel})
    participation.wants_sms, participation.wants_email = wants_sms, wants_email
    notices.booked(participation, now=NOW)
    assert set(Message.objects.values_list("channel", flat=True)) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [({"phone": ""}, {"email"}), ({"email": ""}, {"sms"}), ({"phone": "+33353012099"}, {"email"})],
)
def test_by_the_addresses_the_person_has(fields, expected):
    notices.booked(make_case(usager_fields=fields), now=NOW)
    assert set(Message.objects.values_list("channel", flat=True)) == expected


def test_a_proche_is_told_through_their_responsable():
    participation = make_case(usager_fields={"first_name": "Lina"})
    parent = make_usager(first_name="Karim", email="karim@example.net", phone="+33639980404")
    participation.responsable = parent
    participation.save()
    notices.booked(reload(participation), now=NOW)
    assert set(Message.objects.values_list("recipient", flat=True)) == {f"usager:{parent.pk}"}
    assert set(Message.objects.values_list("address", flat=True)) == {"karim@example.net", "+33639980404"}
    assert "Pour qui\u00a0: Lina" in Message.objects.get(kind="rdv.booked", channel="email").body


def test_the_mailbox_of_the_site_answers():
    participation = make_case()
    participation.rdv.site.email = "lens@example.org"
    notices.booked(participation, now=NOW)
    assert Message.objects.get(kind="rdv.booked", channel="email").reply_to == "lens@example.org"


# --- Calendar


def read(text):
    return Calendar.from_ical(fill_links(text))


def test_the_calendar_file_follows_the_appointment():
    participation = make_case()
    notices.booked(participation, now=NOW)
    old = move(participation, AT + timedelta(days=1))
    participation = reload(participation)
    notices.moved(participation, old_starts_at=old, old_site_name="MDS de Lens", now=NOW)
    participation.status_at = NOW
    notices.cancelled(participation, by_service=True, now=NOW)
    by_kind = {row.kind: read(row.calendar) for row in Message.objects.filter(channel="email")}
    found = {
        kind: (str(calendar["METHOD"]), calendar.events[0]["SEQUENCE"], str(calendar.events[0]["STATUS"]))
        for kind, calendar in by_kind.items()
        if not kind.startswith("rdv.reminder")
    }
    assert found == {
        "rdv.booked": ("REQUEST", 0, "CONFIRMED"),
        "rdv.moved": ("REQUEST", 1, "CONFIRMED"),
        "rdv.cancelled": ("CANCEL", 1, "CANCELLED"),
    }
    assert {str(one.events[0]["UID"]) for one in by_kind.values()} == {f"{participation.uuid}@rdv.example.org"}
    event = by_kind["rdv.booked"].events[0]
    assert event["DTSTART"].params["TZID"] == "Europe/Paris"
    assert event.start == AT
    assert event.end == AT + timedelta(minutes=30)
    assert by_kind["rdv.booked"].timezones
    assert str(event["ORGANIZER"]) == "mailto:mds62@example.org"
    assert str(event["ATTENDEE"]) == f"mailto:{participation.usager.email}"
    assert str(event["URL"]) == link_url("rdv", str(participation.uuid))


def test_the_calendar_file_to_download():
    participation = make_case()
    text = calendar_file(participation, now=NOW)
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    calendar = Calendar.from_ical(text)
    event = calendar.events[0]
    assert (str(calendar["METHOD"]), str(event["SUMMARY"])) == ("PUBLISH", "Libelle Kumquat - MDS de Lens")
    assert link_url("rdv", str(participation.uuid)) in str(event["DESCRIPTION"])
    assert str(event["URL"]) == link_url("rdv", str(participation.uuid))
    participation.status = "excused"
    assert "METHOD:CANCEL" in calendar_file(participation, now=NOW)


def test_a_discreet_calendar_says_rendez_vous():
    text = calendar_file(make_case(NoticeLevel.DISCREET), now=NOW)
    assert str(Calendar.from_ical(text).events[0]["SUMMARY"]) == "Rendez-vous - MDS de Lens"


def test_levels_walked_are_all_the_levels():
    """Guard: a new level of agents' messages must come with its rule and its test."""
    from agents.models import NotificationLevel

    assert {level.value for level in NotificationLevel} == {"all", "others", "soon", "digest", "none"}
    assert len(list(itertools.chain(USAGER_KINDS, AGENT_KINDS))) == 13
