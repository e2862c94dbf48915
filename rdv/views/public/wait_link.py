"""One's place on the list: /l/<token>. Where one stands, what one asked for; change it, wake it, leave.

No name on these pages: whoever holds the phone may see them. Nothing is done by looking (mail scanners follow links).
"""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rdv.access import inscription_for_link
from rdv.core.links import make_token
from rdv.forms.wait import WishesForm
from rdv.models import Booker, Inscription, InscriptionState
from rdv.services import public_waiting, waitlist_join, waitlist_wishes
from rdv.services.errors import ChangedMeanwhile
from rdv.services.public_booking import author_of
from rdv.services.waitlist_join import CannotWait, WishImpossible
from rdv.views.public import words
from rdv.views.public.shared import INCOMPLETE, TAKEN, show
from rdv.views.public.ticket import link_of
from rdv.views.public.wait_forms import change_form
from rdv.views.public.wait_shared import offre_link, opened_by, waiting_link, wishes_told

SAID = {
    "inscrit": lambda: _("C’est noté\u00a0: vous êtes sur la liste."),
    "deja": lambda: _("Vous étiez déjà sur la liste\u00a0: vous gardez votre rang."),
    "souhaits": lambda: _("Vos souhaits sont changés. Vous gardez votre rang."),
    "attend": lambda: _("C’est noté\u00a0: vous attendez encore. Vous gardez votre ancienneté."),
    "garde": lambda: _("Vous restez sur la liste. Rien n’a changé."),
}


@require_safe
@opened_by(inscription_for_link)
def waiting(request: HttpRequest, inscription: Inscription, now: datetime) -> HttpResponse:
    return place_page(request, inscription, now)


def place_page(
    request: HttpRequest, inscription: Inscription, now: datetime, *, notice: str = "", status: int = 200
) -> HttpResponse:
    context = _about(inscription) | {"notice": notice or _said_before(request, inscription)}
    if inscription.is_open:
        context |= _open_context(inscription, now)
    elif inscription.state == InscriptionState.SERVED:
        won = public_waiting.won_by(inscription)
        context |= {"won": won, "won_url": link_of(won) if won else ""}
    return show(request, "public/wait_place.html", inscription.motif.departement, context, status=status)


def _said_before(request: HttpRequest, inscription: Inscription) -> str:
    """What was just done, unless it is not so any more: the address is kept and opened again."""
    done = request.GET.get("fait", "")
    is_paused_again = done == "attend" and inscription.state == InscriptionState.ASLEEP
    return SAID[done]() if done in SAID and inscription.is_open and not is_paused_again else ""


def _about(inscription: Inscription) -> dict[str, Any]:
    motif = inscription.motif
    is_public = motif.who_books == Booker.EVERYONE and motif.has_waitlist and not motif.is_archived
    return {
        "inscription": inscription,
        "label": words.capital(words.label_of(motif)),
        "state": inscription.state,
        "is_open": inscription.is_open,
        "is_asleep": inscription.state == InscriptionState.ASLEEP,
        "links": {
            name: waiting_link(inscription, f"rdv:public_waiting{end}")
            for name, end in (("see", ""), ("change", "_change"), ("wake", "_wake"), ("leave", "_leave"))
        },
        "again_url": reverse("rdv:public_wait", args=[motif.departement.slug, motif.slug]) if is_public else "",
    }


def _open_context(inscription: Inscription, now: datetime) -> dict[str, Any]:
    kept = inscription.participation
    is_kept = kept is not None and kept.is_live and kept.rdv.starts_at > now
    offre = public_waiting.live_offre(inscription)
    return {
        "position": waitlist_join.position_of(inscription, now),
        "wishes": wishes_told(
            inscription, public_waiting.sites_of(inscription), waitlist_wishes.equivalents_of(inscription)
        ),
        "kept": kept.rdv if is_kept and kept is not None else None,
        "offre": offre,
        "offre_url": offre_link(offre) if offre else "",
        "is_called": inscription.person_told.phone == "" and inscription.person_told.email == "",
    }


@require_http_methods(["GET", "HEAD", "POST"])
@opened_by(inscription_for_link)
def change(request: HttpRequest, inscription: Inscription, now: datetime) -> HttpResponse:
    """Other wishes, the same rank. What an agent added and this page does not show (another motif) stays."""
    if not inscription.is_open:
        return redirect(waiting_link(inscription))
    wishes = waitlist_join.wishes_of(inscription)
    form = change_form(request.POST if request.method == "POST" else None, inscription, wishes, now)
    if not form.is_bound or not form.is_valid():
        return _change_page(request, inscription, form)
    try:
        waitlist_join.change(
            inscription=inscription,
            wishes=form.over(wishes),
            author=author_of(inscription.person_told),
            now=now,
            expected_version=_version(request),
        )
    except WishImpossible as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return _change_page(request, inscription, form)
    except (ChangedMeanwhile, CannotWait):
        fresh = inscription_for_link(make_token("attente", inscription.link_subject), now=now)
        notice = _("Votre place sur la liste a changé entre-temps. Voici où elle en est.")
        return place_page(request, fresh, now, notice=notice, status=TAKEN)
    return redirect(waiting_link(inscription) + "?fait=souhaits")


def _version(request: HttpRequest) -> int | None:
    typed = request.POST.get("version", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else None


def _change_page(request: HttpRequest, inscription: Inscription, form: WishesForm) -> HttpResponse:
    context = _about(inscription) | {"form": form, "is_change": True}
    status = INCOMPLETE if form.is_bound else 200
    return show(request, "public/wait_wishes.html", inscription.motif.departement, context, status=status)


@require_POST
@opened_by(inscription_for_link)
def wake(_request: HttpRequest, inscription: Inscription, now: datetime) -> HttpResponse:
    """ "J’attends encore"."""
    if not inscription.is_open:
        return redirect(waiting_link(inscription))
    waitlist_join.wake(inscription=inscription, author=author_of(inscription.person_told), now=now)
    return redirect(waiting_link(inscription) + "?fait=attend")


@require_http_methods(["GET", "HEAD", "POST"])
@opened_by(inscription_for_link)
def leave(request: HttpRequest, inscription: Inscription, now: datetime) -> HttpResponse:
    """Both answers in words; done once, however often it is sent."""
    if not inscription.is_open:
        return redirect(waiting_link(inscription))
    if request.method == "POST":
        try:
            waitlist_join.leave(inscription=inscription, author=author_of(inscription.person_told), now=now)
        except ChangedMeanwhile:
            notice = _("Une place vient de vous être proposée. Répondez d’abord à la proposition.")
            return place_page(request, inscription, now, notice=notice, status=TAKEN)
        return redirect(waiting_link(inscription))
    return show(request, "public/wait_leave.html", inscription.motif.departement, _about(inscription))
