"""The console's last gestures: confirm, and undo what was just booked.

Room: views. Each answers with the address of the new state, or in place with what was refused (409) or lacks (422).
"""

from dataclasses import replace

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_http_methods

from agents.models import Role
from agents.views.guards import AgentRequest
from rdv.access import rdv_for_writing
from rdv.core import clock
from rdv.core.errors import DomainError
from rdv.forms.console import ConfirmForm
from rdv.forms.console_state import HERE, read_state
from rdv.models import Option, Origin, Rdv
from rdv.services.arrivals import mark_arrived
from rdv.services.booking import Booking
from rdv.services.calls_again import open_again, settle_booked_again
from rdv.services.console_holds import participation_in
from rdv.services.console_people import Caller, gets_email, gets_sms
from rdv.services.errors import CreneauUnavailable, OptionExpired, UsagerBusy, WorkshopFull
from rdv.services.family import MOST, NotTogether, Wanted, book_family, taken_together, undo_together
from rdv.views.console.confirming import also_of, confirm_form, drop_draft, recipients_of, undo_until
from rdv.views.console.holding import LOST, keep_typed_note
from rdv.views.console.screen import Screen, console_post, console_roles, read_screen
from rdv.views.console.showing import go_to, refused, show
from usagers.models import Usager

CHOOSE_A_PERSON = "Choisissez la personne avant de confirmer."
UNDONE = "La prise est défaite. L’heure est de nouveau libre."
TOO_LATE_TO_UNDO = "Les 2 minutes sont passées. Annulez depuis la page du rendez-vous."
UNDO_REASON = "Défait juste après la prise"


@require_http_methods(["GET", "HEAD", "POST"])
@console_roles
@console_post
def confirm(request: AgentRequest) -> HttpResponse:
    """The hold becomes an Rdv. Sent twice, it is the same one."""
    state = read_state(request.POST)
    keep_typed_note(request, state)
    screen = read_screen(request, state)
    option = screen.option
    if option is None:
        return refused(request, state.with_changes(option=None), OptionExpired(LOST))
    if screen.caller is None or screen.person is None:
        return show(request, screen, status=422, missing=CHOOSE_A_PERSON)
    form = _form(request, screen, option, asks_overlap=_asks(request))
    if not form.is_valid():
        return show(request, screen, status=422, form=form)
    booking = _booking(request, screen, option.site_id, form)
    others, author = _others(request, screen, option, form), request.scope.author(option.site_id)
    try:
        rdv = book_family(
            token=option.token,
            booking=booking,
            others=others,
            author=author,
            opened_at=option.opened_at,
            now=screen.now,
        )
    except UsagerBusy as error:
        return refused(request, state, error, form=_form(request, screen, option, asks_overlap=True))
    except (CreneauUnavailable, WorkshopFull) as error:
        return refused(request, state.with_changes(option=None), error, wanted_at=option.starts_at)
    except NotTogether as error:  # the hours beside have changed: proposed again
        return refused(request, state, error)
    except DomainError as error:
        return refused(request, state, error, form=form)
    booked = [booking.usager.pk, *(one.booking.usager.pk for one in others)]
    settle_booked_again(screen.now, usager_ids=booked, author=author)
    drop_draft(request)
    note_walk_in(request, rdv, screen)
    return go_to(screen.state.with_changes(option=None, fait=rdv.uuid, etape="", depuis=None, trou=""))


def _others(request: AgentRequest, screen: Screen, option: Option, form: ConfirmForm) -> list[Wanted]:
    """The others of the family that were ticked. Nobody could tick somebody who is not of the family: left out."""
    caller, person = screen.caller, screen.person
    assert caller is not None and person is not None  # noqa: S101, PT018 - asked before
    family = {one.uuid: one for one in caller.others(person)}
    main = _booking(request, screen, option.site_id, form)
    chosen = [(family[uuid], creneau) for uuid, creneau in form.chosen_also if uuid in family]
    return [Wanted(_booking_beside(main, caller, one), creneau) for one, creneau in chosen[:MOST]]


def _booking_beside(main: Booking, caller: Caller, person: Usager) -> Booking:
    """The same visit for another one: their own messages go to whoever answers for them."""
    recipient = recipients_of(caller, person)[0]
    return replace(
        main,
        usager=person,
        responsable=recipient if recipient.pk != person.pk else None,
        wants_sms=main.wants_sms and gets_sms(recipient),
        wants_email=main.wants_email and gets_email(recipient),
    )


def _asks(request: AgentRequest) -> bool:
    return "may_overlap" in request.POST


def _form(request: AgentRequest, screen: Screen, option: Option, *, asks_overlap: bool) -> ConfirmForm:
    """What was typed. `asks_overlap`: with the box that says "two Rdv at one time, knowingly"."""
    assert screen.caller is not None and screen.person is not None  # noqa: S101, PT018 - asked before
    also = also_of(screen, option) if screen.is_held else ()
    return confirm_form(
        screen.caller, screen.person, option.motif, data=request.POST, asks_overlap=asks_overlap, also=also
    )


def _booking(request: AgentRequest, screen: Screen, site_id: int | None, form: ConfirmForm) -> Booking:
    assert screen.caller is not None and screen.person is not None  # noqa: S101, PT018 - asked before
    person, recipient = screen.person, form.chosen_recipient
    data = form.cleaned_data
    address = str(data.get("address", ""))
    latitude, longitude = coordinates(person, address)
    return Booking(
        usager=person,
        responsable=recipient if recipient.pk != person.pk else None,
        origin=origin_of(request, site_id),
        context=str(data["note"]),
        wants_sms=form.wants("sms"),
        wants_email=form.wants("email"),
        address=address,
        latitude=latitude,
        longitude=longitude,
        may_overlap=bool(data.get("may_overlap", False)),
    )


def coordinates(person: Usager, address: str) -> tuple[float | None, float | None]:
    """Those of the file, only while the visit goes where the file says."""
    if not address or not person.address or person.address not in address:
        return None, None
    return person.latitude, person.longitude


def origin_of(request: AgentRequest, site_id: int | None) -> Origin:
    if request.POST.get("venue") == HERE:
        return Origin.DESK
    is_desk = site_id is not None and request.scope.roles.get(site_id) == Role.SECRETAIRE
    return Origin.PHONE if is_desk else Origin.AGENT


def note_walk_in(request: AgentRequest, rdv: Rdv, screen: Screen) -> None:
    """Whoever stands at the desk and is received today is in the waiting room at once. Noted twice, it is once."""
    zone, person = request.departement.zone, screen.person
    is_today = clock.local_date(rdv.starts_at, zone) == clock.local_date(screen.now, zone)
    participation = rdv.participations.live().filter(usager=person).first() if person else None
    if screen.state.venue == HERE and is_today and participation is not None:
        mark_arrived(participation=participation, author=request.scope.author(rdv.site_id), now=screen.now)


@require_http_methods(["GET", "HEAD", "POST"])
@console_roles
@console_post
def undo(request: AgentRequest) -> HttpResponse:
    """Within two minutes, by whoever booked: the hour is free again, and nothing was sent or it is made good."""
    state = read_state(request.POST)
    screen = read_screen(request, state)
    if state.fait is None or screen.person is None:
        raise Http404
    rdv = rdv_for_writing(request.scope, state.fait)
    participation = participation_in(rdv, screen.person.pk)
    if participation is not None:
        if undo_until(participation, request.scope.agent_id, screen.now) is None:
            messages.warning(request, TOO_LATE_TO_UNDO)
            return go_to(state)
        family = screen.caller.others(screen.person) if screen.caller else []
        together, author = [participation, *taken_together(participation, family)], request.scope.author(rdv.site_id)
        for undone in undo_together(together, author=author, now=screen.now, reason=UNDO_REASON):
            open_again(undone, author=author, now=screen.now)
    messages.success(request, UNDONE)
    return go_to(state.with_changes(fait=None))
