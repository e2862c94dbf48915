"""Rows of the matrix: agendas, statuses to fill in, workshops, the catalogue of motifs, openings and absences."""

import datetime as dt

from rdv.core.links import make_token
from rdv.services.motif_effects import losses_on_sites
from tests.rights.doors import (
    HERE,
    NOT_FOUND,
    PLANNERS,
    READERS,
    REFUSED,
    SITE,
    Ask,
    admin,
    agent,
    everybody,
    site,
)
from tests.rights.world import at

SEE_CLAIRE = tuple(role for role in HERE if role != "other_site")
# Those with an agenda of their own: the desk has none.
HAS_AGENDA = tuple(role for role in SITE if role != "secretaire")
DAY = 4  # days from now: a morning of Claire's with holds, an Rdv read by some and masked to others


def _local(house, days):
    return at(house, days, 12).astimezone(house.departement.zone).date().isoformat()


def _agenda(house, _role, view="semaine"):
    return {"agent": house.owner.pk, "date": _local(house, DAY), "vue": view}


def _hours(house, _role):
    """A little longer, whoever may."""
    zone = house.departement.zone
    starts, ends = house.rdv.starts_at.astimezone(zone), house.rdv.ends_at.astimezone(zone) + dt.timedelta(minutes=5)
    return {"day": starts.date().isoformat(), "hour": f"{starts:%H:%M}", "ends": f"{ends:%H:%M}", "reason": "Urgence"}


def _answers(house, _role):
    return {f"st-{house.past.participations.get().uuid}": "seen", "jour": _local(house, -1)}


def _sheet(house, _role):
    one = house.past_session.participations.get()
    return {"p": [one.uuid], "present": [one.uuid]}


def _workshop(house, _role):
    return {
        "motif": house.workshop.uuid,
        "site": house.site.pk,
        "day": _local(house, 12),
        "starts_time": "10:00",
        "agents": [house.owner.pk],
    }


AGENDAS = [
    Ask("rdv:agenda", site(*SITE), viewer="secretaire", queries=27),
    Ask("rdv:agenda", site(*SITE), label="jour", data=lambda _h, _r: {"vue": "jour"}, viewer="owner", queries=23),
    Ask("rdv:agenda", site(*SEE_CLAIRE), label="semaine d’un agent", data=_agenda, viewer="owner", queries=26),
    Ask(
        "rdv:agenda",
        site(*SEE_CLAIRE),
        label="liste d’un agent",
        data=lambda h, r: _agenda(h, r, "liste"),
        viewer="owner",
        queries=26,
    ),
    Ask(
        "rdv:agenda",
        site(*SEE_CLAIRE),
        label="mois d’un agent",
        data=lambda h, r: _agenda(h, r, "mois"),
        viewer="owner",
        queries=26,
    ),
    Ask(
        "rdv:agenda",
        site(*SEE_CLAIRE),
        label="jour, une collègue à côté",
        data=lambda h, r: _agenda(h, r, "jour") | {"avec": [h.colleague.pk]},
        viewer="owner",
        queries=34,
    ),
    Ask("rdv:feed_settings", site(*SITE), viewer="owner", queries=9),
    Ask(
        "rdv:feed_settings",
        site(*HAS_AGENDA),
        "POST",
        data=lambda _h, _r: {"action": "ouvrir"},
        writes=True,
        idle=("owner",),
    ),
    Ask("rdv:agenda_feed", everybody(), args=lambda h, _r: [make_token("agenda", str(h.feed.uuid))]),
    Ask("rdv:agenda_feed", everybody(NOT_FOUND), label="inconnue", args=lambda _h, _r: ["x" * 16]),
    Ask("rdv:rdv_hours", site(*READERS), args=lambda h, _r: [h.rdv.uuid], viewer="owner", queries=14),
    Ask(
        "rdv:rdv_hours",
        site(*READERS),
        label="ce qui change",
        args=lambda h, _r: [h.rdv.uuid],
        data=_hours,
        viewer="owner",
        queries=19,
    ),
    Ask("rdv:rdv_hours", site(*READERS), "POST", args=lambda h, _r: [h.rdv.uuid], data=_hours, writes=True),
    Ask("rdv:to_fill_in", site(*SITE), viewer="owner", queries=12),
    Ask("rdv:to_fill_in", site(*READERS), "POST", data=_answers, writes=True),
    Ask(
        "rdv:workshop_sheet",
        site(*READERS),
        "POST",
        args=lambda h, _r: [h.past_session.uuid],
        data=_sheet,
        writes=True,
    ),
    Ask("rdv:workshop_create", site(*SITE), viewer="owner", queries=16),
    Ask("rdv:workshop_create", site(*READERS, otherwise=REFUSED), "POST", data=_workshop, writes=True),
]


def _motif(house, _role):
    return [house.motif.uuid]


def _motif_fields(house, _role):
    return {
        "name": "Vaccination",
        "public_label": "Vaccination",
        "tile": "enfant",
        "service": house.pmi.pk,
        "modality": "public_office",
        "duration_min": 20,
        "buffer_before_min": 0,
        "buffer_after_min": 0,
        "capacity": 1,
        "agents_needed": 1,
        "min_notice_min": 60,
        "horizon_days": 84,
        "cancel_hours": 4,
        "who_books": "everyone",
        "notice_level": "normal",
    }


def _switches(house, _role):
    key = house.motif.uuid
    losses = losses_on_sites(house.motif, [house.other_site.pk], now=house.now)
    told = {"perdu": "-".join(one.seen for one in losses)} if losses else {}
    return {f"was-{key}": f"{house.site.pk},{house.other_site.pk}", f"m-{key}": [house.site.pk]} | told


CATALOGUE = [
    Ask("rdv:motifs", admin("admin", "stranger_admin"), viewer="admin", queries=9),
    Ask("rdv:motif_create", admin("admin", "stranger_admin"), viewer="admin", queries=6),
    Ask("rdv:motif_create", admin("admin", otherwise=REFUSED), "POST", data=_motif_fields, writes=True),
    Ask("rdv:motif_switches", admin("admin"), "POST", data=_switches, writes=True),
    Ask("rdv:motif_edit", admin("admin"), args=_motif, viewer="admin", queries=9),
    Ask("rdv:motif_edit", admin("admin"), "POST", args=_motif, data=_motif_fields, writes=True),
    Ask("rdv:motif_archive", admin("admin"), "POST", args=_motif, writes=True),
]


def _claire(house, _role):
    return [house.owner.pk]


def _plage(house, _role):
    return [house.ouverture.plage.uuid]


def _occurrence(house, _role):
    return [house.ouverture.plage.uuid, house.ouverture.occurrence_on.isoformat()]


def _absence(house, _role):
    return [house.absence.uuid]


def _new_plage(house, _role):
    return {
        "site": house.site.pk,
        "repetition": "weekly-1",
        "weekdays": ["1"],
        "first_day": _local(house, 14),
        "starts_time": "14:00",
        "ends_time": "16:00",
        "motifs": [house.motif.pk],
    }


def _edited_plage(house, _role):
    return {
        "site": house.site.pk,
        "repetition": "once-1",
        "first_day": _local(house, 6),
        "starts_time": "09:00",
        "ends_time": "11:30",
        "motifs": [house.motif.pk],
        "scope": "one",
    }


def _new_absence(house, _role):
    day = _local(house, 15)
    return {"repetition": "once-1", "kind": "leave", "first_day": day, "last_day": day}


def _planned(name, args, *, data=None, label="", viewer="owner", queries=15):
    return Ask(
        f"rdv:{name}",
        agent(*PLANNERS),
        args=args,
        data=data or (lambda _h, _r: {}),
        label=label,
        viewer=viewer,
        queries=queries,
    )


def _post(name, args, data=lambda _h, _r: {}, *, sees_first=False):
    return Ask(f"rdv:{name}", agent(*PLANNERS), "POST", args=args, data=data, writes=True, sees_first=sees_first)


PLANNING = [
    # Those with an agenda, and the responsable: to their own, or to the first that they plan for.
    Ask(
        "rdv:my_planning",
        agent(*SITE, secretaire=NOT_FOUND, admin=NOT_FOUND, stranger_admin=NOT_FOUND),
    ),
    _planned("plages", _claire),
    _planned("plage_create", _claire),
    _post("plage_create", _claire, _new_plage, sees_first=True),
    _planned("plage", _plage),
    _planned("plage_end", _plage),
    _post("plage_end", _plage, lambda h, _r: {"last_day": _local(h, 4)}, sees_first=True),
    _planned("plage_edit", _occurrence, queries=29),
    _post("plage_edit", _occurrence, _edited_plage, sees_first=True),
    _planned("occurrence_cancel", _occurrence, queries=22),
    _post("occurrence_cancel", _occurrence),
    Ask(
        "rdv:occurrence_restore",
        agent(*PLANNERS),
        "POST",
        args=lambda h, _r: [h.cancelled.plage.uuid, h.cancelled.occurrence_on.isoformat()],
        writes=True,
    ),
    _planned("absence_create", _claire),
    _post("absence_create", _claire, _new_absence, sees_first=True),
    _planned("absence", _absence),
    _planned("absence_edit", _absence),
    _post("absence_edit", _absence, _new_absence, sees_first=True),
    _planned("absence_delete", _absence),
    _post("absence_delete", _absence),
]

ROWS = [*AGENDAS, *CATALOGUE, *PLANNING]
