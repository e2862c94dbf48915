"""/<departement>/chiffres/: what becomes of the appointments and of the hours that come free. For everybody.

Room: views. Whole days only, up to yesterday evening: the page is the same for all and is kept an hour.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from agents.models import Departement
from rdv.core import clock
from rdv.core.clock import midnight
from rdv.domain import french
from rdv.services.public_figures import FEW, PublicFigures, public_figures, said, share
from rdv.views.public.shared import departement_or_404, public_context

KEPT_SECONDS = 3600
# Days told, by what the address says; the first when it says nothing.
PERIODS = {"3-mois": 91, "1-mois": 30, "1-an": 365}


@dataclass(frozen=True, slots=True)
class Told:
    """One line: what it is, the figure, what it means."""

    label: str
    figure: str
    meaning: str


@require_safe
def figures(request: HttpRequest, departement: str) -> HttpResponse:
    found = departement_or_404(departement)
    asked = request.GET.get("periode", "")
    period = asked if asked in PERIODS else next(iter(PERIODS))
    today = clock.local_date(clock.now(), found.zone)
    first, last = today - timedelta(days=PERIODS[period]), today - timedelta(days=1)
    read = _kept(found, period, first, today)
    context = public_context(found) | {
        "first": first,
        "last": last,
        "period": period,
        "periods": [("1-mois", _("1 mois")), ("3-mois", _("3 mois")), ("1-an", _("1 an"))],
        "freed": _freed(read),
        "appointments": _appointments(read),
        "few": FEW,
    }
    response = render(request, "public/figures.html", context)
    patch_cache_control(response, public=True, max_age=KEPT_SECONDS)
    return response


def _kept(departement: Departement, period: str, first: date, today: date) -> PublicFigures:
    """Asked of the database once an hour, however many look."""
    key = f"public-figures:{departement.code}:{period}:{today}"
    found: PublicFigures | None = cache.get(key)
    if found is None:
        since, until = (midnight(day, departement.zone) for day in (first, today))
        found = public_figures(departement, since=since, until=until)
        cache.set(key, found, KEPT_SECONDS)
    return found


def _freed(read: PublicFigures) -> list[Told]:
    total = read.list
    won = share(total.refilled, total.freed)
    lines = [
        Told(
            _("Heures libérées"),
            said(total.freed),
            _("Un rendez-vous est annulé ou déplacé, ou un professionnel ouvre une heure de plus."),
        ),
        Told(
            _("Heures proposées"), said(total.offered), _("À une personne de la liste d’attente, avant tout le monde.")
        ),
        Told(
            _("Heures reprises"),
            said(total.refilled),
            _("%(share)s\u00a0%% des heures libérées ont servi à une personne qui attendait.") % {"share": won}
            if won is not None
            else _("Par une personne qui attendait."),
        ),
    ]
    if total.refilled >= FEW and total.fill is not None:
        rescued = french.duration(timedelta(hours=round(total.minutes / 60)))
        lines += [
            Told(_("Temps sauvé"), rescued, _("Du temps de professionnel qui aurait été perdu.")),
            Told(
                _("Temps pour trouver quelqu’un"),
                french.duration(total.fill),
                _("Une fois sur deux, c’est plus court."),
            ),
        ]
    return [
        *lines,
        Told(
            _("Personnes qui attendent aujourd’hui"),
            said(read.waiting),
            _("Pour une place, ou pour une place plus tôt."),
        ),
    ]


def _appointments(read: PublicFigures) -> list[Told]:
    rdv = read.rdv
    lines = [Told(_("Rendez-vous"), said(rdv.booked), _("Prévus dans cette période, dans tout le département."))]
    rates = (
        (_("Heures perdues"), share(rdv.lost, rdv.hours), _("Personne n’est venu, et personne n’a pris la place.")),
        (_("Absences"), share(rdv.noshow, rdv.told), _("La personne n’est pas venue et n’a pas prévenu.")),
        (
            _("Pris en ligne"),
            share(rdv.online, rdv.booked),
            _("Les autres\u00a0: au téléphone, à l’accueil, avec un professionnel."),
        ),
    )
    lines += [Told(label, f"{rate}\u00a0%", meaning) for label, rate, meaning in rates if rate is not None]
    if rdv.booked >= FEW and rdv.delay is not None:
        days = timedelta(days=max(1, round(rdv.delay / timedelta(days=1))))
        lines.append(
            Told(
                _("Délai"),
                french.duration(days),
                _("Entre la demande et le rendez-vous. Une fois sur deux, c’est plus court."),
            )
        )
    return lines
