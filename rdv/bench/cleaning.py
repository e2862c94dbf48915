"""What a run wrote is taken away, so that the next one finds the same data. Room: bench.

The last ids of the load are kept in a table of the bench's own database. The journal, which only grows everywhere
else, is emptied here: this is no platform's data.
"""

from django.db import connection

# Children before their parents.
WRITTEN = (
    "notifications_message",
    "rdv_occupation",
    "rdv_participation",
    "rdv_rdvagent",
    "rdv_optionagent",
    "rdv_option",
    "rdv_rdv",
    "rdv_plagemotif",
    "rdv_ouverture",
    "rdv_plageouverture",
)
JOURNAL = "rdv_evenement"
# The load makes no waiting list: every row of one is a run's.
WAITING = ("rdv_liberation", "rdv_offre", "rdv_inscription")


def mark_loaded() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS bench_mark (name text PRIMARY KEY, last_id bigint NOT NULL)")
        for table in WRITTEN:
            cursor.execute(
                f"INSERT INTO bench_mark SELECT %s, coalesce(max(id), 0) FROM {table} "  # noqa: S608 - constants
                "ON CONFLICT (name) DO UPDATE SET last_id = excluded.last_id",
                [table],
            )


def clean() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {JOURNAL}")
        cursor.execute("DELETE FROM django_session")
        for table in WAITING:
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608 - constants
        cursor.execute("UPDATE rdv_motif SET has_waitlist = false WHERE has_waitlist")
        for table in WRITTEN:
            cursor.execute(
                f"DELETE FROM {table} WHERE id > (SELECT last_id FROM bench_mark WHERE name = %s)",  # noqa: S608 - constants
                [table],
            )
