"""The platform under load, through its real pages: `python -m tests.load -h`, what `make load` runs.

One JSON line per scenario: a rush on hours that just opened, then a minute of bookings and searches; and one line for
what the database holds at the end. Loopback only. The throttles per network stay as they are in production: the script
stands where the proxy stands (PROXY_HOPS=1) and gives each person an address of their own, as a proxy does.

When the steady rate does not hold, lower ones are tried (shorter), and the highest that holds is run again in full.
"""

import argparse
import asyncio
import json
import os
import sys
from contextlib import suppress

from tests.load.ledger import RDVS, Ledger
from tests.load.platform import running
from tests.load.scenarios import Load

# Parts of the rate that are tried when the whole does not hold.
PARTS = (0.75, 0.5, 0.4, 0.3, 0.2, 0.15, 0.1, 0.05)
TRY_SECONDS = 15


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.load", description="The platform under load, on loopback.")
    parser.add_argument("--usagers", type=int, default=500, help="people of the rush")
    parser.add_argument("--creneaux", type=int, default=50, help="hours that just opened")
    parser.add_argument("--bookings", type=float, default=20, help="a second")
    parser.add_argument("--searches", type=float, default=100, help="a second")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--sites", type=int, default=10)
    parser.add_argument("--agents", type=int, default=10, help="per site")
    parser.add_argument("--no-lower", action="store_true", help="do not look for the rate that holds")
    asked = parser.parse_args()
    for line in measure(asked):
        print(json.dumps(line), flush=True)
    return 0


def measure(asked):
    """The lines, in order."""
    with running(sites=asked.sites, agents=asked.agents, rush=asked.creneaux) as platform:
        return asyncio.run(_all(platform, asked))


async def _all(platform, asked):
    ledger = await Ledger.open(platform.servers.database_url)
    watch = asyncio.create_task(ledger.watch())
    try:
        load = Load(platform.url, ledger, asked.sites)
        lines = [await load.rush(asked.usagers) | {"creneaux": asked.creneaux}]
        lines += await _steady(load, asked)
        lines.append(await _end(ledger, lines, asked))
    finally:
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch
        await ledger.close()
    return lines


async def _steady(load, asked):
    whole = await load.steady(bookings=asked.bookings, searches=asked.searches, seconds=asked.seconds)
    if whole["holds"] or asked.no_lower:
        return [whole]
    tried = [whole]
    for part in PARTS:
        rates = {"bookings": asked.bookings * part, "searches": asked.searches * part}
        short = await load.steady(**rates, seconds=min(TRY_SECONDS, asked.seconds))
        tried.append(short | {"name": "steady_tried"})
        if short["holds"]:
            tried.append(await load.steady(**rates, seconds=asked.seconds) | {"name": "steady_held"})
            if tried[-1]["holds"]:
                break
    return tried


async def _end(ledger, lines, asked):
    booked = sum(line["booked"] for line in lines)
    created = await ledger.number(RDVS)
    return {
        "name": "database",
        "booked_on_screens": booked,
        "created": created,
        "overlaps": lines[-1]["overlaps"],
        "lost": sum(line["lost"] for line in lines),
        "max_connections": ledger.most_connections,
        "cores": os.cpu_count(),
        "load_average": [round(value, 1) for value in os.getloadavg()],
        "shared": "client, servers and platform on the same cores",
    }


if __name__ == "__main__":
    sys.exit(main())
