"""The one table of addresses. Every URL is in the rights matrix (tests/rights)."""

from django.urls import include, path

handler400 = "rdv.views.errors.bad_request"
handler403 = "rdv.views.errors.forbidden"
handler404 = "rdv.views.errors.not_found"
handler500 = "rdv.views.errors.server_error"

urlpatterns = [
    path("webhooks/", include("notifications.urls")),
    path("agents/", include("agents.urls")),
    path("", include("rdv.urls")),
]
