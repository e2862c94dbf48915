"""OUI, NON, STOP sent back by SMS: the same answers as the link's.

Room: services. Called by the webhook of incoming SMS. The text that answers goes back the same way; it never says more
than the offer did.
"""

import re
from datetime import datetime

from rdv.core.errors import DomainError
from rdv.core.journal import Author
from rdv.core.text import search_key
from rdv.domain import french
from rdv.models import Inscription, Offre
from rdv.services import waitlist_answer
from usagers.models import Usager

YES = {"oui", "ok", "yes", "o", "1", "d accord", "daccord"}
NO = {"non", "no", "n", "2"}
STOP = {"stop", "arret", "arreter", "desinscription"}
NOT_UNDERSTOOD = "Nous n'avons pas compris. Répondez OUI, NON ou STOP, ou suivez le lien de notre message."
NOTHING = "Aucune place ne vous est proposée en ce moment. Vous gardez votre rang si vous êtes sur une liste d'attente."
SEVERAL = "Plusieurs places vous sont proposées : suivez le lien de chaque message pour répondre."


def answer_sms(*, phone: str, text: str, now: datetime) -> str:
    """What is sent back. `phone`: E.164, as the provider certifies it. A replay says the same and changes nothing."""
    word = _word(text)
    if word in STOP:
        return _stop(phone, now)
    if word not in YES | NO:
        return NOT_UNDERSTOOD
    offres = list(_offres_of(phone, now))
    if not offres:
        return NOTHING
    if len(offres) > 1:
        return SEVERAL
    return _yes(offres[0], now) if word in YES else _no(offres[0], now)


def _word(text: str) -> str:
    return re.sub(r" +", " ", search_key(text)).strip()


def _offres_of(phone: str, now: datetime) -> list[Offre]:
    """Live offers told to this number; else the last one answered, so that a replay hears the same."""
    rows = Offre.objects.whole().filter(starts_at__gt=now)
    told = rows.filter(inscription__responsable__phone=phone) | rows.filter(
        inscription__responsable__isnull=True, inscription__usager__phone=phone
    )
    live = list(told.filter(state="live").order_by("id"))
    return live or list(told.order_by("-sent_at")[:1])


def _yes(offre: Offre, now: datetime) -> str:
    try:
        rdv = waitlist_answer.accept(offre=offre, author=_author(offre), now=now)
    except DomainError as refusal:
        return refusal.message
    local = rdv.starts_at.astimezone(rdv.motif.departement.zone)
    return f"C'est noté : rendez-vous {french.day_hour(local)}, {rdv.site.name}. Vous recevez la confirmation."


def _no(offre: Offre, now: datetime) -> str:
    try:
        waitlist_answer.refuse(offre=offre, author=_author(offre), now=now)
    except DomainError as refusal:
        return refusal.message
    return "C'est noté. Vous gardez votre rang sur la liste d'attente."


def _stop(phone: str, now: datetime) -> str:
    people = list(Usager.objects.standing().filter(phone=phone))
    waiting = Inscription.objects.open().whole()
    told = waiting.filter(responsable__in=people) | waiting.filter(responsable__isnull=True, usager__in=people)
    for inscription in told.order_by("id"):
        author = Author("usager", inscription.person_told.pk, "Usager")
        waitlist_answer.stop(inscription=inscription, author=author, now=now, reason="sms")
    return "C'est noté : nous ne vous proposons plus de place."


def _author(offre: Offre) -> Author:
    return Author("usager", offre.inscription.person_told.pk, "Usager")
