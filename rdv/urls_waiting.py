"""Addresses of the waiting list: the list, the calls to make, one person, an offer explained, rules and figures."""

from django.urls import URLPattern, URLResolver, path

from rdv.views.waiting import calls, figures, joining, lists, person, replay, rules, taking

urlpatterns: list[URLPattern | URLResolver] = [
    path("", lists.waiting, name="waiting"),
    path("appels/", calls.calls, name="waiting_calls"),
    path("appels/<uuid:uuid>/reponse/", calls.answer, name="waiting_answer"),
    path("ajouter/", joining.join_list, name="waiting_join"),
    path("personne/<uuid:uuid>/", person.person, name="waiting_person"),
    path("personne/<uuid:uuid>/souhaits/", person.wishes, name="waiting_wishes"),
    path("personne/<uuid:uuid>/priorite/", person.priority, name="waiting_priority"),
    path("personne/<uuid:uuid>/reveiller/", person.wake_up, name="waiting_wake"),
    path("personne/<uuid:uuid>/quitter/", person.leave_list, name="waiting_leave"),
    path("proposition/<uuid:uuid>/", replay.replay, name="waiting_replay"),
    path("prendre/<uuid:token>/", taking.take, name="waiting_take"),
    path("regles/", rules.rules, name="waiting_rules"),
    path("regles/departement/", rules.departement_policy, name="waiting_policy"),
    path("regles/motif/<uuid:uuid>/", rules.motif_policy, name="waiting_motif"),
    path("regles/motif/<uuid:uuid>/ouvrir/", rules.motif_open, name="waiting_motif_open"),
    path("chiffres/", figures.figures, name="waiting_figures"),
]
