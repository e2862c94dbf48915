"""All one's appointments, after a code: phone or e-mail, code, list. The same answer whether we know the person or not.

session["public_find"]      the code that was sent, and where
session["public_reader"]    the address that was proved, for half an hour
"""

import uuid as uuids
from datetime import datetime, timedelta
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agents.models import Departement
from rdv.core import clock
from rdv.core.errors import DomainError
from rdv.core.http import client_address
from rdv.forms.public_link import ContactForm, PublicCodeForm
from rdv.models import Inscription, InscriptionState, Participation
from rdv.services import public_reading, public_waiting
from rdv.views.public import words
from rdv.views.public.holds import HoldBook
from rdv.views.public.link import link_view
from rdv.views.public.shared import INCOMPLETE, TOO_MANY, departement_or_404, show
from rdv.views.public.ticket import link_of
from rdv.views.public.wait_shared import waiting_link
from usagers.models import Usager
from usagers.phones import PhoneProblem, mask_email, mask_phone, read_phone
from usagers.services import codes

FIND = "public_find"
READER = "public_reader"
READER_FOR = timedelta(minutes=30)

Channel = Literal["sms", "email"]


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest, departement: str) -> HttpResponse:
    """Which phone or e-mail. A code goes there, whoever it is."""
    found = departement_or_404(departement)
    now = clock.now()
    form = ContactForm(request.POST or None, departement_code=found.code)
    is_open = reader_of(request, found, now) is not None
    if request.method == "POST" and form.is_valid():
        try:
            ask_code(request, found, channel=form.channel, address=form.address, purpose="find", now=now)
        except codes.TooManyCodes as error:
            form.add_error("contact", error.message)
            return _find_page(request, found, form, is_open=is_open, status=TOO_MANY)
        return redirect("rdv:public_mine_code", found.slug)
    return _find_page(request, found, form, is_open=is_open, status=INCOMPLETE if form.is_bound else 200)


def _find_page(
    request: HttpRequest, departement: Departement, form: ContactForm, *, is_open: bool, status: int
) -> HttpResponse:
    context = {"form": form, "list_url": reverse("rdv:public_mine_list", args=[departement.slug]) if is_open else ""}
    return show(request, "public/find.html", departement, context, status=status)


def ask_code(
    request: HttpRequest,
    departement: Departement,
    *,
    channel: Channel,
    address: str,
    purpose: str,
    now: datetime,
    is_masked: bool = True,
) -> None:
    """Raises TooManyCodes. `is_masked`: the person typed this address, so that it may be shown to them, masked."""
    sent = codes.send_code(
        departement=departement,
        channel=channel,
        address=address,
        purpose=purpose,
        network=client_address(request),
        now=now,
    )
    request.session[FIND] = {
        "departement": departement.code,
        "code": str(sent.uuid),
        "purpose": purpose,
        "channel": channel,
        "address": address,
        "is_masked": is_masked,
    }


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def find_code(request: HttpRequest, departement: str) -> HttpResponse:
    found = departement_or_404(departement)
    asked = _asked(request, found)
    now = clock.now()
    if asked is None:
        return _where_the_code_goes(request, found, now)
    form = PublicCodeForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _code_page(request, found, asked, form, status=INCOMPLETE if form.is_bound else 200)
    try:
        codes.check_code(
            uuid=uuids.UUID(asked["code"]), code=form.cleaned_data["code"], purpose=asked["purpose"], now=now
        )
    except (codes.WrongCode, codes.CodeExpired, codes.TooManyCodes) as error:
        form.add_error("code", error.message)
        return _code_page(request, found, asked, form, status=_status_of(error))
    _open(request, asked, now)
    return redirect("rdv:public_mine_list", found.slug)


def _where_the_code_goes(request: HttpRequest, departement: Departement, now: datetime) -> HttpResponse:
    """ "J’ai reçu un code": for a time held in this browser, for a list already open, or else to be asked for."""
    for hold in HoldBook(request.session, now):
        if hold.code and not hold.participation and hold.departement == departement.code:
            return redirect("rdv:public_code", departement.slug, hold.token)
    is_open = reader_of(request, departement, now) is not None
    return redirect("rdv:public_mine_list" if is_open else "rdv:public_mine", departement.slug)


def _status_of(error: DomainError) -> int:
    return TOO_MANY if isinstance(error, codes.TooManyCodes) else INCOMPLETE


def _asked(request: HttpRequest, departement: Departement) -> dict[str, Any] | None:
    asked: dict[str, Any] = request.session.get(FIND, {})
    return asked if asked.get("departement") == departement.code else None


def _open(request: HttpRequest, asked: dict[str, Any], now: datetime) -> None:
    """The address is proved: a new session key, so that nobody who knew the old one reads along."""
    request.session.cycle_key()
    del request.session[FIND]
    request.session[READER] = {
        "departement": asked["departement"],
        "channel": asked["channel"],
        "address": asked["address"],
        "until": (now + READER_FOR).isoformat(),
    }


def reader_of(request: HttpRequest, departement: Departement, now: datetime) -> tuple[Channel, str] | None:
    """The address proved in this browser, for this département, while it lasts."""
    reader: dict[str, Any] = request.session.get(READER, {})
    if reader.get("departement") != departement.code or datetime.fromisoformat(reader["until"]) <= now:
        return None
    return reader["channel"], reader["address"]


def _code_page(
    request: HttpRequest, departement: Departement, asked: dict[str, Any], form: PublicCodeForm, *, status: int
) -> HttpResponse:
    is_sms = asked["channel"] == "sms"
    masked = mask_phone(asked["address"]) if is_sms else mask_email(asked["address"])
    context = {
        "form": form,
        "is_sms": is_sms,
        "masked": masked if asked["is_masked"] else "",
        "send_url": reverse("rdv:public_mine_send", args=[departement.slug]),
        "find_url": reverse("rdv:public_mine", args=[departement.slug]),
    }
    return show(request, "public/find_code.html", departement, context, status=status)


@require_POST
def send_again(request: HttpRequest, departement: str) -> HttpResponse:
    found = departement_or_404(departement)
    asked = _asked(request, found)
    if asked is None:
        return redirect("rdv:public_mine", found.slug)
    try:
        ask_code(
            request,
            found,
            channel=asked["channel"],
            address=asked["address"],
            purpose=asked["purpose"],
            now=clock.now(),
            is_masked=asked["is_masked"],
        )
    except codes.TooManyCodes as error:
        return _code_page(request, found, asked, PublicCodeForm.refused(error.message), status=TOO_MANY)
    return redirect("rdv:public_mine_code", found.slug)


@require_safe
def mine(request: HttpRequest, departement: str) -> HttpResponse:
    """The Rdv to come, one's own and those booked for others, each leading to its page."""
    found = departement_or_404(departement)
    now = clock.now()
    reader = reader_of(request, found, now)
    if reader is None:
        return redirect("rdv:public_mine", found.slug)
    channel, address = reader
    rows = public_reading.reached_by(found, channel=channel, address=address, now=now)
    waits = public_waiting.waits_reached_by(found, channel=channel, address=address, now=now)
    context = {
        "rows": [_row(one) for one in rows],
        "waits": [_wait(*one) for one in waits],
        "is_sms": channel == "sms",
        "masked": mask_phone(address) if channel == "sms" else mask_email(address),
        "close_url": reverse("rdv:public_mine_close", args=[found.slug]),
    }
    return show(request, "public/mine.html", found, context)


def _row(participation: Participation) -> dict[str, Any]:
    rdv = participation.rdv
    return {
        "at": rdv.starts_at,
        "who": participation.usager.first_name,
        "label": words.label_of(rdv.motif),
        "place": words.place_title(rdv.motif, rdv.site),
        "url": link_of(participation),
    }


def _wait(inscription: Inscription, rank: int | None, waiting: int) -> dict[str, Any]:
    return {
        "who": inscription.usager.first_name,
        "label": words.capital(words.label_of(inscription.motif)),
        "rank": rank,
        "waiting": waiting,
        "is_offered": inscription.state == InscriptionState.OFFERED,
        "url": waiting_link(inscription),
        "change_url": waiting_link(inscription, "rdv:public_waiting_change"),
        "leave_url": waiting_link(inscription, "rdv:public_waiting_leave"),
    }


@require_POST
def close(request: HttpRequest, departement: str) -> HttpResponse:
    """ "J’ai fini": on a computer that others use."""
    request.session.pop(READER, None)
    return redirect("rdv:public_departement", departement_or_404(departement).slug)


@require_POST
@link_view
def link_code(request: HttpRequest, participation: Participation, now: datetime) -> HttpResponse:
    """From a link: the code goes to the address of the appointment, which is not shown."""
    departement = participation.rdv.motif.departement
    where = _where_to(participation.responsable or participation.usager)
    if where is None:
        return show(request, "public/no_address.html", departement, {"see_url": link_of(participation)})
    channel, address = where
    try:
        ask_code(
            request,
            departement,
            channel=channel,
            address=address,
            purpose=f"rdv:{participation.uuid}",
            now=now,
            is_masked=False,
        )
    except codes.TooManyCodes as error:
        return show(request, "429.html", departement, {"error": error}, status=TOO_MANY)
    return redirect("rdv:public_mine_code", departement.slug)


def _where_to(person: Usager) -> tuple[Channel, str] | None:
    phone = str(person.phone or "")
    try:
        if phone and read_phone(phone).gets_sms:
            return "sms", phone
    except PhoneProblem:
        pass
    return ("email", person.email) if person.email else None
