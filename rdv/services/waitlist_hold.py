"""What an Offre holds: its Option, through the one way of taking time; and the locks of everything on a waiting list.

Room: services. Called by waitlist_offer, waitlist_answer and waitlist_join, in their transaction.

    order of locks: agents (by id)  ->  workshop's row  ->  the département's list  ->  rows
"""

import random
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from rdv.core import journal
from rdv.core.clock import local_date
from rdv.core.db import constraint_errors, lock_agents, lock_waitlist
from rdv.core.journal import SYSTEM, Author
from rdv.domain.travel import Point
from rdv.domain.waiting import release_delay
from rdv.domain.windows import Window
from rdv.models import (
    Booker,
    Inscription,
    InscriptionState,
    Modality,
    Occupation,
    OccupationKind,
    Offre,
    OffreState,
    Option,
    OptionAgent,
    Purpose,
    Rdv,
    SourceKind,
)
from rdv.services.availability import agents_who_fit, usager_window
from rdv.services.errors import CreneauUnavailable, WorkshopFull
from rdv.services.holding import lock_workshop
from rdv.services.occupying import drop_dead_options_of, place_of, take
from rdv.services.questions import Question
from rdv.services.waitlist_match import Freed
from rdv.services.waitlist_rules import policy_of
from usagers.models import Usager

# How long a hold outlives its answer's hour when no worker is there to pass it on: then it is public, not lost.
WORKERS_AWAY = timedelta(hours=1)
chance = random.SystemRandom()


def lock_for(offre: Offre, *, agent_ids: Iterable[int] = ()) -> Offre:
    """Everything this offer touches; the offer as it is now that nobody else decides."""
    lock_agents([*offre.agent_ids, *agent_ids])
    if offre.atelier_id is not None:
        lock_workshop(offre.atelier_id)
    lock_waitlist(offre.departement_id)
    return Offre.objects.whole().select_for_update(of=("self",), no_key=True).get(pk=offre.pk)


def lock_inscription(inscription: Inscription) -> Inscription:
    """The row as it is now, under the lock of the list."""
    lock_waitlist(inscription.departement_id)
    return Inscription.objects.whole().select_for_update(of=("self",), no_key=True).get(pk=inscription.pk)


def place_for(freed: Freed, usager: Usager) -> Point | None:
    """Home visits happen at the person's; elsewhere the place is the site's or none."""
    if freed.motif.modality != Modality.HOME or usager.latitude is None or usager.longitude is None:
        return None
    return Point(usager.latitude, usager.longitude)


def fits(freed: Freed, *, now: datetime, place: Point | None = None, ignore_option: int | None = None) -> bool:
    """Under the agents' locks: the hour is open to the public's rules, and free."""
    if freed.atelier_id is not None:
        return True  # the seats are counted by the database
    question = Question(
        motif=freed.motif,
        sites=(freed.site,),
        agents=freed.agent_ids,
        window=Window(freed.starts_at, freed.starts_at),
        now=now,
        public_on=local_date(now, freed.motif.departement.zone),
        place=place,
        ignore_option=ignore_option,
        sees_released=True,
    )
    return set(agents_who_fit(question, freed.starts_at)).issuperset(freed.agent_ids)


def hold(freed: Freed, *, answer_by: datetime, place: Point | None, now: datetime) -> Option | None:
    """The Option of an Offre. None when the place is not free after all."""
    drop_dead_options_of(freed.agent_ids, now)
    expires_at = min(answer_by + WORKERS_AWAY, freed.starts_at)
    try:
        return _insert(freed, purpose=Purpose.OFFRE, expires_at=expires_at, place=place, now=now)
    except (CreneauUnavailable, WorkshopFull):
        return None


def _insert(freed: Freed, *, purpose: Purpose, expires_at: datetime, place: Point | None, now: datetime) -> Option:
    motif = freed.motif
    with constraint_errors({"rdv_capacity": WorkshopFull, "occupation_no_overlap": CreneauUnavailable()}):
        option = Option.objects.create(
            departement_id=motif.departement_id,
            motif=motif,
            site=freed.site,
            atelier_id=freed.atelier_id,
            starts_at=freed.starts_at,
            ends_at=freed.ends_at,
            expires_at=expires_at,
            purpose=purpose,
            author_kind=SYSTEM.kind,
            author_id=None,
            choice_reason="waitlist",
            opened_at=now,
            latitude=place.lat if place else None,
            longitude=place.lon if place else None,
        )
        if freed.atelier_id is None:
            OptionAgent.objects.bulk_create(
                OptionAgent(departement_id=motif.departement_id, option=option, agent_id=agent_id)
                for agent_id in freed.agent_ids
            )
            take(
                motif=motif,
                agent_ids=freed.agent_ids,
                starts_at=freed.starts_at,
                ends_at=freed.ends_at,
                place=place_of(motif, freed.site, place),
                option=option,
                is_blocking=purpose != Purpose.RELEASE,
            )
    return option


def release_to_public(freed: Freed, *, now: datetime) -> Option | None:
    """Nobody of the list wants it: agents have it at once, the public after a random delay, against slot trading.
    What is not free after all (the agent is away, the day closed, time written over) is no news."""
    expires_at = now + release_delay(chance.random(), policy_of(freed.motif))
    option = None
    # What a visit needs of road depends on whose it was: its hour is free without that question.
    is_free = fits(freed, now=now)
    if is_free and _is_kept_back(freed, expires_at, now):
        option = _insert(freed, purpose=Purpose.RELEASE, expires_at=expires_at, place=None, now=now)
    if freed.was_hidden and (is_free or freed.motif.modality == Modality.HOME):
        journal_released(freed, at=expires_at if option else now, now=now)
    return option


def forget_released(agent_ids: Iterable[int], starts_at: datetime, ends_at: datetime) -> None:
    """Under the agents' locks: whoever gave this hour up has it again, it does not become public in some minutes."""
    rows = Occupation.objects.filter(
        agent__in=list(agent_ids), option__purpose=Purpose.RELEASE, starts_at__lt=ends_at, ends_at__gt=starts_at
    )
    options = list(rows.values_list("option_id", flat=True).distinct())
    Occupation.objects.filter(option__in=options).delete()
    Option.objects.filter(pk__in=options, rdv__isnull=True).delete()


def _is_kept_back(freed: Freed, expires_at: datetime, now: datetime) -> bool:
    """The public would see it at once: an hour that nobody could book a moment ago, inside what they may book."""
    motif = freed.motif
    is_shown = motif.who_books == Booker.EVERYONE and usager_window(motif, now).admits(freed.starts_at)
    return freed.was_hidden and freed.atelier_id is None and is_shown and expires_at > now


def journal_released(freed: Freed, *, at: datetime, now: datetime) -> None:
    """An hour that the list saw and nobody of it could take: one line, which the figures count as freed."""
    journal.write(
        "waitlist.released",
        subject=("motif", freed.motif.uuid),
        departement_code=freed.motif.departement_id,
        author=SYSTEM,
        now=now,
        data={"motif": freed.motif.pk, "starts_at": freed.starts_at, "site": freed.site.pk,
              "agents": list(freed.agent_ids), "source": freed.source_kind.value, "freed_at": freed.freed_at, "at": at},
    )  # fmt: skip


def close(offre: Offre, state: OffreState, *, author: Author, now: datetime, reason: str = "") -> None:
    """The offer is over; it holds nothing any more. The person waits again, at the same rank, unless said otherwise."""
    offre.state, offre.option, offre.answered_at, offre.reason = state.value, None, now, reason
    offre.save(update_fields=["state", "option", "answered_at", "reason"])
    journal_offre(offre, author=author, now=now, data={"reason": reason} if reason else {})
    if offre.inscription.state == InscriptionState.OFFERED:
        set_state(offre.inscription, InscriptionState.WAITING, author=author, now=now)


def drop_hold(option_id: int) -> bool:
    """Give the place back, once no live offer holds it. True when it was given back."""
    if Offre.objects.live().filter(option=option_id).exists():
        return False
    Occupation.objects.filter(option=option_id, kind=OccupationKind.OPTION).delete()
    deleted, _ = Option.objects.filter(pk=option_id, rdv__isnull=True).delete()
    return bool(deleted)


def freed_again(offre: Offre) -> Freed:
    """The same hour, for the next person."""
    return Freed(
        motif=offre.motif,
        site=offre.site,
        starts_at=offre.starts_at,
        ends_at=offre.ends_at,
        agent_ids=tuple(offre.agent_ids),
        source_kind=SourceKind(offre.source_kind),
        freed_at=offre.freed_at,
        source_uuid=offre.source_uuid,
        atelier_id=offre.atelier_id,
        left_by=tuple(offre.left_by),
        chain=offre.chain,
    )


def freed_rdv(
    rdv: Rdv,
    *,
    agent_ids: Iterable[int],
    left_by: Iterable[int],
    source_kind: SourceKind,
    now: datetime,
    chain: int = 0,
) -> Freed:
    """The hour, or the seat, that an Rdv gives back."""
    is_seat = rdv.motif.is_collective
    return Freed(
        motif=rdv.motif,
        site=rdv.site,
        starts_at=rdv.starts_at,
        ends_at=rdv.ends_at if is_seat else rdv.starts_at + rdv.motif.duration,
        agent_ids=() if is_seat else tuple(sorted(agent_ids)),
        source_kind=SourceKind.SEAT if is_seat else source_kind,
        freed_at=now,
        source_uuid=rdv.uuid,
        atelier_id=rdv.pk if is_seat else None,
        left_by=tuple(left_by),
        chain=chain,
    )


def set_state(
    inscription: Inscription, state: InscriptionState, *, author: Author, now: datetime, reason: str = ""
) -> None:
    before, inscription.state = inscription.state, state.value
    inscription.version += 1
    is_over = state in (InscriptionState.SERVED, InscriptionState.LEFT, InscriptionState.EXPIRED)
    inscription.closed_at = now if is_over else None
    inscription.save(update_fields=["state", "version", "closed_at", "unanswered"])
    data = {"before": before, "after": state.value, "unanswered": inscription.unanswered}
    journal_inscription(
        inscription, "inscription.state", author=author, now=now, data=data | ({"reason": reason} if reason else {})
    )


def journal_inscription(
    inscription: Inscription, kind: str, *, author: Author, now: datetime, data: dict[str, object]
) -> None:
    journal.write(
        kind,
        subject=("inscription", inscription.uuid),
        departement_code=inscription.departement_id,
        author=author,
        now=now,
        data=data,
    )


def journal_offre(offre: Offre, *, author: Author, now: datetime, data: dict[str, object]) -> None:
    kind = "offre.sent" if offre.state == OffreState.LIVE else f"offre.{offre.state}"
    journal.write(
        kind,
        subject=("offre", offre.uuid),
        departement_code=offre.departement_id,
        author=author,
        now=now,
        data={"inscription": offre.inscription.uuid, "starts_at": offre.starts_at, "group": offre.group} | data,
    )


def new_group() -> uuid.UUID:
    return uuid.uuid4()
