"""How many people call for an appointment and take a freed hour, when there is no list. Room: simulation.

No publication gives the stream of calls of an MDS. One gives what becomes of it: in Geneva, 28 % of the cancelled hours
went to somebody else. The stream is the one that gives this figure, found from the people alone, before any run.
"""

from dataclasses import replace
from datetime import timedelta
from math import exp

from rdv.simulation.desk import add_desk_time, desk_time
from rdv.simulation.people import People, dice, fate_of
from rdv.simulation.world import FILLED_AT, World

DRAWS = 1000


def calls_per_desk_hour(world: World, people: People) -> float:
    """The stream of callers under which, with no list and no reminder, `desk_refill` of the cancelled hours are taken.

    Found from the people alone (dates of cancelling, desk hours): 1 - exp(-rate x desk time left), on average.
    """
    chance, left = dice("calibration"), []
    for _ in range(DRAWS):
        _, start = chance.choice(world.slots)
        fate = fate_of(_all_cancel(people), chance, lead=start - FILLED_AT)
        if fate.cancels_before is not None:
            told = add_desk_time(start - fate.cancels_before, timedelta(0))
            left.append(desk_time(told, start) / timedelta(hours=1) if told < start else 0.0)
    return _rate_for(people.desk_refill, left)


def _all_cancel(people: People) -> People:
    return replace(people, cancel=1.0)


def _rate_for(share: float, hours: list[float]) -> float:
    low, high = 0.0, 10.0
    for _ in range(50):
        rate = (low + high) / 2
        reached = sum(1 - exp(-rate * one) for one in hours) / len(hours)
        low, high = (rate, high) if reached < share else (low, rate)
    return low
