"""Rows of the matrix: the console, the files of people, the page of an Rdv."""

from rdv.domain.statuses import Status
from tests.rights.doors import HERE, OK, READERS, REFUSED, SITE, Ask, answered, site
from tests.rights.world import at


def _state(house, role, **fields):
    """The hidden fields of the console. A role without a hold of its own sends the one of the desk."""
    option = house.options.get(role, house.options["secretaire"])
    return {"usager": house.usager.uuid, "motif": house.motif.uuid, "option": option.token} | fields


def _wanted(house):
    return f"{int(house.free_at.timestamp())}_{house.site.pk}_{house.owner.pk}"


def _hold(house, role):
    return _state(house, role, creneau=_wanted(house))


def _undo(house, role):
    """An Rdv that this role booked a moment ago; for the others, the one that Claire booked."""
    rdv = house.booked.get(role) or house.booked["owner"]
    return {"usager": house.usager.uuid, "pour": house.usager.uuid, "fait": rdv.uuid}


def _place(house, _role):
    day = at(house, 3, 18, 30)
    return {
        "usager": house.usager.uuid,
        "pour": house.usager.uuid,
        "motif": house.motif.uuid,
        "day": day.astimezone(house.departement.zone).date().isoformat(),
        "hour": "18:30",
        "reason": "Urgence",
        "with_0": f"{house.site.pk}:{house.owner.pk}",
    }


def _person(_house, _role):
    return {"last_name": "Lenoir", "first_name": "Anna", "language": "fr", "channel": "both"}


def _proche(_house, _role):
    return {"first_name": "Inaya", "last_name": "Petitjean", "kind": "child", "birth_date": "02092020"}


def _hole(house, _role):
    """From a free hour of Claire's agenda."""
    day = house.free_at.astimezone(house.departement.zone).date()
    return {
        "usager": house.usager.uuid,
        "pour": house.usager.uuid,
        "trou": f"{int(house.free_at.timestamp())}.{house.owner.pk}",
        "agent": house.owner.pk,
        "retour": f"{day.isoformat()}.semaine.{house.owner.pk}",
    }


def _accueil(label, door, data, queries, viewer="secretaire"):
    return Ask("rdv:accueil", door, label=label, data=data, viewer=viewer, queries=queries)


def _post(name, door, **options):
    return Ask(f"rdv:{name}", door, "POST", writes=True, **options)


GESTURES = (
    "console_hold",
    "console_more_time",
    "console_let_go",
    "console_confirm",
    "console_undo",
    "console_place",
    "console_new_person",
    "console_new_proche",
)

CONSOLE = [
    _accueil("", site(*SITE), lambda _h, _r: {}, 22),
    _accueil("recherche", site(*SITE), lambda _h, _r: {"q": "benali"}, 25),
    _accueil("personne", site(*HERE), lambda h, _r: {"usager": h.usager.uuid}, 41),
    _accueil("pour", site(*HERE), lambda h, _r: {"usager": h.usager.uuid, "pour": h.usager.uuid}, 41),
    _accueil("depuis un trou de l’agenda", site(*HERE), _hole, 34),
    _accueil(
        "heures",
        # other_site: the same service and a site that offers it, its own.
        site(*READERS, "other_site"),
        lambda h, _r: {"usager": h.usager.uuid, "pour": h.usager.uuid, "motif": h.motif.uuid},
        35,
    ),
    _accueil(
        "atelier",
        site(*READERS, other_site=OK),
        lambda h, _r: {"usager": h.usager.uuid, "pour": h.usager.uuid, "motif": h.workshop.uuid},
        31,
    ),
    _accueil(
        "confirmer",
        site(*READERS, "other_site"),
        lambda h, r: _state(h, r, pour=h.usager.uuid),
        32,
    ),
    _accueil("fait", site(*READERS, other_site=OK), _undo, 26),
    _accueil("nouvelle personne", site(*SITE), lambda _h, _r: {"etape": "nouveau", "q": "lenoir anna"}, 17),
    _accueil("nouveau proche", site(*HERE), lambda h, _r: {"usager": h.usager.uuid, "etape": "proche"}, 28),
    _accueil(
        "placer",
        site(*READERS, "other_site"),
        lambda h, _r: {"usager": h.usager.uuid, "pour": h.usager.uuid, "motif": h.motif.uuid, "etape": "forcer"},
        36,
    ),
    # Typed or reloaded, the address of a gesture leads back to the console.
    *(Ask(f"rdv:{name}", site(*SITE), label="rechargée") for name in GESTURES),
    _post("console_hold", site(*READERS), data=answered(_hold)),
    _post("console_more_time", site(*READERS, other_site=REFUSED), data=answered(_state)),
    _post("console_let_go", site(*SITE), data=_state, idle=tuple(role for role in SITE if role not in READERS)),
    _post(
        "console_confirm",
        site(*READERS, other_site=REFUSED),
        data=answered(lambda h, r: _state(h, r, pour=h.usager.uuid)),
    ),
    # Somebody else's booking: its reader is sent to the page of the Rdv, and nothing is undone.
    _post("console_undo", site(*READERS), data=answered(_undo), idle=("responsable",)),
    # The other site offers the motif too, but has nobody of this site to place it with.
    _post("console_place", site(*READERS, other_site=REFUSED), data=answered(_place)),
    _post("console_new_person", site(*SITE), data=_person),
    _post(
        "console_new_proche",
        site(*HERE),
        data=answered(lambda h, r: _proche(h, r) | {"usager": h.usager.uuid}),
    ),
]


def _of_rdv(house, _role):
    return [house.rdv.uuid]


def _of_past(house, _role):
    return [house.past.uuid]


def _move(house, _role):
    return {"creneau": _wanted(house), "version": house.rdv.schedule_version}


RDV = [
    Ask("rdv:rdv_detail", site(*READERS), args=_of_rdv, viewer="secretaire", queries=14),
    Ask("rdv:rdv_detail", site(*READERS), label="passé", args=_of_past, viewer="owner", queries=14),
    Ask(
        "rdv:rdv_detail",
        site(*READERS),
        label="atelier",
        args=lambda h, _r: [h.session.uuid],
        viewer="owner",
        queries=14,
    ),
    Ask(
        "rdv:rdv_detail",
        site("insider"),
        label="confidentiel",
        args=lambda h, _r: [h.hidden.uuid],
        viewer="insider",
        queries=14,
    ),
    Ask(
        "rdv:rdv_detail",
        site("insider", "owner"),
        label="confidentiel, le sien",
        args=lambda h, _r: [h.hidden_own.uuid],
        viewer="owner",
        queries=14,
    ),
    _post(
        "rdv_status",
        site(*READERS),
        args=_of_past,
        data=lambda h, _r: {
            "participation": h.past.participations.get().uuid,
            "statut": Status.SEEN.value,
            "vu": Status.UNKNOWN.value,
        },
    ),
    _post(
        "rdv_confirmed",
        site(*READERS),
        args=_of_rdv,
        data=lambda h, _r: {"participation": h.rdv.participations.get().uuid, "par": "phone"},
    ),
    Ask("rdv:rdv_cancel", site(*READERS), args=_of_rdv, viewer="secretaire", queries=14),
    _post("rdv_cancel", site(*READERS), args=_of_rdv, data=lambda _h, _r: {"who": "usager"}),
    Ask("rdv:rdv_note", site(*READERS), args=_of_rdv, viewer="secretaire", queries=11),
    _post("rdv_note", site(*READERS), args=_of_rdv, data=lambda _h, _r: {"note": "Vient à pied", "before": ""}),
    Ask("rdv:rdv_move", site(*READERS), args=_of_rdv, viewer="secretaire", queries=20),
    Ask(
        "rdv:rdv_move",
        site(*READERS),
        label="résumé",
        args=_of_rdv,
        data=lambda h, _r: {"creneau": _wanted(h)},
        viewer="secretaire",
        queries=20,
    ),
    _post("rdv_move", site(*READERS), args=_of_rdv, data=_move),
    # Each undoes their own move; the others ask for Claire's.
    _post(
        "rdv_move_undo",
        site(*READERS),
        args=lambda h, r: [h.shifted.get(r, h.shifted["owner"]).uuid],
        data=lambda _h, _r: {"version": 1},
    ),
    _post(
        "rdv_seats",
        site(*READERS),
        args=lambda h, _r: [h.session.uuid],
        data=lambda h, _r: {"capacity": h.session.capacity + 1, "vu": h.session.capacity},
    ),
    _post(
        "rdv_title",
        site(*READERS),
        args=lambda h, _r: [h.session.uuid],
        data=lambda h, _r: {"title": "Massage bébé, avec les pères", "vu": h.session.title},
    ),
    _post(
        "rdv_restore",
        site(*READERS),
        args=lambda h, _r: [h.given_back.rdv.uuid],
        data=lambda h, _r: {"participation": h.given_back.uuid},
    ),
]


def _of_usager(house, _role):
    return [house.usager.uuid]


FILES = [
    Ask("rdv:usagers", site(*SITE), viewer="secretaire", queries=9),
    Ask(
        "rdv:usagers",
        site(*SITE),
        label="trouvés",
        data=lambda _h, _r: {"q": "benali"},
        viewer="secretaire",
        queries=12,
    ),
    Ask("rdv:usager", site(*HERE), args=_of_usager, viewer="secretaire", queries=36),
    Ask("rdv:usager_edit", site(*HERE), args=_of_usager, viewer="secretaire", queries=28),
    # From the other site, the reason is asked first (rows_files): nothing is written.
    _post("usager_edit", site(*HERE), args=_of_usager, data=_person, idle=("other_site",)),
    Ask("rdv:proche_add", site(*HERE), args=_of_usager, viewer="secretaire", queries=28),
    _post("proche_add", site(*HERE), args=_of_usager, data=_proche, idle=("other_site",)),
    Ask(
        "rdv:proche_end",
        site(*HERE),
        args=lambda h, _r: [h.usager.uuid, h.proche.pk],
        viewer="secretaire",
        queries=31,
    ),
    _post("proche_end", site(*HERE), args=lambda h, _r: [h.usager.uuid, h.proche.pk], idle=("other_site",)),
    _post(
        "referent_add",
        site(*HERE),
        args=_of_usager,
        data=lambda h, _r: {"agent": h.colleague.pk},
        idle=("other_site",),
    ),
    _post("referent_end", site(*HERE), args=lambda h, _r: [h.usager.uuid, h.referent.pk], idle=("other_site",)),
]

ROWS = [*CONSOLE, *RDV, *FILES]
