"""A call about an Rdv, in words: why, what to say, which answers make sense. Pure: no query.

Room: views. Called by rdv/views/waiting/calls; the Appel comes whole, with its hours and its agents (calls_desk).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from rdv.domain import french
from rdv.models import Appel, AppelKind, AppelResult, Horaire, NoticeLevel
from rdv.services.calls_answers import Answer
from usagers.models import Usager


@dataclass(frozen=True, slots=True)
class Talk:
    """What the card of a call shows."""

    reason: str
    detail: str
    script: Sequence[str]
    answers: Sequence[Answer]
    hours: Sequence[Horaire]
    until: datetime
    before: str
    is_held: bool
    is_overdue: bool
    search: str  # "", "move" or "console": where another hour is looked for


def told(appel: Appel) -> Usager:
    return appel.participation.responsable or appel.participation.usager


def is_wrong_number(appel: Appel) -> bool:
    """The number that was wrong is still the one of the file."""
    return appel.result == AppelResult.WRONG_NUMBER and appel.wrong_number == str(told(appel).phone or "")


def talk_of(appel: Appel, *, now: datetime, zone: ZoneInfo) -> Talk:
    hours = hours_of(appel)
    stands = appel.participation.is_live and appel.participation.rdv.is_live
    return Talk(
        reason=str(AppelKind(appel.kind).label),
        detail=_detail(appel, now, zone),
        script=_script(appel, hours, zone),
        answers=_answers(appel, hours),
        hours=hours,
        until=appel.before,
        before=_before(appel.before, now, zone),
        is_held=bool(hours),
        is_overdue=appel.before <= now,
        search="move" if stands else "console",
    )


def _before(until: datetime, now: datetime, zone: ZoneInfo) -> str:
    """avant 12:00, demain, mar. 24 nov.: how pressing it is, in a few letters."""
    local, today = until.astimezone(zone), now.astimezone(zone).date()
    days = (local.date() - today).days
    if days <= 0:
        return f"avant {local.hour}:{local.minute:02d}"
    return "demain" if days == 1 else french.short_day(local)


def hours_of(appel: Appel) -> list[Horaire]:
    """Those that are held and may be told."""
    found = appel.proposition
    if found is None or not found.is_live:
        return []
    return [one for one in found.horaires.all() if one.option_id is not None]


def is_kept(appel: Appel) -> bool:
    """The Rdv stands, with somebody else than the agent who is away."""
    if appel.absence is None:
        return False
    rdv, away = appel.participation.rdv, appel.absence.agent_id
    return rdv.is_live and appel.participation.is_live and all(link.agent_id != away for link in rdv.rdv_agents.all())


def _detail(appel: Appel, now: datetime, zone: ZoneInfo) -> str:
    if is_wrong_number(appel):
        return "mauvais numéro : voir la fiche"
    if appel.not_before is not None and appel.not_before > now:
        local = appel.not_before.astimezone(zone)
        return f"{_tries(appel)}, rappeler {french.short_day(local)} à {french.hour(local)}"
    if appel.attempts:
        return _tries(appel)
    if appel.absence is not None:
        return f"{appel.absence.agent.full_name}, {french.short_day(appel.participation.starts_at.astimezone(zone))}"
    return appel.reason


def _tries(appel: Appel) -> str:
    return f"{appel.attempts} appel{'s' if appel.attempts > 1 else ''} sans réponse"


def _script(appel: Appel, hours: Sequence[Horaire], zone: ZoneInfo) -> list[str]:
    participation = appel.participation
    rdv = participation.rdv
    when = french.day_hour(rdv.starts_at.astimezone(zone))
    hello = f"« Bonjour, {rdv.site.name}. Je vous appelle pour votre rendez-vous du {when}."
    lines = [f"{hello} {_news(appel)} »"]
    if hours:
        lines.append("« Nous vous gardons ces dates. Laquelle vous convient ? »")
    elif appel.kind in (AppelKind.MESSAGE, AppelKind.COMING) or is_kept(appel):
        lines.append("« Pouvez-vous venir ? »")
        if appel.kind == AppelKind.COMING:
            lines.append("Si non : « Ce n’est pas grave. J’annule, ou je vous cherche une autre date ? »")
        if rdv.motif.documents and rdv.motif.notice_level == NoticeLevel.NORMAL:
            lines.append(f"Si oui : « Apportez {french.joined(rdv.motif.documents)}. »")
    else:
        lines.append("« Je cherche une autre date avec vous. Quels jours vous conviennent ? »")
        if appel.absence is None:
            lines.append("« Si vous préférez, votre rendez-vous reste pris à la même heure. »")
    return lines


def _news(appel: Appel) -> str:
    rdv = appel.participation.rdv
    if appel.kind == AppelKind.MESSAGE:
        return "Nous n’avons pas réussi à vous l’écrire."
    if appel.kind == AppelKind.COMING:
        return "Nous n’avons pas eu votre réponse."
    if appel.kind == AppelKind.PROPOSITION and appel.absence is None:
        return "Nous vous proposons d’autres dates."
    if is_kept(appel):
        names = french.joined([link.agent.full_name for link in rdv.rdv_agents.all()])
        return f"Le professionnel prévu est absent, mais le rendez-vous est maintenu à la même heure, avec {names}."
    return "Le professionnel qui devait vous recevoir est absent : ce rendez-vous ne peut pas avoir lieu."


def _answers(appel: Appel, hours: Sequence[Horaire]) -> list[Answer]:
    stands = appel.participation.is_live and appel.participation.rdv.is_live
    if hours:
        return [Answer.PICK, Answer.NONE_SUITS, Answer.NOBODY, Answer.WRONG]
    if stands and (appel.absence is None or is_kept(appel)):
        return [Answer.COMES, Answer.CANCEL, Answer.NOBODY, Answer.WRONG]
    if stands:
        return [Answer.CANCEL, Answer.NOBODY, Answer.WRONG]
    return [Answer.OTHER_DATE, Answer.NOTHING_ELSE, Answer.NOBODY, Answer.WRONG]
