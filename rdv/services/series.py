"""Several Rdv for one person who comes back: taken together or not at all, and the rest given up in one gesture.

Room: services. Called by the page of a series. What is free is read by series_report; here, only what is written.

    lock the agents of all -> hold each -> book each -> one fact in the journal, one message -> commit
"""

import uuid as uuids
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from rdv.core import journal
from rdv.core.clock import local_date
from rdv.core.db import constraint_errors, lock_agents
from rdv.core.errors import DomainError
from rdv.core.journal import Author
from rdv.domain import french
from rdv.domain.series import LONGEST, MOST
from rdv.domain.statuses import Status
from rdv.domain.windows import Window
from rdv.models import Option, Origin, Participation, Rdv, Serie
from rdv.services import series_notices
from rdv.services.all_or_none import Held, book_all
from rdv.services.availability import agents_asked
from rdv.services.booking import Booking
from rdv.services.cancelling import cancel_within
from rdv.services.choosing import Chosen
from rdv.services.errors import ChangedMeanwhile, NotBookable
from rdv.services.holding import hold_within
from rdv.services.moving import visit_place
from rdv.services.questions import Creneau, Question
from rdv.services.series_members import schedule_of


class NotAllTaken(DomainError):  # noqa: N818 - same family of names as rdv/services/errors
    """One of the dates could not be taken: none was."""

    code = "not_all_taken"


class SentTwice(DomainError):  # noqa: N818
    """The same form, at the same instant, with other agents: the first one has it."""

    code = "sent_twice"
    message = "Cette série vient d’être prise. Rechargez la page du rendez-vous."


@dataclass(frozen=True, slots=True)
class Asked:
    """`participation` comes whole (its Rdv, motif, people): the series is for the same person, like this Rdv.
    `key`: of the form, so that it makes one series."""

    participation: Participation
    creneaux: Sequence[Creneau]
    rule: str
    key: uuids.UUID


@transaction.atomic(durable=True)
def book_series(*, asked: Asked, author: Author, now: datetime) -> Serie:
    """All or none. Raises NotAllTaken (says which date), NotBookable. A replay of the key gives the same series."""
    source = asked.participation.rdv
    _require_bookable(asked, author)
    lock_agents(
        [*source.rdv_agents.values_list("agent_id", flat=True), *(pk for one in asked.creneaux for pk in one.agent_ids)]
    )
    made = Serie.objects.filter(uuid=asked.key, departement=source.departement_id).first()
    if made is not None:
        return made
    with constraint_errors({"rdv_serie_uuid_key": SentTwice}, ends_all=True):
        serie = Serie.objects.create(
            departement_id=source.departement_id,
            uuid=asked.key,
            rule=asked.rule,
            created_at=now,
            created_by_kind=author.kind,
            created_by_id=author.id,
        )
    creneaux = sorted(asked.creneaux)
    booking = _booking(asked.participation, serie)
    held = [Held(_hold(asked, creneau, author=author, now=now).token, booking) for creneau in creneaux]

    def named(position: int, error: DomainError) -> DomainError:
        return _refused(asked, creneaux[position], error)

    rdvs = book_all(held, author=author, now=now, named=named)
    _join(source, serie, author=author, now=now)
    _tell(serie, rdvs, author=author, now=now)
    return serie


def _require_bookable(asked: Asked, author: Author) -> None:
    motif, site = asked.participation.rdv.motif, asked.participation.rdv.site
    if not author.is_agent or motif.is_archived or motif.is_collective or not site.is_active:
        raise NotBookable("Ce motif ne se prend plus en série ici.")
    if not motif.motif_sites.filter(site=site).exists():
        raise NotBookable("Ce motif n’est plus reçu sur ce site.")
    if not 0 < len(asked.creneaux) <= MOST:
        raise NotBookable(f"Une série compte de 1 à {MOST} rendez-vous.")


def _hold(asked: Asked, creneau: Creneau, *, author: Author, now: datetime) -> Option:
    rdv = asked.participation.rdv
    motif = rdv.motif
    agents = agents_asked(
        motif, creneau.agent_ids, usager=asked.participation.usager, today=local_date(now, motif.departement.zone)
    )
    second = now.replace(microsecond=0)
    window = Window(second, second + LONGEST)
    question = Question(motif, (rdv.site,), agents, window, now, place=visit_place(rdv), length=rdv.length)
    try:
        if len(creneau.agent_ids) != motif.agents_needed:
            raise NotBookable("Il manque un professionnel.")
        return hold_within(
            question, Chosen(creneau.agent_ids, "series"), starts_at=creneau.starts_at, author=author, opened_at=now
        )
    except DomainError as error:
        raise _refused(asked, creneau, error) from error


def _refused(asked: Asked, creneau: Creneau, error: DomainError) -> NotAllTaken:
    local = creneau.starts_at.astimezone(asked.participation.rdv.motif.departement.zone)
    why = error.message[:1].lower() + error.message[1:]
    return NotAllTaken(f"Le {french.day_hour(local)} : {why} Rien n’est réservé. Voici où en est chaque date.")


def _booking(participation: Participation, serie: Serie) -> Booking:
    """Like the Rdv that it follows, its note and its length (Question.length) included."""
    rdv = participation.rdv
    return Booking(
        usager=participation.usager,
        responsable=participation.responsable,
        origin=Origin.SERIES,
        context=rdv.context,
        companion=participation.companion,
        wants_sms=participation.wants_sms,
        wants_email=participation.wants_email,
        address=rdv.address,
        latitude=rdv.latitude,
        longitude=rdv.longitude,
        serie=serie,
    )


def _join(source: Rdv, serie: Serie, *, author: Author, now: datetime) -> None:
    """The Rdv that it follows opens the series, when it is still to come and belongs to no other."""
    joined = Rdv.objects.live().filter(pk=source.pk, serie=None, starts_at__gt=now).update(serie=serie)
    if joined:
        journal.write(
            "serie.joined",
            subject=("rdv", source.uuid),
            departement_code=source.departement_id,
            author=author,
            now=now,
            data={"serie": serie.uuid},
        )


def _tell(serie: Serie, rdvs: Sequence[Rdv], *, author: Author, now: datetime) -> None:
    journal.write(
        "serie.created",
        subject=("serie", serie.uuid),
        departement_code=serie.departement_id,
        author=author,
        now=now,
        data={"rule": serie.rule, "rdvs": [rdv.uuid for rdv in rdvs], "starts_at": [rdv.starts_at for rdv in rdvs]},
    )
    series_notices.taken(people_of(rdvs), now=now)
    series_notices.agents_told(rdvs, kind="booked", author=author, now=now)


def taken_after(serie: Serie, source: Rdv) -> list[Rdv]:
    """The Rdv that the form took, in order of time: the series without the one that it follows."""
    return list(serie.rdvs.exclude(pk=source.pk).order_by("starts_at", "id"))


def people_of(rdvs: Sequence[Rdv]) -> list[Participation]:
    """The participation of each, whole, in order of time."""
    rows = Participation.objects.filter(rdv__in=rdvs).select_related(
        "usager", "responsable", "rdv__motif__departement", "rdv__site"
    )
    return list(rows.prefetch_related("rdv__agents").order_by("starts_at", "id"))


@transaction.atomic(durable=True)
def cancel_rest(
    *, rdvs: Sequence[Rdv], by_service: bool, author: Author, now: datetime, reason: str, seen: str | None = None
) -> int:
    """These Rdv of one series (the door has chosen them), in one gesture with one message. How many were given up:
    asked twice, done once. What has begun meanwhile stays. `seen`: the `schedule_of` that the page showed; another one
    raises ChangedMeanwhile."""
    lock_agents([link.agent_id for rdv in rdvs for link in rdv.rdv_agents.all()])
    ids = [rdv.pk for rdv in rdvs if rdv.serie_id is not None]
    coming = Rdv.objects.live().filter(pk__in=ids, starts_at__gt=now).order_by("starts_at", "id")
    found = list(coming.select_related("serie"))
    if not found:
        return 0
    if seen is not None and schedule_of(found) != seen:
        raise ChangedMeanwhile
    status = Status.REVOKED if by_service else Status.EXCUSED
    done = [
        cancel_within(
            rdv=rdv, author=author, now=now, reason=reason, is_told=False, tells_agents=False, status=status
        )
        for rdv in found
    ]  # fmt: skip
    serie = found[0].serie
    assert serie is not None  # noqa: S101 - filtered above
    journal.write(
        "serie.cancelled",
        subject=("serie", serie.uuid),
        departement_code=serie.departement_id,
        author=author,
        now=now,
        data={"rdvs": [rdv.uuid for rdv in done], "by_service": by_service, "reason": reason},
    )
    people = [one for one in people_of(done) if one.status_at == now]
    if people:
        series_notices.given_up(people, by_service=by_service, now=now)
    series_notices.agents_told(done, kind="cancelled", author=author, now=now)
    return len(done)
