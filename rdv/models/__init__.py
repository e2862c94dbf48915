"""Everything with a link to a Motif. Written only by rdv/services."""

from rdv.core.journal import Evenement
from rdv.models.absence import Absence, AbsenceKind
from rdv.models.appel import Appel, AppelKind, AppelResult
from rdv.models.export import Export, ExportFormat, ExportState
from rdv.models.inscription import OPEN_STATES, Inscription, InscriptionState, Priority
from rdv.models.motif import Booker, Modality, Motif, MotifSite, NoticeLevel, Tile
from rdv.models.occupation import Occupation, OccupationKind
from rdv.models.offre import NEVER_CALLED, NEVER_SENT, UNDONE, Liberation, Offre, OffreState, SourceKind
from rdv.models.option import EXTEND_BY, HOLD_FOR, Option, OptionAgent, Purpose
from rdv.models.plage import Ouverture, PlageMotif, PlageOuverture, RhythmChoice
from rdv.models.proposition import Horaire, Proposition, PropositionState
from rdv.models.rdv import LIVE_STATUSES, ConfirmedBy, Origin, Participation, Rdv, RdvAgent, StatusChoice
from rdv.models.serie import Serie
from rdv.models.suite import Suite, SuiteChoice, SuiteState

__all__ = [
    "EXTEND_BY",
    "HOLD_FOR",
    "LIVE_STATUSES",
    "NEVER_CALLED",
    "NEVER_SENT",
    "OPEN_STATES",
    "UNDONE",
    "Absence",
    "AbsenceKind",
    "Appel",
    "AppelKind",
    "AppelResult",
    "Booker",
    "ConfirmedBy",
    "Evenement",
    "Export",
    "ExportFormat",
    "ExportState",
    "Horaire",
    "Inscription",
    "InscriptionState",
    "Liberation",
    "Modality",
    "Motif",
    "MotifSite",
    "NoticeLevel",
    "Occupation",
    "OccupationKind",
    "Offre",
    "OffreState",
    "Option",
    "OptionAgent",
    "Origin",
    "Ouverture",
    "Participation",
    "PlageMotif",
    "PlageOuverture",
    "Priority",
    "Proposition",
    "PropositionState",
    "Purpose",
    "Rdv",
    "RdvAgent",
    "RhythmChoice",
    "Serie",
    "SourceKind",
    "StatusChoice",
    "Suite",
    "SuiteChoice",
    "SuiteState",
    "Tile",
]
