"""What agents are told, by the level each of them chose. Never the name of a person received: the agenda says it.

Room: services. Called by booking, moving, cancelling and attendance through rdv/services/notices.

    all      everything, one's own gestures included
    others   what others do
    soon     what others do to today and tomorrow
    digest   one e-mail in the morning
    none     nothing
"Late" is told at once to all but "none", and an arrival to those of them who asked for it (`hears_arrivals`).
Registrations to a workshop go to the morning's e-mail: one, not one by one.
"""

from collections.abc import Collection
from datetime import datetime, time, timedelta

from django.conf import settings
from django.db.models import Max
from django.urls import reverse

from agents.models import Agent, NotificationLevel
from notifications import services as post_office
from notifications.models import MessageChannel
from notifications.services import Letter
from rdv.core.clock import local_date
from rdv.core.journal import Author
from rdv.domain import french
from rdv.models import NoticeLevel, Rdv

DIGEST_TIME = time(7, 30)
DIGEST_LIFE = timedelta(hours=12)
GRACE = timedelta(minutes=2)
TO_RECEIVE = timedelta(hours=1)
TITLES = {
    "booked": "Nouveau rendez-vous",
    "moved": "Rendez-vous déplacé",
    "unmoved": "Déplacement défait",
    "cancelled": "Rendez-vous annulé",
    "late": "Retard annoncé",
    "arrived": "Quelqu’un est arrivé",
}
# Told at once whatever the level; an arrival only to those who asked for it.
TODAY = ("late", "arrived")


def agent_told(
    rdv: Rdv,
    *,
    kind: str,
    author: Author,
    now: datetime,
    was_at: datetime | None = None,
    gone_agent_ids: Collection[int] = (),
    more: str = "",
) -> None:
    """Tell the agents of this Rdv. kind: booked, moved, unmoved, cancelled, late, arrived.

    `was_at`: when it was before it moved. `gone_agent_ids`: agents who had it and have it no more. `more`: a line that
    tells of the rest of its series.
    """
    letters = agent_letters(
        rdv, kind=kind, author=author, now=now, was_at=was_at, gone_agent_ids=gone_agent_ids, more=more
    )
    post_office.post(letters, now=now)


def agent_letters(
    rdv: Rdv,
    *,
    kind: str,
    author: Author,
    now: datetime,
    was_at: datetime | None = None,
    gone_agent_ids: Collection[int] = (),
    more: str = "",
    in_place_of: str = "",
) -> list[Letter]:
    """What leaves at once, to be posted with the rest of the news; what waits for the morning is written here."""
    letters: list[Letter] = []
    if rdv.motif.notice_level == NoticeLevel.SILENT:
        return letters
    for agent in _agents_of(rdv, gone_agent_ids):
        if not _is_wanted(agent, rdv, kind=kind, author=author, now=now, was_at=was_at):
            continue
        if _waits_for_morning(agent, rdv, kind=kind, now=now):
            _add_to_digest(agent, rdv, kind=kind, now=now, more=more, in_place_of=in_place_of)
        else:
            at = _leaves_at(rdv, kind=kind, author=author, now=now, was_at=was_at)
            letters.append(_letter(agent, rdv, kind=kind, now=now, at=at, was_at=was_at, more=more))
    return letters


def _leaves_at(rdv: Rdv, *, kind: str, author: Author, now: datetime, was_at: datetime | None) -> datetime:
    """Undone within two minutes, a cancellation, or a move by an agent, never was. What is near is told at once."""
    is_undoable = kind == "cancelled" or (kind == "moved" and author.is_agent)
    is_near = min(rdv.starts_at, was_at or rdv.starts_at) <= now + 2 * GRACE
    return now + GRACE if is_undoable and not is_near else now


def _agents_of(rdv: Rdv, gone_agent_ids: Collection[int]) -> list[Agent]:
    """Those who have it, or had it, and are told something. `rdv.agents` may be prefetched (booking)."""
    found = {agent.pk: agent for agent in rdv.agents.all()}
    if gone := set(gone_agent_ids) - set(found):
        found |= {agent.pk: agent for agent in Agent.objects.filter(pk__in=gone)}
    told = [agent for agent in found.values() if agent.is_active]
    return sorted(
        (agent for agent in told if agent.notification_level != NotificationLevel.NONE), key=lambda agent: agent.pk
    )


def forget_agent_notices(rdv: Rdv, *, now: datetime) -> None:
    """A cancellation undone before its notice left."""
    post_office.make_obsolete(subject_of(rdv), now=now, kinds=["agent.cancelled"])


def move_undone(
    rdv: Rdv,
    *,
    author: Author,
    moved_at: datetime,
    was_at: datetime,
    was_line: str,
    gone: Collection[int],
    now: datetime,
) -> None:
    """The move of a moment ago (at `moved_at`, to `was_at`) is undone: its notice does not leave; those whom it reached
    are told, and so is the morning's e-mail, in place of what it said (`was_line`: of `moved_line`)."""
    undone = rdv.schedule_version - 1
    post_office.make_obsolete(subject_of(rdv), now=now, kinds=["agent.moved"], from_version=undone)
    has_left = post_office.left_since(subject_of(rdv), kinds=["agent.moved"], since=moved_at)
    letters = agent_letters(
        rdv, kind="unmoved", author=author, now=now, was_at=was_at, gone_agent_ids=gone, in_place_of=was_line
    )
    post_office.post(letters if has_left else [], now=now)


def moved_line(rdv: Rdv) -> str:
    """What the morning's e-mail says of the move that put it here."""
    return _line(rdv, "moved")


def forget_arrival(rdv: Rdv, *, now: datetime) -> None:
    """An arrival undone before its notice left."""
    post_office.make_obsolete(subject_of(rdv), now=now, kinds=["agent.arrived"])


def subject_of(rdv: Rdv) -> tuple[str, str]:
    return ("rdv", str(rdv.uuid))


def _is_wanted(agent: Agent, rdv: Rdv, *, kind: str, author: Author, now: datetime, was_at: datetime | None) -> bool:
    is_own = author.is_agent and author.id == agent.pk
    if kind == "arrived":
        return agent.hears_arrivals and not is_own
    if agent.notification_level == NotificationLevel.ALL:
        return True
    if is_own:
        return False
    if kind == "late" or agent.notification_level != NotificationLevel.SOON:
        return True
    zone = rdv.motif.departement.zone
    soon = local_date(now, zone) + timedelta(days=1)
    return any(local_date(at, zone) <= soon for at in (rdv.starts_at, was_at) if at is not None)


def _waits_for_morning(agent: Agent, rdv: Rdv, *, kind: str, now: datetime) -> bool:
    if kind in TODAY:
        return False
    if agent.notification_level == NotificationLevel.DIGEST:
        return True
    # A workshop held before the next morning: nobody wants to learn it afterwards.
    return _is_registration(rdv, kind) and rdv.starts_at > _next_morning(rdv, now)


def _is_registration(rdv: Rdv, kind: str) -> bool:
    """Somebody joined or left a workshop that goes on; not the workshop itself."""
    if not rdv.motif.is_collective or not rdv.is_live:
        return False
    return kind == "cancelled" or (kind == "booked" and rdv.participations.exists())


def _next_morning(rdv: Rdv, now: datetime) -> datetime:
    zone = rdv.motif.departement.zone
    today = datetime.combine(local_date(now, zone), DIGEST_TIME, tzinfo=zone)
    # Combined again for tomorrow: a day is 23 or 25 hours long when the hour changes.
    tomorrow = datetime.combine(today.date() + timedelta(days=1), DIGEST_TIME, tzinfo=zone)
    return today if now < today else tomorrow


def _letter(
    agent: Agent, rdv: Rdv, *, kind: str, now: datetime, at: datetime, was_at: datetime | None, more: str = ""
) -> Letter:
    departement = rdv.motif.departement
    title = f"{TITLES[kind]} : {_when_where(rdv)}"
    lines = [title, f"Motif : {_spoken(rdv)}"]
    if was_at is not None and was_at != rdv.starts_at:
        lines.append(f"Avant : {french.day_hour(was_at.astimezone(departement.zone))}")
    if kind == "late":
        lines.append(f"Retard annoncé : {_late_minutes(rdv)}")
    if kind == "arrived":
        lines.append(f"Arrivé à {french.hour(now.astimezone(departement.zone))}")
    lines += [more] if more else []
    lines += ["", f"Votre agenda : {_agenda_url()}"]
    is_repeatable = kind in ("cancelled", *TODAY)
    return Letter(
        subject=subject_of(rdv),
        kind=f"agent.{kind}",
        recipient=f"agent:{agent.pk}",
        channel=MessageChannel.EMAIL,
        address=agent.email,
        version=post_office.instant_version(now) if is_repeatable else rdv.schedule_version,
        departement_code=rdv.departement_id,
        title=title[:200],
        body="\n".join(lines) + "\n",
        sender=f"Département {departement.name_with_article}",
        reply_to=rdv.site.email or departement.reply_to,
        send_not_before=at,
        # Somebody who comes after the end is still to be received.
        worthless_after=max(rdv.ends_at, now + TO_RECEIVE) if kind == "arrived" else rdv.ends_at,
    )


def _add_to_digest(agent: Agent, rdv: Rdv, *, kind: str, now: datetime, more: str = "", in_place_of: str = "") -> None:
    departement = rdv.motif.departement
    at = _next_morning(rdv, now)
    day = at.date()
    letter = Letter(
        subject=("agent", str(agent.pk)),
        kind="agent.digest",
        recipient=f"agent:{agent.pk}",
        channel=MessageChannel.EMAIL,
        address=agent.email,
        version=day.toordinal(),
        departement_code=rdv.departement_id,
        title=f"Votre résumé du {french.day(day)}",
        body=f"Ce qui a changé dans vos rendez-vous.\nVotre agenda : {_agenda_url()}\n",
        sender=f"Département {departement.name_with_article}",
        reply_to=departement.reply_to,
        send_not_before=at,
        worthless_after=at + DIGEST_LIFE,
    )
    if _is_registration(rdv, kind):
        opening = f"- Atelier : {_when_where(rdv)}, {_spoken(rdv)} : "
        count = rdv.participations.live().count()
        line = f"{opening}{count} inscrit{'s' if count > 1 else ''} sur {rdv.capacity}"
        post_office.add_line(letter, line, now=now, in_place_of=opening)
    else:
        line = _line(rdv, kind)
        post_office.add_line(letter, f"{line} ({more})" if more else line, now=now, in_place_of=in_place_of)


def _line(rdv: Rdv, kind: str) -> str:
    return f"- {TITLES[kind]} : {_when_where(rdv)}, {_spoken(rdv)}"


def _when_where(rdv: Rdv) -> str:
    local = rdv.starts_at.astimezone(rdv.motif.departement.zone)
    return f"{french.day_hour(local)}, {rdv.site.name}"


def _spoken(rdv: Rdv) -> str:
    is_said = rdv.motif.notice_level == NoticeLevel.NORMAL
    return (rdv.title if is_said else "") or rdv.motif.spoken_label


def _late_minutes(rdv: Rdv) -> str:
    minutes = rdv.participations.live().aggregate(longest=Max("late_minutes"))["longest"]
    return french.duration(timedelta(minutes=minutes or 0))


def _agenda_url() -> str:
    base: str = settings.BASE_URL
    return base.rstrip("/") + reverse("rdv:agent_home")
