"""Addresses of the secretary's console, the files of usagers and the page of an Rdv."""

from django.urls import URLPattern, URLResolver, path

from rdv.views.console import accueil, booking, holding, people, placing

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
]
