"""A place proposed: /o/<token>. Yes, no, or no more waiting: one tap, a POST, without script.

Looking never answers (mail scanners follow links), and an answer sent twice is one answer.

    live ------> yes: the Rdv    no: the next person    stop: off the list
    accepted, refused, lapsed, lost, withdrawn: each said in words, with what can still be done
"""

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from rdv.access import offre_for_link
from rdv.core.clock import local_date
from rdv.core.errors import DomainError
from rdv.core.links import make_token
from rdv.domain import french
from rdv.models import Offre, OffreState
from rdv.services import public_waiting, waitlist_answer
from rdv.services.errors import AlreadyRegistered, ChangedMeanwhile, UsagerBusy
from rdv.services.public_booking import author_of
from rdv.services.waitlist_answer import OVER, OffreOver
from rdv.services.waitlist_match import given_back
from rdv.views.public import words
from rdv.views.public.shared import TAKEN, show
from rdv.views.public.ticket import link_of, ticket
from rdv.views.public.wait_shared import offre_link, opened_by, waiting_link

YES, NO, STOP = "oui", "non", "stop"


@require_http_methods(["GET", "HEAD", "POST"])
@opened_by(offre_for_link)
def offre(request: HttpRequest, found: Offre, now: datetime) -> HttpResponse:
    if request.method != "POST":
        return offre_page(request, found, now)
    try:
        return _answer(found, request.POST.get("reponse", ""), now)
    except OffreOver:
        return offre_page(request, _again(found, now), now, status=TAKEN)
    except (UsagerBusy, AlreadyRegistered) as error:
        return offre_page(request, found, now, notice=_busy(error), status=TAKEN)
    except ChangedMeanwhile:
        notice = _("Nous n’avons pas pu noter votre réponse. Envoyez-la encore une fois.")
        return offre_page(request, _again(found, now), now, notice=notice, status=TAKEN)


def _answer(found: Offre, said: str, now: datetime) -> HttpResponse:
    """What was not one of our three buttons is no answer: the page is shown again."""
    author = author_of(found.inscription.person_told)
    if said == YES:
        waitlist_answer.accept(offre=found, author=author, now=now)
    elif said == NO:
        waitlist_answer.refuse(offre=found, author=author, now=now)
    elif said == STOP:
        waitlist_answer.stop(inscription=found.inscription, author=author, now=now)
        return redirect(waiting_link(found.inscription))
    return redirect(offre_link(found))


def _again(found: Offre, now: datetime) -> Offre:
    """As it is now."""
    return offre_for_link(make_token("offre", str(found.uuid)), now=now)


def _busy(error: DomainError) -> str:
    if isinstance(error, AlreadyRegistered):
        return _("Vous êtes déjà inscrit à cette séance.")
    return _("Il y a déjà un autre rendez-vous à cette heure. Annulez-le d’abord, ou répondez non.")


def offre_page(
    request: HttpRequest, found: Offre, now: datetime, *, notice: str = "", status: int = 200
) -> HttpResponse:
    departement = found.motif.departement
    if found.state == OffreState.ACCEPTED:
        return _accepted_page(request, found, notice=notice, status=status)
    context = ticket_of(found) | {
        "notice": notice,
        "inscription": found.inscription,
        "waits": found.inscription.is_open,
        "place_url": waiting_link(found.inscription),
        "phone": found.site.phone,
    }
    if not found.is_live or found.starts_at <= now:
        context["over"] = _over(found)
        return show(request, "public/wait_offer_over.html", departement, context, status=status)
    context |= _live_context(found, now)
    return show(request, "public/wait_offer.html", departement, context, status=status)


def ticket_of(found: Offre) -> dict[str, Any]:
    """Context of components/_ticket.html: the place, and no name."""
    motif, site = found.motif, found.site
    is_said = not words.is_discreet(motif) and not motif.is_collective
    return {
        "motif": motif,
        "site": site,
        "at": found.starts_at,
        "minutes": int((found.ends_at - found.starts_at).total_seconds() // 60),
        "label": words.label_of(motif),
        "with_whom": words.with_whom(public_waiting.agents_of(found)) if is_said else "",
        "place_name": words.place_title(motif, site),
        "place_lines": words.place_lines(motif, site),
        "map_url": words.map_url(motif, site),
    }


def _live_context(found: Offre, now: datetime) -> dict[str, Any]:
    zone = found.motif.departement.zone
    old = given_back(found.inscription, now)
    total = max(1, int((found.answer_by - found.sent_at).total_seconds() // 60))
    left = max(0, int((found.answer_by - now).total_seconds() // 60))
    return {
        "answer_by": found.answer_by,
        "is_late": found.answer_by <= now,
        "day_said": day_said(local_date(found.answer_by, zone), local_date(now, zone)),
        "time_left": french.duration(found.answer_by - now) if found.answer_by > now else "",
        "minutes_left": min(left, total),
        "minutes_total": total,
        "is_shared": public_waiting.is_shared(found),
        "old": old.rdv if old is not None else None,
        "by_sms": settings.SMS_CAN_BE_ANSWERED and bool(found.inscription.person_told.phone),
    }


def day_said(day: date, today: date) -> str:
    """aujourd’hui lundi 23 novembre; demain...; mercredi 25 novembre."""
    is_near = day - today <= timedelta(days=1)
    return f"{french.relative_day(day, today)} {french.day(day)}" if is_near else french.day(day)


def _over(found: Offre) -> str:
    if found.is_live:
        return _("Cette heure est passée.")
    if found.state == OffreState.REFUSED:
        return _("Vous avez répondu non. La place est proposée à une autre personne.")
    return OVER[OffreState(found.state)]


def _accepted_page(request: HttpRequest, found: Offre, *, notice: str, status: int) -> HttpResponse:
    departement = found.motif.departement
    participation = public_waiting.participation_of(found)
    if participation is None or not participation.is_live or not participation.rdv.is_live:
        context = ticket_of(found) | {
            "over": _("Vous aviez accepté cette place. Le rendez-vous a été annulé depuis."),
            "waits": False,
            "phone": found.site.phone,
            "see_url": link_of(participation) if participation else "",
        }
        return show(request, "public/wait_offer_over.html", departement, context, status=status)
    context = ticket(participation) | {"notice": notice or (OVER[OffreState.ACCEPTED] if status == TAKEN else "")}
    return show(request, "public/wait_offer_yes.html", departement, context, status=status)
