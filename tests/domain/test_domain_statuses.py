"""Statuses: the whole table of moves, written out once more by hand, and the labels."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from rdv.domain.statuses import CANCELLED, LIVE, Refusal, Status, label, may_move

NOW = datetime(2027, 1, 11, 9, 0, tzinfo=UTC)
PAST, FUTURE = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
UNKNOWN, SEEN, NOSHOW, EXCUSED, REVOKED = Status

# before -> after for an Rdv of the past whose hour is free; "." is the same status, "x" is refused.
#            unknown seen noshow excused revoked
TABLE = {
    UNKNOWN: ". v v v v",
    SEEN: "v . v v v",
    NOSHOW: "v v . v v",
    EXCUSED: "v x x . v",
    REVOKED: "v x x v .",
}
ANSWERS = {".": Refusal.SAME, "v": None, "x": Refusal.NOT_ALLOWED}


def cells() -> list[tuple[Status, Status, Refusal | None]]:
    return [
        (before, after, ANSWERS[sign])
        for before, row in TABLE.items()
        for after, sign in zip(Status, row.split(), strict=True)
    ]


@pytest.mark.parametrize(("before", "after", "answer"), cells())
def test_the_table_of_moves(before: Status, after: Status, answer: Refusal | None) -> None:
    assert may_move(before, after, starts_at=PAST, now=NOW, hour_is_free=True) == answer


@pytest.mark.parametrize("after", [SEEN, NOSHOW])
def test_nobody_has_come_to_a_future_rdv(after: Status) -> None:
    assert may_move(UNKNOWN, after, starts_at=FUTURE, now=NOW, hour_is_free=True) is Refusal.NOT_YET
    assert may_move(UNKNOWN, after, starts_at=NOW, now=NOW, hour_is_free=True) is None


@pytest.mark.parametrize("before", [EXCUSED, REVOKED])
@pytest.mark.parametrize("starts_at", [PAST, FUTURE])
def test_a_cancelled_rdv_lives_again_only_if_its_hour_is_free(before: Status, starts_at: datetime) -> None:
    assert may_move(before, UNKNOWN, starts_at=starts_at, now=NOW, hour_is_free=False) is Refusal.HOUR_TAKEN
    assert may_move(before, UNKNOWN, starts_at=starts_at, now=NOW, hour_is_free=True) is None


def test_the_hour_matters_only_to_reopen() -> None:
    for before, after in product(Status, Status):
        if before in LIVE or after in CANCELLED:
            answers = {may_move(before, after, starts_at=PAST, now=NOW, hour_is_free=free) for free in (True, False)}
            assert len(answers) == 1


def test_live_and_cancelled_share_out_the_statuses() -> None:
    assert {UNKNOWN, SEEN, NOSHOW} == LIVE
    assert set(Status) == LIVE | CANCELLED
    assert not LIVE & CANCELLED


def test_codes_are_those_of_the_ecosystem() -> None:
    assert [status.value for status in Status] == ["unknown", "seen", "noshow", "excused", "revoked"]


@pytest.mark.parametrize(
    ("status", "past", "masculine", "feminine"),
    [
        (UNKNOWN, False, "À venir", "À venir"),
        (UNKNOWN, True, "À renseigner", "À renseigner"),
        (SEEN, True, "Vu", "Vue"),
        (NOSHOW, True, "Absent", "Absente"),
        (EXCUSED, False, "Excusé\u00a0: annulé par l’usager", "Excusée\u00a0: annulé par l’usagère"),
        (REVOKED, True, "Annulé par le service", "Annulé par le service"),
    ],
)
def test_labels(status: Status, past: bool, masculine: str, feminine: str) -> None:
    assert label(status, past=past) == masculine
    assert label(status, past=past, feminine=True) == feminine
