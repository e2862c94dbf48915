"""Addresses of the secretary's console, the files of usagers and the page of an Rdv."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
