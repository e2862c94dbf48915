"""Is this person of the agent's usual work? Outside it, opening the file asks why, and the answer is journalled.

Room: services, reads only. Files are the département's; the usual ones are those of one's own sites:

    one follows the person, or receives them
    the person, or somebody of their family, has or had an Rdv on one of one's sites
    the person waits for something that one of them offers
    nobody knows them yet: a file with nothing in it belongs to whoever opens it

A secretary answers whoever calls: from the console the call is the reason, and the journal says that it was outside.
Everybody else is asked, there as on the file (docs/decisions/0023).
"""

import uuid as uuids
from datetime import datetime, timedelta

from django.db.models import Q

from agents.access import Scope
from rdv.core.clock import local_date
from rdv.models import Inscription, Participation, RdvAgent
from usagers.access import standing_file, was_opened
from usagers.models import Proche, Referent, Usager

# One call, one line in the journal, one question: the page is read again at each step.
SAME_CALL = timedelta(minutes=30)


def needs_reason(scope: Scope, uuid: uuids.UUID, *, now: datetime) -> bool:
    """Http404 outside the département. A reason given, or a call taken, holds for half an hour."""
    usager = standing_file(scope.departement_code, uuid=uuid)
    return not is_usual(scope, usager, now=now) and not was_opened(scope.agent_id, usager, since=now - SAME_CALL)


def needs_reason_on_call(scope: Scope, uuid: uuids.UUID, *, now: datetime) -> bool:
    """The same for the person on the phone."""
    return not scope.is_secretaire and needs_reason(scope, uuid, now=now)


def is_usual(scope: Scope, usager: Usager, *, now: datetime) -> bool:
    today = local_date(now, usager.departement.zone)
    if Referent.objects.current(today).filter(usager=usager, agent=scope.agent_id).exists():
        return True
    links = Proche.objects.current(today).filter(Q(responsable=usager) | Q(person=usager))
    family = {usager.pk, *(pk for pair in links.values_list("responsable_id", "person_id") for pk in pair)}
    rdvs = Participation.objects.filter(usager__in=family)
    waits = Inscription.objects.filter(usager__in=family)
    own = Q(rdv__in=RdvAgent.objects.filter(agent=scope.agent_id).values("rdv")) | Q(rdv__site__in=scope.site_ids)
    if rdvs.filter(own).exists() or waits.filter(motif__motif_sites__site__in=scope.site_ids).exists():
        return True
    return not rdvs.exists() and not waits.exists()
