"""Other dates proposed: /c/<token>. One tap picks one, without account nor script. Looking never answers.

live ------> one of the dates: the Rdv moves there      none suits: we phone
picked, refused, lapsed, withdrawn: each said in words, with what can still be done
"""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from rdv.access import proposition_for_link
from rdv.core.clock import local_date
from rdv.core.links import make_token
from rdv.domain import french
from rdv.models import Horaire, Proposition, PropositionState
from rdv.services import proposition_answer
from rdv.services.errors import AlreadyRegistered, UsagerBusy
from rdv.services.proposition_answer import OVER, HoraireGone, PropositionOver
from rdv.services.proposition_reads import hours_still_held, participation_now
from rdv.services.public_booking import author_of
from rdv.views.public import words
from rdv.views.public.shared import TAKEN, show
from rdv.views.public.ticket import link_of, ticket
from rdv.views.public.wait_offer import day_said
from rdv.views.public.wait_shared import opened_by

NONE = "aucune"


@require_http_methods(["GET", "HEAD", "POST"])
@opened_by(proposition_for_link)
def choice(request: HttpRequest, found: Proposition, now: datetime) -> HttpResponse:
    if request.method != "POST":
        return _page(request, found, now)
    try:
        return _answer(found, request.POST.get("choix", ""), now)
    except PropositionOver:
        return _page(request, _again(found, now), now, status=TAKEN)
    except HoraireGone as error:
        return _page(request, _again(found, now), now, notice=error.message, status=TAKEN)
    except (UsagerBusy, AlreadyRegistered):
        notice = _("Il y a déjà un autre rendez-vous à cette heure. Choisissez une autre date.")
        return _page(request, found, now, notice=notice, status=TAKEN)


def _answer(found: Proposition, said: str, now: datetime) -> HttpResponse:
    """What was not one of our buttons is no answer: the page is shown again."""
    person = found.participation.responsable or found.participation.usager
    author = author_of(person)
    if said == NONE:
        proposition_answer.refuse(proposition=found, author=author, now=now)
    else:
        horaire = _horaire(found, said)
        if horaire is not None:
            proposition_answer.pick(horaire=horaire, author=author, now=now)
    return redirect(choice_link(found))


def _horaire(found: Proposition, said: str) -> Horaire | None:
    horaire = next((one for one in found.horaires.all() if str(one.position) == said), None)
    if horaire is not None:
        horaire.proposition = found
    return horaire


def _again(found: Proposition, now: datetime) -> Proposition:
    return proposition_for_link(make_token("choix", str(found.uuid)), now=now)


def choice_link(found: Proposition) -> str:
    return reverse("rdv:public_choice", args=[make_token("choix", str(found.uuid))])


def _page(
    request: HttpRequest, found: Proposition, now: datetime, *, notice: str = "", status: int = 200
) -> HttpResponse:
    participation = found.participation
    departement = participation.rdv.motif.departement
    if found.state == PropositionState.PICKED:
        picked = participation_now(found)
        if picked is not None and picked.is_live and picked.rdv.is_live:
            said = OVER[PropositionState.PICKED] if status == TAKEN else ""
            context = ticket(picked) | {"notice": notice or said}
            return show(request, "public/wait_offer_yes.html", departement, context, status=status)
    context = _context(found, now) | {"notice": notice}
    template = "public/choice.html" if found.is_live and context["hours"] else "public/choice_over.html"
    return show(request, template, departement, context, status=status)


def _context(found: Proposition, now: datetime) -> dict[str, Any]:
    participation = found.participation
    rdv, zone = participation.rdv, participation.rdv.motif.departement.zone
    stands = participation.is_live and rdv.is_live
    total = max(1, int((found.answer_by - found.sent_at).total_seconds() // 60))
    left = max(0, int((found.answer_by - now).total_seconds() // 60))
    return {
        "hours": hours_still_held(found, now=now),
        "was_at": found.was_at,
        "is_off": found.absence_id is not None,
        "stands": stands,
        "now_at": rdv.starts_at,
        "site": rdv.site,
        "label": words.label_of(rdv.motif),
        "answer_by": found.answer_by,
        "is_late": found.answer_by <= now,
        "day_said": day_said(local_date(found.answer_by, zone), local_date(now, zone)),
        "time_left": french.duration(found.answer_by - now) if found.answer_by > now else "",
        "minutes_left": min(left, total),
        "minutes_total": total,
        "over": "" if found.is_live else OVER[PropositionState(found.state)],
        "is_refused": found.state == PropositionState.REFUSED,
        "phone": rdv.site.phone,
        "see_url": link_of(participation) if stands else "",
    }
