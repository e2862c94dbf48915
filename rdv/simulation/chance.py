"""One clock and one source of chance for a whole month: the same seed gives the same month, to the row.

Room: simulation. The services are given `now`; only tasks read the clock, so it is put where they look. What the
platform draws by itself (random delay before a freed hour is public, names of rows) is drawn from the seed.
"""

import random
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from rdv.core import clock
from rdv.services import waitlist_hold


class Clock:
    """The instant of the simulation."""

    def __init__(self, start: datetime) -> None:
        self.now = start

    def read(self) -> datetime:
        return self.now


@contextmanager
def ruled_by(seed: object, start: datetime) -> Iterator[Clock]:
    """Clock and chance of the platform are ours until the end of the block: in a process, or a test, of our own."""
    ours, drawn = Clock(start), random.Random(f"platform/{seed}")  # noqa: S311 - repeated on purpose

    def name() -> uuid.UUID:
        return uuid.UUID(int=drawn.getrandbits(128), version=4)

    before = clock.now, uuid.uuid4, waitlist_hold.chance
    clock.now, uuid.uuid4 = ours.read, name
    waitlist_hold.chance = drawn  # type: ignore[assignment]  # the only other source of chance: SystemRandom has no seed
    try:
        yield ours
    finally:
        clock.now, uuid.uuid4, waitlist_hold.chance = before
