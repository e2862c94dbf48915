"""What the database says, beside what people saw: codes received, bookings kept, overlaps, connections."""

import asyncio
import re

import psycopg

OVERLAPS = """
SELECT count(*) FROM rdv_occupation a JOIN rdv_occupation b
  ON a.agent_id = b.agent_id AND a.id < b.id AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at
WHERE a.is_blocking AND b.is_blocking
"""
# Confirmed on the screen: their Rdv, its participation, its agent's time and its message are all there, once.
KEPT = """
SELECT count(*) FROM (
    SELECT u.phone
    FROM usagers_usager u
    JOIN rdv_participation p ON p.usager_id = u.id AND p.status = 'unknown'
    JOIN rdv_rdv r ON r.id = p.rdv_id AND r.cancelled_at IS NULL
    JOIN rdv_occupation o ON o.rdv_id = r.id AND o.kind = 'rdv'
    JOIN notifications_message m
      ON m.subject_type = 'participation' AND m.subject_id = p.uuid::text AND m.kind = 'rdv.booked'
    WHERE u.phone = ANY(%s)
    GROUP BY u.phone HAVING count(*) = 1
) AS whole
"""
RDVS = "SELECT count(*) FROM rdv_participation WHERE status = 'unknown'"
CODE = "SELECT body FROM notifications_message WHERE kind = 'code' AND address = %s ORDER BY id DESC LIMIT 1"
CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


class Ledger:
    """One connection, one question at a time."""

    def __init__(self, line):
        self.line = line
        self.turn = asyncio.Lock()
        self.most_connections = 0

    @classmethod
    async def open(cls, url):
        return cls(await psycopg.AsyncConnection.connect(url, autocommit=True))

    async def close(self):
        await self.line.close()

    async def number(self, question, *values):
        row = await self._row(question, values)
        return row[0]

    async def read_code(self, phone):
        """The six digits, as the outbox shows them."""
        row = await self._row(CODE, (phone,))
        found = re.search(r"(\d{3})\s?(\d{3})", row[0] if row else "")
        return "".join(found.groups()) if found else ""

    async def watch(self):
        """The most connections seen at once, ours apart; until cancelled."""
        while True:
            self.most_connections = max(self.most_connections, await self.number(CONNECTIONS))
            await asyncio.sleep(0.25)

    async def _row(self, question, values):
        async with self.turn:
            answer = await self.line.execute(question, values)
            return await answer.fetchone()
