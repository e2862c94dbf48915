"""Statuses to fill in: radios named after participations. Room: forms. Called by rdv/views/agenda/filling.

st-<uuid of the participation> = seen | noshow | excused
p = <uuid>, once per person of a sheet; present = <uuid>, once per person ticked; nobody = on
"""

import uuid as uuids
from collections.abc import Iterable

from django.http import QueryDict

from rdv.domain.statuses import Status
from rdv.services.agenda_filling import ANSWERS

PREFIX = "st-"


def answers_in(data: QueryDict) -> dict[uuids.UUID, Status]:
    """What was chosen, by participation. A name or a value that is not ours is left out."""
    allowed = {answer.value: answer for answer in ANSWERS}
    found = {}
    for name, value in data.items():
        key = as_uuid(name.removeprefix(PREFIX)) if name.startswith(PREFIX) else None
        if key is not None and str(value) in allowed:
            found[key] = allowed[str(value)]
    return found


def uuids_in(values: Iterable[str]) -> list[uuids.UUID]:
    return list(dict.fromkeys(found for found in map(as_uuid, values) if found is not None))


def as_uuid(text: str) -> uuids.UUID | None:
    try:
        return uuids.UUID(text)
    except ValueError:
        return None
