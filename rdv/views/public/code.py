"""The code, then the booking. The one page that turns a held time into an Rdv.

right code -> file of the person (and of the child) -> book_option(token) -> confirmation
the same page sent twice, reloaded or reached by "back" leads to the same single Rdv: the token is the key
"""

import uuid as uuids
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from agents.models import Departement
from rdv.core import clock
from rdv.core.clock import local_date
from rdv.core.errors import DomainError
from rdv.core.links import make_token
from rdv.forms.public_link import PublicCodeForm
from rdv.models import Option, Participation
from rdv.services import holding, public_reading
from rdv.services.errors import (
    AlreadyRegistered,
    CreneauUnavailable,
    NotBookable,
    OptionExpired,
    UsagerBusy,
    WorkshopFull,
)
from rdv.services.public_booking import Identity, People, book_for, people_of
from rdv.views.public import holds
from rdv.views.public.holds import Hold, HoldBook
from rdv.views.public.identity import MORE_TIME, clock_context, give_more_time, purpose_of, recap, send_code_of
from rdv.views.public.lost import lost, take_again, times_url
from rdv.views.public.shared import INCOMPLETE, TAKEN, TOO_MANY, departement_or_404, show
from usagers.forms import IdentityForm
from usagers.phones import mask_email, mask_phone
from usagers.services import codes


@dataclass(frozen=True, slots=True)
class Case:
    """One request about one hold whose identity was typed."""

    request: HttpRequest
    departement: Departement
    hold: Hold
    option: Option | None
    form: IdentityForm
    now: datetime

    @property
    def book(self) -> HoldBook:
        return HoldBook(self.request.session, self.now)

    @property
    def address(self) -> str:
        return self.form.address if self.hold.channel == self.form.channel else str(self.form.cleaned_data["email"])

    @property
    def masked(self) -> str:
        return mask_phone(self.address) if self.hold.channel == "sms" else mask_email(self.address)


def case_of(request: HttpRequest, departement: str, token: uuids.UUID) -> Case | HttpResponse:
    """The hold with what was typed; else the page where one should be."""
    now = clock.now()
    found = departement_or_404(departement)
    hold = HoldBook(request.session, now).get(token, found.code)
    option = holds.option_of(hold)
    if holds.is_booked(hold, option):
        return redirect("rdv:public_done", found.slug, hold.token)
    form = IdentityForm(hold.identity, departement=found, today=local_date(now, found.zone))
    if not hold.code or not form.is_valid():
        return redirect("rdv:public_identity", found.slug, hold.token)
    return Case(request, found, hold, option, form, now)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest, departement: str, token: uuids.UUID) -> HttpResponse:
    case = case_of(request, departement, token)
    if isinstance(case, HttpResponse):
        return case
    if request.method != "POST":
        if not holds.is_alive(case.option, case.now):
            return lost(request, case.departement, case.hold, now=case.now)
        return _page(case, PublicCodeForm())
    if MORE_TIME in request.POST:
        give_more_time(case.option, case.now)
        return redirect("rdv:public_code", case.departement.slug, case.hold.token)
    return _receive(case)


def _receive(case: Case) -> HttpResponse:
    form = PublicCodeForm(case.request.POST)
    if not form.is_valid():
        return _page(case, form, status=INCOMPLETE)
    try:
        _use(case, form.cleaned_data["code"])
    except (codes.WrongCode, codes.CodeExpired, codes.TooManyCodes) as error:
        return _refused(case, form, error)
    return _book(case)


def _use(case: Case, typed: str) -> None:
    """Raises WrongCode, CodeExpired, TooManyCodes. A code sent to an address changed since proves nothing."""
    purpose = purpose_of(case.hold)
    sent = public_reading.last_code(purpose)
    if sent is None:
        raise codes.CodeExpired
    used = codes.check_code(uuid=sent.uuid, code=typed, purpose=purpose, now=case.now)
    channel: Any = case.hold.channel
    if not codes.proves(used, channel=channel, address=case.address):
        raise codes.CodeExpired


def _refused(case: Case, form: PublicCodeForm, error: DomainError) -> HttpResponse:
    """A second press finds its code used by the first one: the Rdv is there."""
    if holds.is_booked(case.hold, holds.option_of(case.hold)):
        return redirect("rdv:public_done", case.departement.slug, case.hold.token)
    form.add_error("code", error.message)
    return _page(case, form, status=TOO_MANY if isinstance(error, codes.TooManyCodes) else INCOMPLETE)


def _book(case: Case) -> HttpResponse:
    people = people_of(_identity(case), departement=case.departement, now=case.now)
    hold = case.hold
    try:
        try:
            participation = _book_hold(people, hold, case.now)
        except OptionExpired:  # swept meanwhile: the hour may still be free
            again = take_again(case.request, case.departement, hold, case.now)
            if isinstance(again, HttpResponse):
                return again
            hold = again
            participation = _book_hold(people, hold, case.now)
    except (UsagerBusy, AlreadyRegistered) as error:
        return _busy(case, hold, people, error)
    except (CreneauUnavailable, WorkshopFull, NotBookable, OptionExpired) as error:
        return lost(case.request, case.departement, hold, now=case.now, error=error)
    case.book.update(hold, participation=str(participation.uuid), sent_to=case.masked, identity={}, address="")
    return redirect("rdv:public_done", case.departement.slug, hold.token)


def _book_hold(people: People, hold: Hold, now: datetime) -> Participation:
    return book_for(people, token=UUID(hold.token), now=now, address=hold.address, place=hold.point)


def _identity(case: Case) -> Identity:
    channel: Any = case.hold.channel
    person = case.form.person_fields()
    return Identity(
        channel=channel,
        address=case.address,
        usager=case.form.usager_fields(),
        person=person,
        proche_kind=case.form.proche_kind if person else "",
    )


def _busy(case: Case, hold: Hold, people: People, error: DomainError) -> HttpResponse:
    """The person has another Rdv then. It is shown to them: their code was right."""
    option = holds.option_of(hold)
    other = None
    if option is not None:
        responsable = people.responsable
        other = public_reading.in_the_way(
            option, person_id=people.person.pk, responsable_id=responsable.pk if responsable else None
        )
        holding.release_option(option=option, now=case.now)
    case.book.drop(hold)
    context = {
        "error": error,
        "other": other,
        "other_url": reverse("rdv:public_link", args=[make_token("rdv", other.link_subject)]) if other else "",
        "times_url": times_url(case.departement, hold),
    }
    return show(case.request, "public/busy.html", case.departement, context, status=TAKEN)


def _page(case: Case, form: PublicCodeForm, *, status: int = 200) -> HttpResponse:
    if case.option is None:
        return lost(case.request, case.departement, case.hold, now=case.now)
    other = _other_channel(case)
    context = clock_context(case.option, case.now) | {
        "form": form,
        "recap": recap(case.departement, case.hold, case.option, is_changeable=False)[:2],
        "is_sms": case.hold.channel == "sms",
        "masked": case.masked,
        "other_channel": other,
        "has_email": bool(case.form.cleaned_data["email"]),
        "send_url": reverse("rdv:public_send_code", args=[case.departement.slug, case.hold.token]),
        "identity_url": reverse("rdv:public_identity", args=[case.departement.slug, case.hold.token]),
    }
    return show(case.request, "public/code.html", case.departement, context, status=status)


def _other_channel(case: Case) -> str:
    """The other way the code may take, when its address was typed."""
    phone = case.form.cleaned_data["phone"]
    if case.hold.channel == "sms":
        return "email" if case.form.cleaned_data["email"] else ""
    return "sms" if phone is not None and phone.gets_sms else ""


@require_POST
def send_code(request: HttpRequest, departement: str, token: uuids.UUID) -> HttpResponse:
    """Again, or by the other channel ("par")."""
    case = case_of(request, departement, token)
    if isinstance(case, HttpResponse):
        return case
    channel: Any = request.POST.get("par") or case.hold.channel
    if channel not in (case.hold.channel, _other_channel(case)):
        return redirect("rdv:public_code", case.departement.slug, case.hold.token)
    address = case.form.cleaned_data["phone"].e164 if channel == "sms" else case.form.cleaned_data["email"]
    try:
        send_code_of(request, case.departement, case.hold, channel=channel, address=address, now=case.now)
    except codes.TooManyCodes as error:
        return _page(case, PublicCodeForm.refused(error.message), status=TOO_MANY)
    return redirect("rdv:public_code", case.departement.slug, case.hold.token)
