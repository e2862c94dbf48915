"""Addresses that providers call: what became of our messages. Mounted at webhooks/."""

from django.urls import URLPattern, URLResolver, path

from notifications.views import webhooks

app_name = "notifications"
urlpatterns: list[URLPattern | URLResolver] = [
    path("twilio/<uuid:uuid>/", webhooks.twilio_status, name="twilio_status"),
    path("email/", webhooks.email_events, name="email_events"),
]
