"""Addresses of the public side: last in the table, they begin with the name of the département."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
