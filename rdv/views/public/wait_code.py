"""The code that puts somebody on the list: /<departement>/attente/<key>/code/, sent again at .../renvoyer/.

right code -> file of the person (and of the child) -> join -> /l/<token>
the same page sent twice leads to the same place on the list
"""

import uuid as uuids
from dataclasses import dataclass, replace
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from rdv.access import inscription_for_link
from rdv.core.errors import DomainError
from rdv.forms.public_link import PublicCodeForm
from rdv.models import Inscription, Rdv
from rdv.services import public_reading, public_waiting
from rdv.services.public_booking import Identity, people_of
from rdv.services.waitlist_join import AlreadyWaiting, CannotWait, WishImpossible
from rdv.views.public.shared import INCOMPLETE, TAKEN, TOO_MANY, show
from rdv.views.public.wait_book import WaitBook
from rdv.views.public.wait_join import Case, Channel, case_of, recap_of, send_code_of, wishes_of
from rdv.views.public.wait_shared import waiting_link
from usagers.forms import IdentityForm
from usagers.phones import mask_email, mask_phone
from usagers.services import codes

# How long the first of two presses may take, between the use of its code and the place on the list.
STILL_JOINING = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Typed:
    """The case, with who was typed: the code goes there."""

    case: Case
    form: IdentityForm

    @property
    def channel(self) -> Channel:
        return "sms" if self.case.asked.channel == "sms" else "email"

    @property
    def address(self) -> str:
        same = self.channel == self.form.channel
        return self.form.address if same else str(self.form.cleaned_data["email"])

    @property
    def masked(self) -> str:
        return mask_phone(self.address) if self.channel == "sms" else mask_email(self.address)

    @property
    def other_channel(self) -> str:
        phone = self.form.cleaned_data["phone"]
        if self.channel == "sms":
            return "email" if self.form.cleaned_data["email"] else ""
        return "sms" if phone is not None and phone.gets_sms else ""


def typed_of(request: HttpRequest, departement: str, key: uuids.UUID) -> Typed | HttpResponse:
    case = case_of(request, departement, key)
    if isinstance(case, HttpResponse):
        return case
    form = case.identity_form(case.asked.identity)
    if not case.asked.code or not form.is_valid():
        return redirect(case.url("rdv:public_wait_identity"))
    return Typed(case, form)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest, departement: str, key: uuids.UUID) -> HttpResponse:
    typed = typed_of(request, departement, key)
    if isinstance(typed, HttpResponse):
        return typed
    if request.method != "POST":
        return _code_page(typed, PublicCodeForm())
    form = PublicCodeForm(request.POST)
    if not form.is_valid():
        return _code_page(typed, form, status=INCOMPLETE)
    try:
        _use(typed, form.cleaned_data["code"])
    except (codes.WrongCode, codes.CodeExpired, codes.TooManyCodes) as error:
        return _wrong(typed, form, error)
    return _join(typed)


def _use(typed: Typed, written: str) -> None:
    """Raises WrongCode, CodeExpired, TooManyCodes. A code sent to an address changed since proves nothing."""
    case = typed.case
    sent = public_reading.last_code(case.purpose)
    if sent is None:
        raise codes.CodeExpired
    used = codes.check_code(uuid=sent.uuid, code=written, purpose=case.purpose, now=case.now)
    if not codes.proves(used, channel=typed.channel, address=typed.address):
        raise codes.CodeExpired


def _wrong(typed: Typed, form: PublicCodeForm, error: DomainError) -> HttpResponse:
    """A second press finds its code used by the first one: the page of one's place, now or in an instant."""
    case = typed.case
    joined = public_waiting.asked_by(uuids.UUID(case.asked.key)) or _joined_meanwhile(typed)
    if joined is not None:
        return redirect(waiting_link(joined) + "?fait=inscrit")
    sent = public_reading.last_code(case.purpose)
    if sent is not None and sent.used_at is not None and case.now - sent.used_at < STILL_JOINING:
        return redirect(case.url("rdv:public_wait_code"))
    form.add_error("code", error.message)
    return _code_page(typed, form, status=TOO_MANY if isinstance(error, codes.TooManyCodes) else INCOMPLETE)


def _joined_meanwhile(typed: Typed) -> Inscription | None:
    """The session, read again: a place that one had already on the list."""
    session, case = typed.case.request.session, typed.case
    again = WaitBook(type(session)(session.session_key), case.now).asked.get(case.asked.key)
    if again is None or not again.inscription:
        return None
    return inscription_for_link(again.inscription.rstrip("/").rsplit("/", 1)[-1], now=case.now)


def _join(typed: Typed) -> HttpResponse:
    case = typed.case
    person = typed.form.person_fields()
    who = Identity(
        channel=typed.channel,
        address=typed.address,
        usager=typed.form.usager_fields(),
        person=person,
        proche_kind=typed.form.proche_kind if person else "",
    )
    people = people_of(who, departement=case.departement, now=case.now)
    try:
        joined = public_waiting.join_verified(
            people,
            motif=case.motif,
            wishes=replace(wishes_of(case), needs_step_free=typed.form.cleaned_data["needs_step_free"]),
            now=case.now,
            atelier=_session(case),
            address=case.asked.address,
            place=case.asked.place,
            key=uuids.UUID(case.asked.key),
        )
    except (AlreadyWaiting, CannotWait, WishImpossible) as error:
        return _refused(case, error)
    link = waiting_link(joined.inscription)
    case.book.update(case.asked, inscription=link, identity={}, address="", place=None)
    return redirect(f"{link}?fait={joined.said}")


def _session(case: Case) -> Rdv | None:
    """Raises CannotWait when it was cancelled meanwhile."""
    if not case.asked.atelier:
        return None
    session = public_reading.session_for_public(case.motif, case.asked.atelier)
    if session is None:
        raise CannotWait
    return session


def _refused(case: Case, error: DomainError) -> HttpResponse:
    context = {"message": error.message, "back_url": case.wishes_url(), "back_label": _("Revoir mes souhaits")}
    return show(case.request, "public/wait_refused.html", case.departement, context, status=TAKEN)


def _code_page(typed: Typed, form: PublicCodeForm, *, status: int = 200) -> HttpResponse:
    case = typed.case
    context = {
        "form": form,
        "recap": recap_of(case)[:1],
        "is_sms": typed.channel == "sms",
        "masked": typed.masked,
        "other_channel": typed.other_channel,
        "send_url": case.url("rdv:public_wait_send"),
        "identity_url": case.url("rdv:public_wait_identity"),
    }
    return show(case.request, "public/wait_code.html", case.departement, context, status=status)


@require_POST
def send_again(request: HttpRequest, departement: str, key: uuids.UUID) -> HttpResponse:
    """Again, or by the other channel ("par")."""
    typed = typed_of(request, departement, key)
    if isinstance(typed, HttpResponse):
        return typed
    case = typed.case
    is_other = request.POST.get("par", "") == typed.other_channel != ""
    channel: Channel = typed.channel
    address = typed.address
    if is_other:
        channel = "email" if channel == "sms" else "sms"
        fields = typed.form.cleaned_data
        address = fields["email"] if channel == "email" else fields["phone"].e164
    try:
        send_code_of(case, case.asked, channel=channel, address=address)
    except codes.TooManyCodes as error:
        return _code_page(typed, PublicCodeForm.refused(error.message), status=TOO_MANY)
    return redirect(case.url("rdv:public_wait_code"))
