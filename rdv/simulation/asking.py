"""People who are asked whether they come: yes, no, or nothing; then a second SMS, then a call. Room: simulation.

Called by month. What they are told comes from the platform's own messages and call list; what they answer goes through
the services of the SMS and of the screens. The rates of `second_sms`, `called` and `called_alone` are intention to
treat: they hold for everybody who is written to or called, reached or not.
"""

from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from rdv.models import Appel, AppelKind, ConfirmedBy, Participation
from rdv.services import calls_answers, confirming, confirming_calls
from rdv.services.calls_answers import Answer
from rdv.simulation.desk import add_desk_time, openings
from rdv.simulation.people import Fate, answer_delay, dice
from rdv.simulation.world import author_of, has_mobile, slot_of

if TYPE_CHECKING:
    from rdv.simulation.month import Month

# Of desk time: one call after the other, each so long (assumed).
ONE_CALL = timedelta(minutes=3)


class AskedPeople:
    """`confirmed`: said that they come, by SMS or on the phone; `asked_again`: second SMS read; `calls`: made."""

    def __init__(self, month: "Month") -> None:
        self.month = month
        self.people, self.seed = month.people, month.seed
        self.confirmed = self.asked_again = self.calls = self.called_off = 0
        # Those for whom the call has changed, or not, what they do: once each, however often they are called.
        self._called: set[int] = set()

    @property
    def now(self) -> datetime:
        return self.month.now

    def begin(self) -> None:
        """The desk looks at its call list whenever it opens: in the morning, and after noon."""
        for opens in openings(self.now, self.month.world.ends_at):
            self.month.at(opens, self._look_at_calls)

    # --- By message

    def may_say_yes(self, participation: Participation, *, key: str, read_at: datetime) -> None:
        """Those who mean to come, and a few who will not be there."""
        rate = self.people.confirms
        if self.month.fates[participation.pk].forgets:
            rate *= self.people.confirms_absent
        if self._dice(key, participation).random() < rate:
            self.month.at(read_at, partial(self._say_yes, participation.pk))

    def _say_yes(self, pk: int) -> None:
        participation = self.month.live(pk)
        if participation is None or participation.confirmed_at is not None:
            return
        author = author_of(participation.usager)
        confirming.confirm(participation=participation, by=ConfirmedBy.LINK, author=author, now=self.now)
        self.confirmed += 1

    def read_second(self, participation: Participation) -> None:
        """Nobody gets it who has answered."""
        self.asked_again += 1
        chance = self._dice("second", participation)
        kept, cancels = chance.random(), chance.random()
        read_at = self.now + answer_delay(self.people, chance)
        if self._changes(participation, kept=kept < self.people.second_sms, cancels=cancels):
            self.called_off += 1
            self.month.at(read_at, partial(self.month.cancel, participation.pk))
        else:
            self.may_say_yes(participation, key="yes to the second", read_at=read_at)

    def _changes(self, participation: Participation, *, kept: bool, cancels: float) -> bool:
        """What the question changes in what they will do. True: they call it off. `kept`: it changes nothing."""
        fate = self.month.fates[participation.pk]
        if fate.forgets:
            if kept or cancels < self.people.rescued_cancel:
                return not kept
            self.month.fates[participation.pk] = Fate()
            return False
        # Who will cancel late knows it the day before, or does not: asked twice, it is the same.
        knows = self._dice("knows", participation).random() < self.people.told_when_asked_again
        return fate.cancels_before is not None and knows

    # --- On the phone

    def _look_at_calls(self) -> None:
        """One after the other, the soonest hour first."""
        confirming_calls.open_calls(self.now)
        lines = Appel.objects.open().filter(kind=AppelKind.COMING, before__gt=self.now).order_by("before", "pk")
        begins = self.now
        for pk, not_before in lines.values_list("pk", "not_before"):
            if not_before is None or not_before <= begins:
                begins = add_desk_time(begins, ONE_CALL)
                self.month.at(begins, partial(self._call, pk))

    def _call(self, pk: int) -> None:
        appel = Appel.objects.whole().get(pk=pk)
        participation = self.month.live(appel.participation_id)
        is_later = appel.not_before is not None and appel.not_before > self.now
        if appel.closed_at is not None or participation is None or is_later:
            return
        self.calls += 1
        chance = self._dice("call", participation, appel.attempts)
        kept, cancels, up = (chance.random() for _ in range(3))
        picks_up = up < self.people.picks_up
        if self._called_off(participation, kept=kept, cancels=cancels, picks_up=picks_up):
            self.called_off += 1
            self._note(appel, Answer.CANCEL)
            self.month.freed(slot_of(participation))
        elif picks_up and not self.month.fates[participation.pk].forgets:
            self.confirmed += 1
            self._note(appel, Answer.COMES)
        else:
            self._note(appel, Answer.NOBODY)

    def _called_off(self, participation: Participation, *, kept: float, cancels: float, picks_up: bool) -> bool:
        forgets = self.month.fates[participation.pk].forgets
        if forgets and participation.pk in self._called:
            return False
        self._called.add(participation.pk)
        rate = self.people.called if has_mobile(participation.usager) else self.people.called_alone
        # Whom nobody reaches is in the rate already; a cancellation to come is told by those who pick up alone.
        if not forgets and not picks_up:
            return False
        return self._changes(participation, kept=kept < rate, cancels=cancels)

    def _note(self, appel: Appel, said: Answer) -> None:
        calls_answers.give(appel=appel, said=said, position="", author=self.month.world.secretary, now=self.now)

    def _dice(self, key: str, participation: Participation, *more: object) -> Random:
        return dice(self.seed, key, participation.usager_id, participation.starts_at.isoformat(), *more)
