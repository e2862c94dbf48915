"""The people received. Written only by usagers/services."""

from usagers.models.links import Proche, ProcheQuerySet, Referent, ReferentQuerySet
from usagers.models.login_code import CODE_LIFE, CODE_TRIES, LoginCode, LoginCodeQuerySet
from usagers.models.merging import UNDO_FOR, Doublon, DoublonQuerySet, Fusion, FusionQuerySet
from usagers.models.usager import FORGIVEN, Channel, Usager, UsagerQuerySet, a_letter_apart, name_key

__all__ = [
    "CODE_LIFE",
    "CODE_TRIES",
    "FORGIVEN",
    "UNDO_FOR",
    "Channel",
    "Doublon",
    "DoublonQuerySet",
    "Fusion",
    "FusionQuerySet",
    "LoginCode",
    "LoginCodeQuerySet",
    "Proche",
    "ProcheQuerySet",
    "Referent",
    "ReferentQuerySet",
    "Usager",
    "UsagerQuerySet",
    "a_letter_apart",
    "name_key",
]
