"""Addresses of the `rdv` app."""

from django.urls import URLPattern, URLResolver

app_name = "rdv"
urlpatterns: list[URLPattern | URLResolver] = []
