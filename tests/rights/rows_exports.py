"""Rows of the matrix: exports of Rdv. The files are those of the responsable (world_exports)."""

import uuid

from tests.rights.doors import REFUSED, Ask, door

EXPORTERS = ("responsable", "admin", "stranger_admin")


def _period(house, first, last):
    year = house.now.year
    return {"from_day": f"{year}-{first}", "until_day": f"{year}-{last}", "file_format": "csv"}


def _asked(house, _role):
    return _period(house, "01-01", "01-31") | {"key": str(uuid.uuid4())}


ROWS = [
    Ask("rdv:exports", door(EXPORTERS, EXPORTERS), viewer="responsable", queries=13),
    Ask(
        "rdv:exports",
        door(EXPORTERS, EXPORTERS),
        label="choisis",
        data=lambda h, _r: _period(h, "01-01", "01-31") | {"statuses": ["unknown"], "with_people": "on"},
        viewer="responsable",
        queries=13,
    ),
    Ask(
        "rdv:exports",
        door(EXPORTERS, EXPORTERS),
        label="département",
        data=lambda h, _r: _period(h, "01-01", "01-31"),
        viewer="admin",
        queries=10,
    ),
    Ask(
        "rdv:exports",
        door(EXPORTERS, (), otherwise=REFUSED),
        label="dates à l’envers",
        data=lambda h, _r: _period(h, "01-31", "01-01"),
        viewer="responsable",
        queries=12,
    ),
    Ask("rdv:exports", door(EXPORTERS, EXPORTERS), "POST", data=_asked, writes=True, is_fresh=True),
    Ask(
        "rdv:export_take",
        door(EXPORTERS, ("responsable",)),
        "POST",
        args=lambda h, _r: [h.ready_export.uuid],
        writes=True,
        is_fresh=True,
    ),
]
