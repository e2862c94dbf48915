"""The confirmation: only for the browser that booked. Reloaded or reached by "back", it says the same thing."""

import uuid as uuids

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from rdv.core import clock
from rdv.models import Participation
from rdv.services import public_reading
from rdv.views.public import holds
from rdv.views.public.holds import Hold, HoldBook
from rdv.views.public.link import may_wait
from rdv.views.public.shared import departement_or_404, show
from rdv.views.public.ticket import link_of, reminder_on, sent_words, ticket


@require_safe
def done(request: HttpRequest, departement: str, token: uuids.UUID) -> HttpResponse:
    now = clock.now()
    found = departement_or_404(departement)
    hold = HoldBook(request.session, now).get(token, found.code)
    participation = _participation_of(hold)
    if participation is None:
        return redirect("rdv:public_identity", found.slug, hold.token)
    if not participation.is_live or not participation.rdv.is_live:  # cancelled since: its own page says so
        return redirect(link_of(participation))
    context = ticket(participation) | {
        "sent": sent_words(participation, hold.sent_to, hold.channel),
        "reminder_on": reminder_on(participation),
        "link_url": link_of(participation),
        "may_wait": may_wait(participation, now),
    }
    return show(request, "public/done.html", found, context)


def _participation_of(hold: Hold) -> Participation | None:
    """The session knows it; else (two presses at once) the hold itself does."""
    if hold.moving:
        raise Http404
    if hold.participation:
        return public_reading.participation_with_rdv(hold.participation)
    option = holds.option_of(hold)
    found = public_reading.participation_of_option(option) if option is not None else None
    return public_reading.participation_with_rdv(str(found.uuid)) if found else None
