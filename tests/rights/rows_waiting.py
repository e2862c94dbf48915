"""Rows of the matrix: the waiting list of the back-office. Hours, people and motif are those of world_waiting."""

from tests.rights.doors import OK, READERS, REFUSED, SITE, Ask, admin, agent, answered, site

COUNTERS = (*SITE, "admin", "stranger_admin")


def _person(house, _role):
    return [house.waits.uuid]


def _offre(house, _role):
    return [house.offre.uuid]


def _held(house, _role):
    return [house.offre.option.token]


def _motif(house, _role):
    return [house.waited.uuid]


def _call(house, _role):
    return {"usager": house.other.uuid, "motif": house.waited.uuid}


def _joining(house, role):
    return _call(house, role) | {"shortest_notice_min": 60, "priority": 1, "priority_reason": "grossesse"}


def _wishes(house, _role):
    house.waits.refresh_from_db(fields=["version"])
    return {"version": house.waits.version, "shortest_notice_min": 60, "half_days": [1, 2]}


def _post(name, door, args, data=lambda _h, _r: {}, **more):
    return Ask(f"rdv:{name}", door, "POST", args=args, data=data, writes=True, **more)


LISTS = [
    Ask("rdv:waiting", site(*SITE), viewer="secretaire", queries=17),
    Ask(
        "rdv:waiting",
        site(*SITE),
        label="filtrée",
        data=lambda h, _r: {"motif": h.waited.uuid, "site": h.site.slug, "etat": "pause", "nom": "be"},
        viewer="owner",
        queries=13,
    ),
    Ask("rdv:waiting_calls", site(*SITE), viewer="secretaire", queries=11),
    Ask("rdv:waiting_calls", site(*SITE), label="toutes", data=lambda _h, _r: {"voir": "toutes"}, viewer="owner",
        queries=14),
    Ask("rdv:waiting_replay", site(*READERS), args=_offre, viewer="secretaire", queries=13),
    Ask("rdv:waiting_figures", agent(*COUNTERS), viewer="admin", queries=9),
]  # fmt: skip

PEOPLE = [
    # From the other site, why is asked first (doors.answered).
    Ask("rdv:waiting_join", site(*READERS, other_site=OK), data=_call, viewer="secretaire", queries=25),
    Ask("rdv:waiting_join", site(*READERS), "POST", data=answered(_joining), writes=True),
    Ask("rdv:waiting_person", site(*READERS), args=_person, viewer="secretaire", queries=19),
    Ask("rdv:waiting_wishes", site(*READERS), args=_person, viewer="secretaire", queries=15),
    _post("waiting_wishes", site(*READERS), _person, _wishes),
    _post("waiting_priority", site(*READERS), _person, lambda _h, _r: {"priority": 0, "priority_reason": "urgence"}),
    _post("waiting_wake", site(*READERS), lambda h, _r: [h.asleep.uuid]),
    _post("waiting_leave", site(*READERS), _person),
]

HOURS = [
    _post("waiting_answer", site(*READERS), _offre, lambda _h, _r: {"reponse": "oui"}),
    _post("waiting_answer", site(*READERS), _offre, lambda _h, _r: {"reponse": "non"}, label="non"),
    Ask("rdv:waiting_take", site(*READERS), args=_held, viewer="secretaire", queries=14),
    _post("waiting_take", site(*READERS), _held, lambda _h, _r: {"reason": "urgence"}),
    Ask(
        "rdv:waiting_take",
        site(*READERS) | dict.fromkeys(READERS, REFUSED),
        "POST",
        label="sans raison",
        args=_held,
    ),
]

RULES = [
    Ask("rdv:waiting_rules", admin("admin", "stranger_admin"), viewer="admin", queries=8),
    Ask("rdv:waiting_policy", admin("admin", "stranger_admin"), viewer="admin", queries=6),
    _post("waiting_policy", admin("admin", "stranger_admin"), lambda _h, _r: [], lambda _h, _r: {"ageing_days": 14}),
    Ask("rdv:waiting_motif", admin("admin"), args=_motif, viewer="admin", queries=7),
    _post("waiting_motif", admin("admin"), _motif, lambda _h, _r: {"near_people": 2}),
    _post("waiting_motif_open", admin("admin"), _motif, lambda _h, _r: {"notice_min": 90}),
]

ROWS = [*LISTS, *PEOPLE, *HOURS, *RULES]
