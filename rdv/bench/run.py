"""All the questions of one scale, in order. Room: bench; called by __main__ once Django is set up."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from rdv.bench.board import board_pages
from rdv.bench.cleaning import clean
from rdv.bench.exporting import EXPORT, export_200k
from rdv.bench.files import file_searches
from rdv.bench.measuring import Question, measure
from rdv.bench.pages import pages
from rdv.bench.scales import NOW, Scale
from rdv.bench.searches import searches
from rdv.bench.waiting import NAME as FIRST_OFFER
from rdv.bench.waiting import waiting
from rdv.bench.world import World
from rdv.bench.writes import rush, writes
from rdv.core import clock

RUSH = "rush_200"


def run(scale: Scale, *, only: Sequence[str], tell: Callable[[dict[str, Any]], None]) -> list[dict[str, Any]]:
    _stop_the_clock()
    clean()
    world = World(scale)
    lines = []
    try:
        for line in _lines(world, only):
            tell(line)
            lines.append(line)
    finally:
        clean()
    return lines


def _lines(world: World, only: Sequence[str]) -> Iterator[dict[str, Any]]:
    asked: Iterator[Question] = chain(searches(world), pages(world), board_pages(world), writes(world), file_searches())
    for question in asked:
        if not only or question.name in only:
            yield measure(question, world.scale.name)
    if not only or RUSH in only:
        yield rush(world)
    if not only or EXPORT in only:
        yield export_200k(world.scale.name, max(world.scale.sites, key=lambda code: world.scale.sites[code]))
    # Last: from then on people wait, and a freed hour is theirs.
    if not only or FIRST_OFFER in only:
        for question in waiting(world):
            yield measure(question, world.scale.name)


def _stop_the_clock() -> None:
    """The data are of one week: it is always the Monday where they begin."""

    def now() -> datetime:
        return NOW

    clock.now = now
