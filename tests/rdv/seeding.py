"""What the tests of the seed read back: the content of the database without what is drawn by chance (uuids, tokens)."""

import hashlib
from datetime import UTC, datetime

from django.db import connection

from rdv.models import Occupation, Ouverture, Participation, Rdv
from usagers.models import Usager

WEDNESDAY = datetime(2027, 3, 10, 9, 0, tzinfo=UTC)  # 10:00 in Paris
TODAY_STATUSES = ("seen", "noshow", "unknown")


def digests(*, today=None):
    """One digest per table. `today`: the statuses of that day, which depend on the hour, are left out."""
    tables = {
        "usagers": Usager.objects.values_list(
            "uuid", "first_name", "last_name", "birth_date", "phone", "email", "address", "language", "created_at"
        ),
        "ouvertures": Ouverture.objects.values_list(
            "agent__email", "site__slug", "starts_at", "ends_at", "plage__uuid"
        ),
        "occupations": Occupation.objects.values_list(
            "agent__email", "starts_at", "ends_at", "kind", "is_blocking", "latitude", "absence__kind"
        ),
        "rdvs": Rdv.objects.values_list(
            "motif__slug", "site__slug", "starts_at", "ends_at", "origin", "created_at", "booking_seconds", "title",
            "seats_taken", "cancelled_at", "is_overbooked", "address", "context",
        ),
        "rdv_agents": Rdv.objects.values_list("motif__slug", "starts_at", "created_at", "agents__email"),
    }  # fmt: skip
    found = {name: _digest(rows) for name, rows in tables.items()}
    participations = Participation.objects.values_list(
        "usager__uuid", "responsable__uuid", "starts_at", "origin", "created_at", "status", "status_at", "late_minutes"
    )
    found["participations"] = _digest(_without_today(row, today) for row in participations)
    return found


def _without_today(row, today):
    *start, status, _, late = row
    is_open = today is not None and row[2].date() == today and status in TODAY_STATUSES
    return (*start, late) if is_open else row


def _digest(rows):
    lines = sorted(repr([str(value) for value in row]) for row in rows)
    assert lines
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def forget_everything():
    """As if the database had just been migrated."""
    connection.check_constraints()  # runs the deferred ones now: TRUNCATE refuses to go before them
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE agents_departement, agents_agent, rdv_evenement, notifications_message CASCADE")
