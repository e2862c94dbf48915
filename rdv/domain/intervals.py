"""Half-open stretches of time [start, end) and their set operations.

Room: domain (pure). Everything that asks "does it overlap?" asks here; no other module compares the
ends of two stretches by hand.

How two stretches can lie, `a` above `b` (Allen's thirteen cases; each drawing has its test):

    A before         aaa               H started by     aaaaa
                         bbb                            bbb
    B meets          aaa               I during          aaa
                        bbb                             bbbbb
    C overlaps       aaaa              J finishes          aaa
                       bbbb                             bbbbb
    D finished by    aaaaa             K overlapped by    aaaa
                       bbb                              bbbb
    E contains       aaaaa             L met by            aaa
                      bbb                               bbb
    F starts         aaa               M after              aaa
                     bbbbb                              bbb
    G equals         aaa
                     bbb

Half-open means that B and L do not overlap: an Rdv may begin at the very instant when another ends.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


def require_utc(instant: datetime) -> None:
    """Refuse naive datetimes and those of a zone that changes its hour.

    Adding a timedelta to a datetime of Europe/Paris moves the hands of the clock, not the elapsed time:
    across a change of hour the result is an hour off. In UTC both are the same thing.
    """
    zone = instant.tzinfo
    if zone is UTC:
        return
    # A zone with hour changes answers None here, even while its offset happens to be zero (London in winter).
    if zone is None or zone.utcoffset(None) != timedelta(0):
        raise ValueError(f"an instant must be in UTC, got {instant!r}")


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """A non-empty stretch of time in UTC: `start` belongs to it, `end` does not."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        require_utc(self.start)
        require_utc(self.end)
        if self.start >= self.end:
            raise ValueError(f"an interval must end after its start, got {self.start} and {self.end}")

    @property
    def duration(self) -> timedelta:
        return self.end - self.start

    def overlaps(self, other: "Interval") -> bool:
        """True in cases C to K; B and L only touch."""
        return self.start < other.end and other.start < self.end

    def contains(self, other: "Interval") -> bool:
        """True in cases D, E, G and H."""
        return self.start <= other.start and other.end <= self.end

    def intersection(self, other: "Interval") -> "Interval | None":
        """The common part; None in cases A, B, L and M."""
        if not self.overlaps(other):
            return None
        return Interval(max(self.start, other.start), min(self.end, other.end))

    def widened(self, before: timedelta, after: timedelta) -> "Interval":
        """The same stretch beginning `before` earlier and ending `after` later."""
        return Interval(self.start - before, self.end + after)


# [start, end) in whole seconds since 1970: what thousands of free stretches are counted in.
Span = tuple[int, int]


def span_of(interval: Interval) -> Span:
    """The whole seconds that lie inside; a fraction of a second is never given away."""
    return math.ceil(interval.start.timestamp()), math.floor(interval.end.timestamp())


def interval_of(span: Span) -> Interval:
    return Interval(datetime.fromtimestamp(span[0], UTC), datetime.fromtimestamp(span[1], UTC))


def merge(intervals: Iterable[Interval]) -> list[Interval]:
    """Sorted union; stretches that overlap or touch become one.

    overlapping   aaaa      touching   aaa         inside   aaaaaa      apart   aa
                    bbbb                  bbb                 bb                    bb
               -> mmmmmm            -> mmmmmm            -> mmmmmm           -> mm  mm
    """
    merged: list[Interval] = []
    for interval in sorted(intervals):
        if not merged or merged[-1].end < interval.start:
            merged.append(interval)
        elif merged[-1].end < interval.end:
            merged[-1] = Interval(merged[-1].start, interval.end)
    return merged


def subtract(openings: Iterable[Interval], busy: Iterable[Interval]) -> list[Interval]:
    """What remains of the openings once the busy stretches are taken out, sorted and merged.

    1 nothing taken  oooooo      2 all taken   oooo     3 a hole      oooooo
                                             bbbbbb                     bb
                  -> ffffff               ->                       -> ff  ff

    4 head taken     oooooo      5 tail taken  oooooo   6 only touching   oooo
                    bbb                           bbb                   bb    bb
                  ->   ffff               ->   ffff                ->     ffff

    7 one busy over two openings   ooo   ooo     8 two busy that overlap   oooooooo
                                     bbbbb                                  bbb
                                -> ff     ff                                  bbb
                                                                        -> f    fff
    """
    taken = merge(busy)
    starts = [interval.start for interval in taken]
    ends = [interval.end for interval in taken]
    free: list[Interval] = []
    for opening in merge(openings):
        # Only the busy stretches that really overlap this opening: both lists are sorted, `taken` being merged.
        first, last = bisect_right(ends, opening.start), bisect_left(starts, opening.end)
        free.extend(_remains(opening, taken[first:last]))
    return free


def _remains(opening: Interval, taken: list[Interval]) -> Iterable[Interval]:
    cursor = opening.start
    for busy in taken:
        if cursor < busy.start:
            yield Interval(cursor, busy.start)
        cursor = busy.end
    if cursor < opening.end:
        yield Interval(cursor, opening.end)


def intersect(a: Iterable[Interval], b: Iterable[Interval]) -> list[Interval]:
    """The stretches that are in both sets, sorted and merged.

    1 partly   aaaa       2 one over two   aaaaaaaa     3 touching   aaa        4 touching pieces   aa
                 bbbb                       bb  bb                      bbb       count as one        aa
            ->   ii                    ->   bb  bb                ->                               bbbb
                                                                                               ->  iiii
    """
    left, right = merge(a), merge(b)
    common: list[Interval] = []
    i = j = 0
    while i < len(left) and j < len(right):
        part = left[i].intersection(right[j])
        if part is not None:
            common.append(part)
        if left[i].end <= right[j].end:
            i += 1
        else:
            j += 1
    return common
