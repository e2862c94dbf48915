"""The calendar file of an appointment: what a phone puts in its agenda, and takes out again when it is cancelled.

Room: services. Called by rdv/services/notices (attached to e-mails) and by the public page that offers the file.
UID never changes, SEQUENCE is the schedule version, hours are in the zone of the département (RFC 5545, 5546).
"""

from datetime import date, datetime
from functools import lru_cache
from urllib.parse import urlparse

from django.conf import settings
from icalendar import Calendar, Event, Timezone, vCalAddress, vText

from rdv.core.links import fill_links
from rdv.models import Participation
from rdv.services.texts import Facts, facts_of

PRODUCT = "-//Rendez-vous MDS//FR"


def calendar_file(participation: Participation, *, now: datetime) -> str:
    """For the public download: links filled in, lines folded. A cancelled appointment says so."""
    built = _calendar(participation, facts_of(participation), "PUBLISH" if participation.is_live else "CANCEL", now)
    event = built.events[0]
    for name in ("URL", "DESCRIPTION"):
        event[name] = type(event[name])(fill_links(str(event[name])))
    return str(built.to_ical().decode())


def calendar_part(participation: Participation, facts: Facts, *, method: str, address: str, now: datetime) -> str:
    """For an e-mail: REQUEST or CANCEL to this address. Not folded: the link marker stays in one piece until it is
    filled (notifications/channels/email folds)."""
    built = _calendar(participation, facts, method, now)
    event = built.events[0]
    organizer = vCalAddress(f"mailto:{reply_address(participation)}")
    organizer.params["CN"] = vText(facts.site_name)
    event["ORGANIZER"] = organizer
    attendee = vCalAddress(f"mailto:{address}")
    attendee.params["PARTSTAT"] = vText("ACCEPTED")
    attendee.params["RSVP"] = vText("FALSE")
    event.add("ATTENDEE", attendee, encode=0)
    return str(built.to_ical().decode()).replace("\r\n ", "")


def reply_address(participation: Participation) -> str:
    """Answers go to people: the site's mailbox, else the département's. Never a no-reply."""
    return participation.rdv.site.email or participation.rdv.motif.departement.reply_to


def _calendar(participation: Participation, facts: Facts, method: str, now: datetime) -> Calendar:
    rdv = participation.rdv
    event = Event()
    event.add("UID", f"{participation.uuid}@{urlparse(settings.BASE_URL).hostname}")
    event.add("DTSTAMP", now)
    event.add("SEQUENCE", rdv.schedule_version)
    event.add("DTSTART", facts.starts_at)
    event.add("DTEND", facts.starts_at + facts.length)
    event.add("STATUS", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    event.add("SUMMARY", _summary(facts))
    event.add("LOCATION", facts.elsewhere or f"{facts.site_name}, {facts.address}")
    event.add("DESCRIPTION", f"Voir, déplacer ou annuler : {facts.link}\nTéléphone : {facts.phone}")
    event.add("URL", facts.link)
    calendar = Calendar()
    calendar.add("PRODID", PRODUCT)
    calendar.add("VERSION", "2.0")
    calendar.add("METHOD", method)
    calendar.add_component(event)
    for zone in calendar.get_missing_tzids():
        calendar.add_component(_timezone(zone, facts.starts_at.year))
    return calendar


@lru_cache(maxsize=32)
def _timezone(zone: str, year: int) -> Timezone:
    """Only the changes of hour around it: the whole history of a zone weighs 8 kB. Read, never changed."""
    return Timezone.from_tzid(zone, first_date=date(year - 1, 1, 1), last_date=date(year + 1, 12, 31))


def _summary(facts: Facts) -> str:
    what = facts.label or "Rendez-vous"
    return f"{what[:1].upper()}{what[1:]} - {facts.site_name}"
