"""Who said that they come, these next days: part of them by link, by SMS, on the phone; the others are silent, and a
few are to be phoned.

Room: management. Called by run.py, around the settling of the letters: the questions first, then the answers.
"""

from datetime import datetime, time, timedelta
from random import Random

from django.db import transaction

from notifications.models import Message
from rdv.core import journal
from rdv.core.journal import Author
from rdv.domain.asking import mornings
from rdv.domain.statuses import Status
from rdv.management.seed.institution import Institution
from rdv.management.seed.world import DAY, World
from rdv.models import ConfirmedBy, Participation
from rdv.services import confirmed, notices
from rdv.services.public_booking import author_of

# The desk of the demo: its silent people got the messages, so that they are on its call list.
DESK = "lens"
TO_CALL = 6
AHEAD = timedelta(days=4)
# Of ten asked, so many answer; fewer when only the e-mail of the week before asked.
ANSWERS_OF_TEN, EARLY_ANSWERS_OF_TEN = 6, 2
WAYS = (*(ConfirmedBy.SMS,) * 5, *(ConfirmedBy.LINK,) * 4, ConfirmedBy.PHONE)


class Coming:
    """One département. Nothing later than the load itself: whatever the hour, the same shares."""

    def __init__(self, world: World, built: Institution) -> None:
        self.world, self.built = world, built
        self.dice: Random = world.dice("coming")
        self.said, self.silent = self._drawn()

    def _drawn(self) -> tuple[list[tuple[Participation, datetime]], list[Participation]]:
        said, silent = [], []
        for participation in self._asked():
            asked_at = self._asked_at(participation)
            of_ten = ANSWERS_OF_TEN if asked_at[-1] <= self.world.now else EARLY_ANSWERS_OF_TEN
            if self.dice.randrange(10) < of_ten:
                said.append((participation, self._between(asked_at[0], self.world.now)))
            else:
                silent.append(participation)
        return said, silent

    def _asked(self) -> list[Participation]:
        now = self.world.now
        rows = Participation.objects.filter(
            departement=self.world.departement,
            status=Status.UNKNOWN.value,
            starts_at__gt=now,
            starts_at__lt=now + AHEAD,
            confirmed_at__isnull=True,
        )
        people = ("rdv__motif__departement", "rdv__motif__service", "rdv__site", "usager", "responsable")
        found = rows.select_related(*people).order_by("starts_at", "id")
        return [one for one in found if one.rdv.motif.asks and self._asked_at(one) and self._asked_at(one)[0] <= now]

    def _asked_at(self, participation: Participation) -> list[datetime]:
        rdv, motif = participation.rdv, participation.rdv.motif
        return mornings(
            starts_at=rdv.starts_at,
            agreed_at=confirmed.agreed_at(participation, rdv),
            days=(motif.email_reminder_days, motif.sms_reminder_days),
            zone=motif.departement.zone,
        )

    def _between(self, first: datetime, last: datetime) -> datetime:
        return first + (last - first) * self.dice.random()

    def ask(self) -> None:
        """The messages of those who stay silent at the desk of the demo on the next working day."""
        site = self.built.sites.get(DESK)
        if site is None:
            return
        start = self.world.at(self.world.working_day_after(self.world.today), time(0))
        there = [one for one in self.silent if one.rdv.site_id == site.pk and start <= one.starts_at < start + DAY]
        for participation in there[:TO_CALL]:
            with transaction.atomic(durable=True):
                notices.booked(participation, now=participation.created_at)

    def answer(self) -> None:
        keys = [str(participation.uuid) for participation, _ in self.said]
        told = set(Message.objects.filter(subject_id__in=keys).values_list("subject_id", flat=True))
        with transaction.atomic(durable=True):
            for participation, at in self.said:
                by = self.dice.choice(WAYS)
                confirmed.write(participation, by=by, now=at)
                self._journal(participation, by, at)
                if str(participation.uuid) in told:
                    notices.confirmed(participation, now=self.world.now)

    def _journal(self, participation: Participation, by: ConfirmedBy, at: datetime) -> None:
        desk = Author("agent", None, "Accueil", "secretaire")
        author = desk if by is ConfirmedBy.PHONE else author_of(participation.responsable or participation.usager)
        journal.write(
            "participation.confirmed",
            subject=("rdv", participation.rdv.uuid),
            departement_code=participation.departement_id,
            author=author,
            now=at,
            data={"participation": participation.uuid, "by": by.value},
        )
