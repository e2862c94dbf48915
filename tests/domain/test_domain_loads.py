"""Which agent gets an unnamed créneau."""

from datetime import UTC, datetime
from itertools import permutations

import pytest

from rdv.domain.loads import Candidate, Choice, Reason, choose_agent

JANUARY, MARCH = datetime(2027, 1, 11, tzinfo=UTC), datetime(2027, 3, 11, tzinfo=UTC)


def agent(
    number: int,
    load: float = 0.5,
    last: datetime | None = JANUARY,
    *,
    referent: bool = False,
    sector: bool = False,
) -> Candidate:
    return Candidate(number, is_referent=referent, is_sector=sector, load_ratio=load, last_assigned_at=last)


@pytest.mark.parametrize(
    ("candidates", "expected"),
    [
        # The référent, even the most loaded.
        ([agent(1, 0.1, sector=True), agent(2, 0.9, referent=True)], Choice(2, Reason.REFERENT)),
        # Of two référents, the one of the sector.
        (
            [agent(1, 0.1, referent=True), agent(2, 0.9, referent=True, sector=True), agent(3, 0.0, sector=True)],
            Choice(2, Reason.SECTOR),
        ),
        # Of two référents alike, the least loaded.
        ([agent(1, 0.6, referent=True), agent(2, 0.5, referent=True), agent(3, 0.0)], Choice(2, Reason.LOAD)),
        # The sector's agent before the least loaded.
        ([agent(1, 0.1), agent(2, 0.9, sector=True)], Choice(2, Reason.SECTOR)),
        ([agent(1, 0.6), agent(2, 0.2)], Choice(2, Reason.LOAD)),
        # Equal loads: the longest since last assigned, and never is the longest.
        ([agent(1, last=MARCH), agent(2, last=JANUARY)], Choice(2, Reason.TIE)),
        ([agent(1, last=JANUARY), agent(2, last=None)], Choice(2, Reason.TIE)),
        # Nothing tells them apart: the lowest id, so that a replay chooses the same.
        ([agent(7), agent(2)], Choice(2, Reason.TIE)),
        # Alone.
        ([agent(4)], Choice(4, Reason.LOAD)),
        ([agent(4, referent=True, sector=True)], Choice(4, Reason.REFERENT)),
        ([agent(4, sector=True)], Choice(4, Reason.SECTOR)),
    ],
)
def test_the_order_of_criteria(candidates: list[Candidate], expected: Choice) -> None:
    for order in permutations(candidates):
        assert choose_agent(order) == expected


def test_nobody_cannot_be_chosen() -> None:
    with pytest.raises(ValueError, match="no agent"):
        choose_agent([])


def test_reasons_are_plain_codes_for_the_journal() -> None:
    assert choose_agent([agent(1)]).reason == "load"
