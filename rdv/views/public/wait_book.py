"""What somebody typed to wait: in the session of their browser, on the server, never in an address.

    session["public_waits"] = {key: what Asked says}

Whoever comes with the address and without its session finds nothing (404). Forgotten after an hour; once on the list,
no name is kept.
"""

from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.http import Http404, QueryDict

KEY = "public_waits"
KEEP_TYPED = timedelta(hours=1)
KEPT = 6


@dataclass(frozen=True, slots=True)
class Asked:
    """Plain values only: it lives in the session."""

    key: str
    departement: str
    motif: str
    asked_at: str
    # The form of the wishes, as it was typed, and the query of its page.
    wishes: dict[str, list[str]]
    query: str = ""
    atelier: str = ""
    # The address of a visit at home.
    address: str = ""
    place: tuple[float, float] | None = None
    identity: dict[str, Any] = field(default_factory=dict)
    code: str = ""
    channel: str = ""
    # Once on the list: its uuid.
    inscription: str = ""

    @property
    def typed(self) -> QueryDict:
        """The form of the wishes, as it was sent."""
        sent = QueryDict(mutable=True)
        for name, values in self.wishes.items():
            sent.setlist(name, values)
        return sent


class WaitBook:
    """The waits of one session."""

    def __init__(self, session: SessionBase, now: datetime) -> None:
        self.session = session
        rows: dict[str, Any] = session.get(KEY, {})
        asked = [Asked(**row | {"place": tuple(row["place"]) if row.get("place") else None}) for row in rows.values()]
        self.asked = {one.key: one for one in asked if _is_kept(one, now)}
        if len(self.asked) != len(rows):
            self._save()

    def get(self, key: object, departement: str) -> Asked:
        """Raises Http404: nobody reads what somebody else typed."""
        found = self.asked.get(str(key))
        if found is None or found.departement != departement:
            raise Http404
        return found

    def open_for(self, departement: str, motif: str, atelier: str) -> Asked | None:
        """Typed before, for the same thing: "back" finds it again."""
        same = [one for one in self.asked.values() if not one.inscription]
        wanted = (departement, motif, atelier)
        return next((one for one in same if (one.departement, one.motif, one.atelier) == wanted), None)

    def put(self, asked: Asked) -> Asked:
        self.asked[asked.key] = asked
        for old in sorted(self.asked.values(), key=lambda one: one.asked_at, reverse=True)[KEPT:]:
            del self.asked[old.key]
        self._save()
        return asked

    def update(self, asked: Asked, **changes: Any) -> Asked:
        return self.put(replace(asked, **changes))

    def _save(self) -> None:
        self.session[KEY] = {key: asdict(one) for key, one in self.asked.items()}


def _is_kept(asked: Asked, now: datetime) -> bool:
    return bool(asked.inscription) or datetime.fromisoformat(asked.asked_at) >= now - KEEP_TYPED
