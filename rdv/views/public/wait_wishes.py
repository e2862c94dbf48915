"""The first page of waiting: what would suit. From a page without free times, a full session, or one's own Rdv.

/<departement>/<motif>/attente/?site=&seance=     then who, then the code (wait_join)
/r/<token>/plus-tot/                              the link is enough: it already cancels and moves
"""

import uuid as uuids
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from rdv.core import clock
from rdv.core.clock import local_date
from rdv.forms.wait import WishesForm
from rdv.models import Origin, Participation, Rdv
from rdv.services import public_reading, public_waiting, waitlist_join
from rdv.services.waitlist_join import AlreadyWaiting, CannotWait, Wish, Wishes, WishImpossible
from rdv.views.public.link import back_to, link_view, may_wait, speaker
from rdv.views.public.path import Path, path_of
from rdv.views.public.shared import INCOMPLETE, TAKEN, show
from rdv.views.public.ticket import link_of, ticket
from rdv.views.public.wait_book import Asked, WaitBook
from rdv.views.public.wait_forms import earlier_form, join_form, join_places
from rdv.views.public.wait_shared import waiting_link


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
    form = join_form(
        request.POST if request.method == "POST" else None,
        motif=path.motif,
        places=join_places(path.sites, here=request.GET.get("site", ""), around=path.around),
        now=now,
        is_for_session=session is not None,
        before=before.typed if before else None,
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
    form = earlier_form(request.POST if request.method == "POST" else None, participation, now)
    if form.is_bound and form.is_valid():
        return _join_earlier(request, participation, form, now)
    return _earlier_page(request, participation, form)


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
