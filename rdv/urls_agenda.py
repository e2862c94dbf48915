"""Addresses of the agenda, the statuses to fill in, the motifs of the département."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
