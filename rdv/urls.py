"""Addresses of the `rdv` app, a file per kind of screen. The public ones come last: they begin with a département."""

from django.urls import URLPattern, URLResolver, include, path

from rdv.views import health, site, sms_answers, theme

app_name = "rdv"
urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("webhooks/twilio/reponse/", sms_answers.twilio_answer, name="twilio_answer"),
    path("theme/<slug:code>.css", theme.theme_css, name="theme_css"),
    path("agents/", site.agent_home, name="agent_home"),
    path("agents/site/", site.choose_site, name="choose_site"),
    path("agents/", include("rdv.urls_console")),
    path("agents/", include("rdv.urls_agenda")),
    path("agents/", include("rdv.urls_absent")),
    path("agents/agenda/", include("rdv.urls_planning")),
    path("agents/attente/", include("rdv.urls_waiting")),
    path("agents/journee/", include("rdv.urls_board")),
    path("agents/exports/", include("rdv.urls_exports")),
    path("", include("rdv.urls_public")),
]
