"""Days on which nobody is received (Fermeture), as they stand in the way of one hour. Reads only.

Room: services. Called by what an agent places by hand; the searches for free hours know closures by themselves
(rdv/services/free_sql).
"""

from datetime import datetime

from django.db.models import Q

from agents.models import Fermeture, Site
from rdv.core.clock import local_date
from rdv.domain import french
from rdv.domain.holidays import holiday_name
from rdv.models import Modality, Motif


def day_off_words(motif: Motif, site: Site, starts_at: datetime, ends_at: datetime) -> str:
    """Why nobody is received then: closed, or a public holiday. Empty for an ordinary day."""
    shut = closed_words(motif, site, starts_at, ends_at)
    if shut:
        return shut
    day = local_date(starts_at, motif.departement.zone)
    holiday = holiday_name(day, motif.departement_id)
    return f"{french.day(day).capitalize()} est férié{french.NBSP}: {holiday}." if holiday else ""


def closed_words(motif: Motif, site: Site, starts_at: datetime, ends_at: datetime) -> str:
    """A closed day, of the site or of the whole département."""
    found = closure_over(motif, site, starts_at, ends_at)
    if found is None:
        return ""
    where = "Le département est fermé" if found.site_id is None else f"{site.name} est fermé"
    return f"{where} {french.day(local_date(starts_at, motif.departement.zone))}{french.NBSP}: {found.label}."


def closure_over(motif: Motif, site: Site, starts_at: datetime, ends_at: datetime) -> Fermeture | None:
    """Of the département, or of this site: that one says nothing of visits at home, by phone or on a screen."""
    zone = motif.departement.zone
    rows = Fermeture.objects.meeting(motif.departement, local_date(starts_at, zone), local_date(ends_at, zone))
    here = Q(site=site) if motif.modality == Modality.PUBLIC_OFFICE else Q(pk=None)
    return rows.filter(Q(site=None) | here).first()
