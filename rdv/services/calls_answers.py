"""What somebody said on the phone about their Rdv, carried out. Room: services. Called by the call list.

pick, none suits    the hours that are held (proposition_answer)     cancel    the Rdv (cancelling)
comes    noted on the Participation (confirming)             the rest  the line only (calls)
"""

from datetime import datetime
from enum import StrEnum

from rdv.core.errors import DomainError
from rdv.core.journal import Author
from rdv.models import Appel, AppelKind, AppelResult, ConfirmedBy, Horaire
from rdv.services import calls, proposition_answer
from rdv.services.cancelling import cancel_participation
from rdv.services.confirming import confirm


class Answer(StrEnum):
    """The buttons of the card. `letter`: its key, among the answers only."""

    PICK = "oui"
    COMES = "vient"
    NONE_SUITS = "aucune"
    CANCEL = "annuler"
    OTHER_DATE = "autre"
    NOTHING_ELSE = "rien"
    NOBODY = "absent"
    WRONG = "faux"


class HourMissing(DomainError):  # noqa: N818 - named like the other refusals
    code = "hour_missing"
    message = "Choisissez d’abord la date que la personne accepte."


# The result written on the line, for the answers that change nothing else.
RESULTS = {
    Answer.COMES: AppelResult.ACCEPTED,
    Answer.OTHER_DATE: AppelResult.OTHER_DATE,
    Answer.NOTHING_ELSE: AppelResult.REFUSED,
    Answer.NOBODY: AppelResult.NO_ANSWER,
    Answer.WRONG: AppelResult.WRONG_NUMBER,
}


def give(*, appel: Appel, said: Answer, position: str, author: Author, now: datetime) -> None:
    """Raises what the services raise, and HourMissing. Given twice, done once."""
    if appel.closed_at is not None:
        return
    if said is Answer.PICK:
        proposition_answer.pick(horaire=_horaire(appel, position), author=author, now=now)
    elif said is Answer.NONE_SUITS and appel.proposition is not None:
        # The line stays: another date is looked for with the person.
        proposition_answer.refuse(proposition=appel.proposition, author=author, now=now)
    elif said is Answer.CANCEL:
        by_service = appel.kind == AppelKind.ABSENCE
        cancel_participation(participation=appel.participation, by_service=by_service, author=author, now=now)
    elif said in RESULTS:
        if said is Answer.COMES and appel.participation.is_live and appel.participation.rdv.starts_at > now:
            # It closes the line of those who were asked whether they come; the others are closed below.
            confirm(participation=appel.participation, by=ConfirmedBy.PHONE, author=author, now=now)
        calls.answer(appel=appel, result=RESULTS[said], author=author, now=now)


def _horaire(appel: Appel, position: str) -> Horaire:
    found = appel.proposition.horaires.all() if appel.proposition is not None else []
    horaire = next((one for one in found if str(one.position) == position), None)
    if horaire is None:
        raise HourMissing
    return horaire
