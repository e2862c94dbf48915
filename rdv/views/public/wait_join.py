"""Who waits: /<departement>/attente/<key>/, then the code (wait_code) puts them on the list.

Until the code is right, the answers are the same whether we know the person or not.
"""

import uuid as uuids
from dataclasses import dataclass
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
from rdv.core.languages import french_name
from rdv.forms.public_start import around_from
from rdv.models import Modality, Motif, Tile
from rdv.services import public_reading, public_waiting
from rdv.services.waitlist_join import Wishes
from rdv.views.public import words
from rdv.views.public.shared import (
    INCOMPLETE,
    TOO_MANY,
    departement_or_404,
    icon_of,
    motif_or_404,
    show,
)
from rdv.views.public.wait_book import Asked, WaitBook
from rdv.views.public.wait_forms import join_form, join_places
from rdv.views.public.wait_shared import half_days_told, radius_told, waiting_link
from usagers.forms import IdentityForm
from usagers.forms.identity import NEEDS
from usagers.services import codes

Channel = Literal["sms", "email"]


@dataclass(frozen=True, slots=True)
class Case:
    """One request about one wait that this browser began."""

    request: HttpRequest
    departement: Departement
    motif: Motif
    asked: Asked
    now: datetime

    @property
    def book(self) -> WaitBook:
        return WaitBook(self.request.session, self.now)

    @property
    def purpose(self) -> str:
        return f"waiting:{self.asked.key}"

    def url(self, name: str) -> str:
        return reverse(name, args=[self.departement.slug, self.asked.key])

    def wishes_url(self) -> str:
        base = reverse("rdv:public_wait", args=[self.departement.slug, self.motif.slug])
        return f"{base}?{self.asked.query}" if self.asked.query else base

    def identity_form(self, data: Any, **options: Any) -> IdentityForm:
        today = local_date(self.now, self.departement.zone)
        return IdentityForm(data, departement=self.departement, today=today, **options)


def case_of(request: HttpRequest, departement: str, key: uuids.UUID) -> Case | HttpResponse:
    """Raises Http404 for another browser's. Once on the list, there is nothing left to type."""
    now = clock.now()
    found = departement_or_404(departement)
    asked = WaitBook(request.session, now).get(key, found.code)
    if asked.inscription:
        return redirect(asked.inscription + "?fait=inscrit")
    joined = public_waiting.asked_by(uuids.UUID(asked.key))
    if joined is not None:  # by the same page, sent twice: the session of the first answer was not kept
        return redirect(waiting_link(joined) + "?fait=inscrit")
    return Case(request, found, motif_or_404(found, asked.motif), asked, now)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def identity(request: HttpRequest, departement: str, key: uuids.UUID) -> HttpResponse:
    case = case_of(request, departement, key)
    if isinstance(case, HttpResponse):
        return case
    if request.method != "POST":
        first: dict[str, Any] = {"who": None} if case.motif.tile == Tile.ENFANT else {}
        return _identity_page(case, case.identity_form(None, initial=case.asked.identity or first))
    case.book.update(case.asked, identity=_typed(request.POST))
    form = case.identity_form(request.POST)
    if not form.is_valid() or not _can_be_called(form, case.motif):
        return _identity_page(case, form, status=INCOMPLETE)
    asked = WaitBook(request.session, case.now).get(key, case.departement.code)
    try:
        send_code_of(case, asked, channel=form.channel, address=form.address)
    except codes.TooManyCodes as error:
        form.add_error(None, error.message)
        return _identity_page(case, form, status=TOO_MANY)
    return redirect(case.url("rdv:public_wait_code"))


def _typed(posted: QueryDict) -> dict[str, Any]:
    return {name: posted.get(name, "")[:300] for name in IdentityForm.base_fields if name in posted}


def _can_be_called(form: IdentityForm, motif: Motif) -> bool:
    if motif.modality != Modality.PHONE or form.cleaned_data["phone"] is not None:
        return True
    form.add_error("phone", _("Écrivez le numéro où nous vous appelons."))
    return False


def send_code_of(case: Case, asked: Asked, *, channel: Channel, address: str) -> None:
    """Raises TooManyCodes. The channel is remembered: the page of the code says where it went."""
    codes.send_code(
        departement=case.departement,
        channel=channel,
        address=address,
        purpose=case.purpose,
        network=client_address(case.request),
        now=case.now,
    )
    case.book.update(asked, code=case.now.isoformat(), channel=channel)


def _identity_page(case: Case, form: IdentityForm, *, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "needs": [form[name] for name in NEEDS],
        "recap": recap_of(case),
        "motif": case.motif,
    }
    return show(case.request, "public/wait_identity.html", case.departement, context, status=status)


def recap_of(case: Case) -> list[dict[str, Any]]:
    """What for, and what would suit."""
    wishes = wishes_of(case)
    places = [site.name for site in wishes.sites]
    if wishes.radius_km:
        near = radius_told(wishes.radius_km, wishes.centre.name if wishes.centre else "")
        places.append(near[:1].lower() + near[1:])
    if wishes.language:
        places.append(_("en %(language)s") % {"language": french_name(wishes.language)})
    said = [half_days_told(wishes.half_days)] if not case.asked.atelier else []
    wish = {
        "icon": "calendar",
        "strong": _("Vos souhaits"),
        "text": ", ".join([*said, *places]) or _("cette séance"),
        "url": case.wishes_url(),
        "link": _("Changer mes souhaits"),
    }
    return [{"icon": icon_of(case.motif), "text": words.label_of(case.motif)}, wish]


def wishes_of(case: Case) -> Wishes:
    """Read again from what was typed. A place closed since then: any place, rather than none."""
    asked = case.asked
    query = QueryDict(asked.query)
    around = around_from(query.get("lieu", "")[:100], case.departement)
    sites = public_reading.sites_offering(case.motif)
    form = join_form(
        asked.typed,
        motif=case.motif,
        places=join_places(sites, here=query.get("site", ""), around=around),
        now=case.now,
        is_for_session=bool(asked.atelier),
        kept_languages=asked.wishes.get("language", []),
    )
    return form.over(Wishes()) if form.is_valid() else Wishes()
