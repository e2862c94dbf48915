"""Addresses of the secretary's console, the files of usagers and the page of an Rdv."""

from django.urls import URLPattern, URLResolver, path

from rdv.views.console import accueil, booking, files, holding, merging, moving, people, placing, rdv_page, usagers

urlpatterns: list[URLPattern | URLResolver] = [
    path("accueil/", accueil.accueil, name="accueil"),
    path("accueil/tenir/", holding.hold, name="console_hold"),
    path("accueil/plus-de-temps/", holding.more_time, name="console_more_time"),
    path("accueil/lacher/", holding.let_go, name="console_let_go"),
    path("accueil/confirmer/", booking.confirm, name="console_confirm"),
    path("accueil/defaire/", booking.undo, name="console_undo"),
    path("accueil/placer/", placing.place, name="console_place"),
    path("accueil/nouvelle-personne/", people.new_person, name="console_new_person"),
    path("accueil/proche/", people.new_proche, name="console_new_proche"),
    path("rdv/<uuid:uuid>/", rdv_page.rdv_detail, name="rdv_detail"),
    path("rdv/<uuid:uuid>/statut/", rdv_page.rdv_status, name="rdv_status"),
    path("rdv/<uuid:uuid>/annuler/", rdv_page.rdv_cancel, name="rdv_cancel"),
    path("rdv/<uuid:uuid>/deplacer/", moving.rdv_move, name="rdv_move"),
    path("rdv/<uuid:uuid>/remettre/", rdv_page.rdv_restore, name="rdv_restore"),
    path("usagers/", usagers.usagers, name="usagers"),
    path("usagers/doublons/", merging.doublons, name="doublons"),
    path("usagers/reunions/<uuid:uuid>/defaire/", merging.unmerge, name="unmerge"),
    path("usagers/<uuid:uuid>/reunir/<uuid:autre>/", merging.merge, name="merge"),
    path("usagers/<uuid:uuid>/distinctes/<uuid:autre>/", merging.distinct, name="distinct"),
    path("usagers/<uuid:uuid>/raison/", files.reason, name="usager_reason"),
    path("usagers/<uuid:uuid>/historique/", files.history, name="usager_history"),
    path("usagers/<uuid:uuid>/messages/<uuid:message>/renvoyer/", files.resend, name="message_resend"),
    path("usagers/papier/<uuid:uuid>/", files.paper, name="rdv_paper"),
    path("usagers/<uuid:uuid>/", usagers.usager, name="usager"),
    path("usagers/<uuid:uuid>/modifier/", usagers.usager_edit, name="usager_edit"),
    path("usagers/<uuid:uuid>/proches/", usagers.proche_add, name="proche_add"),
    path("usagers/<uuid:uuid>/proches/<int:pk>/fin/", usagers.proche_end, name="proche_end"),
    path("usagers/<uuid:uuid>/referents/", usagers.referent_add, name="referent_add"),
    path("usagers/<uuid:uuid>/referents/<int:pk>/fin/", usagers.referent_end, name="referent_end"),
]
