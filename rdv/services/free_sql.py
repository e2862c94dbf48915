"""The subtraction of free time in SQL: for a whole window, or for the first days that may have something.

Reads only; called by rdv/services/availability. One statement per question, whatever the number of agents and places.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from enum import Enum
from typing import Any, NamedTuple

from django.db import connection
from django.db.backends.utils import CursorWrapper

from rdv.core.db import prepared_cursor
from rdv.domain.intervals import Span, interval_of
from rdv.domain.travel import Point, Stop
from rdv.models import Modality
from rdv.services.questions import EVERYBODY, LOOK_BACK, Question

# (agent, site) -> stretches; agent -> home visits.
Free = dict[tuple[int, int], list[Span]]
Visits = dict[int, list[Stop]]
LONG_AGO = date(1970, 1, 1)


class Key(Enum):
    """Whose first day is looked for."""

    SITE = "site_id"
    AGENT = "agent_id"


class Asked(NamedTuple):
    """One place or agent, and the last day that is already known to have nothing."""

    key: int
    after: date = LONG_AGO


# Which openings answer; `o` is the row of rdv_ouverture.
_OPEN = """
{place}
      AND NOT o.is_cancelled
      AND o.starts_at > %(since)s - %(look_back)s AND o.starts_at < %(until)s AND o.ends_at > %(since)s
      AND o.motif_ids @> ARRAY[%(motif)s]::bigint[]
      AND (%(public_on)s::date IS NULL OR o.public_from IS NULL OR o.public_from <= %(public_on)s)
      AND NOT EXISTS (
          SELECT 1 FROM agents_fermeture f
          WHERE f.departement_id = %(departement)s AND f.starts_on <= o.local_on AND f.ends_on >= o.local_on
            AND (f.site_id IS NULL OR f.site_id = o.site_id))
      AND EXISTS (SELECT 1 FROM agents_agent a WHERE a.id = o.agent_id AND a.is_active)
"""

# What takes the agents of `opened`, moved by the motif's buffers; {since} and {until} bound the look.
_BUSY = """
coalesce((
         SELECT range_agg(tstzrange(b.starts_at - %(after)s, b.ends_at + %(before)s))
         FROM rdv_occupation b
         WHERE b.agent_id = opened.agent_id
           AND b.starts_at > {since} - %(look_back)s AND b.starts_at < {until}
           AND (b.expires_at IS NULL OR b.expires_at > %(now)s)
           -- freed, wanted by nobody, public in a few minutes: agents have it at once
           AND (b.kind <> 'option' OR b.is_blocking OR %(hides_released)s)
           AND b.option_id IS DISTINCT FROM %(ignore_option)s
           AND b.rdv_id IS DISTINCT FROM %(ignore_rdv)s
     ), '{{{{}}}}'::tstzmultirange)
"""

# Around a home visit an Rdv on site needs the road there and back, which depends on both places: the visits of `opened`
# come with the answer, as rows of their own. {since} and {until} bound the look.
_VISITS = """
SELECT {keys} v.agent_id, NULL::bigint, floor(extract(epoch FROM v.starts_at))::bigint,
       ceil(extract(epoch FROM v.ends_at))::bigint, true, v.latitude, v.longitude
FROM opened JOIN rdv_occupation v ON v.agent_id = opened.agent_id
WHERE %(with_road)s AND v.is_home_visit
  AND v.starts_at > {since} - %(look_back)s AND v.starts_at < {until} + %(look_back)s
  AND (v.expires_at IS NULL OR v.expires_at > %(now)s)
  AND (v.kind <> 'option' OR v.is_blocking OR %(hides_released)s)
  AND v.option_id IS DISTINCT FROM %(ignore_option)s
  AND v.rdv_id IS DISTINCT FROM %(ignore_rdv)s
"""
# Whole seconds, as numbers: an instant is ten times longer to read.
_SPAN = "ceil(extract(epoch FROM lower(free)))::bigint, floor(extract(epoch FROM upper(free)))::bigint"

_WHOLE_WINDOW = f"""
WITH opened AS (
    SELECT o.agent_id, o.site_id, range_agg(tstzrange(o.starts_at, o.ends_at)) AS stretch
    FROM rdv_ouverture o
    WHERE {_OPEN}
    GROUP BY o.agent_id, o.site_id
)
SELECT agent_id, site_id, {_SPAN}, false, NULL::float8, NULL::float8
FROM opened, unnest(stretch - {_BUSY.format(since="%(since)s", until="%(until)s")}) AS free
WHERE upper(free) - lower(free) >= %(duration)s
UNION ALL {_VISITS.format(keys="", since="%(since)s", until="%(until)s")}
ORDER BY 1, 2, 3
"""  # noqa: S608 - the pieces above

# `day`: per key, the days of the next openings where a créneau may fit (longest_free_min, an upper bound); then the
# same exact subtraction as above, on those days alone. No opening runs over midnight: a day is whole by itself.
_FIRST_DAYS = f"""
WITH day AS (
    SELECT DISTINCT asked.key, found.local_on
    FROM unnest(%(keys)s::bigint[], %(afters)s::date[]) AS asked(key, after)
    CROSS JOIN LATERAL (
        SELECT o.local_on FROM rdv_ouverture o
        WHERE o.{{key}} = asked.key AND o.longest_free_min >= %(minutes)s
          AND o.starts_at > asked.after::timestamp AT TIME ZONE 'UTC' - interval '1 day' AND o.local_on > asked.after
          AND {_OPEN}
        ORDER BY o.starts_at LIMIT %(openings)s
    ) AS found
), opened AS (
    SELECT day.key, day.local_on, o.agent_id, o.site_id, min(o.starts_at) AS first, max(o.ends_at) AS last,
           range_agg(tstzrange(o.starts_at, o.ends_at)) AS stretch
    FROM day JOIN rdv_ouverture o ON o.{{key}} = day.key AND o.local_on = day.local_on
         AND o.starts_at > day.local_on::timestamp AT TIME ZONE 'UTC' - interval '1 day'
         AND o.starts_at < day.local_on::timestamp AT TIME ZONE 'UTC' + interval '2 days'
         AND o.longest_free_min >= %(minutes)s
    WHERE {_OPEN}
    GROUP BY day.key, day.local_on, o.agent_id, o.site_id
)
SELECT opened.key, opened.local_on, agent_id, site_id, {_SPAN}, false, NULL::float8, NULL::float8
FROM opened LEFT JOIN LATERAL unnest(
    stretch - {_BUSY.format(since="opened.first", until="opened.last + %(after)s + %(before)s")}
) AS free ON upper(free) - lower(free) >= %(duration)s
UNION ALL {_VISITS.format(keys="opened.key, opened.local_on,", since="opened.first", until="opened.last")}
ORDER BY 1, 2, 3, 4, 5
"""  # noqa: S608 - the pieces above


class Found(NamedTuple):
    """Where a whole créneau may lie, road left aside, and the home visits of these agents."""

    free: Free
    visits: Visits


def subtract_window(question: Question, followers: Mapping[int, int] | None) -> Found:
    """Over the window. `followers`: for motifs away from the site."""
    free: Free = defaultdict(list)
    visits: Visits = defaultdict(list)
    with _cursor_for(question, is_by_place=len(question.sites) == 1) as cursor:
        cursor.execute(_WHOLE_WINDOW.format(place=_place(question, followers)), _parameters(question, followers))
        for agent_id, site_id, start, end, is_visit, latitude, longitude in cursor.fetchall():
            if is_visit:
                visits[agent_id].append(_stop(start, end, latitude, longitude))
            else:
                free[agent_id, site_id if followers is None else followers[agent_id]].append((start, end))
    return Found(free, visits)


def subtract_first_days(
    question: Question, followers: Mapping[int, int] | None, *, key: Key, asked: Sequence[Asked], openings: int
) -> tuple[Found, dict[int, date]]:
    """The same for the next days of each key that may have something, found through `openings` openings each.

    Second answer: the last of these days, per key. A day that is there but has no stretch had an opening that seemed
    long enough; a key that is not there has no day left.
    """
    parameters = _parameters(question, followers) | {
        "keys": [one.key for one in asked],
        "afters": [one.after for one in asked],
        "openings": openings,
        "minutes": int(question.duration.total_seconds() // 60),
    }
    free: Free = defaultdict(list)
    visits: Visits = defaultdict(list)
    last: dict[int, date] = {}
    with _cursor_for(question, is_by_place=key is Key.SITE) as cursor:
        cursor.execute(_FIRST_DAYS.format(place=_beside(key, question, followers), key=key.value), parameters)
        for one, day, agent_id, site_id, start, end, is_visit, latitude, longitude in cursor.fetchall():
            last[one] = day  # in the order of the days
            if is_visit:
                visits[agent_id].append(_stop(start, end, latitude, longitude))
            elif start is not None:
                free[agent_id, site_id if followers is None else followers[agent_id]].append((start, end))
    return Found(free, visits), last


def _cursor_for(question: Question, *, is_by_place: bool) -> AbstractContextManager[CursorWrapper]:
    """The questions of the public, about places and whoever is there, are planned once. Those that name agents, five or
    five hundred, are planned each time: the plan kept for any number was three to six times slower for many of them."""
    return prepared_cursor() if is_by_place and question.agents is EVERYBODY else connection.cursor()


def _stop(start: int, end: int, latitude: float | None, longitude: float | None) -> Stop:
    place = None if latitude is None or longitude is None else Point(latitude, longitude)
    return Stop(interval_of((start, end)), place)


def _place(question: Question, followers: Mapping[int, int] | None) -> str:
    if followers is not None:
        return "o.site_id IS NULL AND o.agent_id = ANY(%(agents)s)"
    if question.agents is EVERYBODY:
        return "o.site_id = ANY(%(sites)s)"
    return "o.site_id = ANY(%(sites)s) AND o.agent_id = ANY(%(agents)s)"


def _beside(key: Key, question: Question, followers: Mapping[int, int] | None) -> str:
    """What is left to ask of the place once each key is asked for itself."""
    if key is Key.AGENT:
        return "o.site_id IS NULL" if followers is not None else "o.site_id = ANY(%(sites)s)"
    return "true" if question.agents is EVERYBODY else "o.agent_id = ANY(%(agents)s)"


def _parameters(question: Question, followers: Mapping[int, int] | None) -> dict[str, Any]:
    motif, window = question.motif, question.window
    named = [] if question.agents is EVERYBODY else list(question.agents)
    return {
        "sites": [site.pk for site in question.sites],
        "agents": named if followers is None else list(followers),
        "since": window.earliest,
        # Buffers may spill over the last créneau: neighbours are looked at a little further.
        "until": window.latest + question.duration + motif.buffer_before + motif.buffer_after,
        "look_back": LOOK_BACK,
        "motif": motif.pk,
        "departement": motif.departement_id,
        "public_on": question.public_on,
        "hides_released": question.hides_released,
        "with_road": motif.modality == Modality.PUBLIC_OFFICE,
        "before": motif.buffer_before,
        "after": motif.buffer_after,
        "duration": question.duration,
        "now": question.now,
        # -1 is nobody: with NULL, IS DISTINCT FROM would drop the rows that have no option, no Rdv.
        "ignore_option": question.ignore_option or -1,
        "ignore_rdv": question.ignore_rdv or -1,
    }
