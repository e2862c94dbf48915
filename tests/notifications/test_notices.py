"""What people are told of their appointments: which, when, to whom, and never more than the motif allows."""

import itertools
from datetime import timedelta

import pytest
from icalendar import Calendar

from notifications import delivery
from notifications.channels.gsm7 import plain, segments
from notifications.models import Message, State
from rdv.core.journal import Author
from rdv.core.links import fill_links, link_url
from rdv.models import NoticeLevel, Participation
from rdv.services import notices
from rdv.services.calendars import calendar_file
from tests.factories import (
    NOW,
    make_agent,
    make_departement,
    make_motif,
    make_participation,
    make_rdv,
    make_site,
    make_usager,
    utc,
)

pytestmark = pytest.mark.django_db
# Thursday 2027-01-14, 9:20 in Paris; NOW is Monday 2027-01-04, 8:00 in Paris.
AT = utc(2027, 1, 14, 8, 20)
USAGER = Author("usager", None, "Usager")
HIDDEN = {
    "name": "Suivi renforce Zinnia",
    "service": "Service Quetzal",
    "agent": "Ocarina",
    "context": "Note Xylophone",
    "last_name": "Wisigoth",
}
DETAILS = {
    "public_label": "Libelle Kumquat",
    "public_hint": "Precision Papaye",
    "documents": ["Carnet Bergamote"],
    "instructions_before": "Avant Rhubarbe",
    "instructions_after": "Apres Topinambour",
    "cancel_warning": "Attention Salsifis",
}
SAID_BY_DISCREET = ("rendez-vous", "RDV")


@pytest.fixture(autouse=True)
def address(settings):
    settings.BASE_URL = "https://rdv.example.org"


def make_case(level=NoticeLevel.NORMAL, at=AT, *, title="", usager_fields=None, **motif_fields):
    departement = make_departement()
    site = make_site(departement, name="MDS de Lens")
    motif = make_motif(departement, sites=[site], name=HIDDEN["name"], notice_level=level, **DETAILS | motif_fields)
    motif.service.name = motif.service.short_name = HIDDEN["service"]
    motif.service.save()
    agent = make_agent(departement, site=site, first_name="Nadia", last_name=HIDDEN["agent"], notification_level="all")
    usager = make_usager(departement, last_name=HIDDEN["last_name"], **usager_fields or {})
    rdv = make_rdv(motif, site, [agent], at, usagers=[usager], context=HIDDEN["context"], title=title)
    return reload(rdv.participations.get())


def reload(participation):
    return Participation.objects.select_related("rdv__motif__departement", "rdv__site", "usager", "responsable").get(
        pk=participation.pk
    )


def everything_said(rows=None):
    rows = Message.objects.all() if rows is None else rows
    return "\n".join(
        part for row in rows for part in (row.title, row.body, row.html, row.calendar, row.sender, row.reply_to)
    )


def planned(**filters):
    return Message.objects.filter(state=State.PLANNED, **filters)


def move(participation, at):
    rdv = participation.rdv
    old = rdv.starts_at
    rdv.starts_at, rdv.ends_at = at, at + timedelta(minutes=30)
    rdv.schedule_version += 1
    rdv.save()
    return old


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
        case "cancelled_by_usager" | "cancelled_by_service":
            participation.status_at = NOW
            notices.cancelled(participation, by_service=kind.endswith("service"), now=NOW)
        case "restored":
            participation.status_at = NOW
            notices.cancelled(participation, by_service=True, now=NOW)
            Message.objects.update(state=State.SENT)
            participation.status_at = NOW + timedelta(hours=1)
            notices.restored(participation, now=NOW + timedelta(hours=1))
        case _:
            notices.agent_told(rdv, kind=kind.removeprefix("agent_"), author=author, now=NOW)


USAGER_KINDS = ["booked", "booked_late", "moved", "cancelled_by_usager", "cancelled_by_service", "restored"]
AGENT_KINDS = ["agent_booked", "agent_moved", "agent_cancelled", "agent_late"]


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
    agents = {"agent.booked", "agent.moved", "agent.cancelled", "agent.late"}
    assert kinds == {str(news) for news in notices.News} | agents
    for news in ("rdv.booked", "rdv.moved", "rdv.cancelled", "rdv.restored"):
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
    }
    assert set(planned(kind="rdv.booked").values_list("send_not_before", flat=True)) == {NOW}
    zone = participation.rdv.motif.departement.zone
    for kind, day in (("rdv.reminder.sms", 12), ("rdv.reminder.email", 7)):
        local = planned().get(kind=kind).send_not_before.astimezone(zone)
        assert (local.month, local.day) == (1, day)
        assert 10 <= local.hour < 12
    assert set(Message.objects.values_list("worthless_after", flat=True)) == {AT}


def test_reminders_stand_in_for_each_other_only_when_alone():
    participation = make_case()
    notices.booked(participation, now=NOW)
    stand_ins = Message.objects.filter(state=State.STANDBY).values_list("kind", "channel")
    assert set(stand_ins) == {("rdv.reminder.sms", "email"), ("rdv.reminder.email", "sms")}


def test_told_five_times_one_message_each():
    participation = make_case()
    for _ in range(5):
        notices.booked(participation, now=NOW)
    assert planned().count() == 4


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
    assert set(planned().values_list("kind", flat=True)) == {"rdv.reminder.sms"}


def cancel(participation, now):
    participation.status_at = now
    notices.cancelled(participation, by_service=True, now=now)


def restore(participation, now):
    participation.status_at = now
    notices.restored(participation, now=now)


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


# --- Agents


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


def test_levels_walked_are_all_the_levels():
    """Guard: a new level of agents' messages must come with its rule and its test."""
    from agents.models import NotificationLevel

    assert {level.value for level in NotificationLevel} == {"all", "others", "soon", "digest", "none"}
    assert len(list(itertools.chain(USAGER_KINDS, AGENT_KINDS))) == 10
