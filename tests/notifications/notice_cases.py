"""An Rdv whose every word is told apart, so that a message can be searched for what it must not say."""

from datetime import timedelta

from notifications.models import Message, State
from rdv.core.journal import Author
from rdv.models import NoticeLevel, Participation
from rdv.services import notices
from tests.factories import (
    make_agent,
    make_departement,
    make_motif,
    make_rdv,
    make_site,
    make_usager,
    utc,
)

# Thursday 2027-01-14, 9:20 in Paris; NOW is Monday 2027-01-04, 8:00 in Paris.
AT = utc(2027, 1, 14, 8, 20)
USAGER = Author("usager", None, "Usager")
HIDDEN = {
    "name": "Suivi renforce Zinnia",
    "service": "Service Quetzal",
    "agent": "Ocarina",
    "context": "Note Xylophone",
    "last_name": "Wisigoth",
}
DETAILS = {
    "public_label": "Libelle Kumquat",
    "public_hint": "Precision Papaye",
    "documents": ["Carnet Bergamote"],
    "instructions_before": "Avant Rhubarbe",
    "instructions_after": "Apres Topinambour",
    "cancel_warning": "Attention Salsifis",
}
SAID_BY_DISCREET = ("rendez-vous", "RDV")


def make_case(level=NoticeLevel.NORMAL, at=AT, *, title="", usager_fields=None, **motif_fields):
    departement = make_departement()
    site = departement.sites.filter(name="MDS de Lens").first() or make_site(departement, name="MDS de Lens")
    motif = make_motif(departement, sites=[site], name=HIDDEN["name"], notice_level=level, **DETAILS | motif_fields)
    motif.service.name = motif.service.short_name = HIDDEN["service"]
    motif.service.save()
    agent = make_agent(departement, site=site, first_name="Nadia", last_name=HIDDEN["agent"], notification_level="all")
    usager = make_usager(departement, last_name=HIDDEN["last_name"], **usager_fields or {})
    rdv = make_rdv(motif, site, [agent], at, usagers=[usager], context=HIDDEN["context"], title=title)
    return reload(rdv.participations.get())


def reload(participation):
    return Participation.objects.select_related("rdv__motif__departement", "rdv__site", "usager", "responsable").get(
        pk=participation.pk
    )


def everything_said(rows=None):
    rows = Message.objects.all() if rows is None else rows
    return "\n".join(
        part for row in rows for part in (row.title, row.body, row.html, row.calendar, row.sender, row.reply_to)
    )


def planned(**filters):
    return Message.objects.filter(state=State.PLANNED, **filters)


def move(participation, at):
    rdv = participation.rdv
    old = rdv.starts_at
    rdv.starts_at, rdv.ends_at = at, at + timedelta(minutes=30)
    rdv.schedule_version += 1
    rdv.save()
    return old


def cancel(participation, now):
    participation.status_at = now
    notices.cancelled(participation, by_service=True, now=now)


def restore(participation, now):
    participation.status_at = now
    notices.restored(participation, now=now)
