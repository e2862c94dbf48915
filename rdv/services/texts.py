"""The words of the messages to people received: SMS, e-mail subjects, e-mails. B1 French, "vous", no trade words.

Room: services. Called by rdv/services/notices only. `Facts` is already cut to what the motif allows to say: nothing
here reads a motif, so nothing here can say too much.

    normal     public label, who receives, what to bring
    discreet   "rendez-vous" and the site: nothing else, in no channel
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.template.loader import render_to_string

from rdv.core.links import marker
from rdv.domain import french
from rdv.models import Modality, NoticeLevel, Participation
from rdv.services.news import TITLE_LENGTH, first_that_fits
from usagers.phones import say_phone

ELSEWHERE = {Modality.HOME: "à domicile", Modality.PHONE: "par téléphone", Modality.VISIO: "en visio"}


class News(StrEnum):
    """What happened, as kinds of messages."""

    BOOKED = "rdv.booked"
    MOVED = "rdv.moved"
    CANCELLED = "rdv.cancelled"
    RESTORED = "rdv.restored"
    RESENT = "rdv.resent"  # an agent sends it again, as it stands
    SMS_REMINDER = "rdv.reminder.sms"
    EMAIL_REMINDER = "rdv.reminder.email"
    SECOND_SMS = "rdv.reminder.second"  # the day before, to those who did not say whether they come


@dataclass(frozen=True, slots=True)
class Facts:
    """What may be said. Instants are local already; texts are empty when they may not be said."""

    starts_at: datetime
    length: timedelta
    site_name: str
    phone: str
    link: str
    # "par téléphone", "à domicile": the person does not come to the site.
    elsewhere: str
    address: str
    how_to_come: tuple[str, ...]
    cancel_hours: int
    # The reminder asks whether the person comes; `can_answer`: an SMS sent back reaches us.
    asks: bool = False
    can_answer: bool = False
    label: str = ""
    with_whom: str = ""
    for_whom: str = ""
    documents: tuple[str, ...] = ()
    instructions: str = ""
    cancel_warning: str = ""
    # So far from the day of the message that the year is part of the news.
    says_year: bool = False


@dataclass(frozen=True, slots=True)
class Was:
    """Where and when it was before it moved."""

    starts_at: datetime
    site_name: str


def facts_of(participation: Participation) -> Facts:
    rdv = participation.rdv
    site, motif = rdv.site, rdv.motif
    elsewhere = ELSEWHERE.get(Modality(rdv.modality), "")
    is_said = motif.notice_level == NoticeLevel.NORMAL
    street = "" if elsewhere else f"{site.address}, {site.postcode} {site.city}"
    come = () if elsewhere else tuple(filter(None, (site.transport, site.access_notes)))
    facts = Facts(
        starts_at=rdv.starts_at.astimezone(motif.departement.zone),
        length=rdv.ends_at - rdv.starts_at,
        site_name=site.name,
        phone=say_phone(site.phone),
        link=marker("rdv", participation.link_subject),
        elsewhere=elsewhere,
        address=street,
        how_to_come=come,
        cancel_hours=motif.cancel_hours,
        asks=motif.asks and participation.confirmed_at is None,
        can_answer=settings.SMS_CAN_BE_ANSWERED,
    )
    return _with_details(facts, participation) if is_said else facts


def _with_details(facts: Facts, participation: Participation) -> Facts:
    """What only a normal motif says."""
    rdv, motif = participation.rdv, participation.rdv.motif
    # Sorted here: a booking has just read them for the agents' own notices.
    agents = sorted(rdv.agents.all(), key=lambda agent: (agent.search_key, agent.pk))
    names = [] if motif.is_collective else list(dict.fromkeys(agent.public_name for agent in agents))
    return replace(
        facts,
        label=rdv.title or motif.spoken_label,
        with_whom=french.joined(names),
        for_whom=participation.usager.first_name if participation.responsable_id else "",
        documents=tuple(motif.documents),
        instructions=motif.instructions_after,
        cancel_warning=motif.cancel_warning,
    )


# --- SMS


def sms(news: News, facts: Facts, *, was: Was | None = None, by_service: bool = False) -> str:
    """One segment when it can be: the address goes first, then the label; day, hour, place, link, phone never do."""
    opening, way = _SMS[news]
    if facts.asks and news in _ASKING:
        return _question(opening, facts)
    if news is News.CANCELLED and by_service:
        opening = "RDV annulé par le service"
    when = f"{_short(facts.starts_at, with_year=facts.says_year)}, {_place(facts)}"
    before = f" ({_ONCE[news]} {_before(facts, was)})" if was else ""
    end = f". {way} {facts.link} Tél. {facts.phone}"
    tail = f"{before}{end}"
    label = f"{facts.label}, " if facts.label else ""
    street = f", {facts.address}" if facts.address and news is not News.CANCELLED else ""
    texts = (
        f"{opening} : {label}{when}{street}{tail}",
        f"{opening} : {label}{when}{tail}",
        f"{opening} : {when}{tail}",
    )
    # Where it stands is the news; the hour that it does not have goes when both do not fit.
    return first_that_fits((*texts, f"{opening} : {when}{end}") if news is News.RESTORED else texts)


def _question(opening: str, facts: Facts) -> str:
    """A reminder that asks. What NO does is said whenever it fits: it cancels."""
    when, label = f"{_short(facts.starts_at)}, {_place(facts)}", f"{facts.label}, " if facts.label else ""
    street = f", {facts.address}" if facts.address else ""
    long, short = _WAYS_BY_SMS if facts.can_answer else _WAYS_BY_LINK
    tail = f"{facts.link} Tél. {facts.phone}"
    texts = (
        f"{opening} : {label}{when}{street}. {long} {tail}",
        f"{opening} : {label}{when}. {long} {tail}",
        f"{opening} : {label}{when}. {short} {tail}",
        f"{opening} : {when}. {long} {tail}",
        f"{opening} : {when}. {short} {tail}",
    )
    return first_that_fits(texts)


# What a message says of the other hour: the one before, or the one that another message told by mistake.
_ONCE = {News.MOVED: "avant :", News.RESTORED: "et non"}
_WAYS_BY_SMS = ("Répondez OUI si vous venez, NON pour annuler, ou :", "Répondez OUI, NON (annule), ou :")
_WAYS_BY_LINK = ("Venez-vous ? Dites-le, ou annulez :", "Venez-vous ? Oui ou non :")

_SMS = {
    News.BOOKED: ("RDV confirmé", "Voir ou annuler :"),
    News.MOVED: ("RDV déplacé", "Voir ou annuler :"),
    News.CANCELLED: ("RDV annulé", "Reprendre un RDV :"),
    News.RESTORED: ("RDV maintenu", "Voir ou annuler :"),
    News.RESENT: ("Votre RDV", "Voir ou annuler :"),
    News.SMS_REMINDER: ("Rappel RDV", "Pas disponible ? Annulez :"),
    News.EMAIL_REMINDER: ("Rappel RDV", "Pas disponible ? Annulez :"),
    News.SECOND_SMS: ("Votre réponse ? RDV", "Pas disponible ? Annulez :"),
}
_ASKING = (News.SMS_REMINDER, News.EMAIL_REMINDER, News.SECOND_SMS)


def _short(local: datetime, *, with_year: bool = False) -> str:
    """jeu. 26 nov. à 9h20."""
    year = f" {local.year}" if with_year else ""
    return f"{french.short_day(local)}{year} à {french.hour(local).replace(french.NBSP, '')}"


def _place(facts: Facts) -> str:
    return f"{facts.elsewhere} ({facts.site_name})" if facts.elsewhere else facts.site_name


def _before(facts: Facts, was: Was) -> str:
    return _short(was.starts_at) + (f", {was.site_name}" if was.site_name != facts.site_name else "")


# --- E-mail


@dataclass(frozen=True, slots=True)
class Email:
    title: str
    text: str
    html: str


def email(
    news: News, facts: Facts, *, owner: str, was: Was | None = None, by_service: bool = False, is_late: bool = False
) -> Email:
    """Subject, text and HTML twins. `is_late`: booked so shortly before that no reminder will follow."""
    heading, action = _EMAIL[news]
    asks = facts.asks and news in _ASKING
    day = french.day_year(facts.starts_at) if facts.says_year else french.day(facts.starts_at)
    when = f"{day} à {french.hour(facts.starts_at)}, {_place(facts)}"
    context = {
        "heading": heading,
        "intro": _intro(news, facts, was=was, by_service=by_service, is_late=is_late) + (_ASKED if asks else ""),
        "rows": _rows(facts),
        "facts": facts,
        "is_on": news is not News.CANCELLED,
        "action": "Dire si vous venez, déplacer ou annuler" if asks else action,
        "owner": owner,
        "cancel_until": french.duration(timedelta(hours=facts.cancel_hours)),
    }
    title = f"{heading}{french.NBSP}: {when}"
    return Email(
        title=title[:TITLE_LENGTH],
        text=render_to_string("notifications/email.txt", context).strip() + "\n",
        html=render_to_string("notifications/email.html", context | {"title": title}),
    )


_EMAIL = {
    News.BOOKED: ("Rendez-vous confirmé", "Voir, déplacer ou annuler"),
    News.MOVED: ("Rendez-vous déplacé", "Voir, déplacer ou annuler"),
    News.CANCELLED: ("Rendez-vous annulé", "Reprendre un rendez-vous"),
    News.RESTORED: ("Rendez-vous maintenu", "Voir, déplacer ou annuler"),
    News.RESENT: ("Votre rendez-vous", "Voir, déplacer ou annuler"),
    News.SMS_REMINDER: ("Rappel de votre rendez-vous", "Annuler ou déplacer en un geste"),
    News.EMAIL_REMINDER: ("Rappel de votre rendez-vous", "Annuler ou déplacer en un geste"),
    News.SECOND_SMS: ("Venez-vous à votre rendez-vous ?", "Annuler ou déplacer en un geste"),
}
_ASKED = f" Venez-vous{french.NBSP}? Dites-le nous avec le bouton ci-dessous{french.NBSP}: oui ou non, en un geste."


def _intro(news: News, facts: Facts, *, was: Was | None, by_service: bool, is_late: bool) -> str:
    if news is News.MOVED and was:
        place = f", {was.site_name}" if was.site_name != facts.site_name else ""
        return f"Votre rendez-vous a changé. Il était prévu {french.day_hour(was.starts_at)}{place}."
    if news is News.CANCELLED:
        who = "Le service a dû annuler votre rendez-vous." if by_service else "Votre rendez-vous est bien annulé."
        return f"{who} Vous pouvez en reprendre un autre."
    if news is News.BOOKED:
        return (
            f"C’est bientôt{french.NBSP}: ce message est aussi votre rappel."
            if is_late
            else "Nous avons noté votre rendez-vous."
        )
    if news is News.RESTORED and was:
        return (
            f"Ne tenez pas compte de notre message{french.NBSP}: votre rendez-vous n’est pas déplacé au "
            f"{french.day_hour(was.starts_at)}. Il reste à l’heure prévue."
        )
    if news is News.RESTORED:
        return f"Ne tenez pas compte de notre message d’annulation{french.NBSP}: votre rendez-vous a bien lieu."
    if news is News.RESENT:
        return "Voici votre rendez-vous, tel qu’il est noté aujourd’hui."
    return "Votre rendez-vous approche."


def _rows(facts: Facts) -> Sequence[tuple[str, str]]:
    """The table of the e-mail, without what may not be said or is not known."""
    place = facts.site_name if facts.elsewhere else f"{facts.site_name}, {facts.address}"
    rows = [
        ("Quand", f"{french.day_year(facts.starts_at)} à {french.hour(facts.starts_at)}"),
        ("Durée", french.duration(facts.length)),
        ("Pour quoi", facts.label),
        ("Pour qui", facts.for_whom),
        ("Comment", facts.elsewhere),
        ("Suivi par" if facts.elsewhere else "Où", place),
        ("Avec", facts.with_whom),
        ("Pour venir", " ; ".join(facts.how_to_come)),
    ]
    return [row for row in rows if row[1]]
