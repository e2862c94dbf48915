"""A new person, or a proche, while the caller waits: made inside the console, likely files shown before.

Room: views. Writes through usagers.services. A file is made only when those that look like it were on the screen.
"""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from agents.views.guards import AgentRequest
from rdv.core.errors import DomainError
from rdv.forms.console import ProcheForm, read_uuids
from rdv.forms.console_state import NEW_PERSON, NEW_PROCHE, read_state
from rdv.views.console.reasons import usual_caller
from rdv.views.console.screen import Screen, console_post, console_roles, read_light, read_screen
from rdv.views.console.showing import go_to, new_person_form, refused, show
from usagers.forms.usager import UsagerForm
from usagers.services.duplicates import Likeness, find_duplicates
from usagers.services.files import create_usager_once
from usagers.services.links import add_proche


@require_http_methods(["GET", "HEAD", "POST"])
@console_roles
@console_post
def new_person(request: AgentRequest) -> HttpResponse:
    state = read_state(request.POST).with_changes(etape=NEW_PERSON)
    if request.htmx.target == "verification":
        return _checked(request, read_light(request, state))
    screen = read_screen(request, state.with_changes(usager=None, pour=None))
    form = new_person_form(request, screen, data=request.POST)
    if not form.is_valid():
        return show(request, screen, status=422, person_form=form, likely=_likely(request, form))
    likely = _likely(request, form)
    seen = read_uuids(request.POST.getlist("vues"))
    if any(one.usager.uuid not in seen for one in likely):
        return show(request, screen, person_form=form, likely=likely, has_new_likely=True)
    usager = create_usager_once(
        departement=request.departement, author=request.scope.author(), now=screen.now, **form.usager_fields()
    )
    return go_to(screen.state.with_changes(usager=usager.uuid, pour=None, etape=""))


def _checked(request: AgentRequest, screen: Screen) -> HttpResponse:
    """While the form is filled: how the date was understood, and the files that look like it. Nothing is written."""
    form = new_person_form(request, screen, data=request.POST)
    form.is_valid()
    context = {
        "departement": request.departement,
        "today": screen.today,
        "state": screen.state,
        "person_form": form,
        "likely": _likely(request, form),
        "is_typing": True,
    }
    return render(request, "rdv/console/_verification.html", context)


def _likely(request: AgentRequest, form: UsagerForm) -> list[Likeness]:
    """From the boxes that could be read."""
    data = form.cleaned_data
    phone = data.get("phone")
    return find_duplicates(
        departement=request.departement,
        last_name=data.get("last_name", ""),
        first_name=data.get("first_name", ""),
        birth_date=data.get("birth_date"),
        phone=phone.e164 if phone else "",
        email=data.get("email", ""),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@console_roles
@console_post
@usual_caller
def new_proche(request: AgentRequest) -> HttpResponse:
    """A child or an adult helped: asked twice, one link and one file (usagers.services.links)."""
    state = read_state(request.POST).with_changes(etape=NEW_PROCHE)
    screen = read_screen(request, state)
    if screen.caller is None:
        raise Http404
    responsable = screen.caller.usager
    form = ProcheForm(request.POST, responsable=responsable, today=screen.today)
    if not form.is_valid():
        return show(request, screen, status=422, proche_form=form)
    data = form.cleaned_data
    try:
        link = add_proche(
            responsable=responsable,
            kind=data["kind"],
            has_authority=data["has_authority"],
            gets_messages=data["gets_messages"],
            author=request.scope.author(),
            now=screen.now,
            first_name=data["first_name"],
            last_name=data["last_name"],
            birth_date=data["birth_date"],
        )
    except DomainError as error:
        return refused(request, state, error, proche_form=form)
    return go_to(screen.state.with_changes(pour=link.person.uuid, etape=""))
