"""What people are told when their Rdv must change hands or hours. Finished letters go to the post office, in the
transaction of the fact, once each.

Room: services. Called by propositions and absent; series_notices says its own news the same way. A discreet motif
says "rendez-vous" and the place, a silent one says nothing: those people are phoned.

    proposed   other hours are held, pick one before...      worthless after the answer's hour
    replaced   same hour, same place, somebody else          worthless after the Rdv
    waiting    cancelled, and on the waiting list            worthless after the Rdv
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings

from notifications import services as post_office
from notifications.channels import gsm7
from rdv.core.links import fill_links, marker
from rdv.domain import french
from rdv.domain.waiting import next_waking
from rdv.models import Horaire, Inscription, NoticeLevel, Participation, Proposition
from rdv.services.followups import PROPOSED, WAITING, subject_of
from rdv.services.news import Said, Sending, letters_of
from rdv.services.notices import addresses_of, recipient_of
from rdv.services.notices import subject_of as subject_of_participation
from rdv.services.texts import Facts, facts_of
from rdv.services.waitlist_rules import policy_of, quiet_of
from usagers.phones import say_phone

REPLACED = "rdv.replaced"
# Said at once, whatever the hour of the night: the person would come for nothing.
AT_ONCE = timedelta(hours=14)
NBSP = french.NBSP


def can_be_written_to(participation: Participation) -> bool:
    """False: only a phone call reaches them."""
    return participation.rdv.motif.notice_level != NoticeLevel.SILENT and any(written_to(participation))


def proposed(proposition: Proposition, horaires: Sequence[Horaire], *, now: datetime) -> None:
    """Other hours are held for this person. Nothing leaves for those who are phoned."""
    participation = proposition.participation
    if proposition.by_call:
        return
    is_off = proposition.absence_id is not None
    news = proposed_news(
        participation,
        [one.starts_at for one in horaires],
        was_at=proposition.was_at,
        answer_by=proposition.answer_by,
        is_off=is_off,
        link=marker("choix", str(proposition.uuid)),
    )
    at = _sms_at(participation, now)
    # Off: even after the answer's hour, the person must know not to come.
    worthless_after = max(proposition.answer_by, proposition.was_at) if is_off else proposition.answer_by
    say(participation, news, about=subject_of(proposition), now=now, sms_at=at, until=worthless_after)


def proposed_news(
    participation: Participation,
    starts: Sequence[datetime],
    *,
    was_at: datetime,
    answer_by: datetime,
    is_off: bool,
    link: str,
) -> Said:
    """Its words, also for the page that shows them before anything is held. `is_off`: the old hour cannot be."""
    zone = participation.rdv.motif.departement.zone
    was, until = was_at.astimezone(zone), answer_by.astimezone(zone)
    phone = say_phone(participation.rdv.site.phone)
    hours = [one.astimezone(zone) for one in starts]
    said = " ou ".join(_short(one) for one in hours)
    return Said(
        PROPOSED,
        "Votre rendez-vous ne peut pas avoir lieu : choisissez une autre date"
        if is_off
        else "Nous vous proposons d’autres dates",
        (
            f"Le professionnel qui devait vous recevoir {french.day_hour(was)} est absent. Nous sommes désolés."
            if is_off
            else f"Votre rendez-vous est prévu {french.day_hour(was)}. Une autre date est possible.",
            f"Ces places sont gardées pour vous. Choisissez-en une avant le {french.day_hour(until)}"
            + (f"{NBSP}: sans réponse, nous vous appelons." if is_off else f"{NBSP}: sinon, rien ne change."),
        ),
        (
            *_numbered_texts(_short(was), hours, _short(until), f"{link} Tél. {phone}", is_off=is_off),
            *_sms_texts(_short(was), said, _short(until), f"{link} Tél. {phone}", is_off=is_off),
        ),
        "Choisir une date",
        link,
        rows=[(f"Choix {number}", _long(one)) for number, one in enumerate(hours, start=1)],
    )


def _numbered_texts(old: str, hours: Sequence[datetime], before: str, tail: str, *, is_off: bool) -> tuple[str, ...]:
    """Where an SMS sent back reaches us: a number picks the date (propositions_sms). None when they do not fit."""
    if not settings.SMS_CAN_BE_ANSWERED:
        return ()
    listed = " ".join(f"{number}: {_short(one)}." for number, one in enumerate(hours, start=1))
    opening = f"RDV du {old} annulé." if is_off else f"RDV du {old} :"
    ways = ", ".join(str(number) for number in range(1, len(hours) + 1))
    text = f"{opening} {listed} Répondez {ways} ou NON avant {before}, ou {tail}"
    return (text,) if gsm7.segments(gsm7.plain(fill_links(text))) == 1 else ()


def _sms_texts(old: str, hours: str, before: str, tail: str, *, is_off: bool) -> tuple[str, ...]:
    """The hours themselves go first when they do not fit, never that the old Rdv is off."""
    if is_off:
        return (
            f"RDV du {old} annulé, professionnel absent. {hours} ? Choisissez avant {before} : {tail}",
            f"RDV du {old} annulé, professionnel absent. Choisissez une autre date avant {before} : {tail}",
            f"RDV du {old} annulé. Choisissez une autre date avant {before} : {tail}",
            f"RDV du {old} annulé. Autre date à choisir avant {before} : {tail}",
        )
    return (
        f"RDV du {old} : autre date possible. {hours} ? Choisissez avant {before} : {tail}",
        f"RDV du {old} : d'autres dates sont possibles. Choisissez avant {before} : {tail}",
        f"RDV du {old} : autres dates possibles, à choisir avant {before} : {tail}",
    )


def replaced(participation: Participation, *, now: datetime) -> None:
    """Same hour, same place, another professional."""
    about = subject_of_participation(participation)
    news = replaced_news(facts_of(participation))
    say(participation, news, about=about, now=now, sms_at=_sms_at(participation, now))


def replaced_news(facts: Facts) -> Said:
    """Its words. `facts.with_whom`: who receives now."""
    when, phone, link = _short(facts.starts_at), facts.phone, facts.link
    place = f"{facts.elsewhere} ({facts.site_name})" if facts.elsewhere else facts.site_name
    whom = f"avec {facts.with_whom}" if facts.with_whom else "avec un autre professionnel"
    return Said(
        REPLACED,
        "Votre rendez-vous est maintenu, avec un autre professionnel",
        (
            f"Le professionnel prévu est absent. Votre rendez-vous du {french.day_hour(facts.starts_at)} est maintenu, "
            f"{whom}.",
            "L’heure et le lieu ne changent pas.",
        ),
        (
            f"RDV maintenu : {when}, {place}, {whom} (professionnel prévu absent). Voir ou annuler : {link} "
            f"Tél. {phone}",
            f"RDV maintenu : {when}, {place}, {whom}. Voir ou annuler : {link} Tél. {phone}",
            f"RDV maintenu : {when}, {place}, autre professionnel. Voir : {link} Tél. {phone}",
        ),
        "Voir, déplacer ou annuler",
        link,
        rows=[row for row in (("Quand", _long(facts.starts_at)), ("Où", place), ("Avec", facts.with_whom)) if row[1]],
    )


def waiting(participation: Participation, inscription: Inscription, *, now: datetime) -> None:
    """Cancelled, and on the waiting list with a priority: one message for both."""
    about = subject_of_participation(participation)
    news = waiting_news(participation, link=marker("attente", inscription.link_subject))
    say(participation, news, about=about, now=now, sms_at=_sms_at(participation, now))


def waiting_news(participation: Participation, *, link: str) -> Said:
    """Its words."""
    rdv = participation.rdv
    was, phone = rdv.starts_at.astimezone(rdv.motif.departement.zone), say_phone(rdv.site.phone)
    return Said(
        WAITING,
        "Rendez-vous annulé : nous vous cherchons une autre place",
        (
            f"Le professionnel qui devait vous recevoir {french.day_hour(was)} est absent. Nous sommes désolés.",
            "Vous êtes sur la liste d’attente, avec une priorité. Dès qu’une place se libère, nous vous la proposons.",
        ),
        (
            f"RDV du {_short(was)} annulé, professionnel absent. Vous êtes en priorité sur la liste d'attente : {link} "
            f"Tél. {phone}",
            f"RDV du {_short(was)} annulé. Vous êtes en priorité sur la liste d'attente : {link} Tél. {phone}",
        ),
        "Voir ma place, changer mes souhaits ou arrêter",
        link,
    )


def _sms_at(participation: Participation, now: datetime) -> datetime:
    """When phones may ring; at once for what is near."""
    rdv = participation.rdv
    if rdv.starts_at - now <= AT_ONCE:
        return now
    departement = rdv.motif.departement
    return next_waking(now, quiet_of(departement, policy_of(rdv.motif)))


def written_to(participation: Participation) -> tuple[str, str]:
    """Phone and mailbox that messages about it go to, "" for the way that the person does not want."""
    phone, mailbox = addresses_of(participation.responsable or participation.usager)
    return (phone if participation.wants_sms else ""), (mailbox if participation.wants_email else "")


def say(
    participation: Participation,
    news: Said,
    *,
    about: tuple[str, str],
    now: datetime,
    sms_at: datetime,
    until: datetime | None = None,
    email_at: datetime | None = None,
    version: int | None = None,
    is_urgent: bool = True,
) -> None:
    """By each channel that the person allows, once for a version (of the schedule, when none is said)."""
    if participation.rdv.motif.notice_level == NoticeLevel.SILENT:
        return
    rdv = participation.rdv
    departement = rdv.motif.departement
    phone, mailbox = written_to(participation)
    sending = Sending(
        about=about,
        recipient=recipient_of(participation.responsable or participation.usager),
        departement=departement,
        phone=phone,
        mailbox=mailbox,
        version=rdv.schedule_version if version is None else version,
        contact=(say_phone(rdv.site.phone), rdv.site.name),
        reply_to=rdv.site.email or departement.reply_to,
        sms_at=sms_at,
        email_at=email_at or now,
        until=until or rdv.starts_at,
        is_urgent=is_urgent,
    )
    post_office.post(letters_of(news, sending), now=now)


def _short(local: datetime) -> str:
    """jeu. 26 nov. à 9h20."""
    return f"{french.short_day(local)} à {french.hour(local).replace(NBSP, '')}"


def _long(local: datetime) -> str:
    return f"{french.day_year(local)} à {french.hour(local)}"
