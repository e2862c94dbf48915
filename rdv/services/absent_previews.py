"""What the SMS will say, before anything is decided: one example for each kind of letter. Reads only.

Room: services. Called by rdv/views/absent. The words are those of the letters themselves (proposition_notices, texts);
only the link is an example, as long as a real one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from agents.models import Agent
from notifications.channels import gsm7
from rdv.core.links import fill_links, marker
from rdv.domain import french
from rdv.models import NoticeLevel, Participation, Rdv, SuiteChoice
from rdv.services.absent_plan import Line, Plan
from rdv.services.news import first_that_fits
from rdv.services.proposition_notices import (
    proposed_news,
    replaced_news,
    waiting_news,
    written_to,
)
from rdv.services.propositions import HoursGone, in_time
from rdv.services.texts import News, facts_of, sms

# Nobody's uuid: a link that leads nowhere.
NOBODY = str(UUID(int=0))


@dataclass(frozen=True, slots=True)
class SmsPreview:
    """`way`: which decision sends it; `name`: for whom the example is."""

    way: str
    name: str
    text: str

    @property
    def segments(self) -> int:
        return gsm7.segments(self.text)

    @property
    def signs(self) -> int:
        return gsm7.length(self.text)


def previews_of(plan: Plan, *, now: datetime) -> list[SmsPreview]:
    """Of the kinds that may still be chosen, for the first person who would get it. One query by kind, and one more."""
    examples = {title: _example(plan, kind) for kind, title in TITLES.items()}
    colleagues = _colleagues([found for found in examples.values() if found])
    previews = []
    for kind, title in TITLES.items():
        found = examples[title]
        body = _BODIES[kind](found, colleagues, now) if found else ""
        if found and body:
            text = gsm7.plain(fill_links(body))
            previews.append(SmsPreview(title, found.participation.usager.full_name, text))
    return previews


@dataclass(frozen=True, slots=True)
class _Example:
    plan: Plan
    line: Line
    participation: Participation
    to: int | None  # the colleague of this choice

    @property
    def rdv(self) -> Rdv:
        return self.line.rdv


WAITS, CANCELLED = "waits", "cancelled"
TITLES: Mapping[str, str] = {
    SuiteChoice.MOVE.value: "Un collègue, même heure",
    SuiteChoice.PROPOSE.value: "Proposer des dates",
    WAITS: "Annuler, priorité en liste d’attente",
    CANCELLED: "Annuler et prévenir",
}


def _example(plan: Plan, kind: str) -> _Example | None:
    """A line where this is preset, else where it may be chosen; somebody whom an SMS reaches."""
    offered = []
    for line in plan.open:
        value = next((way.value for way in line.ways if _kind(line, way.value) == kind), None)
        person = next((one for one in line.people if one.is_live and _gets_sms(one, line.rdv)), None)
        if value is not None and person is not None:
            offered.append((line, value, person))
    if not offered:
        return None
    line, value, person = next((one for one in offered if _kind(one[0], one[0].preset) == kind), offered[0])
    value = line.preset if _kind(line, line.preset) == kind else value
    person.rdv = line.rdv
    _, _, to = value.partition(":")
    return _Example(plan, line, person, int(to) if to else None)


def _kind(line: Line, value: str) -> str:
    choice = value.partition(":")[0]
    if choice != SuiteChoice.CANCEL.value:
        return choice
    motif = line.rdv.motif
    return WAITS if motif.has_waitlist and not motif.is_collective else CANCELLED


def _gets_sms(participation: Participation, rdv: Rdv) -> bool:
    return rdv.motif.notice_level != NoticeLevel.SILENT and bool(written_to(participation)[0])


def _colleagues(examples: list[_Example]) -> dict[int, Agent]:
    rows = Agent.objects.filter(pk__in=[one.to for one in examples if one.to is not None])
    return {agent.pk: agent for agent in rows}


def _replaced(example: _Example, colleagues: Mapping[int, Agent], now: datetime) -> str:
    facts = facts_of(example.participation)
    if facts.with_whom and example.to is not None and example.to in colleagues:
        staying = [link.agent for link in example.rdv.rdv_agents.all() if link.agent_id != example.plan.agent.pk]
        agents = sorted([*staying, colleagues[example.to]], key=lambda agent: (agent.search_key, agent.pk))
        facts = replace(facts, with_whom=french.joined(list(dict.fromkeys(one.public_name for one in agents))))
    return first_that_fits(replaced_news(replace(facts, link=marker("rdv", NOBODY))).texts)


def _proposed(example: _Example, _colleagues: Mapping[int, Agent], now: datetime) -> str:
    try:
        hours, answer_by = in_time(example.rdv, example.line.hours, is_off=True, now=now)
    except HoursGone:
        return ""
    said = proposed_news(
        example.participation,
        [one.starts_at for one in hours],
        was_at=example.rdv.starts_at,
        answer_by=answer_by,
        is_off=True,
        link=marker("choix", NOBODY),
    )
    return first_that_fits(said.texts)


def _waits(example: _Example, _colleagues: Mapping[int, Agent], _now: datetime) -> str:
    return first_that_fits(waiting_news(example.participation, link=marker("attente", NOBODY)).texts)


def _cancelled(example: _Example, _colleagues: Mapping[int, Agent], _now: datetime) -> str:
    facts = replace(facts_of(example.participation), link=marker("rdv", NOBODY))
    return sms(News.CANCELLED, facts, by_service=True)


_BODIES: Mapping[str, Callable[[_Example, Mapping[int, Agent], datetime], str]] = {
    SuiteChoice.MOVE.value: _replaced,
    SuiteChoice.PROPOSE.value: _proposed,
    WAITS: _waits,
    CANCELLED: _cancelled,
}
