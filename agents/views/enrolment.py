"""First sign-in: linking the application of codes, then the printed recovery codes, shown once.

The codes are in the answer to the POST and nowhere else: neither in the session nor at an address of their own.
"""

from base64 import b32encode

import segno
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django_otp.plugins.otp_totp.models import TOTPDevice

from agents.forms.sign_in import EnrolForm
from agents.models import Agent
from agents.services import second_factor
from agents.views.pending import Pending, pending
from agents.views.sign_in import finish, refuse, start_again
from rdv.core import clock
from rdv.core.errors import DomainError


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    now = clock.now()
    waiting = pending(request, now)
    if waiting is None:
        return start_again(request)
    if second_factor.is_enrolled(waiting.agent):
        return redirect("agents:second_factor")
    form = EnrolForm(request.POST or None)
    codes: list[str] = []
    try:
        if form.is_valid():
            codes = second_factor.confirm_enrolment(agent=waiting.agent, code=form.cleaned_data["code"], now=now)
    except DomainError as refused:
        refuse(form, "code", refused)
    if not codes:
        return _enrol_page(request, form, waiting)
    then = finish(request, waiting, by="enrolment", now=now)
    return codes_page(request, waiting.agent, codes, then["Location"])


def codes_page(request: HttpRequest, agent: Agent, codes: list[str], next_page: str) -> HttpResponse:
    context = {
        "codes": codes,
        "account": agent.email,
        "next_page": next_page,
        "departement": agent.departement,
    }
    return render(request, "agents/recovery_codes.html", context)


def _enrol_page(request: HttpRequest, form: EnrolForm, waiting: Pending) -> HttpResponse:
    device = second_factor.device_to_enrol(waiting.agent)
    context = {
        "form": form,
        "account": waiting.agent.email,
        "departement": waiting.agent.departement,
        "qr": qr_code(device),
        "secret": secret_in_groups(device),
    }
    return render(request, "agents/enrol.html", context, status=422 if form.errors else 200)


def qr_code(device: TOTPDevice) -> SafeString:
    """An SVG in the page: no request carries the secret, no inline style is needed."""
    drawing = segno.make(device.config_url, error="m", micro=False)
    svg = drawing.svg_inline(
        scale=3, border=4, title="Code QR à photographier avec l’application", dark="#000", light="#fff"
    )
    return mark_safe(svg)  # noqa: S308 - drawn by segno from our own address


def secret_in_groups(device: TOTPDevice) -> str:
    """For those who type it: JBSW Y3DP EHPK 3PXP."""
    secret = b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
