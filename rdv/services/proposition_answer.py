"""The person picks one of the hours, or says that none suits. Each answer is one transaction.

Room: services. Called by the link (/c/...), and by the call list on the person's behalf. A second pick of the same hour
gives the same Rdv; of another one, it is refused: the first stands.

    the old Rdv stands      -> it moves to the hour picked
    it was cancelled        -> a new Rdv, booked through the one booking function
"""

from dataclasses import replace
from datetime import datetime

from django.db import transaction

from rdv.core.db import constraint_errors
from rdv.core.errors import DomainError
from rdv.core.journal import Author
from rdv.domain.windows import Window
from rdv.models import (
    Appel,
    AppelKind,
    AppelResult,
    Horaire,
    Origin,
    Proposition,
    PropositionState,
    Rdv,
)
from rdv.services.availability import agents_who_fit
from rdv.services.booking import Booking, book_held
from rdv.services.calls import open_appel
from rdv.services.errors import CreneauUnavailable, NotBookable, OptionExpired
from rdv.services.followups import close_appel, close_proposition, drop_hold, journal_proposition
from rdv.services.moving import Move, move_within
from rdv.services.propositions import call_instead, lock_proposition, question_for

GONE = (CreneauUnavailable, NotBookable, OptionExpired)
OVER = {
    PropositionState.PICKED: "Vous avez déjà choisi une date.",
    PropositionState.REFUSED: "Vous avez répondu qu’aucune date ne convient. Nous vous appelons.",
    PropositionState.LAPSED: "L’heure pour répondre est passée. Ces places ne sont plus gardées pour vous.",
    PropositionState.WITHDRAWN: "Ces dates ne sont plus proposées : votre rendez-vous a changé, ou le service les a "
    "reprises.",
}


class PropositionOver(DomainError):  # noqa: N818 - named like the other refusals
    """It no longer stands; `state` says what became of it."""

    code = "proposition_over"

    def __init__(self, proposition: Proposition) -> None:
        self.state = PropositionState(proposition.state)
        super().__init__(OVER.get(self.state))


class HoraireGone(DomainError):  # noqa: N818
    """This hour went (an absence, a closed day); the others of the proposition stand."""

    code = "horaire_gone"
    message = "Cette date n’est plus possible. Choisissez-en une autre."


def pick(*, horaire: Horaire, author: Author, now: datetime) -> Rdv:
    """Take this hour. A replay gives the same Rdv.

    Raises PropositionOver, HoraireGone (the hour went; the others stand), UsagerBusy (nothing has changed).
    """
    try:
        rdv = _pick(horaire, author=author, now=now)
    except GONE:
        rdv = None
    if rdv is not None:
        return rdv
    _give_up(horaire, author=author, now=now)
    raise HoraireGone


@transaction.atomic(durable=True)
def _pick(horaire: Horaire, *, author: Author, now: datetime) -> Rdv | None:
    """None: this hour is not open any more."""
    locked = lock_proposition(horaire.proposition)
    chosen = Horaire.objects.select_related("option", "site").get(pk=horaire.pk)
    if locked.state == PropositionState.PICKED and chosen.is_picked and locked.rdv is not None:
        return locked.rdv
    if not locked.is_live:
        raise PropositionOver(locked)
    if chosen.option is None or not _still_fits(locked, chosen, now):
        return None
    with constraint_errors({"horaire_one_picked": PropositionOver(locked)}):
        Horaire.objects.filter(pk=chosen.pk).update(is_picked=True)
    # Over before the Rdv moves, so that the move finds nothing to withdraw.
    stands = locked.participation.rdv.is_live
    close_proposition(locked, PropositionState.PICKED, author=author, now=now, rdv=None)
    _close_calls(locked, author=author, now=now)
    rdv = _move(locked, chosen, author=author, now=now) if stands else _book(locked, chosen, author=author, now=now)
    Proposition.objects.filter(pk=locked.pk).update(rdv=rdv)
    return rdv


def _still_fits(proposition: Proposition, horaire: Horaire, now: datetime) -> bool:
    """Under the agents' locks: open, and free but for our own hold."""
    if horaire.starts_at <= now:
        return False
    base = question_for(proposition.participation, now=now, agents=horaire.agent_ids, site_ids=[horaire.site_id])
    window = Window(horaire.starts_at, horaire.starts_at)
    question = replace(base, window=window, ignore_option=horaire.option_id)
    return bool(question.sites) and set(agents_who_fit(question, horaire.starts_at)).issuperset(horaire.agent_ids)


def _move(proposition: Proposition, horaire: Horaire, *, author: Author, now: datetime) -> Rdv:
    assert horaire.option is not None  # noqa: S101 - asked by _pick
    move = Move(starts_at=horaire.starts_at, option_token=horaire.option.token, is_proposed=True)
    return move_within(rdv=proposition.participation.rdv, move=move, author=author, now=now)


def _book(proposition: Proposition, horaire: Horaire, *, author: Author, now: datetime) -> Rdv:
    assert horaire.option is not None  # noqa: S101 - asked by _pick
    old = proposition.participation
    booking = Booking(
        usager=old.usager,
        responsable=old.responsable,
        origin=Origin.PHONE if author.is_agent else Origin.WEB,
        context=old.rdv.context,
        companion=old.companion,
        wants_sms=old.wants_sms,
        wants_email=old.wants_email,
        address=old.rdv.address,
        latitude=old.rdv.latitude,
        longitude=old.rdv.longitude,
    )
    return book_held(token=horaire.option.token, booking=booking, author=author, now=now)


@transaction.atomic(durable=True)
def refuse(*, proposition: Proposition, author: Author, now: datetime) -> Proposition:
    """None of them suits: the hours are free at that instant, the person is phoned. Twice the same no is one no."""
    locked = lock_proposition(proposition)
    if locked.state == PropositionState.REFUSED:
        return locked
    if not locked.is_live:
        raise PropositionOver(locked)
    close_proposition(locked, PropositionState.REFUSED, author=author, now=now)
    call_instead(locked, now=now)
    return locked


@transaction.atomic(durable=True)
def _give_up(horaire: Horaire, *, author: Author, now: datetime) -> None:
    """One hour less; when it was the last one, the person is phoned."""
    locked = lock_proposition(horaire.proposition)
    if not locked.is_live:
        return
    lost = Horaire.objects.select_related("option").get(pk=horaire.pk)
    drop_hold(locked.departement_id, lost, now)
    Horaire.objects.filter(pk=lost.pk).update(option=None)
    journal_proposition(locked, "proposition.hour_gone", author=author, now=now, data={"hour": lost.starts_at})
    if not locked.horaires.filter(option__isnull=False).exists():
        close_proposition(locked, PropositionState.WITHDRAWN, author=author, now=now)
        open_appel(
            locked.participation, AppelKind.ABSENCE if locked.absence_id else AppelKind.PROPOSITION,
            before=max(locked.was_at, locked.answer_by), now=now, absence=locked.absence, proposition=locked,
        )  # fmt: skip


def _close_calls(proposition: Proposition, *, author: Author, now: datetime) -> None:
    for appel in Appel.objects.open().filter(participation=proposition.participation_id):
        appel.attempts, appel.last_at = appel.attempts + author.is_agent, now
        close_appel(appel, AppelResult.ACCEPTED if author.is_agent else AppelResult.SETTLED, author=author, now=now)
