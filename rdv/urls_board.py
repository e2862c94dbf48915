"""Addresses of the day board of a site."""

from django.urls import URLPattern, URLResolver, path

from rdv.views.board import gestures, page

urlpatterns: list[URLPattern | URLResolver] = [
    path("", page.board, name="board"),
    path("arrivee/", gestures.arrival, name="board_arrival"),
    path("geste/", gestures.gesture, name="board_gesture"),
    path("pour-moi/", page.for_me, name="board_for_me"),
]
