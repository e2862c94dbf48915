"""Rows of the matrix: files side by side, likely pairs, the reason to open one, history, message again, paper."""

from tests.rights.doors import HERE, OK, READERS, Ask, door, site

KEEPERS = ("secretaire", "responsable")


def _keepers():
    return door(KEEPERS, KEEPERS)


def _pair(house, _role):
    return [house.alike.uuid, house.alike_too.uuid]


def _seen(house, _role):
    return {"phone": "kept"}


def _of_usager(house, _role):
    return [house.usager.uuid]


def _post(name, its_door, **options):
    return Ask(f"rdv:{name}", its_door, "POST", writes=True, **options)


ROWS = [
    Ask("rdv:doublons", _keepers(), viewer="secretaire", queries=12),
    Ask(
        "rdv:doublons",
        _keepers(),
        label="dites différentes",
        data=lambda _h, _r: {"etat": "distinctes"},
        viewer="responsable",
        queries=11,
    ),
    Ask("rdv:merge", _keepers(), args=_pair, viewer="secretaire", queries=34),
    Ask(
        "rdv:merge",
        _keepers(),
        label="deux personnes liées",
        args=lambda h, _r: [h.usager.uuid, h.child.uuid],
        viewer="secretaire",
        queries=28,
    ),
    _post("merge", _keepers(), args=_pair, data=_seen),
    _post("distinct", _keepers(), args=_pair),
    Ask("rdv:unmerge", _keepers(), args=lambda h, _r: [h.fusion.uuid], viewer="secretaire", queries=20),
    _post("unmerge", _keepers(), args=lambda h, _r: [h.fusion.uuid]),
    Ask(
        "rdv:usager", site(*HERE), label="réunie", args=lambda h, _r: [h.joined.uuid], viewer="responsable", queries=37
    ),
    Ask("rdv:usager", site(*HERE), label="ancienne adresse", args=lambda h, _r: [h.put_aside.uuid]),
    Ask("rdv:usager_reason", site(*HERE), args=_of_usager, viewer="other_site", queries=9),
    _post("usager_reason", site(*HERE), args=_of_usager, data=lambda _h, _r: {"raison": "presente"}),
    Ask("rdv:usager_history", site(*HERE), args=_of_usager, viewer="secretaire", queries=32),
    # From the other site, the reason is asked first: nothing leaves.
    _post(
        "message_resend",
        site(*READERS, other_site=OK),
        args=lambda h, _r: [h.usager.uuid, h.sent.uuid],
        idle=("other_site",),
    ),
    Ask("rdv:rdv_paper", site(*READERS), args=lambda h, _r: [h.participation.uuid], viewer="secretaire", queries=14),
]
