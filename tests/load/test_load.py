"""The load script itself, with few people: what screens say is what the database holds; it goes nowhere else."""

import argparse
import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.load import scenarios
from tests.load.__main__ import measure
from tests.load.person import NotLoopbackError, Tally, Visitor

SMALL = argparse.Namespace(usagers=12, creneaux=5, bookings=2, searches=4, seconds=3, sites=2, agents=2, no_lower=True)


def apart(function, *arguments):
    """In a thread of its own: a browser driven by other tests may have left its loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function, *arguments).result()


@pytest.mark.slow
def test_what_people_saw_is_what_the_database_holds():
    rush, steady, database = apart(measure, SMALL)
    assert (rush["booked"], rush["refused"], rush["gave_up"]) == (5, 7, 0)
    assert steady["booked"] >= 4
    assert steady["steps_ms"]["search times"]["n"] + steady["steps_ms"]["search places"]["n"] >= 8
    for line in (rush, steady):
        assert (line["errors"], line["lost"], line["overlaps"]) == ({}, 0, 0)
    assert database["booked_on_screens"] == database["created"] == rush["booked"] + steady["booked"]
    assert database["max_connections"] > 0


@pytest.mark.parametrize("url", ["https://rdv.example.org", "http://10.0.0.1:8000", "http://127.0.0.1.example.org"])
def test_it_refuses_any_other_machine(url):
    with pytest.raises(NotLoopbackError):
        Visitor(url, None, Tally(), 1)


def test_the_rate_is_kept_whatever_the_answers_take(monkeypatch):
    monkeypatch.setattr(scenarios, "CROWD", 3)
    monkeypatch.setattr(scenarios, "LAST_SECONDS", 0.01)
    begun = []

    async def slow():
        begun.append(1)
        await asyncio.sleep(30)

    missed = apart(asyncio.run, scenarios.pace({slow: 50}, 0.3))
    assert len(begun) == 3
    assert missed >= 3 + 8  # three never ended; of some fifteen, the others could not begin


def test_a_rate_that_makes_people_wait_does_not_hold():
    told = {"errors": {}, "gave_up": 0, "seconds": 60.2, "steps_ms": {"hold": {"p95": 300.0}}}
    assert scenarios.holds(told, 0, 60)
    assert not scenarios.holds(told, 1, 60)
    assert not scenarios.holds(told | {"errors": {"hold 500": 1}}, 0, 60)
    assert not scenarios.holds(told | {"gave_up": 1}, 0, 60)
    assert not scenarios.holds(told | {"seconds": 75.0}, 0, 60)
    assert not scenarios.holds(told | {"steps_ms": {"hold": {"p95": 1300.0}}}, 0, 60)
