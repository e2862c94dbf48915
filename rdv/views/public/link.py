"""What the link of a message opens: the appointment without a name, and what one may do. /r/<token>

    see, say "I come", calendar, cancel (2 clicks), bring back within minutes, say "I am late", come with somebody
    moving has pages of its own (link_move), names come after a code (mine)

An unknown link is a 404 in words; one whose appointment is over explains and gives the phone.
"""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeAlias

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rdv.access import LinkExpired, participation_for_link
from rdv.core import clock
from rdv.core.clock import local_date
from rdv.core.journal import Author
from rdv.domain.statuses import Status
from rdv.domain.windows import cancel_deadline, may_still_cancel
from rdv.forms.console_rdv import read_version
from rdv.forms.public_link import CompanionForm, LateForm
from rdv.models import Booker, ConfirmedBy, Motif, Participation
from rdv.services import attendance, cancelling, confirmed, confirming
from rdv.services.calendars import calendar_file
from rdv.services.errors import ChangedMeanwhile, StatusRefused, TooLate, UsagerBusy, WorkshopFull
from rdv.services.proposition_reads import hours_still_held, live_proposition
from rdv.services.public_booking import author_of, set_companion
from rdv.views.public.choice import choice_link
from rdv.views.public.link_said import UNDO_FOR, said_before
from rdv.views.public.shared import GONE, INCOMPLETE, TAKEN, show
from rdv.views.public.ticket import link_of, reminder_on, ticket, token_of

P = ParamSpec("P")
LinkView: TypeAlias = Callable[Concatenate[HttpRequest, Participation, datetime, P], HttpResponse]


def link_view(view: LinkView[P]) -> Callable[..., HttpResponse]:
    """Opens the link: the participation, or the page that says why not. Nobody indexes these pages."""

    @wraps(view)
    def opened(request: HttpRequest, /, token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        now = clock.now()
        try:
            participation = participation_for_link(token, now=now)
        except LinkExpired as error:
            response = show(request, "public/link_expired.html", error.departement, status=GONE)
        else:
            response = view(request, participation, now, *args, **kwargs)
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return opened


@require_safe
@link_view
def link(request: HttpRequest, participation: Participation, now: datetime) -> HttpResponse:
    return link_page(request, participation, now)


def link_page(
    request: HttpRequest,
    participation: Participation,
    now: datetime,
    *,
    notice: str = "",
    status: int = 200,
    is_changed: bool = False,
) -> HttpResponse:
    """`is_changed`: it moved since the page that was answered was shown; nothing was noted."""
    departement = participation.rdv.motif.departement
    context = ticket(participation) | state_of(participation, now) | proposed_instead(participation, now)
    context |= {"version": participation.rdv.schedule_version, "is_changed": is_changed}
    context["notice"] = notice or said_before(request, participation, context, now)
    if context["is_coming"]:
        context["reminder_on"] = reminder_on(participation)
    template = "public/link.html" if context["is_live"] else "public/link_cancelled.html"
    return show(request, template, departement, context, status=status)


def state_of(participation: Participation, now: datetime) -> dict[str, Any]:
    """What is true of it now, and what may still be done."""
    rdv, motif = participation.rdv, participation.rdv.motif
    zone = motif.departement.zone
    is_live = participation.is_live and rdv.is_live
    is_coming = is_live and rdv.starts_at > now
    may_change = is_coming and may_still_cancel(now, rdv.starts_at, motif.cancel_hours)
    return {
        "today": local_date(now, zone),
        "on": local_date(rdv.starts_at, zone),
        "is_live": is_live,
        "is_coming": is_coming,
        "is_over": is_live and rdv.ends_at <= now,
        "is_today": is_live and rdv.ends_at > now and local_date(rdv.starts_at, zone) == local_date(now, zone),
        "may_cancel": may_change,
        "may_move": may_change and may_move_online(motif),
        "deadline": cancel_deadline(rdv.starts_at, motif.cancel_hours),
        "asks": is_coming and confirmed.may_say(participation, now=now),
        "has_confirmed": is_coming and participation.confirmed_at is not None,
        "by_service": participation.status == Status.REVOKED.value,
        "may_undo": may_undo(participation, now),
        "may_wait": may_wait(participation, now),
        "again_url": reverse("rdv:public_departement", args=[motif.departement.slug]),
    }


def proposed_instead(participation: Participation, now: datetime) -> dict[str, Any]:
    """Other dates that are held for this person now; the choice itself has its own page."""
    found = live_proposition(participation)
    hours = hours_still_held(found, now=now) if found is not None else []
    if found is None or not hours:
        return {}
    return {
        "other_hours": hours,
        "other_until": found.answer_by if found.answer_by > now else None,
        "other_url": choice_link(found),
        "is_off": found.absence_id is not None,
    }


def may_move_online(motif: Motif) -> bool:
    """Free times of what the public does not book are not shown to the public."""
    return motif.who_books == Booker.EVERYONE and not motif.is_collective and not motif.is_archived


def may_wait(participation: Participation, now: datetime) -> bool:
    """Something earlier may still be proposed: the list is open, and there is time left before this Rdv."""
    rdv, motif = participation.rdv, participation.rdv.motif
    is_live = participation.is_live and rdv.is_live
    is_listed = motif.has_waitlist and not motif.is_archived and not motif.is_collective
    return is_live and is_listed and rdv.starts_at - now > motif.waitlist_notice


def may_undo(participation: Participation, now: datetime) -> bool:
    cancelled_at = participation.status_at
    is_fresh = cancelled_at is not None and now - cancelled_at <= UNDO_FOR
    return participation.status == Status.EXCUSED.value and is_fresh and participation.rdv.starts_at > now


def back_to(participation: Participation, done: str = "") -> HttpResponse:
    return redirect(link_of(participation) + (f"?fait={done}" if done else ""))


def speaker(participation: Participation) -> Author:
    """Who acts through the link: the one who gets the messages."""
    return author_of(participation.responsable or participation.usager)


@require_http_methods(["GET", "HEAD", "POST"])
@link_view
def cancel(request: HttpRequest, participation: Participation, now: datetime) -> HttpResponse:
    """Both answers in words; done once, however often it is sent. An appointment moved since the page was shown is not
    the one that was given up: the new date is shown, and the question asked again."""
    state = state_of(participation, now)
    if not state["is_live"]:
        return back_to(participation)
    if not state["may_cancel"]:
        return link_page(request, participation, now, status=TAKEN if request.method == "POST" else 200)
    if request.method == "POST":
        try:
            cancelling.cancel_participation(
                participation=participation,
                by_service=False,
                author=speaker(participation),
                now=now,
                expected_version=read_version(request.POST),
            )
        except TooLate:
            return link_page(request, participation, now, status=TAKEN)
        except ChangedMeanwhile:
            return _cancel_page(request, participation_for_link(token_of(participation), now=now), now, is_changed=True)
        return back_to(participation)
    return _cancel_page(request, participation, now)


def _cancel_page(
    request: HttpRequest, participation: Participation, now: datetime, *, is_changed: bool = False
) -> HttpResponse:
    state = state_of(participation, now)
    if not state["may_cancel"]:  # moved to tomorrow, it is too late to say no here
        return link_page(request, participation, now, status=TAKEN)
    context = ticket(participation) | state | {"version": participation.rdv.schedule_version, "is_changed": is_changed}
    status = TAKEN if is_changed else 200
    return show(request, "public/cancel.html", participation.rdv.motif.departement, context, status=status)


@require_POST
@link_view
def coming(request: HttpRequest, participation: Participation, now: datetime) -> HttpResponse:
    """ "Oui, je viens": one press, for the hour that the page showed. Cancelled meanwhile, or begun: the page says
    where it stands; moved, it shows the new hour."""
    try:
        confirming.confirm(
            participation=participation,
            by=ConfirmedBy.LINK,
            author=speaker(participation),
            now=now,
            expected_version=read_version(request.POST),
        )
    except (StatusRefused, TooLate):
        return back_to(participation)
    except ChangedMeanwhile:
        fresh = participation_for_link(token_of(participation), now=now)
        return link_page(request, fresh, now, status=TAKEN, is_changed=True)
    return back_to(participation, "vient")


@require_POST
@link_view
def restore(request: HttpRequest, participation: Participation, now: datetime) -> HttpResponse:
    """ "C’était une erreur": within minutes, if the hour is still free."""
    if participation.is_live and participation.rdv.is_live:
        return back_to(participation)
    if not may_undo(participation, now):
        return link_page(request, participation, now, status=TAKEN)
    try:
        cancelling.restore_participation(participation=participation, author=speaker(participation), now=now)
    except (StatusRefused, UsagerBusy, WorkshopFull) as error:
        return link_page(request, participation, now, notice=error.message, status=TAKEN)
    return back_to(participation, "repris")


@require_http_methods(["GET", "HEAD", "POST"])
@link_view
def late(request: HttpRequest, participation: Participation, now: datetime) -> HttpResponse:
    state = state_of(participation, now)
    if not state["is_today"]:
        return back_to(participation)
    form = LateForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            attendance.say_late(
                participation=participation,
                minutes=form.cleaned_data["minutes"],
                author=speaker(participation),
                now=now,
            )
        except TooLate:
            return back_to(participation)
        return back_to(participation, "retard")
    context = ticket(participation) | state | {"form": form}
    status = INCOMPLETE if form.is_bound else 200
    return show(request, "public/late.html", participation.rdv.motif.departement, context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@link_view
def companion(request: HttpRequest, participation: Participation, now: datetime) -> HttpResponse:
    """Who comes along. What was written before is not shown: the link alone shows no name."""
    state = state_of(participation, now)
    if not state["is_coming"]:
        return back_to(participation)
    form = CompanionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        set_companion(participation, form.cleaned_data["companion"], now=now)
        return back_to(participation, "accompagnement")
    context = ticket(participation) | state | {"form": form}
    status = INCOMPLETE if form.is_bound else 200
    return show(request, "public/companion.html", participation.rdv.motif.departement, context, status=status)


@require_safe
@link_view
def calendar(request: HttpRequest, participation: Participation, now: datetime) -> HttpResponse:
    response = HttpResponse(calendar_file(participation, now=now), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="rendez-vous.ics"'
    return response
