"""Invite an operator of the platform: `manage.py invite_operateur EMAIL PRENOM NOM`. The first account of an instance.

The link to choose a password goes by e-mail; nothing secret is printed.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from agents.services.accounts import EmailTaken, invite_operateur
from rdv.core import clock
from rdv.core.journal import SYSTEM


class Command(BaseCommand):
    help = "Invite an operator of the platform by e-mail."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("first_name")
        parser.add_argument("last_name")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            invite_operateur(
                email=options["email"],
                first_name=options["first_name"],
                last_name=options["last_name"],
                author=SYSTEM,
                now=clock.now(),
            )
        except EmailTaken as refused:
            raise CommandError("An account has this address already.") from refused
        self.stdout.write("Invitation posted: the link works for 3 days.")
