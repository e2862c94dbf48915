"""Rows of the matrix: the day board of a site, and its gestures."""

from tests.rights.doors import READERS, REFUSED, SITE, Ask, site


def _own_site(house, role):
    there = {"other_site": house.other_site, "stranger": house.far_site}
    return {"site": there.get(role, house.site).slug}


def _gesture(house, _role, code="arrive"):
    return {"participation": house.today.uuid, "geste": code, "vu": "unknown-non-0", "minutes": "10"}


def _masked(house, _role):
    return {"participation": house.past_hidden.participations.get().uuid, "geste": "vu", "vu": "unknown-non"}


ROWS = [
    Ask("rdv:board", site(*SITE), viewer="secretaire", queries=20),
    Ask("rdv:board", site(*SITE), label="d’un agent", viewer="owner", queries=20),
    Ask(
        "rdv:board",
        site(*SITE),
        label="avec un rendez-vous",
        data=lambda h, _r: {"rdv": h.today.rdv.uuid},
        viewer="secretaire",
        queries=20,
    ),
    Ask("rdv:board", site(*SITE), label="de son site", data=_own_site),
    Ask(
        "rdv:board",
        site("owner", "colleague", "other_service", "insider", "secretaire", "responsable"),
        label="d’un site",
        data=lambda h, _r: {"site": h.site.slug},
    ),
    Ask("rdv:board_arrival", site(*SITE)),
    # The person is found by those who read the Rdv; for the others nobody is expected at this name.
    Ask(
        "rdv:board_arrival",
        site(*READERS, otherwise=REFUSED),
        "POST",
        data=lambda h, _r: {"nom": h.other.last_name},
        writes=True,
    ),
    Ask("rdv:board_gesture", site(*SITE)),
    Ask("rdv:board_gesture", site(*READERS), "POST", data=_gesture, writes=True),
    Ask(
        "rdv:board_gesture",
        site(*READERS),
        "POST",
        label="en retard",
        data=lambda h, r: _gesture(h, r, "retard"),
        writes=True,
    ),
    Ask("rdv:board_gesture", site("insider"), "POST", label="masqué", data=_masked, writes=True),
    Ask("rdv:board_for_me", site(*SITE)),
]
