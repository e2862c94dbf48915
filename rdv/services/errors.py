"""What the services of `rdv` refuse, each with the sentence that the person reads."""

from collections.abc import Sequence
from datetime import datetime

from rdv.core.errors import DomainError


class CreneauUnavailable(DomainError):  # noqa: N818 - named in the design (house.md, "Names")
    """Somebody was faster, or the créneau no longer fits. `nearest`: the starts closest to the one wanted."""

    code = "creneau_unavailable"
    message = "Ce créneau vient d’être pris."

    def __init__(self, nearest: Sequence[datetime] = ()) -> None:
        super().__init__()
        self.nearest = list(nearest)


class NotBookable(DomainError):  # noqa: N818 - same family of names
    code = "not_bookable"
    message = "Ce rendez-vous ne se prend pas en ligne. Appelez-nous, nous cherchons avec vous."


class OptionExpired(DomainError):  # noqa: N818
    code = "option_expired"
    message = "L’horaire n’est plus gardé pour vous. Choisissez-en un autre."


class AlreadyExtended(DomainError):  # noqa: N818
    code = "already_extended"
    message = "Vous avez déjà demandé plus de temps. L’horaire reste gardé jusqu’à l’heure affichée."


class UsagerBusy(DomainError):  # noqa: N818
    code = "usager_busy"
    message = "Cette personne a déjà un rendez-vous à cette heure."


class AlreadyRegistered(DomainError):  # noqa: N818
    code = "already_registered"
    message = "Cette personne est déjà inscrite à ce rendez-vous."


class WorkshopFull(DomainError):  # noqa: N818
    code = "workshop_full"
    message = "Cet atelier est complet."


class TooLate(DomainError):  # noqa: N818
    code = "too_late"
    message = "Il est trop tard pour le faire en ligne. Appelez-nous."


class StatusRefused(DomainError):  # noqa: N818
    code = "status_refused"
    message = "Ce changement n’est pas possible."


class ChangedMeanwhile(DomainError):  # noqa: N818
    """Somebody else changed the Rdv since the page was shown."""

    code = "changed_meanwhile"
    message = "Quelqu’un a modifié ce rendez-vous entre-temps. Voici où il en est."


class ReasonMissing(DomainError):  # noqa: N818
    code = "reason_missing"
    message = "Dites pourquoi : la raison reste dans l’historique."
