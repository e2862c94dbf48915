"""Addresses of the public side: last in the table, they begin with the name of the département."""

from django.urls import URLPattern, URLResolver, path, re_path

from rdv.views.public import (
    choice,
    code,
    done,
    figures,
    home,
    identity,
    legal,
    link,
    link_move,
    lost,
    mine,
    places,
    times,
    wait_code,
    wait_join,
    wait_link,
    wait_offer,
    wait_wishes,
)

# A link of a message, with or without its last slash.
LINK = r"^r/(?P<token>[0-9A-Za-z]{16})"
OFFRE = r"^o/(?P<token>[0-9A-Za-z]{16})/?$"
CHOICE = r"^c/(?P<token>[0-9A-Za-z]{16})/?$"
WAITING = r"^l/(?P<token>[0-9A-Za-z]{16})"
HELD = "<slug:departement>/reservation/<uuid:token>/"
WAIT = "<slug:departement>/attente/<uuid:key>/"
MINE = "<slug:departement>/mes-rendez-vous/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="public_home"),
    path(".well-known/security.txt", legal.security_txt, name="public_security_txt"),
    re_path(LINK + r"/?$", link.link, name="public_link"),
    re_path(LINK + r"/annuler/$", link.cancel, name="public_cancel"),
    re_path(LINK + r"/je-viens/$", link.coming, name="public_coming"),
    re_path(LINK + r"/reprendre/$", link.restore, name="public_restore"),
    re_path(LINK + r"/retard/$", link.late, name="public_late"),
    re_path(LINK + r"/accompagnement/$", link.companion, name="public_companion"),
    re_path(LINK + r"/rendez-vous\.ics$", link.calendar, name="public_calendar"),
    re_path(LINK + r"/code/$", mine.link_code, name="public_link_code"),
    re_path(LINK + r"/deplacer/$", link_move.move, name="public_move"),
    re_path(LINK + r"/deplacer/(?P<option>[0-9a-f-]{36})/$", link_move.confirm, name="public_move_confirm"),
    re_path(LINK + r"/deplace/$", link_move.moved, name="public_moved"),
    re_path(LINK + r"/plus-tot/$", wait_wishes.earlier, name="public_earlier"),
    re_path(OFFRE, wait_offer.offre, name="public_offre"),
    re_path(CHOICE, choice.choice, name="public_choice"),
    re_path(WAITING + r"/?$", wait_link.waiting, name="public_waiting"),
    re_path(WAITING + r"/souhaits/$", wait_link.change, name="public_waiting_change"),
    re_path(WAITING + r"/attendre/$", wait_link.wake, name="public_waiting_wake"),
    re_path(WAITING + r"/quitter/$", wait_link.leave, name="public_waiting_leave"),
    path("<slug:departement>/", home.departement_home, name="public_departement"),
    path("<slug:departement>/motifs/", home.motifs, name="public_motifs"),
    path("<slug:departement>/accessibilite/", legal.accessibility, name="public_accessibility"),
    path("<slug:departement>/mentions-legales/", legal.legal, name="public_legal"),
    path("<slug:departement>/donnees-personnelles/", legal.privacy, name="public_privacy"),
    path("<slug:departement>/chiffres/", figures.figures, name="public_figures"),
    path(MINE, mine.find, name="public_mine"),
    path(MINE + "code/", mine.find_code, name="public_mine_code"),
    path(MINE + "renvoyer/", mine.send_again, name="public_mine_send"),
    path(MINE + "liste/", mine.mine, name="public_mine_list"),
    path(MINE + "fin/", mine.close, name="public_mine_close"),
    path(WAIT, wait_join.identity, name="public_wait_identity"),
    path(WAIT + "code/", wait_code.code, name="public_wait_code"),
    path(WAIT + "renvoyer/", wait_code.send_again, name="public_wait_send"),
    path("<slug:departement>/<slug:motif>/attente/", wait_wishes.wait, name="public_wait"),
    path(HELD, identity.identity, name="public_identity"),
    path(HELD + "code/", code.code, name="public_code"),
    path(HELD + "renvoyer/", code.send_code, name="public_send_code"),
    path(HELD + "horaire/", lost.retake, name="public_take_again"),
    path(HELD + "confirme/", done.done, name="public_done"),
    path("<slug:departement>/<slug:motif>/domicile/", places.visit, name="public_visit"),
    path("<slug:departement>/<slug:motif>/lieux/", places.places, name="public_places"),
    path("<slug:departement>/<slug:motif>/horaires/", times.all_times, name="public_all_times"),
    path("<slug:departement>/<slug:motif>/<slug:site>/horaires/", times.times, name="public_times"),
]
