"""Placing an Rdv knowingly over taken or closed time ("Placer quand même"): the form twin of a drop on the agenda.

Room: views. Agents only; not blocking, journalled with its reason, red in the agenda (engine.md, "Booking").
"""

from datetime import UTC, datetime

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_http_methods

from agents.views.guards import AgentRequest
from rdv.core.errors import DomainError
from rdv.forms.console import OverbookForm
from rdv.forms.console_state import OVERBOOK, read_state
from rdv.models import Motif, Rdv
from rdv.services.booking import Booking, overbook
from rdv.services.calls_again import settle_booked_again
from rdv.services.console_holds import just_placed
from rdv.services.console_people import gets_email, gets_sms
from rdv.views.console.booking import coordinates, note_walk_in, origin_of
from rdv.views.console.confirming import drop_draft, recipients_of
from rdv.views.console.screen import Screen, console_post, console_roles, read_screen
from rdv.views.console.showing import go_to, overbook_form, refused, show


@require_http_methods(["GET", "HEAD", "POST"])
@console_roles
@console_post
def place(request: AgentRequest) -> HttpResponse:
    state = read_state(request.POST).with_changes(etape=OVERBOOK)
    screen = read_screen(request, state)
    motif = screen.motif
    if motif is None or motif.is_collective or screen.person is None:
        raise Http404
    form = overbook_form(screen, motif, data=request.POST)
    if not form.is_valid():
        return show(request, screen, status=422, overbook_form=form)
    try:
        rdv = _placed(request, screen, motif, form)
    except DomainError as error:
        return refused(request, state, error, overbook_form=form)
    settle_booked_again(screen.now, usager_ids=[screen.person.pk], author=request.scope.author(rdv.site_id))
    drop_draft(request)
    note_walk_in(request, rdv, screen)
    return go_to(state.with_changes(option=None, fait=rdv.uuid, etape="", depuis=None, trou=""))


def _placed(request: AgentRequest, screen: Screen, motif: Motif, form: OverbookForm) -> Rdv:
    person, caller = screen.person, screen.caller
    assert person is not None and caller is not None  # noqa: S101, PT018 - asked before
    # A wall-clock time of the département: the hour that the change of clocks repeats means its first passage.
    local = datetime.combine(form.cleaned_data["day"], form.cleaned_data["hour"], tzinfo=request.departement.zone)
    starts_at = local.astimezone(UTC)
    again = just_placed(request.scope, motif, person, starts_at)
    if again is not None:
        return again
    site = next(one for one in screen.motif_sites or [] if one.pk == form.site_id)
    recipient = recipients_of(caller, person)[0]
    address = str(form.cleaned_data.get("address", ""))
    latitude, longitude = coordinates(person, address)
    return overbook(
        motif=motif,
        site=site,
        agent_ids=form.agent_ids,
        starts_at=starts_at,
        booking=Booking(
            usager=person,
            responsable=recipient if recipient.pk != person.pk else None,
            origin=origin_of(request, site.pk),
            context=form.cleaned_data["note"],
            wants_sms=gets_sms(recipient),
            wants_email=gets_email(recipient),
            address=address,
            latitude=latitude,
            longitude=longitude,
        ),
        reason=form.cleaned_data["reason"],
        author=request.scope.author(site.pk),
        now=screen.now,
    )
