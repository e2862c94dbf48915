"""The walk through the month: what happens, in order of time, each thing through the service that a screen would call.

Room: simulation. Queue of (instant, what): people read, answer, cancel, call, come or not; the desk phones its call
list; the worker's minute comes when something is due. After each thing, new messages and offers of the platform are
looked at: that is how people hear of it, and the only way.
"""

import heapq
import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.db import connection

from notifications import delivery
from notifications import services as post_office
from notifications.models import Message, State
from rdv.domain.statuses import Status
from rdv.models import Inscription, Liberation, Offre, Origin, Participation
from rdv.services import (
    attendance,
    cancelling,
    waitlist_noted,
    waitlist_notices,
    waitlist_offer,
    waitlist_rules,
)
from rdv.services.booking import Booking, overbook
from rdv.services.catalogue import update_motif
from rdv.services.errors import CreneauUnavailable, TooLate
from rdv.services.notices import subject_of
from rdv.services.texts import News
from rdv.simulation.callers import calls_per_desk_hour
from rdv.simulation.chance import Clock
from rdv.simulation.desk import add_desk_time, next_minute
from rdv.simulation.ledger import Ledger, Slot, Taken
from rdv.simulation.people import Acceptance, Fate, People, answer_delay, dice, fate_of
from rdv.simulation.policies import Scheme
from rdv.simulation.waiting import WaitingPeople
from rdv.simulation.world import FILLED_AT, WALK_FROM, World, author_of, book_by_desk, has_mobile, new_person, slot_of
from usagers.models import Usager

LAST_OFFER_MIN = 60  # how near the list may still offer an hour, set by the admin of this MDS
ABSENT_AFTER = timedelta(minutes=15)
SOON = timedelta(minutes=5)
CALLED_AFTER = timedelta(minutes=10)  # of desk time: the secretary has other things to do (assumed)
HEARD = (News.SMS_REMINDER, waitlist_notices.OFFER, waitlist_notices.SLEEPING)
What = Callable[[], object]


class Month:
    """One policy, one seed."""

    def __init__(
        self, world: World, scheme: Scheme, *, people: People, acceptance: Acceptance, seed: int, clock: Clock
    ) -> None:
        self.world, self.scheme, self.people, self.acceptance = world, scheme, people, acceptance
        self.seed, self.clock = seed, clock
        self.ledger = Ledger()
        self.list = WaitingPeople(self)
        self.fates: dict[int, Fate] = {}
        self.absent = 0
        self.walk_ins_for_absent = 0
        self._queue: list[tuple[datetime, int, What]] = []
        self._order = itertools.count()
        self._last_message = self._last_offre = self._last_note = 0
        self._by_uuid: dict[str, int] = {}
        self._calls_per_hour = calls_per_desk_hour(world, people)

    @property
    def now(self) -> datetime:
        return self.clock.now

    def at(self, instant: datetime, what: What) -> None:
        if instant < self.world.ends_at:
            heapq.heappush(self._queue, (max(instant, self.now), next(self._order), what))

    def run(self) -> None:
        self.clock.now = WALK_FROM
        self._settle_policy()
        for participation in Participation.objects.live().order_by("id"):
            self.meet(participation, booked_at=FILLED_AT)
        for slot in self.world.slots:
            self.at(slot[1], partial(self._hour_comes, slot))
        self._look()
        while self._queue:
            self.clock.now, _, what = heapq.heappop(self._queue)
            what()
            self._look()
        self.clock.now = self.world.ends_at
        for slot in list(self.ledger.open):
            self.ledger.take(slot, Taken.LOST, self.now)

    # --- The policy, as an administrator would set it

    def _settle_policy(self) -> None:
        chief, now = self.world.secretary, self.now
        if not self.scheme.has_reminders:
            fields = {"sms_reminder_days": None, "email_reminder_days": None}
            update_motif(motif=self.world.motif, fields=fields, author=chief, now=now)
            for participation in Participation.objects.live():
                post_office.make_obsolete(subject_of(participation), now=now)
        if not self.scheme.has_waitlist:
            return
        waitlist_rules.open_waitlist(
            motif=self.world.motif, is_open=True, notice_min=LAST_OFFER_MIN, author=chief, now=now
        )
        # Past the form: some schemes are compared because no administrator should settle them.
        self.world.departement.waitlist_policy = dict(self.scheme.settings)
        self.world.departement.save(update_fields=["waitlist_policy"])
        self.world.motif.departement = self.world.departement
        self.list.fill()

    # --- People with an appointment

    def meet(self, participation: Participation, *, booked_at: datetime) -> None:
        """Somebody has an hour: what they will do with it is drawn once."""
        key = participation.usager_id, participation.starts_at.isoformat()
        fate = fate_of(self.people, dice(self.seed, "fate", *key), lead=participation.starts_at - booked_at)
        self.fates[participation.pk], self._by_uuid[str(participation.uuid)] = fate, participation.pk
        if fate.cancels_before is not None:
            tells_at = participation.starts_at - fate.cancels_before
            self.at(max(tells_at, booked_at), partial(self._cancel, participation.pk))

    def _cancel(self, pk: int, *, by_phone: bool = False) -> None:
        """By the link of the message, at any hour, up to the motif's limit; else by phone, when the desk is open."""
        participation = self._live(pk)
        if participation is None:
            return
        has_link = self.scheme.has_reminders and has_mobile(participation.usager)
        if not by_phone and not has_link:
            self._phone_to_cancel(participation)
            return
        author = self.world.secretary if by_phone else author_of(participation.usager)
        try:
            cancelling.cancel_participation(participation=participation, by_service=False, author=author, now=self.now)
        except TooLate:
            self._phone_to_cancel(participation)
            return
        self.freed(slot_of(participation))

    def _phone_to_cancel(self, participation: Participation) -> None:
        opens = add_desk_time(self.now, timedelta(0))
        if opens < participation.starts_at:
            self.at(opens, partial(self._cancel, participation.pk, by_phone=True))

    def freed(self, slot: Slot) -> None:
        self.ledger.free(slot, self.now)
        self._next_caller(slot, number=0)

    def _next_caller(self, slot: Slot, *, number: int) -> None:
        """Somebody who calls for an appointment may take it, if it is still free and not held for the list then."""
        if self._calls_per_hour <= 0:
            return
        chance = dice(self.seed, "caller", *slot, self.now.isoformat(), number)
        wait = timedelta(hours=chance.expovariate(self._calls_per_hour))
        self.at(add_desk_time(self.now, wait), partial(self._caller, slot, number))

    def _caller(self, slot: Slot, number: int) -> None:
        if slot not in self.ledger.open or slot[1] <= self.now:
            return
        key = f"{self.seed}/caller/{slot[0]}/{slot[1].isoformat()}/{self.now.isoformat()}"
        usager = new_person(self.world, self.people, key=key, now=self.now)
        try:
            rdv = book_by_desk(self.world, slot, usager, now=self.now)
        except CreneauUnavailable:
            self._next_caller(slot, number=number + 1)
            return
        self.ledger.take(slot, Taken.CALLER, self.now)
        self.meet(rdv.participations.get(), booked_at=self.now)

    # --- The hour itself

    def _hour_comes(self, slot: Slot) -> None:
        agent_id, start = slot
        rows = Participation.objects.live().filter(rdv__rdv_agents__agent=agent_id, starts_at=start)
        participation = rows.select_related("usager").first()
        if participation is None:
            by = Taken.WALK_IN if self._somebody_came(slot) and self._receive(slot) else Taken.LOST
            self.ledger.take(slot, by, self.now)
        elif self.fates[participation.pk].forgets or self._could_not_tell(participation):
            self.at(start + ABSENT_AFTER, partial(self._absent, participation, slot))

    def _could_not_tell(self, participation: Participation) -> bool:
        """They meant to cancel, and the desk did not open before the hour."""
        return self.fates[participation.pk].cancels_before is not None

    def _absent(self, participation: Participation, slot: Slot) -> None:
        """Those who came stay "to be filled in": the figure counts the absent, and the hours nobody had."""
        author = self.world.secretary
        attendance.set_status(participation=participation, status=Status.NOSHOW, author=author, now=self.now)
        self.absent += 1
        if self._somebody_came(slot):
            self._receive_over(slot)
            self.walk_ins_for_absent += 1

    def _somebody_came(self, slot: Slot) -> bool:
        return self.scheme.walk_ins and dice(self.seed, "walk-in", *slot).random() < self.people.walk_in

    def _receive(self, slot: Slot) -> bool:
        try:
            book_by_desk(self.world, slot, self._passer_by(slot), now=self.now, origin=Origin.DESK)
        except CreneauUnavailable:
            return False
        return True

    def _receive_over(self, slot: Slot) -> None:
        """In the hour of somebody absent: written over it, with the reason, as the agenda does."""
        overbook(
            motif=self.world.motif, site=self.world.site, agent_ids=[slot[0]], starts_at=self.now + SOON,
            booking=Booking(usager=self._passer_by(slot), origin=Origin.DESK), reason="Heure d’une personne absente",
            author=self.world.secretary, now=self.now,
        )  # fmt: skip

    def _passer_by(self, slot: Slot) -> Usager:
        key = f"{self.seed}/passer-by/{slot[0]}/{slot[1].isoformat()}"
        return new_person(self.world, self.people, key=key, now=self.now)

    def _live(self, pk: int) -> Participation | None:
        rows = Participation.objects.live().filter(pk=pk, starts_at__gt=self.now)
        return rows.select_related("usager", "rdv__motif__departement").first()

    # --- What the platform says, and what people do then

    def _look(self) -> None:
        """New letters, offers and notes since the last thing that happened."""
        if not self.scheme.has_reminders:
            return
        message, offre, note = _last_rows()
        if message > self._last_message:
            self._new_letters()
        if offre > self._last_offre:
            self._new_offers()
        if note > self._last_note:
            self.at(next_minute(self.now), self._minute)
        self._last_message, self._last_offre, self._last_note = message, offre, note

    def _new_letters(self) -> None:
        letters = Message.objects.filter(pk__gt=self._last_message, kind__in=HEARD, state=State.PLANNED)
        rows = letters.order_by("pk").values_list("pk", "kind", "subject_id", "send_not_before")
        for pk, kind, subject, leaves_at in rows:
            if kind != News.SMS_REMINDER or self._matters(subject):
                self.at(leaves_at, partial(self._deliver, pk))

    def _matters(self, participation: str) -> bool:
        """A reminder that changes nothing for anybody is left in the box, to save the time of the run."""
        fate = self.fates[self._by_uuid[participation]]
        return fate.cancels_when_reminded or fate.comes_when_reminded

    def _new_offers(self) -> None:
        rows = Offre.objects.filter(pk__gt=self._last_offre).order_by("pk")
        for pk, answer_by, by_call in rows.values_list("pk", "answer_by", "by_call"):
            self.at(next_minute(answer_by), self._minute)
            if by_call:
                self.at(add_desk_time(self.now, CALLED_AFTER), partial(self.list.phone, pk))

    def _minute(self) -> None:
        """What the worker's minute does (rdv.tasks.waitlist_minute), when there is something for it. No opening closes
        and no wish ends in this month: the two other steps would find nothing, minute after minute."""
        if Offre.objects.due(self.now).exists():
            waitlist_offer.lapse_due(self.now)
        if Liberation.objects.exists():
            waitlist_noted.offer_noted(self.now)

    def _deliver(self, pk: int) -> None:
        delivery.deliver(pk, now=self.now)
        message = Message.objects.get(pk=pk)
        if message.state != State.DELIVERED:
            return
        if message.kind == News.SMS_REMINDER:
            self._reminded(message)
        elif message.kind == waitlist_notices.OFFER:
            self.list.read_offer(Offre.objects.get(uuid=message.subject_id))
        else:
            self.list.read_pause(Inscription.objects.get(uuid=message.subject_id))

    def _reminded(self, message: Message) -> None:
        participation = Participation.objects.live().get(uuid=message.subject_id)
        fate = self.fates[participation.pk]
        chance = dice(self.seed, "reminded", participation.usager_id, participation.starts_at.isoformat())
        read_at = self.now + answer_delay(self.people, chance)
        if fate.cancels_when_reminded:
            self.at(read_at, partial(self._cancel, participation.pk))
        elif fate.comes_when_reminded:
            self.fates[participation.pk] = Fate()


_LAST = """
SELECT (SELECT coalesce(max(id), 0) FROM notifications_message), (SELECT coalesce(max(id), 0) FROM rdv_offre),
       (SELECT coalesce(max(id), 0) FROM rdv_liberation)
"""


def _last_rows() -> tuple[int, int, int]:
    """The newest letter, offer and note: asked after each thing that happens, so in one question."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST)
        message, offre, note = cursor.fetchone()
    return message, offre, note
