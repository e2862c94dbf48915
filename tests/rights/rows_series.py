"""Rows of the matrix: an Rdv like this one, a series of Rdv, giving up the rest of it; a week of openings copied."""

import datetime as dt

from rdv.services.week_copies import Copy, monday, preview_copy
from rdv.views.planning_copy import mark_of
from tests.rights.doors import PLANNERS, READERS, REFUSED, SITE, Ask, agent, site
from tests.rights.world_series import follow_value

CANNOT_READ = tuple(role for role in SITE if role not in READERS)


def _followed(house, _role):
    return [house.to_follow.uuid]


def _second(house, _role):
    return [house.repeated_rdvs[1].uuid]


def _pace(_house, _role):
    return {"tous": 1, "unite": "semaines", "fois": 3}


def _kept(house, role):
    days = [rdv.starts_at.astimezone(house.departement.zone).date().isoformat() for rdv in house.repeated_rdvs[2:]]
    hours = {f"heure-{day}": follow_value(house, week) for week, day in enumerate(days, start=2)}
    return _pace(house, role) | {"garder": days} | hours


def _claire(house, _role):
    return [house.owner.pk]


def _weeks(house):
    week = monday(house.ouverture.local_on)
    return Copy(house.owner, house.owner, week, week + dt.timedelta(weeks=5))


def _week(house, _role):
    copy = _weeks(house)
    return {"semaine": copy.from_week.isoformat(), "vers": house.owner.pk, "cible": copy.to_week.isoformat()}


def _week_seen(house, role):
    lines = preview_copy(_weeks(house), now=house.now, today=house.now.date())
    return _week(house, role) | {"vu": mark_of(lines)}


ROWS = [
    Ask("rdv:rdv_again", site(*READERS), args=_followed),
    Ask("rdv:rdv_detail", site(*READERS), label="série", args=_second, viewer="secretaire", queries=16),
    Ask("rdv:rdv_series", site(*READERS), args=_followed, data=_pace, viewer="secretaire", queries=20),
    Ask(
        "rdv:rdv_series",
        site(*READERS),
        label="avec d’autres",
        args=_followed,
        data=lambda h, r: _pace(h, r) | {"avec": "tous"},
        viewer="owner",
        queries=20,
    ),
    Ask(
        "rdv:rdv_series",
        site(otherwise=REFUSED, **dict.fromkeys(CANNOT_READ, site()["owner"])),
        label="rythme impossible",
        args=_followed,
        data=lambda h, r: _pace(h, r) | {"fois": 99},
        viewer="responsable",
        queries=14,
    ),
    Ask("rdv:rdv_series", site(*READERS), "POST", args=_followed, data=_kept, writes=True),
    Ask("rdv:rdv_series_cancel", site(*READERS), args=_second, viewer="secretaire", queries=16),
    Ask("rdv:rdv_series_cancel", site(*READERS), "POST", args=_second, data=lambda _h, _r: {"who": "usager"},
        writes=True),
    Ask("rdv:week_copy", agent(*PLANNERS), args=_claire, viewer="owner", queries=18),
    Ask("rdv:week_copy", agent(*PLANNERS), label="ce qui serait copié", args=_claire, data=_week, viewer="responsable",
        queries=19),
    Ask("rdv:week_copy", agent(*PLANNERS), "POST", args=_claire, data=_week_seen, writes=True),
]  # fmt: skip
