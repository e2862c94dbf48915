"""The ways of running the month. Each is settings of the platform, never a rule of the simulation's own.

Room: simulation (pure).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

DAY = 24 * 60
WEEK = 7 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """`settings`: over the platform's Policy (rdv.domain.waiting). `walk_ins`: holes go to those who came by. `asks`:
    reminders ask whether the person comes, a second SMS and then a call go to those who say nothing."""

    name: str
    says: str
    has_reminders: bool = False
    has_waitlist: bool = False
    walk_ins: bool = False
    asks: bool = False
    settings: Mapping[str, int] = field(default_factory=dict)


SCHEMES = (
    Scheme(name="none", says="no reminder, no list: cancelling by phone, callers take what is free"),
    Scheme(
        name="reminders",
        says="the platform's reminders, cancelling in one gesture; freed hours are public",
        has_reminders=True,
    ),
    Scheme(
        name="broadcast",
        says="everybody asked at once, the first yes wins, again and again",
        has_reminders=True,
        has_waitlist=True,
        settings={
            **{f"{tier}_people": 0 for tier in ("long", "middle", "near", "short")},
            "long_answer_min": DAY,
            "middle_answer_min": DAY,
            "offers_a_day": 1000,
            "unanswered_limit": 1000,
        },
    ),
    Scheme(
        name="sequential",
        says="one person at a time, 24 hours to answer whatever the distance, a pause after two silences",
        has_reminders=True,
        has_waitlist=True,
        settings={
            **{f"{tier}_people": 1 for tier in ("long", "middle", "near", "short")},
            **{f"{tier}_answer_min": DAY for tier in ("long", "middle", "near", "short")},
            "unanswered_limit": 2,
        },
    ),
    Scheme(
        name="default",
        says="the platform as it is delivered: groups and windows by distance, call list, reminders that ask and calls "
        "to those who do not answer, walk-ins into holes",
        has_reminders=True,
        has_waitlist=True,
        walk_ins=True,
        asks=True,
    ),
    # Not in the default run: what each lever weighs.
    Scheme(
        name="default-no-confirmation",
        says="the same, reminders ask nothing and nobody is called before their hour",
        has_reminders=True,
        has_waitlist=True,
        walk_ins=True,
    ),
    Scheme(
        name="default-no-walk-in",
        says="the default, holes stay empty",
        has_reminders=True,
        has_waitlist=True,
        asks=True,
    ),
    Scheme(
        name="reminders-walk-in",
        says="reminders and walk-ins into holes, without a list",
        has_reminders=True,
        walk_ins=True,
    ),
)
BY_NAME = {one.name: one for one in SCHEMES}
USUAL = ("none", "reminders", "broadcast", "sequential", "default")
