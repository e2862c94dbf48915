"""The Celery application and its beat table. Tasks are thin: an id in, a service called."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rdv.config.settings.prod")

app = Celery("rdv")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# "Current" holds for one thread only; web threads must find this application too, not a blank one.
app.set_default()

# None of these must run exactly once: each finds by itself what is due and not done (messages.md).
app.conf.beat_schedule = {
    "sweep-messages": {"task": "notifications.tasks.sweep", "schedule": 60.0},
    "drop-dead-options": {"task": "rdv.tasks.drop_dead_options", "schedule": 60.0},
    "waitlist-minute": {"task": "rdv.tasks.waitlist_minute", "schedule": 30.0},
    "followups-minute": {"task": "rdv.tasks.followups_minute", "schedule": 30.0},
    "calls-to-come": {"task": "rdv.tasks.calls_to_come", "schedule": 300.0},
    "expand-openings": {"task": "rdv.tasks.expand_openings", "schedule": 6 * 3600.0},
    "note-reach": {"task": "rdv.tasks.note_reach", "schedule": 600.0},
    "exports-minute": {"task": "rdv.tasks.exports_minute", "schedule": 60.0},
    "compare-files": {"task": "rdv.tasks.compare_files", "schedule": 600.0},
    "forget": {"task": "rdv.tasks.forget", "schedule": 3600.0},
    "heartbeat": {"task": "rdv.tasks.heartbeat", "schedule": 30.0},
}
