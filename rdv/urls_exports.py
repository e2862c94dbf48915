"""Addresses of the exports: the page (what one asks for, what is ready), and taking a file away."""

from django.urls import URLPattern, URLResolver, path

from rdv.views import exports

urlpatterns: list[URLPattern | URLResolver] = [
    path("", exports.exports, name="exports"),
    path("<uuid:uuid>/fichier/", exports.take, name="export_take"),
]
