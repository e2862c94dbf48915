"""The waiting list in words: wishes, states, delays, what became of an offer. Pure: no query.

Room: views. Called by the other modules of rdv/views/waiting.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rdv.core.journal import Evenement
from rdv.core.languages import french_name
from rdv.domain import french
from rdv.domain.french import NBSP
from rdv.domain.waiting import HALF_DAYS, Tier
from rdv.models import Inscription, InscriptionState, Offre, OffreState, Priority, SourceKind

DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi")
# Half-days of the whole week, said in one breath. Bits as in Inscription.half_days: morning, then afternoon.
EVERY_DAY: Mapping[int, str] = {
    sum(1 << (2 * day + half) for day in range(last)): f"{words}, du lundi au {DAYS[last - 1]}"
    for half, words in enumerate(("le matin", "l’après-midi"))
    for last in (5, 6)
}
# Code of rdv/templatetags/states.py and word of the badge, for the state of somebody who waits.
STATES: Mapping[str, tuple[str, str]] = {
    InscriptionState.WAITING: ("waiting", "Attend"),
    InscriptionState.OFFERED: ("held", "Place proposée"),
    InscriptionState.ASLEEP: ("late", "En pause"),
    InscriptionState.SERVED: ("seen", "A eu sa place"),
    InscriptionState.LEFT: ("excused", "A quitté la liste"),
    InscriptionState.EXPIRED: ("excused", "Date passée"),
}
OFFRES: Mapping[str, tuple[str, str]] = {
    OffreState.LIVE: ("held", "Attend la réponse"),
    OffreState.ACCEPTED: ("seen", "Acceptée"),
    OffreState.REFUSED: ("excused", "Refusée"),
    OffreState.LAPSED: ("late", "Sans réponse"),
    OffreState.WITHDRAWN: ("revoked", "Reprise par le service"),
    OffreState.LOST: ("excused", "Une autre personne a dit oui avant"),
}
SOURCES: Mapping[str, str] = {
    SourceKind.CANCELLATION: "un rendez-vous a été annulé",
    SourceKind.MOVE: "un rendez-vous a été déplacé",
    SourceKind.EXCHANGE: "une personne a eu une place plus tôt et a rendu la sienne",
    SourceKind.ABSENCE: "une absence a été retirée ou raccourcie",
    SourceKind.OPENING: "une ouverture a été ajoutée",
    SourceKind.OPTION: "quelqu’un a commencé une demande sans la finir",
    SourceKind.SEAT: "une place d’atelier s’est libérée",
    SourceKind.CAPACITY: "des places ont été ajoutées à l’atelier",
    SourceKind.CLOSURE: "une fermeture a été retirée",
    SourceKind.HORIZON: "cette date s’est ouverte à la réservation",
}
TIERS: Mapping[str, str] = {
    Tier.LONG: "L’heure était loin",
    Tier.MIDDLE: "L’heure était à quelques jours",
    Tier.NEAR: "L’heure était proche",
    Tier.SHORT: "L’heure était très proche : il fallait téléphoner",
}
EVENTS: Mapping[str, str] = {
    "offre.sent": "Place proposée et tenue",
    "offre.accepted": "Oui",
    "offre.refused": "Non",
    "offre.lapsed": "Pas de réponse",
    "offre.withdrawn": "Reprise",
    "offre.lost": "Une autre personne a dit oui avant",
}
HISTORY: Mapping[str, str] = {
    "inscription.joined": "Mise en attente",
    "inscription.changed": "Souhaits modifiés",
    "inscription.priority": "Ordre de passage modifié",
    "inscription.state": "État",
}
# What an agent reads when the offer is over already; the person has sentences of their own.
OVER: Mapping[str, str] = {
    OffreState.REFUSED: "Cette personne a déjà dit non. La place est passée à la suivante.",
    OffreState.LAPSED: "L’heure pour répondre est passée. La place est allée à la personne suivante.",
    OffreState.WITHDRAWN: "Cette place a été reprise par le service. La personne garde son rang.",
    OffreState.LOST: "Une autre personne a dit oui avant. Celle-ci garde son rang.",
    OffreState.ACCEPTED: "Cette place est déjà réservée pour cette personne.",
}


# Nearer than this, the time left is counted in hours and minutes.
COUNTED_MIN = 24 * 60


@dataclass(frozen=True, slots=True)
class Names:
    """Names for the ids of wishes."""

    motifs: Mapping[int, str]
    sites: Mapping[int, str]


def wishes_in_words(inscription: Inscription, names: Names) -> list[str]:
    """What would suit, one thing a line; an empty list means that anything does."""
    found = [
        *_what(inscription, names),
        _where(inscription, names),
        half_days(inscription.half_days),
        _when(inscription),
        f"avec {inscription.agent.full_name}" if inscription.agent else "",
        "avec son référent seulement" if inscription.referent_only else "",
        f"avec quelqu’un qui parle {french_name(inscription.language)}" if inscription.language else "",
        "accès sans marche" if inscription.needs_step_free else "",
        f"prévenir au moins {notice(inscription.shortest_notice_min)} avant",
        "inscription sans redemander" if inscription.auto_accept else "",
    ]
    return [line for line in found if line]


def _what(inscription: Inscription, names: Names) -> list[str]:
    others = [names.motifs[pk] for pk in inscription.motifs if pk != inscription.motif_id and pk in names.motifs]
    return [f"ou {name}" for name in others]


def _where(inscription: Inscription, names: Names) -> str:
    if inscription.sites:
        return french.joined([names.sites.get(pk, "un autre lieu") for pk in inscription.sites])
    if inscription.radius_km:
        start = f"(depuis {inscription.near_name})" if inscription.near_name else "de chez elle"
        return f"à {inscription.radius_km}{NBSP}km au plus {start}"
    return "tous les lieux"


def half_days(mask: int) -> str:
    """lundi, mardi matin, jeudi après-midi; le matin, du lundi au samedi; "" for any."""
    if not mask:
        return ""
    if mask in EVERY_DAY:
        return EVERY_DAY[mask]
    words = []
    for number, day in enumerate(DAYS):
        morning, afternoon = mask >> (2 * number) & 1, mask >> (2 * number + 1) & 1
        if morning and afternoon:
            words.append(day)
        elif morning or afternoon:
            words.append(HALF_DAYS[2 * number + (0 if morning else 1)])
    return french.joined(words)


def _when(inscription: Inscription) -> str:
    first, last = inscription.from_day, inscription.until_day
    parts = [f"à partir du {french.day_year(first)}"] if first else []
    parts += [f"jusqu’au {french.day_year(last)}"] if last else []
    return " ".join(parts)


def notice(minutes: int) -> str:
    return french.duration(timedelta(minutes=minutes))


def level_words(level: int) -> str:
    """The class after ageing, by its name."""
    return str(Priority(level).label)


def left_words(until: datetime, now: datetime, zone: ZoneInfo) -> str:
    """encore 22 min, encore 1 h 05; beyond a day, when it ends: a night or a Sunday is no time to use."""
    minutes = max(0, int((until - now).total_seconds() // 60))
    if until <= now:
        return "terminé"
    if minutes >= COUNTED_MIN:
        local = until.astimezone(zone)
        if until - now >= timedelta(days=7):
            return f"jusqu’au {french.day(local)}"
        return f"jusqu’à {french.WEEKDAYS[local.weekday()]} {french.hour(local)}"
    hours, rest = divmod(minutes, 60)
    return f"encore {hours}{NBSP}h{NBSP}{rest:02d}" if hours else f"encore {rest}{NBSP}min"


def over_words(offre: Offre, state: OffreState) -> str:
    return OVER.get(state, "Cette proposition est terminée.")


def event_words(event: Evenement) -> str:
    """A line of the journal of an offer or of somebody who waits."""
    words = EVENTS.get(event.kind) or HISTORY.get(event.kind, "Changement")
    data: dict[str, Any] = event.data
    if event.kind == "inscription.state":
        state = str(data.get("after"))
        words = "Attend de nouveau" if state == InscriptionState.WAITING else STATES.get(state, ("", "Changement"))[1]
    if event.kind == "inscription.priority":
        words += f"{NBSP}: {Priority(data['after']).label}"
    reason = str(data.get("reason") or "")
    told = REASONS.get(reason, reason)
    return f"{words}, {told}" if told else words


REASONS: Mapping[str, str] = {
    "woken": "la pause est finie",
    "unanswered": "propositions restées sans réponse",
    "wrong_number": "mauvais numéro",
    "kept_rdv_past": "le rendez-vous gardé a eu lieu",
    "motif_archived": "motif archivé",
    "last_day": "le dernier jour donné est passé",
    "session_over": "la séance a commencé",
    "session_cancelled": "la séance est annulée",
}
