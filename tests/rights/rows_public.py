"""Rows of the matrix: the public path, the links of messages, the list behind a code. Agents are the public here."""

from tests.rights.doors import NOT_FOUND, WHO, Ask, everybody, only
from tests.rights.world import IDENTITY, at, token_of


def _slug(house, _role):
    return [house.departement.slug]


def _motif(house, _role):
    return [house.departement.slug, house.motif.slug]


def _link(which="participation"):
    """Their own link for the holder; a made-up one for everybody else: nobody else knows it."""

    def args(house, role):
        return [token_of(getattr(house, which)) if role == "usager" else "A" * 16]

    return args


def _hold(which):
    """The address of an hour held: worth nothing without its session."""

    def args(house, _role):
        return [house.departement.slug, getattr(house, which)]

    return args


def _moving(house, role):
    return [*_link()(house, role), house.moving_token]


def _creneau(house, days=5, hour=11, minute=0):
    return {"creneau": f"{at(house, days, hour, minute).isoformat(timespec='minutes')}@{house.site.slug}"}


def _page(name, door, *, viewer="anonymous", **options):
    return Ask(f"rdv:{name}", door, viewer=viewer, queries=options.pop("queries", 6), **options)


def _post(name, door, **options):
    return Ask(f"rdv:{name}", door, "POST", **{"writes": True} | options)


PATH = [
    _page("public_home", everybody()),
    Ask("rdv:public_security_txt", everybody()),
    _page("public_departement", everybody(), args=_slug),
    _page("public_departement", everybody(NOT_FOUND), label="inconnu", args=lambda _h, _r: ["ailleurs"]),
    _page("public_motifs", everybody(), args=_slug, data=lambda _h, _r: {"lieu": "Lens", "porte": "enfant"}),
    _page("public_accessibility", everybody(), args=_slug),
    _page("public_legal", everybody(), args=_slug),
    _page("public_privacy", everybody(), args=_slug),
    _page("public_figures", everybody(), args=_slug, data=lambda _h, _r: {"periode": "1-an"}),
    _page("public_visit", everybody(), args=lambda h, _r: [h.departement.slug, h.visit.slug], queries=8),
    _post(
        "public_visit",
        everybody(),
        args=lambda h, _r: [h.departement.slug, h.visit.slug],
        data=lambda _h, _r: {"street": "3 rue des Ormes", "commune": "Lens"},
        writes=False,  # an address of a visit stays in the session
    ),
    _page("public_places", everybody(), args=_motif, queries=8),
    _page("public_all_times", everybody(), args=_motif, queries=10),
    _page(
        "public_all_times",
        everybody(),
        label="à domicile",
        args=lambda h, _r: [h.departement.slug, h.visit.slug],
        viewer="usager",
        queries=15,
    ),
    _post("public_all_times", everybody(), args=_motif, data=lambda h, _r: _creneau(h)),
    _page("public_times", everybody(), args=lambda h, _r: [h.departement.slug, h.motif.slug, h.site.slug], queries=11),
    _page(
        "public_times",
        everybody(),
        label="atelier",
        args=lambda h, _r: [h.departement.slug, h.workshop.slug, h.site.slug],
        queries=7,
    ),
    _page(
        "public_times",
        everybody(NOT_FOUND),
        label="motif réservé aux agents",
        args=lambda h, _r: [h.departement.slug, h.secret.slug, h.site.slug],
    ),
    _post(
        "public_times",
        everybody(),
        args=lambda h, _r: [h.departement.slug, h.motif.slug, h.site.slug],
        data=lambda h, _r: _creneau(h),
    ),
    _page("public_identity", only("usager"), args=_hold("held_token"), viewer="usager"),
    _post("public_identity", only("usager"), args=_hold("held_token"), data=lambda _h, _r: IDENTITY),
    _page("public_code", only("usager"), args=_hold("coded_token"), viewer="usager"),
    _post("public_code", only("usager"), args=_hold("coded_token"), data=lambda h, _r: {"code": h.code}),
    _post("public_send_code", only("usager"), args=_hold("coded_token")),
    _post("public_take_again", only("usager"), args=_hold("held_token"), data=lambda h, _r: _creneau(h)),
    _page("public_done", only("usager"), args=_hold("booked_token"), viewer="usager", queries=9),
]

LINKS = [
    _page("public_link", only("usager"), args=_link(), viewer="usager"),
    _page("public_link", only("usager"), label="annulé", args=_link("given_back"), viewer="usager"),
    _page("public_link", only("usager"), label="venez-vous", args=_link("asked"), viewer="usager"),
    _page("public_cancel", only("usager"), args=_link(), viewer="usager"),
    _post("public_cancel", only("usager"), args=_link()),
    _post("public_coming", only("usager"), args=_link()),
    _post("public_restore", only("usager"), args=_link("given_back")),
    _page("public_late", only("usager"), args=_link("today"), viewer="usager"),
    _post("public_late", only("usager"), args=_link("today"), data=lambda _h, _r: {"minutes": "10"}),
    _page("public_companion", only("usager"), args=_link(), viewer="usager"),
    _post("public_companion", only("usager"), args=_link(), data=lambda _h, _r: {"companion": "ma sœur"}),
    Ask("rdv:public_calendar", only("usager"), args=_link()),
    _post("public_link_code", only("usager"), args=_link()),
    _page("public_move", only("usager"), args=_link(), viewer="usager", queries=12),
    _post("public_move", only("usager"), args=_link(), data=lambda h, _r: _creneau(h)),
    _page("public_move_confirm", only("usager"), args=_moving, viewer="usager", queries=8),
    _post("public_move_confirm", only("usager"), args=_moving, data=lambda _h, _r: {"version": "0"}),
    _page("public_moved", only("usager"), args=_link("moved"), viewer="usager", queries=7),
]

MINE = [
    _page("public_mine", everybody(), args=_slug),
    _post("public_mine", everybody(), args=_slug, data=lambda h, _r: {"contact": str(h.other.phone)}),
    _page("public_mine_code", only("usager", otherwise=WHO), args=_slug, viewer="usager"),
    _post("public_mine_code", only("usager", otherwise=WHO), args=_slug, data=lambda h, _r: {"code": h.find_code}),
    _post("public_mine_send", only("usager", otherwise=WHO), args=_slug),
    _page("public_mine_list", only("usager", otherwise=WHO), args=_slug, viewer="usager"),
    _post("public_mine_close", everybody(), args=_slug, writes=False),
]

ROWS = [*PATH, *LINKS, *MINE]
