"""Days on which nobody is received (Fermeture), as they stand in the way of one hour. Reads only.

Room: services. Called by what an agent places by hand; the searches for free hours know closures by themselves
(rdv/services/free_sql).
"""

from datetime import datetime

from django.db.models import Q

from agents.models import Fermeture, Site
from rdv.core.clock import local_date
from rdv.models import Modality, Motif


def closure_over(motif: Motif, site: Site, starts_at: datetime, ends_at: datetime) -> Fermeture | None:
    """Of the département, or of this site: that one says nothing of visits at home, by phone or on a screen."""
    zone = motif.departement.zone
    rows = Fermeture.objects.meeting(motif.departement, local_date(starts_at, zone), local_date(ends_at, zone))
    here = Q(site=site) if motif.modality == Modality.PUBLIC_OFFICE else Q(pk=None)
    return rows.filter(Q(site=None) | here).first()
