"""The one table of addresses. Every URL is in the rights matrix (tests/rights)."""

from django.urls import include, path

from rdv.config import celery as celery_app  # the task queue is set up wherever addresses are served

handler400 = "rdv.views.errors.bad_request"
handler403 = "rdv.views.errors.forbidden"
handler404 = "rdv.views.errors.not_found"
handler500 = "rdv.views.errors.server_error"

__all__ = ["celery_app", "handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [
    path("webhooks/", include("notifications.urls")),
    path("agents/", include("agents.urls")),
    path("", include("rdv.urls")),
]
