"""What hangs on an Rdv and falls with it: the hours proposed instead of it, the call that was to be made about it.

Room: services. `settle` is called by moving and cancelling, in their transaction, under the locks of the Rdv's agents:
whoever changes a Proposition or an Appel of an Rdv holds these same locks.
"""

from datetime import datetime

from notifications import services as post_office
from rdv.core import journal
from rdv.core.journal import Author
from rdv.models import (
    Appel,
    AppelResult,
    Horaire,
    Occupation,
    OccupationKind,
    Option,
    Participation,
    Proposition,
    PropositionState,
    Rdv,
    SourceKind,
)
from rdv.services.notices import subject_of as subject_of_participation
from rdv.services.waitlist_queue import note_freed

SUBJECT = "proposition"
# The news that an Rdv is off, said with what comes instead.
PROPOSED, WAITING = "rdv.proposed", "rdv.cancelled.waiting"


def settle(rdv: Rdv, *, author: Author, now: datetime, participation: Participation | None = None) -> None:
    """The Rdv has just been moved or cancelled (for everybody, or for one of a workshop): nothing else is proposed for
    it any more, and nobody needs to be phoned about it."""
    people = [participation.pk] if participation else list(rdv.participations.values_list("pk", flat=True))
    live = Proposition.objects.live().filter(participation__in=people).order_by("id")
    for proposition in live.select_for_update(of=("self",), no_key=True):
        close_proposition(proposition, PropositionState.WITHDRAWN, author=author, now=now)
    for appel in Appel.objects.open().filter(participation__in=people).order_by("id"):
        close_appel(appel, AppelResult.SETTLED, author=author, now=now)


def take_back_news(participation: Participation, *, since: datetime, now: datetime) -> bool:
    """The cancellation (at `since`) is undone: what said it in other words does not leave any more. True when one of
    them has left: the person believes that it is off."""
    about = subject_of_participation(participation)
    post_office.make_obsolete(about, now=now, kinds=[WAITING])
    said = [post_office.left_since(about, kinds=[WAITING], since=since)]
    for proposition in Proposition.objects.filter(participation=participation, sent_at__gte=since):
        post_office.make_obsolete(subject_of(proposition), now=now, kinds=[PROPOSED])
        said.append(post_office.has_left(subject_of(proposition), kind=PROPOSED))
    return any(said)


def unsettle(rdv: Rdv, *, since: datetime, author: Author, now: datetime) -> None:
    """The move that had settled these calls (at `since`) is undone: they are to be made after all. Dates that were
    proposed stay withdrawn, their hours were given back."""
    people = list(rdv.participations.live().values_list("pk", flat=True))
    closed = Appel.objects.filter(participation__in=people, result=AppelResult.SETTLED, closed_at=since)
    for appel in closed.order_by("id"):
        if not Appel.objects.open().filter(participation=appel.participation_id).exists():
            appel.result, appel.closed_at = "", None
            appel.save(update_fields=["result", "closed_at"])
            journal_appel(appel, author=author, now=now, kind="appel.reopened")


def close_proposition(
    proposition: Proposition, state: PropositionState, *, author: Author, now: datetime, rdv: Rdv | None = None
) -> None:
    """It is over: its message does not leave any more, its hours are free again (but the one that was picked)."""
    proposition.state, proposition.answered_at, proposition.rdv = state.value, now, rdv
    proposition.save(update_fields=["state", "answered_at", "rdv"])
    post_office.make_obsolete(subject_of(proposition), now=now, kinds=[PROPOSED])
    _drop_holds(proposition, now)
    journal_proposition(proposition, f"proposition.{state.value}", author=author, now=now)


def _drop_holds(proposition: Proposition, now: datetime) -> None:
    held = Horaire.objects.filter(proposition=proposition, is_picked=False, option__isnull=False)
    for horaire in held.select_related("option").order_by("id"):
        drop_hold(proposition.departement_id, horaire, now)


def drop_hold(departement_code: str, horaire: Horaire, now: datetime) -> None:
    """One hour given back: somebody of the waiting list may want it."""
    option = horaire.option
    if option is None:
        return
    Occupation.objects.filter(option=option, kind=OccupationKind.OPTION).delete()
    Option.objects.filter(pk=option.pk, rdv__isnull=True).delete()
    horaire.option = None
    for agent_id in horaire.agent_ids:
        note_freed(
            departement_code=departement_code,
            agent_id=agent_id,
            starts_at=horaire.starts_at,
            ends_at=horaire.ends_at,
            source_kind=SourceKind.OPTION,
            now=now,
        )


def close_appel(appel: Appel, result: AppelResult, *, author: Author, now: datetime) -> None:
    appel.result, appel.closed_at = result.value, now
    appel.save(update_fields=["result", "closed_at", "attempts", "last_at"])
    journal_appel(appel, author=author, now=now)


def journal_appel(appel: Appel, *, author: Author, now: datetime, kind: str = "") -> None:
    """On the history of the Rdv, like everything that happens to it."""
    rdv = Rdv.objects.only("uuid").get(participations=appel.participation_id)
    journal.write(
        kind or f"appel.{appel.result}",
        subject=("rdv", rdv.uuid),
        departement_code=appel.departement_id,
        author=author,
        now=now,
        data={"appel": appel.uuid, "kind": appel.kind, "attempts": appel.attempts},
    )


def journal_proposition(
    proposition: Proposition, kind: str, *, author: Author, now: datetime, data: dict[str, object] | None = None
) -> None:
    rdv = Rdv.objects.only("uuid").get(participations=proposition.participation_id)
    journal.write(
        kind,
        subject=("rdv", rdv.uuid),
        departement_code=proposition.departement_id,
        author=author,
        now=now,
        data={"proposition": proposition.uuid, "answer_by": proposition.answer_by} | (data or {}),
    )


def subject_of(proposition: Proposition) -> tuple[str, str]:
    return (SUBJECT, str(proposition.uuid))
