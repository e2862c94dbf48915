"""What comes back every minute looks at many rows: one bad row stops neither the others nor the next sweep.

Room: core. Called by the services that a task runs.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

log = structlog.get_logger(__name__)


@contextmanager
def each_alone(event: str, *, otherwise: Callable[[], object] | None = None, **about: object) -> Iterator[None]:
    """One bad row is logged and left as it was, the others go on. `otherwise`: what is done about it then, outside
    the transaction that failed (put last, for example)."""
    try:
        yield
    except Exception:
        log.exception(event, **about)
        if otherwise is not None:
            otherwise()
