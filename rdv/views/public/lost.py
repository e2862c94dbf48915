"""A time that is no longer held: taken again when it is free, else its neighbours. What was typed is kept."""

import uuid as uuids
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from agents.models import Departement, Site
from rdv.core import clock
from rdv.core.clock import local_date
from rdv.core.errors import DomainError
from rdv.models import Motif
from rdv.services import public_reading
from rdv.services.errors import CreneauUnavailable, NotBookable, WorkshopFull
from rdv.services.public_limits import TooManyHolds
from rdv.services.public_times import Search, nearest_to
from rdv.views.public import holds
from rdv.views.public.holds import Hold, HoldBook, Wanted
from rdv.views.public.shared import GONE, TAKEN, departement_or_404, motif_or_404, show, too_many
from rdv.views.public.times import Choice, read_choice, write_choice

OTHERS_SHOWN = 3


def take_again(request: HttpRequest, departement: Departement, hold: Hold, now: datetime) -> Hold | HttpResponse:
    """The hold died while the person was typing: hold the same time again if nobody took it, else say so."""
    try:
        return holds.take(request, wanted_again(departement, hold), now=now, after=hold)
    except TooManyHolds as error:
        return too_many(request, departement, error, error.retry_minutes)
    except (CreneauUnavailable, NotBookable, WorkshopFull) as error:
        return lost(request, departement, hold, now=now, error=error)


def wanted_again(departement: Departement, hold: Hold) -> Wanted:
    motif = motif_or_404(departement, hold.motif)
    if hold.atelier:
        atelier = public_reading.session_for_public(motif, hold.atelier)
        if atelier is None:
            raise NotBookable
        return Wanted(motif, atelier.site, atelier.starts_at, hold.opened(), lieu=hold.lieu, atelier=atelier)
    site = next((one for one in public_reading.sites_offering(motif) if one.slug == hold.site), None)
    if site is None:
        raise NotBookable
    return Wanted(motif, site, hold.started(), hold.opened(), lieu=hold.lieu, address=hold.address, place=hold.point)


def times_url(departement: Departement, hold: Hold) -> str:
    """Back to the times of the same place."""
    if hold.address:
        base = reverse("rdv:public_all_times", args=[departement.slug, hold.motif])
    else:
        base = reverse("rdv:public_times", args=[departement.slug, hold.motif, hold.site])
    day = local_date(hold.started(), departement.zone)
    query = {key: value for key, value in (("lieu", hold.lieu), ("du", day.isoformat())) if value}
    return f"{base}?{urlencode(query)}"


def lost(
    request: HttpRequest, departement: Departement, hold: Hold, *, now: datetime, error: DomainError | None = None
) -> HttpResponse:
    """The time is no longer held. Says so, keeps what was typed, offers it again if it is free, and its neighbours."""
    motif = motif_or_404(departement, hold.motif)
    sites = public_reading.sites_offering(motif)
    site = next((one for one in sites if one.slug == hold.site), None)
    choices: list[Choice] = []
    if site is not None and not hold.atelier:
        search = Search(motif, (site,), now, place=hold.point)
        choices = [Choice(at, write_choice(at, site)) for at in nearest_to(search, hold.started(), OTHERS_SHOWN)]
    same = next((choice for choice in choices if choice.at == hold.started()), None)
    context = {
        "hold": hold,
        "error": error,
        "started": hold.started(),
        "same": same,
        "others": [choice for choice in choices if choice != same],
        "url": reverse("rdv:public_take_again", args=[departement.slug, hold.token]),
        "times_url": times_url(departement, hold),
        "is_workshop": bool(hold.atelier),
    }
    return show(request, "public/lost.html", departement, context, status=TAKEN if error else GONE)


@require_POST
def retake(request: HttpRequest, departement: str, token: uuids.UUID) -> HttpResponse:
    """Another time, or the same again, from the page above."""
    now = clock.now()
    found = departement_or_404(departement)
    hold = HoldBook(request.session, now).get(token, found.code)
    if holds.is_booked(hold, holds.option_of(hold)):
        return redirect("rdv:public_done", found.slug, hold.token)
    motif = motif_or_404(found, hold.motif)
    if hold.atelier:
        taken = take_again(request, found, hold, now)
    else:
        starts_at, site = read_choice(request.POST.get("creneau", ""), public_reading.sites_offering(motif))
        taken = _take(request, found, hold, motif, starts_at, site, now)
    if isinstance(taken, HttpResponse):
        return taken
    return redirect("rdv:public_identity", found.slug, taken.token)


def _take(
    request: HttpRequest,
    departement: Departement,
    hold: Hold,
    motif: Motif,
    starts_at: datetime,
    site: Site,
    now: datetime,
) -> Hold | HttpResponse:
    wanted = Wanted(motif, site, starts_at, now, lieu=hold.lieu, address=hold.address, place=hold.point)
    try:
        return holds.take(request, wanted, now=now, after=hold)
    except TooManyHolds as error:
        return too_many(request, departement, error, error.retry_minutes)
    except (CreneauUnavailable, NotBookable) as error:
        return lost(request, departement, hold, now=now, error=error)
