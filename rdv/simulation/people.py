"""The people of the simulation: how often they forget, cancel, read, answer. Every figure has its source beside it.

Room: simulation (pure). A figure that no publication gives is an assumption, and says so (docs/waitlist.md). None was
moved to come nearer to a target.
"""

import random
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any

ASSUMED = "assumption"
GENEVA = "Junod Perron et al. 2010, BMC Family Practice 11:79 (Geneva, mostly vulnerable patients, n = 2,123)"
VETERANS = "J. Ambulatory Care Management 2008, 31(4):290 (Veterans Health Administration; PubMed 18806590)"
STEINER = "Steiner et al. 2018, Am. J. Managed Care 24(8):377 (randomised, 54,066 people; abstract)"
SHAH = "Shah et al. 2016, J. General Internal Medicine 31:1460 (randomised, 2,247 people at high risk; abstract)"
PARIKH = "Parikh et al. 2010, Am. J. Medicine 123:542 (randomised, 9,835 people; abstract)"
JEPPESEN = "Jeppesen, Ainsworth 2015, Danish Medical J. 62(6) (before and after, 5,184 people; abstract)"
OIKONOMIDI = "Oikonomidi et al. 2022, J. Am. Medical Informatics Ass. 30:559 (review; abstract and table 2)"
NORTH = "North et al. 2025, doi 10.1177/11786329251326461 (automated waiting list)"


def _figure(value: float, *, low: float, high: float, says: str, source: str) -> Any:
    """A field of People with what is known of it. `low`, `high`: the two ends that `--vary` plays."""
    return field(default=value, metadata={"low": low, "high": high, "says": says, "source": source})


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Probabilities unless the name says minutes or hours."""

    no_show: float = _figure(
        0.114, low=0.08, high=0.193, says="does not come and does not tell, without reminder", source=GENEVA
    )
    no_show_fresh: float = _figure(
        0.59, low=0.42, high=1.0, says="the same, relative, when booked the day before (1 from 13 days on)",
        source=f"{VETERANS}: 12.0 % at day 1, 20.3 % from day 13 on; low: McMullen, Netland 2015, "
        "Clinical Ophthalmology 9:513",
    )  # fmt: skip
    # A message without any call: in Geneva (0.684) the reminder was a phone call first, and calls have a rate of their
    # own below.
    reminded: float = _figure(
        0.75, low=0.62, high=0.84, says="no-shows left, relative, among those an automatic reminder reaches",
        source=f"{PARIKH}: 17.3 % against 23.1 %; high: a meta-analysis of SMS (Tang, 12 trials: 0.77, "
        "0.71 to 0.84); low: Koshy et al. 2008, BMC Ophthalmology 8:9",
    )  # fmt: skip
    rescued_cancel: float = _figure(
        0.5, low=0.2, high=0.8, says="of the no-shows a reminder prevents: cancel rather than come", source=ASSUMED
    )
    cancel: float = _figure(
        0.19, low=0.12, high=0.25, says="cancels an appointment booked within the month",
        source=f"{VETERANS}: 19 % in month 1 (a cohort of 46,710 primary care appointments: 17.7 %)",
    )  # fmt: skip
    cancel_late: float = _figure(
        0.5, low=0.3, high=0.7, says="of the cancellations: told in the last 24 hours",
        source="half of the cancellations of an outpatient neurology are late (reported by neurodiem.it); that late "
        "means 24 hours is assumed",
    )  # fmt: skip
    known_early: float = _figure(
        1 / 3, low=0.0, high=0.6, says="of the late cancellations: told from the reminder, two days before",
        source="1 in 3 answers an SMS of reminder (1-800 Notify, 40,000 messages); that it holds here is assumed",
    )  # fmt: skip
    # What asking for a confirmation changes. These four rates are intention to treat: whoever was not reached is in
    # them, so that nothing is multiplied by `picks_up` again.
    second_sms: float = _figure(
        0.82, low=0.76, high=0.93, says="no-shows left, relative, when those silent get a second SMS the day before",
        source=f"{STEINER}: 20.5 % against 25.0 % among those at high risk; low: 4.4 against 5.8 among all; high: an "
        f"SMS more to those at high risk, 0.93 in {OIKONOMIDI}",
    )  # fmt: skip
    called: float = _figure(
        0.78, low=0.61, high=0.90, says="the same, when the desk calls those still silent, after automatic reminders",
        source=f"{SHAH}: 22.8 % against 29.2 %; high: the end of its interval; low: median of 3 trials in {OIKONOMIDI}",
    )  # fmt: skip
    called_alone: float = _figure(
        0.59, low=0.58, high=0.684, says="the same, when the call is the only reminder (no mobile phone)",
        source=f"{PARIKH}: 13.6 % against 23.1 %; low: {JEPPESEN}, 6.1 against 10.5; high: {GENEVA}, phone first",
    )  # fmt: skip
    confirms: float = _figure(
        1 / 3, low=0.15, high=0.6, says="of those who mean to come: answer yes when an SMS asks",
        source=f"{ASSUMED}; 1 in 3 answers an SMS of reminder (1-800 Notify, a seller of them)",
    )  # fmt: skip
    confirms_absent: float = _figure(
        0.2, low=0.0, high=0.5, says="the same, relative, of those who will not be there",
        source=f"computed from {JEPPESEN}: 64 % answered the call, 1.3 % of them did not come, 6.1 % of all",
    )  # fmt: skip
    told_when_asked_again: float = _figure(
        1 / 3, low=0.0, high=0.6,
        says="of the late cancellations not told before: told when asked again the day before (by SMS, or on the "
        "phone by those who pick up)",
        source=f"{ASSUMED}: as `known_early`",
    )  # fmt: skip
    desk_refill: float = _figure(
        0.28,
        low=0.15,
        high=0.45,
        says="cancelled hours that go to somebody who calls, when there is no list",
        source=GENEVA,
    )
    yes: float = _figure(
        0.54, low=0.4, high=0.7, says="of those who answer an offer: yes",
        source=f"{ASSUMED}; {NORTH} gives 56,636 of 104,554 answers, but the abstract at hand stops before saying "
        "that these were yes: to be checked",
    )  # fmt: skip
    answer_median_min: float = _figure(
        29, low=6, high=60, says="median time to answer an SMS, in minutes (log-normal, 99 % within 24 h)",
        source="SMS survey of 85 patients, Singapore General Hospital: half within 29 min, all within 24 h; low: "
        "SMS-DMCare 2011, PMC3208889 (6.1 min)",
    )  # fmt: skip
    answer_sigma: float = _figure(
        1.68, low=1.68, high=1.68, says="its spread; gives 60 % within 45 min",
        source="same; Chow et al. 2022, Sexual Health 19:145: 60 % (168/278) within 45 min",
    )  # fmt: skip
    has_mobile: float = _figure(
        0.9, low=0.617, high=0.95, says="has a mobile phone on file", source=f"{ASSUMED}; low: {GENEVA}, 61.7 %"
    )
    picks_up: float = _figure(
        0.5, low=0.3, high=0.7, says="answers when the desk calls",
        source=f"{ASSUMED}; {JEPPESEN}: 64 % of the reminder calls of a hospital were answered",
    )  # fmt: skip
    walk_in: float = _figure(
        0.424, low=0.0, high=0.61, says="hours empty when they begin, given to somebody who came without appointment",
        source="Family Medicine 2001, 33(7):522 (PubMed 11456244): 42.4 % of the time (61.0 % of the "
        "appointments)",
    )  # fmt: skip
    waiting: float = _figure(
        0.15, low=0.05, high=0.4, says="people on the list on the first day, per hour of the month", source=ASSUMED
    )
    joining: float = _figure(
        0.10, low=0.05, high=0.2, says="people who join it during the month, per hour of the month", source=ASSUMED
    )
    want_earlier: float = _figure(
        0.10, low=0.0, high=0.3, says="people with an appointment who wait for an earlier one", source=ASSUMED
    )
    comes_within_2h: float = _figure(
        0.3,
        low=0.1,
        high=0.5,
        says="on the list: can come within 2 hours (as many within 6 h, the others 24 h)",
        source=ASSUMED,
    )


NAMES = tuple(one.name for one in fields(People))


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Of those who are offered an hour, who says yes: each person has their own rate between these two.

    Published, offers sent to everybody who has an appointment: 8.3 % (Chung 2020, JMIR 22(6):e16451, 177,311 offers),
    11 % (JMIR 2024;26:e52071, 60,660 offers). Nobody published the rate of offers that match what was asked: up to
    30 % is tried.
    """

    low: float = 0.08
    high: float = 0.30

    @classmethod
    def read(cls, text: str) -> "Acceptance":
        """ "0.08..0.30", or one number. Raises ValueError."""
        low, _, high = text.partition("..")
        read = cls(float(low), float(high or low))
        if not 0 < read.low <= read.high <= 0.5:
            raise ValueError(f"Between 0 and 0.5, smaller first: {text}")
        return read

    def __str__(self) -> str:
        return f"{self.low:g}" if self.low == self.high else f"{self.low:g}..{self.high:g}"


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one appointment if nobody does anything about it."""

    cancels_before: timedelta | None = None  # tells so long before
    forgets: bool = False
    # What a reminder changes, if it is read in time.
    cancels_when_reminded: bool = False
    comes_when_reminded: bool = False


def dice(*parts: object) -> random.Random:
    """The same chance for the same person under every policy: what differs is the policy alone."""
    return random.Random("/".join(map(str, parts)))  # noqa: S311 - a simulation, told by its seed


def fate_of(people: People, chance: random.Random, *, lead: timedelta) -> Fate:
    """`lead`: from the booking to the hour."""
    draw, when, second, third = (chance.random() for _ in range(4))
    if draw < people.cancel:
        before = _told_before(people, chance, is_late=when < people.cancel_late)
        is_known = when < people.cancel_late and second < people.known_early
        return Fate(cancels_before=before if before < lead else None, cancels_when_reminded=is_known)
    no_show = people.no_show * _freshness(people, lead)
    if draw >= people.cancel + no_show:
        return Fate()
    is_rescued = second > people.reminded
    cancels = is_rescued and third < people.rescued_cancel
    return Fate(forgets=True, cancels_when_reminded=cancels, comes_when_reminded=is_rescued and not cancels)


def _freshness(people: People, lead: timedelta) -> float:
    days = min(lead / timedelta(days=1), 13)
    return people.no_show_fresh + (1 - people.no_show_fresh) * days / 13


def _told_before(people: People, chance: random.Random, *, is_late: bool) -> timedelta:
    """Evenly in the last day, or between one day and two weeks before (assumed: no publication gives the curve)."""
    hours = chance.uniform(0.5, 24) if is_late else chance.uniform(24, 14 * 24)
    return timedelta(hours=hours)


def answer_delay(people: People, chance: random.Random) -> timedelta:
    minutes = people.answer_median_min * chance.lognormvariate(0, people.answer_sigma)
    return timedelta(minutes=min(minutes, 3 * 24 * 60))


def answers(people: People, acceptance: Acceptance, seed: int, usager_id: int) -> float:
    """How often this person answers at all: their rate of yes over the share of yes among answers."""
    rate = dice(seed, "acceptance", usager_id).uniform(acceptance.low, acceptance.high)
    return min(rate / people.yes, 1.0)
