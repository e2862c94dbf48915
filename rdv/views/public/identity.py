"""Who comes: the form of the held time, and "plus de temps"."""

import uuid as uuids
from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from agents.models import Departement
from rdv.core import clock
from rdv.core.clock import local_date
from rdv.core.http import client_address
from rdv.domain import french
from rdv.models import EXTEND_BY, HOLD_FOR, Modality, Motif, Option, Tile
from rdv.services import holding
from rdv.services.errors import AlreadyExtended, OptionExpired
from rdv.views.public import holds, words
from rdv.views.public.holds import Hold, HoldBook
from rdv.views.public.lost import lost, take_again, times_url
from rdv.views.public.shared import INCOMPLETE, TOO_MANY, departement_or_404, icon_of, show
from usagers.forms import IdentityForm
from usagers.forms.identity import NEEDS
from usagers.services import codes

MORE_TIME = "plus_de_temps"


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def identity(request: HttpRequest, departement: str, token: uuids.UUID) -> HttpResponse:
    now = clock.now()
    found = departement_or_404(departement)
    hold = HoldBook(request.session, now).get(token, found.code)
    option = holds.option_of(hold)
    if holds.is_booked(hold, option):
        return redirect("rdv:public_done", found.slug, hold.token)
    if request.method == "POST":
        return _receive(request, found, hold, option, now)
    if not holds.is_alive(option, now):
        return lost(request, found, hold, now=now)
    form = IdentityForm(departement=found, today=local_date(now, found.zone), initial=_initial(hold, option))
    return _page(request, found, hold, option, form, now=now)


def _initial(hold: Hold, option: Option | None) -> dict[str, Any]:
    """Nothing is ticked in advance when the appointment may well be for a child."""
    if hold.identity:
        return hold.identity
    is_for_child = option is not None and option.motif.tile == Tile.ENFANT
    return {"who": None} if is_for_child else {}


def _receive(
    request: HttpRequest, departement: Departement, hold: Hold, option: Option | None, now: datetime
) -> HttpResponse:
    book = HoldBook(request.session, now)
    typed = _typed(request.POST)
    hold = book.update(hold, identity=typed)
    if MORE_TIME in request.POST:
        give_more_time(option, now)
        return redirect("rdv:public_identity", departement.slug, hold.token)
    if not holds.is_alive(option, now):
        again = take_again(request, departement, hold, now)
        if isinstance(again, HttpResponse):
            return again
        hold, option = again, holds.option_of(again)
    form = IdentityForm(request.POST, departement=departement, today=local_date(now, departement.zone))
    if not form.is_valid() or not _can_be_called(form, option):
        return _page(request, departement, hold, option, form, now=now, status=INCOMPLETE)
    return _send(request, departement, hold, option, form, now)


def _typed(posted: QueryDict) -> dict[str, Any]:
    return {name: posted.get(name, "")[:300] for name in IdentityForm.base_fields if name in posted}


def _can_be_called(form: IdentityForm, option: Option | None) -> bool:
    """An appointment by phone needs a number to call, mobile or not."""
    if option is None or option.motif.modality != Modality.PHONE or form.cleaned_data["phone"] is not None:
        return True
    form.add_error("phone", _("Écrivez le numéro où nous vous appelons."))
    return False


def _send(
    request: HttpRequest,
    departement: Departement,
    hold: Hold,
    option: Option | None,
    form: IdentityForm,
    now: datetime,
) -> HttpResponse:
    try:
        send_code_of(request, departement, hold, channel=form.channel, address=form.address, now=now)
    except codes.TooManyCodes as error:
        form.add_error(None, error.message)
        return _page(request, departement, hold, option, form, now=now, status=TOO_MANY)
    return redirect("rdv:public_code", departement.slug, hold.token)


def send_code_of(
    request: HttpRequest,
    departement: Departement,
    hold: Hold,
    *,
    channel: Literal["sms", "email"],
    address: str,
    now: datetime,
) -> None:
    """Raises TooManyCodes. The channel is remembered: the page of the code says where it went."""
    codes.send_code(
        departement=departement,
        channel=channel,
        address=address,
        purpose=purpose_of(hold),
        network=client_address(request),
        now=now,
    )
    HoldBook(request.session, now).update(hold, code=now.isoformat(), channel=channel)


def purpose_of(hold: Hold) -> str:
    return f"booking:{hold.token}"


def give_more_time(option: Option | None, now: datetime) -> None:
    """Once. Asked again or too late, the page itself says how things are."""
    if option is None:
        return
    try:
        holding.extend_option(option=option, now=now)
    except (AlreadyExtended, OptionExpired):
        return


def _page(
    request: HttpRequest,
    departement: Departement,
    hold: Hold,
    option: Option | None,
    form: IdentityForm,
    *,
    now: datetime,
    status: int = 200,
) -> HttpResponse:
    if option is None:
        return lost(request, departement, hold, now=now)
    context = clock_context(option, now) | {
        "form": form,
        "needs": [form[name] for name in NEEDS],
        "recap": recap(departement, hold, option),
        "motif": option.motif,
        "has_code": bool(hold.code),
        "url": reverse("rdv:public_identity", args=[departement.slug, hold.token]),
    }
    return show(request, "public/identity.html", departement, context, status=status)


def clock_context(option: Option, now: datetime) -> dict[str, Any]:
    """What components/_clock.html shows."""
    left = max(0, int((option.expires_at - now).total_seconds()))
    total = HOLD_FOR + EXTEND_BY if option.has_extended else HOLD_FOR
    return {
        "ends_at": option.expires_at,
        "seconds_left": left,
        "minutes_left": left // 60,
        "minutes_total": int(total.total_seconds() // 60),
        "may_extend": not option.has_extended,
    }


def recap(departement: Departement, hold: Hold, option: Option, *, is_changeable: bool = True) -> list[dict[str, Any]]:
    """The held time, its place, what for. The label is the one that may be seen over a shoulder."""
    site = option.site
    when: dict[str, Any] = {
        "icon": "calendar",
        "strong": words.capital(french.day_hour(option.starts_at.astimezone(departement.zone))),
        "text": french.duration(option.ends_at - option.starts_at),
    }
    if is_changeable:
        when |= {"url": times_url(departement, hold), "link": _("Changer d’horaire")}
    items = [when]
    if site is not None:
        is_here = option.motif.modality == Modality.PUBLIC_OFFICE
        title = words.place_title(option.motif, site)
        items.append({"icon": "place", "strong": title, "text": site.address if is_here else hold.address})
    items.append({"icon": icon_of(option.motif), "text": _what(option.motif)})
    return items


def _what(motif: Motif) -> str:
    if words.is_discreet(motif) or not motif.public_hint:
        return words.label_of(motif)
    return f"{motif.public_label}, {motif.public_hint[:1].lower()}{motif.public_hint[1:]}"
