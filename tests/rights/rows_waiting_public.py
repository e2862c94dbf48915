"""Rows of the matrix: waiting as the public does it. A link is worth what it is worth; a wait begun, its session."""

from tests.rights.doors import Ask, everybody, only
from tests.rights.world import token_of
from tests.rights.world_waiting import WAITER, WISHES, token


def _link(purpose, which):
    """Their own link for the holder; a made-up one for everybody else."""

    def args(house, role):
        return [token(purpose, getattr(house, which)) if role == "usager" else "A" * 16]

    return args


def _place(which):
    return _link("attente", which)


def _offre(which):
    return _link("offre", which)


def _rdv(house, role):
    return [token_of(house.waited_participation) if role == "usager" else "A" * 16]


def _begun(which):
    """The address of a wait begun: worth nothing without its session."""

    def args(house, _role):
        return [house.departement.slug, getattr(house, which)]

    return args


def _motif(house, _role):
    return [house.departement.slug, house.waited.slug]


def _page(name, door, *, viewer="usager", **options):
    return Ask(f"rdv:{name}", door, viewer=viewer, queries=options.pop("queries", 6), **options)


def _post(name, door, **options):
    return Ask(f"rdv:{name}", door, "POST", **{"writes": True} | options)


def _says(answer):
    return lambda _house, _role: {"reponse": answer}


JOINING = [
    _page("public_wait", everybody(), viewer="anonymous", args=_motif),
    _post("public_wait", everybody(), args=_motif, data=lambda _h, _r: WISHES, writes=False),
    _page("public_wait_identity", only("usager"), args=_begun("asked_key")),
    _post("public_wait_identity", only("usager"), args=_begun("asked_key"), data=lambda _h, _r: WAITER),
    _page("public_wait_code", only("usager"), args=_begun("coded_key")),
    _post("public_wait_code", only("usager"), args=_begun("coded_key"), data=lambda h, _r: {"code": h.wait_code}),
    _post("public_wait_send", only("usager"), args=_begun("coded_key")),
    _page("public_earlier", only("usager"), args=_rdv, queries=7),
    _post("public_earlier", only("usager"), args=_rdv, data=lambda _h, _r: WISHES),
]

PLACE = [
    _page("public_waiting", only("usager"), args=_place("waits")),
    *(
        _page("public_waiting", only("usager"), label=label, args=_place(which))
        for label, which in (("en pause", "asleep"), ("quittée", "gone"))
    ),
    _page("public_waiting_change", only("usager"), args=_place("waits")),
    _post("public_waiting_change", only("usager"), args=_place("waits"), data=lambda _h, _r: WISHES),
    _post("public_waiting_wake", only("usager"), args=_place("asleep")),
    _page("public_waiting_leave", only("usager"), args=_place("waits")),
    _post("public_waiting_leave", only("usager"), args=_place("waits")),
]

OFFRE = [
    _page("public_offre", only("usager"), args=_offre("offre")),
    _page("public_offre", only("usager"), label="refusée", args=_offre("refused")),
    _page("public_offre", only("usager"), label="acceptée", args=_offre("won"), queries=7),
    *(
        _post("public_offre", only("usager"), label=answer, args=_offre("offre"), data=_says(answer))
        for answer in ("oui", "non", "stop")
    ),
]

ROWS = [*JOINING, *PLACE, *OFFRE]
