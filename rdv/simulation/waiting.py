"""People on the waiting list: they join, read an offer, answer or not, wake up. Room: simulation; called by month.

What they are told comes from the platform's own messages; what they do goes through the service that a screen calls.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from rdv.core.errors import DomainError
from rdv.core.journal import Author
from rdv.models import Inscription, Offre, OffreState, Origin, Participation
from rdv.services import waitlist_answer, waitlist_join, waitlist_match
from rdv.simulation.desk import add_desk_time
from rdv.simulation.ledger import Taken
from rdv.simulation.people import answer_delay, answers, dice
from rdv.simulation.world import author_of, new_person, slot_of

if TYPE_CHECKING:
    from rdv.simulation.month import Month


class WaitingPeople:
    """`too_late`: answers that came when the offer was over."""

    def __init__(self, month: "Month") -> None:
        self.month = month
        self.world, self.people, self.seed = month.world, month.people, month.seed
        self.too_late = 0

    @property
    def now(self) -> datetime:
        return self.month.now

    def fill(self) -> None:
        hours = len(self.world.slots)
        chance = dice(self.seed, "list")
        for number in range(round(self.people.waiting * hours)):
            self.join(f"first/{number}")
        span = self.world.ends_at - self.now
        for number in range(round(self.people.joining * hours)):
            joins_at = add_desk_time(self.now + span * chance.random(), timedelta(0))
            self.month.at(joins_at, partial(self.join, f"later/{number}"))
        for held in Participation.objects.live().select_related("usager").order_by("id"):
            if dice(self.seed, "earlier", held.usager_id).random() < self.people.want_earlier:
                self.join(f"earlier/{held.usager_id}", held=held)

    def join(self, key: str, *, held: Participation | None = None) -> None:
        chance = dice(self.seed, "wish", key)
        usager = held.usager if held else new_person(self.world, self.people, key=f"{self.seed}/{key}", now=self.now)
        draw, share = chance.random(), self.people.comes_within_2h
        notice = 120 if draw < share else 360 if draw < 2 * share else 24 * 60
        wishes = waitlist_join.Wishes(shortest_notice_min=notice)
        wish = waitlist_join.Wish(
            usager=usager, motif=self.world.motif, wishes=wishes, participation=held, origin=Origin.PHONE
        )
        waitlist_join.join(wish=wish, author=self.world.secretary, now=self.now)

    def read_offer(self, offre: Offre) -> None:
        usager_id = offre.inscription.usager_id
        chance = dice(self.seed, "offer", usager_id, offre.starts_at.isoformat(), offre.first_agent)
        if chance.random() < answers(self.people, self.month.acceptance, self.seed, usager_id):
            says_yes = chance.random() < self.people.yes
            answered_at = self.now + answer_delay(self.people, chance)
            self.month.at(answered_at, partial(self._answer, offre.pk, says_yes=says_yes))

    def phone(self, pk: int) -> None:
        """The call list: the secretary calls, somebody answers or not."""
        offre = Offre.objects.whole().get(pk=pk)
        if not offre.is_live:
            return
        chance = dice(self.seed, "call", offre.inscription.usager_id, offre.starts_at.isoformat(), offre.first_agent)
        if chance.random() < self.people.picks_up:
            self._answer(pk, says_yes=chance.random() < self.people.yes, by_desk=True)
        else:
            waitlist_answer.no_answer(offre=offre, author=self.world.secretary, now=self.now)

    def _answer(self, pk: int, *, says_yes: bool, by_desk: bool = False) -> None:
        offre = Offre.objects.whole().get(pk=pk)
        if offre.state == OffreState.ACCEPTED:
            return  # they said yes on the phone already, and answer the message too
        author = self.world.secretary if by_desk else author_of(offre.inscription.usager)
        held = waitlist_match.given_back(offre.inscription, self.now)
        try:
            if not says_yes:
                waitlist_answer.refuse(offre=offre, author=author, now=self.now)
                return
            rdv = waitlist_answer.accept(offre=offre, author=author, now=self.now)
        except DomainError:
            self.too_late += 1
            return
        self.month.ledger.take((offre.first_agent, offre.starts_at), Taken.LIST, self.now)
        self.month.meet(rdv.participations.live().get(), booked_at=self.now)
        if held is not None:
            self.month.freed(slot_of(held))

    def read_pause(self, inscription: Inscription) -> None:
        """ "J’attends encore", by those who answer."""
        chance = dice(self.seed, "wake", inscription.usager_id, self.now.isoformat())
        if chance.random() < answers(self.people, self.month.acceptance, self.seed, inscription.usager_id):
            wakes_at = self.now + answer_delay(self.people, chance)
            author = author_of(inscription.usager)
            self.month.at(wakes_at, partial(self._wake, inscription, author))

    def _wake(self, inscription: Inscription, author: Author) -> None:
        waitlist_join.wake(inscription=inscription, author=author, now=self.now)
