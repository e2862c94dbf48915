"""Openings and absences: the door of the planning services. Room: services.

Called by the planning screens, the agenda, the API, imports, the demo and the nightly task. Writers take the agent's
lock, own their transaction and write the journal; previews only read.
"""

from rdv.services.absence_pieces import DAY_END, DAY_START
from rdv.services.absences import (
    AbsenceRule,
    SavedAbsence,
    affected_by,
    create_absence,
    delete_absence,
    edit_absence,
    preview_absence,
    rule_of_absence,
)
from rdv.services.expansion import ExpansionReport, expand_all
from rdv.services.occurrences import cancel_occurrence, edit_occurrence, restore_occurrence, rule_of_occurrence
from rdv.services.plage_rules import EditScope, PlageRule, PlanningRefused, rule_of
from rdv.services.plages import create_plage, edit_plage, end_plage
from rdv.services.planning_effects import Overlap, affected_rdvs, overlaps_of
from rdv.services.previews import (
    DateChange,
    Fate,
    Preview,
    preview_cancel,
    preview_create,
    preview_edit,
    preview_end,
)

__all__ = [
    "DAY_END",
    "DAY_START",
    "AbsenceRule",
    "DateChange",
    "EditScope",
    "ExpansionReport",
    "Fate",
    "Overlap",
    "PlageRule",
    "PlanningRefused",
    "Preview",
    "SavedAbsence",
    "affected_by",
    "affected_rdvs",
    "cancel_occurrence",
    "create_absence",
    "create_plage",
    "delete_absence",
    "edit_absence",
    "edit_occurrence",
    "edit_plage",
    "end_plage",
    "expand_all",
    "overlaps_of",
    "preview_absence",
    "preview_cancel",
    "preview_create",
    "preview_edit",
    "preview_end",
    "restore_occurrence",
    "rule_of",
    "rule_of_absence",
    "rule_of_occurrence",
]
