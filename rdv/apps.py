"""Django's registration of the `rdv` app, and of the boot-time checks."""

from django.apps import AppConfig

from rdv.core import checks


class RdvConfig(AppConfig):
    name = "rdv"
    verbose_name = "Rendez-vous"

    def ready(self) -> None:
        checks.register_all()
