"""The one table of addresses. Every URL is in the rights matrix (tests/rights)."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

handler400 = "rdv.views.errors.bad_request"
handler403 = "rdv.views.errors.forbidden"
handler404 = "rdv.views.errors.not_found"
handler500 = "rdv.views.errors.server_error"


urlpatterns: list[URLPattern | URLResolver] = [
    path("webhooks/", include("notifications.urls")),
    path("agents/", include("agents.urls")),
]
if settings.OUTBOX_PAGE:
    urlpatterns.append(path("boite-d-envoi/", include("notifications.urls_outbox")))
urlpatterns.append(path("", include("rdv.urls")))
