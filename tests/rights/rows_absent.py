"""Rows of the matrix: an agent who is away, other dates for an Rdv, the link that picks one, calls about an Rdv."""

from tests.rights.doors import READERS, REFUSED, SITE, Ask, only, site
from tests.rights.world_absent import hours_to_propose
from tests.rights.world_waiting import token

# The desk and the head of the site; the agent herself is not one of the roles of the matrix.
REPORTERS = ("secretaire", "responsable")


def _report(house, _role):
    return {"agent": house.away.pk, "first_day": (house.away_on).isoformat(), "last_day": ""}


def _new_report(house, role):
    """An hour of that evening, which the absence that is written already leaves free."""
    return _report(house, role) | {"kind": "meeting", "first_day": "2027-02-15"}


def _reported(house, _role):
    return [house.reported.uuid]


def _decided(house, _role):
    first = house.away_rdvs[0]
    return {f"suite-{first.uuid}": "call", f"version-{first.uuid}": "0"}


def _rdv(house, _role):
    return [house.to_propose.uuid]


def _proposed(house, _role):
    return [house.choice.participation.rdv.uuid]


def _choice(which):
    def args(house, role):
        return [token("choix", getattr(house, which)) if role == "usager" else "A" * 16]

    return args


def _rdv_link(house, role):
    return [token("rdv", house.choice.participation) if role == "usager" else "A" * 16]


def _call(house, _role):
    return [house.unreached.uuid]


def _post(name, door, args, data=lambda _h, _r: {}, **more):
    return Ask(f"rdv:{name}", door, "POST", args=args, data=data, writes=True, **more)


AWAY = [
    Ask("rdv:absent_report", site(*SITE), viewer="secretaire", queries=10),
    Ask("rdv:absent_report", site(*SITE), label="ses rdv", data=_report, viewer="responsable", queries=22),
    _post("absent_report", site(*REPORTERS, otherwise=REFUSED), lambda _h, _r: [], _new_report),
    Ask("rdv:absent", site(*REPORTERS), args=_reported, viewer="secretaire", queries=25),
    _post("absent", site(*REPORTERS), _reported, _decided),
]

DATES = [
    Ask("rdv:rdv_propose", site(*READERS), args=_rdv, label="sans heure", viewer="secretaire", queries=20),
    Ask("rdv:rdv_propose", site(*READERS), args=_rdv, data=lambda _h, _r: {"avec": "tous"}, viewer="owner",
        queries=22),
    Ask("rdv:rdv_propose", site(*READERS), args=_proposed, label="proposées", viewer="secretaire", queries=22),
    _post("rdv_propose", site(*READERS), _rdv, lambda h, _r: {"heure": hours_to_propose(h)}),
    _post("rdv_take_back", site(*READERS), _proposed),
]  # fmt: skip

LINK = [
    Ask("rdv:public_link", only("usager"), args=_rdv_link, label="autres dates", viewer="usager", queries=8),
    Ask("rdv:public_choice", only("usager"), args=_choice("choice"), viewer="usager", queries=5),
    Ask("rdv:public_choice", only("usager"), args=_choice("choice_picked"), label="choisie", viewer="usager",
        queries=7),
    Ask("rdv:public_choice", only("usager"), args=_choice("choice_refused"), label="aucune", viewer="usager",
        queries=5),
    *(
        _post("public_choice", only("usager"), _choice("choice"), lambda _h, _r, said=said: {"choix": said}, label=said)
        for said in ("1", "aucune")
    ),
]  # fmt: skip

CALLS = [
    Ask("rdv:waiting_calls", site(*SITE), label="message", data=lambda _h, _r: {"raison": "message"},
        viewer="secretaire", queries=14),
    Ask("rdv:waiting_calls", site(*SITE), label="vient", data=lambda _h, _r: {"raison": "vient"},
        viewer="secretaire", queries=14),
    *(
        _post("call_answer", site(*READERS), _call, lambda _h, _r, said=said: {"reponse": said}, label=said)
        for said in ("vient", "annuler", "absent", "faux")
    ),
]  # fmt: skip

ROWS = [*AWAY, *DATES, *LINK, *CALLS]
