"""Django's registration of the `rdv` app."""

import importlib

from django.apps import AppConfig


class RdvConfig(AppConfig):
    name = "rdv"
    verbose_name = "Rendez-vous"

    def ready(self) -> None:
        # The Celery application must exist before a task is sent from a web process.
        importlib.import_module("rdv.config.celery")
        importlib.import_module("rdv.core.checks")
