"""Locks on things that have no row yet: a number somebody is asking a code for, a file about to be created."""

import zlib

from django.db import connection


def lock_text(kind: int, text: str) -> None:
    """Hold `text` until the end of the transaction. Texts that share a lock by chance only wait a little."""
    if not connection.in_atomic_block:
        raise RuntimeError("lock_text outside a transaction locks nothing")
    key = zlib.crc32(text.encode()) - 2**31  # pg_advisory_xact_lock takes signed 32-bit keys
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [kind, key])
