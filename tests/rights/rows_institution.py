"""Rows of the matrix: signing in, accounts, settings of the département, the platform, machines and local messages."""

from rdv.services import leaving
from tests.rights.doors import (
    FORBIDDEN,
    INSIDE,
    NOT_FOUND,
    OK,
    REFUSED,
    SIGN_IN,
    SITE,
    Ask,
    account,
    admin,
    agent,
    everybody,
    only,
    operateur,
)
from tests.rights.world import PASSWORD, totp

NEW_PASSWORD = "une-phrase-assez-longue"


def _half_way(**special):
    """Between the two factors; anybody else starts again."""
    return only("pending", "enrolling", otherwise=SIGN_IN) | special


def _colleague(house, _role):
    return [house.colleague.pk]


def _first_site(house, _role):
    return [house.site.pk]


def _new_device(house, _role):
    """Without one of their own, a code that means nothing."""
    return {"code": totp(house.new_device, house.now)}


def _role_fields(house, **fields):
    return {"role": "secretaire", "site": house.site.pk, "starts_on": house.now.date().isoformat()} | fields


def _invitation(house, _role):
    return _role_fields(house, first_name="Léo", last_name="Martin", email="leo.martin@example.org")


def _closing(house, _role):
    day = house.now.date().replace(day=28).isoformat()
    return {"site": "", "starts_on": day, "ends_on": day, "label": "Formation", "confirmer": "1"}


def _site(_house, _role):
    return {"name": "MDS des Ormes", "address": "3 rue des Ormes", "commune": "Lens", "phone": "03 53 01 20 42"}


def _service(_house, _role):
    return {"name": "Logement", "short_name": "FSL", "is_confidential": "on"}


def _team(house, _role):
    return {"name": "Équipe des petits", "site": house.site.pk, "agents": [house.owner.pk]}


def _departement(_house, _role):
    return {
        "code": "59",
        "name": "Nord",
        "name_with_article": "du Nord",
        "zone_name": "Europe/Paris",
        "public_phone": "03 53 01 30 00",
        "sms_sender": "MDS59",
        "reply_to": "mds59@example.org",
        "admin_first_name": "Lou",
        "admin_last_name": "Nord",
        "admin_email": "lou.nord@example.org",
    }


def _role_held(house, _role):
    return [house.colleague.pk, house.affectation.pk]


# What the page of effects had said: without it nothing is done.


def _closing_account(house, _role):
    lost = leaving.lost_with_account(house.colleague, now=house.now)
    return {"active": "0", "perdu": lost.seen}


def _ending_role(house, _role):
    return {"perdu": leaving.lost_with_role(house.affectation, now=house.now).seen}


def _fewer_services(house, _role):
    lost = leaving.lost_with_services(house.colleague, [house.ssl], now=house.now)
    return {"services": [house.ssl.pk], "perdu": lost.seen}


def _post(name, door, **options):
    return Ask(name if ":" in name else f"agents:{name}", door, "POST", writes=True, **options)


def _of_colleague(name, data=lambda _house, _role: {}):
    """What the administrator of the 62 does to an account of the 62."""
    return _post(name, admin("admin"), args=_colleague, data=data, is_fresh=True)


SIGN_IN_ROWS = [
    Ask("agents:sign_in", everybody(), viewer="anonymous", queries=1),
    Ask(
        "agents:sign_in",
        everybody(),
        "POST",
        data=lambda h, _r: {"email": h.people["other_site"].email, "password": PASSWORD},
    ),
    Ask(
        "agents:sign_in",
        # An intervenant whose session is still there is sent on, and the next page closes it.
        everybody(REFUSED) | dict.fromkeys((*INSIDE, "intervenant"), OK),
        "POST",
        "mot de passe faux",
        data=lambda h, _r: {"email": h.owner.email, "password": "un-autre-mot-de-passe"},
    ),
    Ask("agents:second_factor", _half_way(), viewer="pending", queries=8),
    _post("second_factor", _half_way(), data=lambda h, _r: {"code": totp(h.device, h.now)}, idle=("enrolling",)),
    Ask("agents:recovery", _half_way(), viewer="pending", queries=7),
    _post("recovery", _half_way(enrolling=REFUSED), data=lambda h, _r: {"code": h.recovery_code}),
    Ask("agents:lost_factor", _half_way(), viewer="pending", queries=7),
    Ask("agents:enrol", _half_way(), viewer="enrolling", queries=13),
    _post("enrol", _half_way(), data=_new_device, idle=("pending",)),
    Ask("agents:sign_out", everybody(SIGN_IN), "POST"),
    Ask("agents:forgotten", everybody(), viewer="anonymous", queries=1),
    _post("forgotten", everybody(), data=lambda h, _r: {"email": h.owner.email}),
    Ask(
        "agents:set_password",
        everybody(),
        args=lambda h, _r: [h.account_token],
        viewer="anonymous",
        queries=4,
    ),
    Ask(
        "agents:set_password",
        everybody(REFUSED),
        label="lien mort",
        args=lambda _h, _r: ["A" * 16],
        viewer="anonymous",
        queries=4,
    ),
    _post(
        "set_password",
        everybody(),
        args=lambda h, _r: [h.account_token],
        data=lambda _h, _r: {"password": NEW_PASSWORD},
    ),
    Ask("agents:confirm", account(), viewer="owner", queries=9),
    Ask("agents:confirm", account(), "POST", data=lambda _h, _r: {"password": PASSWORD}),
    Ask("agents:account", account(), viewer="owner", queries=11),
    _post("account", account(), data=lambda _h, _r: {"notification_level": "none"}),
    Ask("agents:password", account(), viewer="owner", queries=9),
    _post("password", account(), data=lambda _h, _r: {"current": PASSWORD, "password": NEW_PASSWORD}),
    _post("recovery_codes", account(), is_fresh=True),
    _post("end_sessions", account()),
]

SETTINGS = [
    Ask("agents:settings", admin("admin", "stranger_admin"), viewer="admin", queries=10),
    _post("open_departement", admin("admin", "stranger_admin"), data=lambda _h, _r: {"open": "0"}, is_fresh=True),
    Ask("rdv:closures", admin("admin", "stranger_admin"), viewer="admin", queries=9),
    Ask("rdv:closures", admin("admin", "stranger_admin"), "POST", data=_closing, writes=True),
    Ask("rdv:closure_reopen", admin("admin"), "POST", args=lambda h, _r: [h.closure.pk], writes=True),
    Ask("agents:admin_new_site", admin("admin", "stranger_admin"), viewer="admin", queries=8),
    # Lens is in the 62: no site of the 974 may be there.
    _post("admin_new_site", admin("admin", otherwise=REFUSED), data=_site),
    Ask("agents:admin_site", admin("admin"), args=_first_site, viewer="admin", queries=9),
    _post("admin_site", admin("admin"), args=_first_site, data=_site),
    Ask("rdv:site_opening", admin("admin"), args=_first_site, viewer="admin", queries=10, is_fresh=True),
    Ask(
        "rdv:site_opening",
        admin("admin"),
        "POST",
        args=_first_site,
        data=lambda _h, _r: {"open": "0"},
        writes=True,
        is_fresh=True,
    ),
    Ask("agents:admin_new_service", admin("admin", "stranger_admin"), viewer="admin", queries=8, is_fresh=True),
    _post("admin_new_service", admin("admin", "stranger_admin"), data=_service, is_fresh=True),
    Ask(
        "agents:admin_service",
        admin("admin"),
        args=lambda h, _r: [h.ase.pk],
        viewer="admin",
        queries=9,
        is_fresh=True,
    ),
    _post("admin_service", admin("admin"), args=lambda h, _r: [h.pmi.pk], data=_service, is_fresh=True),
    _post("admin_remove_service", admin("admin"), args=lambda h, _r: [h.unused.pk], is_fresh=True),
    Ask("agents:admin_new_team", admin("admin", "stranger_admin"), viewer="admin", queries=9),
    # The site and the people are of the 62: nobody of the 974 may take them.
    _post("admin_new_team", admin("admin", stranger_admin=REFUSED), data=_team),
    Ask("agents:admin_team", admin("admin"), args=lambda h, _r: [h.team.pk], viewer="admin", queries=11),
    _post("admin_team", admin("admin"), args=lambda h, _r: [h.team.pk], data=_team),
    _post("admin_remove_team", admin("admin"), args=lambda h, _r: [h.team.pk]),
    Ask("agents:admin_agents", admin("admin", "stranger_admin"), viewer="admin", queries=11),
    Ask("agents:admin_invite", admin("admin", "stranger_admin"), viewer="admin", queries=9, is_fresh=True),
    # The site is one of the 62: nobody of the 974 may be put there.
    _post("admin_invite", admin("admin", otherwise=REFUSED), data=_invitation, is_fresh=True),
    Ask("agents:admin_agent", admin("admin"), args=_colleague, viewer="admin", queries=14, is_fresh=True),
    _of_colleague("admin_send_link"),
    _of_colleague("admin_reset_factor"),
    Ask("rdv:account_opening", admin("admin"), args=_colleague, viewer="admin", queries=13, is_fresh=True),
    _of_colleague("rdv:account_opening", _closing_account),
    _of_colleague("admin_add_role", lambda h, _r: _role_fields(h, site=h.other_site.pk)),
    Ask("rdv:role_end", admin("admin"), args=_role_held, viewer="admin", queries=15, is_fresh=True),
    _post("rdv:role_end", admin("admin"), args=_role_held, data=_ending_role, is_fresh=True),
    _of_colleague("rdv:account_services", _fewer_services),
    Ask("agents:operateur_home", operateur(), viewer="operateur", queries=8),
    Ask("agents:new_departement", operateur(), viewer="operateur", queries=7, is_fresh=True),
    _post("new_departement", operateur(), data=_departement, is_fresh=True),
]


def _email(house, _role):
    return [house.email.uuid]


MACHINES = [
    # Nobody signs: refused whoever asks. The provider's own calls are in tests/notifications.
    Ask("notifications:twilio_status", everybody(FORBIDDEN), "POST", args=_email),
    Ask("rdv:twilio_answer", everybody(FORBIDDEN), "POST"),
    Ask("notifications:email_events", everybody(NOT_FOUND), "POST"),
    Ask("outbox:list", everybody(), viewer="anonymous", queries=4, is_mock=True),
    Ask("outbox:detail", everybody(), args=_email, viewer="anonymous", queries=4, is_mock=True),
    Ask("outbox:html", everybody(), args=_email, is_mock=True),
    Ask("outbox:calendar", everybody(), args=_email, is_mock=True),
    Ask("rdv:healthz", everybody()),
    Ask("rdv:readyz", everybody()),
    Ask("rdv:theme_css", everybody(), args=lambda h, _r: [h.departement.code]),
    Ask(
        "rdv:theme_css",
        everybody(NOT_FOUND),
        label="inconnu",
        args=lambda _h, _r: ["99"],
        viewer="anonymous",
        queries=4,
    ),
    Ask("rdv:agent_home", agent(*SITE, "admin", "stranger_admin")),
    Ask(
        "rdv:choose_site",
        agent("owner", "colleague", "other_service", "insider", "secretaire", "responsable"),
        "POST",
        data=lambda h, _r: {"site": h.site.pk},
    ),
]

ROWS = [*SIGN_IN_ROWS, *SETTINGS, *MACHINES]
