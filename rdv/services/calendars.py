"""The calendar file of an appointment: what a phone puts in its agenda, and takes out again when it is cancelled.

Room: services. Called by rdv/services/notices (attached to e-mails) and by the public page that offers the file.
A series has all its dates in one file. UID never changes, SEQUENCE is the schedule version, hours are in the zone of
the département (RFC 5545, 5546).
"""

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from urllib.parse import urlparse

from django.conf import settings
from icalendar import Calendar, Event, Timezone, vCalAddress, vText

from rdv.core.links import fill_links
from rdv.models import Participation
from rdv.services.texts import Facts, facts_of

PRODUCT = "-//Rendez-vous MDS//FR"
_END = "END:VCALENDAR\r\n"


def calendar_file(participation: Participation, *, now: datetime) -> str:
    """For the public download: links filled in, lines folded. A cancelled appointment says so."""
    method = "PUBLISH" if participation.is_live else "CANCEL"
    event = _event(participation, facts_of(participation), now=now)
    for name in ("URL", "DESCRIPTION"):
        event[name] = type(event[name])(fill_links(str(event[name])))
    return _calendar([event], method)


def calendar_part(participation: Participation, facts: Facts, *, method: str, address: str, now: datetime) -> str:
    """For an e-mail: REQUEST or CANCEL to this address. Not folded: the link marker stays in one piece until it is
    filled (notifications/channels/email folds)."""
    event = _event(participation, facts, now=now, is_off=method == "CANCEL")
    event["ORGANIZER"] = _organizer(participation, facts)
    attendee = vCalAddress(f"mailto:{address}")
    attendee.params["PARTSTAT"] = vText("ACCEPTED")
    attendee.params["RSVP"] = vText("FALSE")
    event.add("ATTENDEE", attendee, encode=0)
    return _unfolded(_calendar([event], method))


def calendar_of_many(participations: Sequence[Participation], *, now: datetime) -> str:
    """For an e-mail that tells of several: one file, each with its own UID, which a later message changes alone.

    PUBLISH, taken or given up (STATUS says which): a REQUEST or a CANCEL holds one UID only (RFC 5546).
    """
    events = []
    for participation in participations:
        facts = facts_of(participation)
        event = _event(participation, facts, now=now)
        event["ORGANIZER"] = _organizer(participation, facts)
        events.append(event)
    return _unfolded(_calendar(events, "PUBLISH"))


def _unfolded(calendar: str) -> str:
    return calendar.replace("\r\n ", "")


def _organizer(participation: Participation, facts: Facts) -> vCalAddress:
    organizer = vCalAddress(f"mailto:{reply_address(participation)}")
    organizer.params["CN"] = vText(facts.site_name)
    return organizer


def reply_address(participation: Participation) -> str:
    """Answers go to people: the site's mailbox, else the département's. Never a no-reply."""
    return participation.rdv.site.email or participation.rdv.motif.departement.reply_to


def _event(participation: Participation, facts: Facts, *, now: datetime, is_off: bool | None = None) -> Event:
    """`is_off`: whether it is said to be cancelled; else as the participation stands."""
    rdv = participation.rdv
    is_cancelled = not participation.is_live if is_off is None else is_off
    event = Event()
    event.add("UID", f"{participation.uuid}@{urlparse(settings.BASE_URL).hostname}")
    event.add("DTSTAMP", now)
    event.add("SEQUENCE", rdv.schedule_version)
    event.add("DTSTART", facts.starts_at)
    event.add("DTEND", facts.starts_at + facts.length)
    event.add("STATUS", "CANCELLED" if is_cancelled else "CONFIRMED")
    event.add("SUMMARY", _summary(facts))
    event.add("LOCATION", facts.elsewhere or f"{facts.site_name}, {facts.address}")
    event.add("DESCRIPTION", f"Voir, déplacer ou annuler : {facts.link}\nTéléphone : {facts.phone}")
    event.add("URL", facts.link)
    return event


def _calendar(events: Sequence[Event], method: str) -> str:
    """The file, its lines folded. The events come in order of time."""
    calendar = Calendar()
    calendar.add("PRODID", PRODUCT)
    calendar.add("VERSION", "2.0")
    calendar.add("METHOD", method)
    for event in events:
        calendar.add_component(event)
    years = [event.start.year for event in events]
    zones = [_timezone(zone, years[0], years[-1]) for zone in sorted(calendar.get_missing_tzids())]
    written = str(calendar.to_ical().decode())
    return written.removesuffix(_END) + "".join(zones) + _END


@lru_cache(maxsize=32)
def _timezone(zone: str, first: int, last: int) -> str:
    """Only the changes of hour around these years: the whole history of a zone weighs 8 kB.

    Written once per process.
    """
    found = Timezone.from_tzid(zone, first_date=date(first - 1, 1, 1), last_date=date(last + 1, 12, 31))
    return str(found.to_ical().decode())


def _summary(facts: Facts) -> str:
    what = facts.label or "Rendez-vous"
    return f"{what[:1].upper()}{what[1:]} - {facts.site_name}"
