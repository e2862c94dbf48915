"""What the pages of the waiting list share: their links, the door of a link, the wishes in words."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Protocol, TypeVar

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from agents.models import Site
from rdv.access import LinkExpired
from rdv.core import clock
from rdv.core.languages import french_name
from rdv.core.links import make_token
from rdv.domain import french
from rdv.forms.wait_moments import HALVES, notice_words
from rdv.models import Inscription, Modality, Motif, Offre
from rdv.views.public import words
from rdv.views.public.shared import GONE, show

Subject = TypeVar("Subject")
Opened_co = TypeVar("Opened_co", covariant=True)


class Door(Protocol[Opened_co]):
    def __call__(self, token: str, *, now: datetime) -> Opened_co: ...


def opened_by(
    door: Door[Subject],
) -> Callable[[Callable[[HttpRequest, Subject, datetime], HttpResponse]], Callable[..., HttpResponse]]:
    """Opens a link of the waiting list, or shows the page that says why not. Nobody indexes these pages."""

    def decorate(view: Callable[[HttpRequest, Subject, datetime], HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def opened(request: HttpRequest, /, token: str) -> HttpResponse:
            now = clock.now()
            try:
                subject = door(token, now=now)
            except LinkExpired as error:
                response = show(request, "public/wait_expired.html", error.departement, status=GONE)
            else:
                response = view(request, subject, now)
            response["X-Robots-Tag"] = "noindex, nofollow"
            return response

        return opened

    return decorate


def waiting_link(inscription: Inscription, name: str = "rdv:public_waiting") -> str:
    return reverse(name, args=[make_token("attente", inscription.link_subject)])


def offre_link(offre: Offre) -> str:
    return reverse("rdv:public_offre", args=[make_token("offre", str(offre.uuid))])


def wishes_told(inscription: Inscription, sites: list[Site], others: list[Motif]) -> list[tuple[str, str]]:
    """(icon, sentence) for the page of one's place. Nothing that names the person, nor their address: the commune that
    they typed at most. `others`: motifs that would do as well."""
    told = [("document", line) for line in _others(inscription, others)]
    told += [("place", _where(inscription, sites))] if inscription.motif.modality == Modality.PUBLIC_OFFICE else []
    if inscription.atelier_id is None:
        told.append(("calendar", half_days_told(inscription.half_days)))
    told += [("calendar", line) for line in _dates(inscription)]
    if inscription.agent is not None and not words.is_discreet(inscription.motif):
        told.append(("person", words.capital(words.with_whom([inscription.agent]))))
    if inscription.referent_only:
        told.append(("person", _("Avec la personne qui vous suit")))
    if inscription.language:
        told.append(("language", _("En %(language)s") % {"language": french_name(inscription.language)}))
    told.append(("clock", _("Prévenir au plus tard\u00a0: %(notice)s") % {"notice": notice_of(inscription)}))
    if inscription.auto_accept:
        told.append(("check", _("Inscription automatique si une place se libère")))
    return told


def _others(inscription: Inscription, others: list[Motif]) -> list[str]:
    """Nothing on the page of a discreet motif, and never the name of one."""
    if words.is_discreet(inscription.motif):
        return []
    return [_("Ou\u00a0: %(motif)s") % {"motif": one.public_label} for one in others if not words.is_discreet(one)]


def notice_of(inscription: Inscription) -> str:
    return notice_words(inscription.shortest_notice_min)


def _where(inscription: Inscription, sites: list[Site]) -> str:
    if sites:
        return french.joined([site.name for site in sites])
    if inscription.radius_km:
        return radius_told(inscription.radius_km, inscription.near_name)
    return _("Dans tous les lieux")


def radius_told(km: int, start: str) -> str:
    """`start`: the commune or the place that was named; "" is the home of the file."""
    if not start:
        return _("À moins de %(km)s\u00a0km de chez vous") % {"km": km}
    return _("À moins de %(km)s\u00a0km (depuis %(place)s)") % {"km": km, "place": start}


def _dates(inscription: Inscription) -> list[str]:
    lines = []
    if inscription.from_day:
        lines.append(_("À partir du %(day)s") % {"day": french.day(inscription.from_day)})
    if inscription.until_day:
        lines.append(_("Jusqu’au %(day)s") % {"day": french.day(inscription.until_day)})
    return lines


def half_days_told(half_days: int) -> str:
    """Tous les jours; lundi, mardi matin et jeudi après-midi."""
    if not half_days:
        return _("Tous les jours")
    parts = []
    for number, day in enumerate(french.WEEKDAYS[: HALVES // 2]):
        both = half_days >> 2 * number & 3
        said = {0: "", 1: f"{day} matin", 2: f"{day} après-midi", 3: day}[both]
        if said:
            parts.append(said)
    return words.capital(french.joined(parts))
