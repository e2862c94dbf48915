"""What to say aloud to the person: where to come, with what, how to cancel. Pure: sentences from facts.

Room: services. Called by the console, before and after the booking. Only what the platform knows is said.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from agents.models import Site
from rdv.domain import french
from rdv.models import Modality, Motif
from usagers.models import Usager
from usagers.phones import say_phone


@dataclass(frozen=True, slots=True)
class Told:
    """Who comes, who calls, and where it happens."""

    motif: Motif
    site: Site
    person: Usager
    caller: Usager
    agents: str
    address: str = ""  # of the visit
    gets_sms: bool = False


def sentences(told: Told) -> list[str]:
    return [
        _where(told),
        *_documents(told.motif.documents),
        *_instructions(told.motif),
        _cancelling(told),
    ]


def _where(told: Told) -> str:
    who = told.agents or "Un professionnel"
    match told.motif.modality:
        case Modality.HOME:
            return f"{who} viendra chez vous{french.NBSP}: {told.address or 'à votre adresse'}."
        case Modality.PHONE:
            number = say_phone(told.person.phone or told.caller.phone)
            return f"{who} vous appellera au {number}." if number else f"{who} vous appellera."
        case Modality.VISIO:
            return f"Le rendez-vous se fait en vidéo, avec {who}."
    company = f" avec {told.person.first_name}" if told.person != told.caller else ""
    return f"Venez{company}{french.NBSP}: {told.site.name}, {told.site.address}, {told.site.city}."


def _documents(documents: Sequence[str]) -> list[str]:
    return [f"Apportez{french.NBSP}: {french.things(documents)}."] if documents else []


def _instructions(motif: Motif) -> list[str]:
    texts = [" ".join(text.split()) for text in (motif.instructions_before, motif.instructions_after)]
    return [text for text in texts if text]


def _cancelling(told: Told) -> str:
    phone = say_phone(told.site.phone)
    if not told.gets_sms:
        return f"Pour annuler ou déplacer{french.NBSP}: appelez le {phone}."
    until = f"jusqu’à {told.motif.cancel_hours}{french.NBSP}h avant"
    return f"Pour annuler ou déplacer{french.NBSP}: le lien du SMS, {until}, ou le {phone}."
