"""Addresses of the local "boîte d'envoi". Mounted at boite-d-envoi/ when OUTBOX_PAGE is on: never in production."""

from django.urls import URLPattern, URLResolver, path

from notifications.views import outbox

app_name = "outbox"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", outbox.message_list, name="list"),
    path("<uuid:uuid>/", outbox.message_detail, name="detail"),
    path("<uuid:uuid>/html/", outbox.message_html, name="html"),
    path("<uuid:uuid>/rendez-vous.ics", outbox.message_calendar, name="calendar"),
]
