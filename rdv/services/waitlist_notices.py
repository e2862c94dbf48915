"""What people who wait are told. Finished letters go to the post office, in the transaction of the fact.

Room: services. Called by the other waitlist services only. A discreet motif says "rendez-vous" and the place; a silent
one says nothing: those people are phoned.

    joined     at once                          left      at once: the answer to the person's own gesture
    All others are our news: e-mail at once, SMS when phones may ring (night, Sunday, holiday).
    offer      worthless after the answer's hour
    taken      the place went elsewhere         sleeping  offers without an answer
    lapsed     no answer in time: the place is proposed to somebody else, the rank is kept
    closed     the motif is received no more    ended     the wait has no object any more
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings

from agents.models import Site
from notifications import services as post_office
from notifications.models import GONE, MessageChannel, State
from rdv.core.links import marker
from rdv.domain import french
from rdv.domain.waiting import next_waking
from rdv.models import NEVER_CALLED, NEVER_SENT, Inscription, Modality, NoticeLevel, Offre
from rdv.services.news import Said, Sending, letters_of
from rdv.services.notices import addresses_of, recipient_of
from rdv.services.sms_questions import short
from rdv.services.texts import ELSEWHERE
from rdv.services.waitlist_match import given_back
from rdv.services.waitlist_rules import policy_of, quiet_of
from usagers.phones import say_phone

JOINED, OFFER, TAKEN = "waitlist.joined", "waitlist.offer", "waitlist.taken"
LAPSED, SLEEPING = "waitlist.lapsed", "waitlist.sleeping"
LEFT, CLOSED, ENDED = "waitlist.left", "waitlist.closed", "waitlist.ended"
SUBJECT = "offre"
# News of the list that nobody read in a week says nothing any more.
NEWS_LIFE = timedelta(days=7)
WAYS = (MessageChannel.SMS, MessageChannel.EMAIL)
NBSP = french.NBSP


def can_be_written_to(inscription: Inscription) -> bool:
    """False: only a phone call reaches them."""
    if inscription.motif.notice_level == NoticeLevel.SILENT:
        return False
    return any(addresses_of(inscription.person_told))


def joined(inscription: Inscription, *, now: datetime) -> None:
    label, link, phone = _label(inscription), _waiting_link(inscription), _phone(inscription)
    said = f"Vous attendez{NBSP}: {label}." if label else "Vous êtes sur la liste d’attente."
    news = Said(
        JOINED,
        "Vous êtes sur la liste d’attente",
        (said, "Dès qu’une place se libère pour vous, nous vous la proposons. Vous n’avez rien à faire d’ici là."),
        (f"{said} Nous vous écrirons dès qu'une place se libère. Voir ou arrêter : {link} Tél. {phone}",
         f"Liste d'attente : c'est noté. Voir ou arrêter : {link} Tél. {phone}"),
        "Voir ma place, changer mes souhaits ou arrêter",
        link,
    )  # fmt: skip
    about = ("inscription", str(inscription.uuid))
    _post(inscription, news, about=about, now=now, until=now + NEWS_LIFE, is_answer=True)


def offered(offre: Offre, *, now: datetime) -> None:
    """The offer itself: yes or no before this hour."""
    inscription = offre.inscription
    zone = offre.motif.departement.zone
    local, until = offre.starts_at.astimezone(zone), offre.answer_by.astimezone(zone)
    place, link, phone = _place(offre), marker("offre", str(offre.uuid)), say_phone(offre.site.phone)
    label = _label(inscription, offre)
    shared = Offre.objects.live().filter(group=offre.group).exclude(pk=offre.pk).exists()
    first = "La première réponse «\u00a0oui\u00a0» obtient la place." if shared else "Nous la gardons pour vous."
    when = f"{french.short_day(local)} à {_short_hour(local)}"
    before = f"{french.short_day(until)} à {_short_hour(until)}"
    reply = " (ou OUI, NON, STOP par SMS)" if settings.SMS_CAN_BE_ANSWERED else ""
    named = f"{label}, " if label else ""
    old = _given_up(inscription, now)
    instead = f"à la place du {short(old)}" if old else ""
    news = Said(
        OFFER,
        "Une place se libère pour vous",
        (
            f"Pouvez-vous venir{NBSP}? Répondez oui ou non avant le {french.day_hour(until)}. {first}",
            *([f"Si vous dites oui, votre rendez-vous du {french.day_hour(old)} est annulé."] if old else []),
        ),
        (
            # Nobody gives an Rdv up without reading which: two SMS rather than that.
            f"Place libre : {when} {instead}, {place}. Réponse avant {before} : {link} Tél. {phone}",
            f"Place libre : {when} {instead}, {place}. Oui ou non avant {before}{reply} : {link} Tél. {phone}",
        )
        if old
        else (
            f"Place libre : {named}{when}, {place}. Oui ou non avant {before}{reply} : {link} Tél. {phone}",
            f"Place libre : {when}, {place}. Oui ou non avant {before}{reply} : {link} Tél. {phone}",
            f"Place libre : {when}, {place}. Réponse avant {before} : {link} Tél. {phone}",
        ),
        "Répondre oui ou non",
        link,
        rows=[
            ("Quand", f"{french.day_year(local)} à {french.hour(local)}"),
            *([("À la place de", french.day_hour(old))] if old else []),
            ("Durée", french.duration(offre.ends_at - offre.starts_at)),
            ("Pour quoi", label),
            ("Où", place),
            ("Répondre avant", french.day_hour(until)),
        ],
    )
    _post(
        inscription,
        news,
        about=subject_of(offre),
        now=now,
        until=offre.answer_by,
        is_urgent=True,
        site=offre.site,
    )


def taken(offre: Offre, *, by_service: bool, now: datetime) -> None:
    """The place went to somebody else, or back to the service: said at once, with the rank kept."""
    post_office.make_obsolete(subject_of(offre), now=now, kinds=[OFFER])
    inscription, zone = offre.inscription, offre.motif.departement.zone
    local = offre.starts_at.astimezone(zone)
    when = f"{french.short_day(local)} à {_short_hour(local)}"
    who = "Le service a dû reprendre cette place" if by_service else "Cette place vient d’être prise"
    link, phone = _waiting_link(inscription), say_phone(offre.site.phone)
    news = Said(
        TAKEN,
        who,
        (f"{who} ({french.day_hour(local)}). Vous gardez votre rang sur la liste d’attente{NBSP}: "
         "nous vous proposerons la suivante.",),
        (f"{who} : {when}. Vous gardez votre rang sur la liste d'attente : {link} Tél. {phone}",),
        "Voir ma place sur la liste",
        link,
    )  # fmt: skip
    _post(inscription, news, about=subject_of(offre), now=now, until=offre.starts_at, site=offre.site)


def why_unheard(offre: Offre) -> str:
    """Why this person cannot have heard of the offer; "" when a message of it left. A call is known to who made it."""
    told = set(post_office.about(subject_of(offre)).filter(kind=OFFER).values_list("state", flat=True))
    if told & set(GONE):
        return ""
    is_waiting = bool(told & {State.PLANNED, State.EXPIRED}) and State.FAILED not in told
    return NEVER_SENT if is_waiting else NEVER_CALLED


def settled(offre: Offre, *, now: datetime) -> None:
    """Answered or over: what has not left never will."""
    post_office.make_obsolete(subject_of(offre), now=now, kinds=[OFFER])


def lapsed(offre: Offre, *, now: datetime) -> None:
    """Said once: whoever reads the offer too late knows what became of it. To a group no place was promised."""
    if Offre.objects.filter(group=offre.group).exclude(pk=offre.pk).exists():
        return
    inscription = offre.inscription
    local = offre.starts_at.astimezone(offre.motif.departement.zone)
    when = f"{french.short_day(local)} à {_short_hour(local)}"
    link, phone = _waiting_link(inscription), say_phone(offre.site.phone)
    news = Said(
        LAPSED,
        "L’heure pour répondre est passée",
        (f"Une place vous était proposée ({french.day_hour(local)}). Sans réponse de votre part, nous la proposons "
         "à une autre personne.",
         f"Vous gardez votre rang sur la liste d’attente{NBSP}: nous vous proposerons la suivante."),
        (f"Place proposée {when} : l'heure pour répondre est passée. Vous gardez votre rang sur la liste d'attente : "
         f"{link} Tél. {phone}",
         f"L'heure pour répondre est passée. Vous gardez votre rang sur la liste d'attente : {link} Tél. {phone}"),
        "Voir ma place sur la liste",
        link,
    )  # fmt: skip
    _post(inscription, news, about=subject_of(offre), now=now, until=offre.starts_at, site=offre.site)


def sleeping(inscription: Inscription, *, now: datetime) -> None:
    link, phone = _waiting_link(inscription), _phone(inscription)
    news = Said(
        SLEEPING,
        "Votre attente est en pause",
        ("Nous vous avons proposé des places sans recevoir de réponse. Nous n’en proposons plus pour l’instant.",
         "Vous attendez encore\u00a0? Dites-le nous\u00a0: vous gardez votre ancienneté."),
        (f"Sans réponse de votre part, votre attente est en pause. Vous attendez encore ? {link} Tél. {phone}",),
        "J’attends encore",
        link,
    )  # fmt: skip
    about = ("inscription", str(inscription.uuid))
    _post(inscription, news, about=about, now=now, until=now + NEWS_LIFE)


def left(inscription: Inscription, *, now: datetime, by_sms: bool = False) -> None:
    """`by_sms`: a number that has just said STOP hears the answer to its own message, and nothing more."""
    link, phone = _waiting_link(inscription), _phone(inscription)
    news = Said(
        LEFT,
        "Vous n’êtes plus sur la liste d’attente",
        ("C’est noté. Vous pouvez vous y inscrire à nouveau quand vous voulez.",),
        (f"C'est noté : vous n'êtes plus sur la liste d'attente. {link} Tél. {phone}",),
        "Voir",
        link,
    )
    about = ("inscription", str(inscription.uuid))
    ways = (MessageChannel.EMAIL,) if by_sms else WAYS
    _post(inscription, news, about=about, now=now, until=now + NEWS_LIFE, ways=ways, is_answer=True)


def closed(inscription: Inscription, *, now: datetime) -> None:
    """The service no longer receives for this: said, with the phone, rather than a silence."""
    link, phone = _waiting_link(inscription), _phone(inscription)
    news = Said(
        CLOSED,
        "Cette liste d’attente est fermée",
        (f"Nous ne recevons plus pour ce motif. Appelez-nous au {phone}\u00a0: nous cherchons avec vous.",),
        (f"Cette liste d'attente est fermée. Appelez-nous, nous cherchons avec vous : {phone} {link}",),
        "Voir",
        link,
    )
    about = ("inscription", str(inscription.uuid))
    _post(inscription, news, about=about, now=now, until=now + NEWS_LIFE)


def ended(inscription: Inscription, *, because: str, now: datetime) -> None:
    """The wait has no object any more (`because`: a sentence that tells nothing of what it was for)."""
    link, phone = _waiting_link(inscription), _phone(inscription)
    news = Said(
        ENDED,
        "Votre attente est terminée",
        (f"{because} Nous ne vous proposons plus de place.",
         f"Vous cherchez encore un rendez-vous{NBSP}? Appelez-nous au {phone}{NBSP}: nous cherchons avec vous."),
        (f"{because} Nous ne vous proposons plus de place. Vous cherchez encore ? Tél. {phone} {link}",
         f"Votre attente est terminée. Vous cherchez encore ? Tél. {phone} {link}"),
        "Voir",
        link,
    )  # fmt: skip
    about = ("inscription", str(inscription.uuid))
    _post(inscription, news, about=about, now=now, until=now + NEWS_LIFE)


def subject_of(offre: Offre) -> tuple[str, str]:
    return (SUBJECT, str(offre.uuid))


# --- Letters


def _post(
    inscription: Inscription,
    news: Said,
    *,
    about: tuple[str, str],
    now: datetime,
    until: datetime,
    is_urgent: bool = False,
    is_answer: bool = False,
    site: Site | None = None,
    ways: Sequence[MessageChannel] = WAYS,
) -> None:
    if inscription.motif.notice_level == NoticeLevel.SILENT:
        return
    departement = inscription.motif.departement
    phone, mailbox = addresses_of(inscription.person_told)
    sending = Sending(
        about=about,
        recipient=recipient_of(inscription.person_told),
        departement=departement,
        phone=phone,
        mailbox=mailbox,
        version=inscription.version,
        contact=(say_phone(site.phone), site.name) if site else (say_phone(departement.public_phone), "accueil"),
        reply_to=(site.email if site else "") or departement.reply_to,
        sms_at=now if is_answer else next_waking(now, quiet_of(departement, policy_of(inscription.motif))),
        email_at=now,
        until=until,
        is_urgent=is_urgent,
    )
    letters = letters_of(news, sending)
    post_office.post([letter for letter in letters if letter.channel in ways], now=now)


def _label(inscription: Inscription, offre: Offre | None = None) -> str:
    motif = offre.motif if offre else inscription.motif
    return motif.public_label if motif.notice_level == NoticeLevel.NORMAL else ""


def _given_up(inscription: Inscription, now: datetime) -> datetime | None:
    """The local hour of the Rdv that a yes would give back."""
    old = given_back(inscription, now)
    return old.starts_at.astimezone(old.rdv.motif.departement.zone) if old is not None else None


def _place(offre: Offre) -> str:
    elsewhere = ELSEWHERE.get(Modality(offre.motif.modality), "")
    return f"{elsewhere} ({offre.site.name})" if elsewhere else offre.site.name


def _short_hour(local: datetime) -> str:
    return french.hour(local).replace(NBSP, "")


def _waiting_link(inscription: Inscription) -> str:
    return marker("attente", inscription.link_subject)


def _phone(inscription: Inscription) -> str:
    return say_phone(inscription.motif.departement.public_phone)
