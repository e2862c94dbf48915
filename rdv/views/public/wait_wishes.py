"""The first page of waiting: what would suit. From a page without free times, a full session, or one's own Rdv.

/<departement>/<motif>/attente/?site=&seance=     then who, then the code (wait_join)
/r/<token>/plus-tot/                              the link is enough: it already cancels and moves
"""

import uuid as uuids
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agents.models import Site
from rdv.core import clock
from rdv.core.clock import local_date
from rdv.domain.travel import Point
from rdv.forms.wait import WishesForm, initial_of
from rdv.models import Origin, Participation, Rdv
from rdv.services import public_reading, public_waiting, waitlist_join
from rdv.services.public_times import km_from
from rdv.services.waitlist_desk import languages_spoken
from rdv.services.waitlist_join import AlreadyWaiting, CannotWait, Wish, Wishes, WishImpossible
from rdv.views.public import words
from rdv.views.public.link import back_to, link_view, may_wait, speaker
from rdv.views.public.path import Path, path_of
from rdv.views.public.shared import INCOMPLETE, TAKEN, show
from rdv.views.public.ticket import link_of, ticket
from rdv.views.public.wait_book import Asked, WaitBook
from rdv.views.public.wait_shared import waiting_link

# Nearer than this, a place is ticked in advance when one said where one lives.
NEAR_KM = 15


@require_http_methods(["GET", "HEAD", "POST"])
def wait(request: HttpRequest, departement: str, motif: str) -> HttpResponse:
    now = clock.now()
    path = path_of(request, departement, motif)
    if not path.motif.has_waitlist:
        raise Http404
    if path.is_home_visit and not path.address:
        return redirect(path.url("rdv:public_visit"))
    session = _session_of(request, path, now)
    book = WaitBook(request.session, now)
    before = book.open_for(path.departement.code, path.motif.slug, str(session.uuid) if session else "")
    form = wishes_form(
        request.POST if request.method == "POST" else None,
        path,
        session,
        now,
        site=request.GET.get("site", ""),
        before=before,
    )
    if form.is_bound and form.is_valid():
        asked = book.put(_asked(request, path, session, now, before))
        return redirect("rdv:public_wait_identity", path.departement.slug, asked.key)
    context = {
        "form": form,
        "motif": path.motif,
        "session": session,
        "recap": path.recap(None),
    }
    status = INCOMPLETE if form.is_bound else 200
    return show(request, "public/wait_wishes.html", path.departement, context, status=status)


def _session_of(request: HttpRequest, path: Path, now: datetime) -> Rdv | None:
    """The session of a workshop, when one is named."""
    key = request.GET.get("seance", "")
    if not key:
        return None
    session = public_reading.session_for_public(path.motif, key)
    if session is None or session.starts_at <= now or not path.motif.is_collective:
        raise Http404
    return session


def wishes_form(
    data: QueryDict | None, path: Path, session: Rdv | None, now: datetime, *, site: str, before: Asked | None
) -> WishesForm:
    """Empty, as it was typed before, or as it is sent."""
    sites = [(site, words.distance(km_from(path.point, site))) for site in path.sites]
    form = WishesForm(
        data,
        motif=path.motif,
        sites=sites,
        today=local_date(now, path.departement.zone),
        is_for_session=session is not None,
        languages=languages_spoken(path.motif, now=now),
    )
    if data is None:
        form.initial = (
            _typed_before(before) if before else initial_of(_first_wishes(path, site), path.sites, path.motif)
        )
    return form


def _typed_before(asked: Asked) -> dict[str, Any]:
    many = ("sites", "half_days")
    return {name: values if name in many else values[-1] for name, values in asked.wishes.items() if values}


def _first_wishes(path: Path, slug: str) -> Wishes:
    """The places near where one lives, or near the one that was full; else all of them."""
    chosen = next((site for site in path.sites if site.slug == slug), None)
    point = path.point or (_point_of(chosen) if chosen else None)
    near = [site for site in path.sites if (km := km_from(point, site)) is not None and km <= NEAR_KM]
    return Wishes(sites=[site for site in path.sites if site in near or site == chosen])


def _point_of(site: Site) -> Point | None:
    return None if site.latitude is None or site.longitude is None else Point(site.latitude, site.longitude)


def _asked(request: HttpRequest, path: Path, session: Rdv | None, now: datetime, before: Asked | None) -> Asked:
    typed = {name: request.POST.getlist(name)[:50] for name in WishesForm.base_fields if name in request.POST}
    return Asked(
        key=before.key if before else str(uuids.uuid4()),
        departement=path.departement.code,
        motif=path.motif.slug,
        asked_at=now.isoformat(),
        wishes=typed,
        query=request.GET.urlencode()[:300],
        atelier=str(session.uuid) if session else "",
        address=path.address,
        place=(path.visit.lat, path.visit.lon) if path.visit else None,
        identity=before.identity if before else {},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@link_view
def earlier(request: HttpRequest, participation: Participation, now: datetime) -> HttpResponse:
    """Something earlier than one's Rdv, which is kept until a better one is accepted."""
    if not may_wait(participation, now):
        return back_to(participation)
    found = public_waiting.open_inscription(participation.usager_id, participation.rdv.motif)
    if found is not None and found.person_told == (participation.responsable or participation.usager):
        return redirect(waiting_link(found) + "?fait=deja")
    form = _earlier_form(request, participation, now)
    if form.is_bound and form.is_valid():
        return _join_earlier(request, participation, form, now)
    return _earlier_page(request, participation, form)


def _earlier_form(request: HttpRequest, participation: Participation, now: datetime) -> WishesForm:
    motif = participation.rdv.motif
    sites = public_reading.sites_offering(motif)
    wishes = Wishes(sites=[participation.rdv.site])
    return WishesForm(
        request.POST if request.method == "POST" else None,
        motif=motif,
        sites=[(site, "") for site in sites],
        today=local_date(now, motif.departement.zone),
        has_end=False,
        languages=languages_spoken(motif, now=now),
        initial=initial_of(wishes, sites, motif),
    )


def _join_earlier(request: HttpRequest, participation: Participation, form: WishesForm, now: datetime) -> HttpResponse:
    rdv, usager = participation.rdv, participation.usager
    until = local_date(rdv.starts_at, rdv.motif.departement.zone)
    wishes = form.over(Wishes(until_day=until, needs_step_free=usager.needs_step_free))
    wish = Wish(
        usager=usager,
        responsable=participation.responsable,
        motif=rdv.motif,
        wishes=wishes,
        participation=participation,
        origin=Origin.WEB,
    )
    try:
        inscription = waitlist_join.join(wish=wish, author=speaker(participation), now=now)
    except WishImpossible as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return _earlier_page(request, participation, form)
    except (AlreadyWaiting, CannotWait) as error:
        return _refused(request, participation, error.message)
    return redirect(waiting_link(inscription) + "?fait=inscrit")


def _earlier_page(request: HttpRequest, participation: Participation, form: WishesForm) -> HttpResponse:
    context = ticket(participation) | {"form": form, "kept": participation.rdv}
    status = INCOMPLETE if form.is_bound else 200
    return show(request, "public/wait_wishes.html", participation.rdv.motif.departement, context, status=status)


def _refused(request: HttpRequest, participation: Participation, message: str) -> HttpResponse:
    context = {"message": message, "back_url": link_of(participation), "back_label": _("Revenir à mon rendez-vous")}
    return show(request, "public/wait_refused.html", participation.rdv.motif.departement, context, status=TAKEN)
