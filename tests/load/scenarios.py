"""The two scenarios: a rush on hours that just opened, then bookings and searches at a steady rate.

The rate is kept whatever the answers take (people do not wait for one another); whoever could not even begin, because
too many were already waiting, is counted.
"""

import asyncio
import time
from collections import Counter
from contextlib import suppress

import aiohttp

from tests.load import ledger as questions
from tests.load.person import BrokenStepError, Person, Tally, Visitor

DEPARTEMENT = "/pas-de-calais"
RUSH = f"{DEPARTEMENT}/ruee/lieu-1/horaires/"
# In flight at once: more would measure the client.
CROWD = 400
# How long the last ones may take once nobody new comes.
LAST_SECONDS = 60
HELD_P95 = 1.0  # seconds for a page: above, the rate does not hold


class Load:
    """A platform, its ledger, and the numbers of people, never given twice."""

    def __init__(self, url, ledger, sites):
        self.url, self.ledger, self.sites = url, ledger, sites
        self.people = 0

    def next_number(self):
        self.people += 1
        if self.people >= 10_000:
            raise RuntimeError("no telephone number is left for one more person")
        return self.people

    async def rush(self, usagers):
        """Everybody at once on the same page."""
        tally, phones = Tally(), []
        async with connections() as line:

            async def one():
                person = Person(self.url, line, tally, self.next_number(), self.ledger.read_code)
                outcome = await person.book(RUSH)
                if outcome == "booked":
                    phones.append(person.phone)
                return outcome

            before = time.perf_counter()
            outcomes = Counter(await asyncio.gather(*(one() for _ in range(usagers))))
            seconds = time.perf_counter() - before
        return await self._told("rush", tally, outcomes, phones, seconds) | {"usagers": usagers}

    async def steady(self, *, bookings, searches, seconds):
        """So many a second of each."""
        tally, phones, outcomes = Tally(), [], Counter()
        async with connections() as line:

            async def book():
                number = self.next_number()
                person = Person(self.url, line, tally, number, self.ledger.read_code)
                place = number % self.sites + 1
                outcome = await person.book(f"{DEPARTEMENT}/banc/lieu-{place}/horaires/")
                outcomes[outcome] += 1
                if outcome == "booked":
                    phones.append(person.phone)

            async def search():
                number = self.searched = getattr(self, "searched", 0) + 1
                visitor = Visitor(self.url, line, tally, 1_000_000 + number)
                place = number % self.sites + 1
                paths = (f"{DEPARTEMENT}/banc/lieu-{place}/horaires/", f"{DEPARTEMENT}/banc/lieux/?lieu=Lens")
                with suppress(BrokenStepError):
                    await visitor.ask(("search times", "search places")[number % 2], "GET", paths[number % 2])
                await visitor.close()

            before = time.perf_counter()
            missed = await pace({book: bookings, search: searches}, seconds)
            spent = time.perf_counter() - before
        told = await self._told("steady", tally, outcomes, phones, spent)
        asked = {"bookings_per_s": bookings, "searches_per_s": searches, "asked_seconds": seconds}
        return told | asked | {"not_begun": missed, "holds": holds(told, missed, seconds)}

    async def _told(self, name, tally, outcomes, phones, seconds):
        kept = await self.ledger.number(questions.KEPT, phones)
        return {
            "name": name,
            "seconds": round(seconds, 1),
            "requests": sum(map(len, tally.spent.values())),
            "answers": {str(status): count for status, count in sorted(tally.answers.items())},
            "errors": dict(tally.errors),
            "booked": outcomes["booked"],
            "refused": outcomes["refused"],
            "gave_up": outcomes["error"],
            "lost": len(phones) - kept,
            "overlaps": await self.ledger.number(questions.OVERLAPS),
            "max_connections": self.ledger.most_connections,
            "steps_ms": {step: percentiles(spent) for step, spent in tally.spent.items()},
        }


def connections():
    """Kept open between requests, less long than gunicorn keeps them (2 s): else a line hung up is used."""
    return aiohttp.TCPConnector(limit=0, keepalive_timeout=1)


async def pace(rates, seconds):
    """Begin each kind at its rate. Returns how many could not begin: the crowd was already waiting."""
    running, missed = set(), 0
    started = time.perf_counter()
    begun = dict.fromkeys(rates, 0)
    while (at := time.perf_counter() - started) < seconds:
        for kind, rate in rates.items():
            while begun[kind] < rate * at:
                begun[kind] += 1
                if len(running) >= CROWD:
                    missed += 1
                    continue
                task = asyncio.create_task(kind())
                running.add(task)
                task.add_done_callback(running.discard)
        await asyncio.sleep(0.005)
    if running:
        _, late = await asyncio.wait(running, timeout=LAST_SECONDS)
        missed += len(late)
        for task in late:
            task.cancel()
    return missed


def holds(told, missed, seconds):
    """Nobody in error, nobody turned away, nobody waiting at the end, every page under a second for 95 in 100."""
    slow = [step for step, spent in told["steps_ms"].items() if spent["p95"] > HELD_P95 * 1000]
    return not (told["errors"] or told["gave_up"] or missed or slow) and told["seconds"] < seconds + 2


def percentiles(spent):
    ordered = sorted(spent)
    found = {f"p{percent}": ordered[max(0, -(-len(ordered) * percent // 100) - 1)] for percent in (50, 95, 99)}
    return {name: round(value * 1000, 1) for name, value in found.items()} | {"n": len(ordered)}
