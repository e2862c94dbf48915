"""The waiting list of the matrix: a motif of its own, people in each state, an offer of each kind.

Built by tests/rights/world.build, after everything else; `begin_waits` is what the usager's browser has begun.
"""

import datetime as dt
import re

from django.urls import reverse

from rdv.core.links import make_token
from rdv.models import Inscription, InscriptionState, Offre
from rdv.services import cancelling, waitlist_answer, waitlist_join
from rdv.services.public_booking import author_of
from tests.factories import make_agent, make_motif, make_ouverture, make_rdv, make_usager

WISHES = {"when": "certains", "half_days": ["0", "1"], "notice": "1440"}
WAITER = {"who": "me", "first_name": "Nadia", "last_name": "Lemaire", "phone": "06 39 98 45 26", "email": ""}


def waiting_list(house, at):
    """`at(house, days, hour, minute)`: an hour of the wall."""
    house.waited = make_motif(
        house.departement,
        sites=[house.site],
        service=house.pmi,
        slug="attendu",
        name="Attendu",
        public_label="Bilan de santé",
        has_waitlist=True,
    )
    house.waited_too = make_motif(
        house.departement, sites=[house.site], service=house.pmi, slug="attendu-aussi", name="Attendu aussi",
        has_waitlist=True,
    )  # fmt: skip
    agent = make_agent(site=house.site, services=[house.pmi], first_name="Rose", last_name="Attente")
    make_ouverture(agent, [house.waited], at(house, 12, 8), at(house, 12, 12), site=house.site)
    people = [_person(house, number) for number in range(5)]
    house.asleep = _join(house, people[0])
    Inscription.objects.filter(pk=house.asleep.pk).update(state=InscriptionState.ASLEEP, unanswered=2)
    house.gone = _join(house, people[1])
    waitlist_join.leave(inscription=house.gone, author=author_of(people[1]), now=house.now)
    house.waits = _join(house, people[2])
    house.refused = _offer(house, agent, at(house, 12, 9))
    waitlist_answer.refuse(offre=house.refused, author=author_of(people[2]), now=house.now)
    winner = _join(house, people[3], seconds=-1)
    house.won = _offer(house, agent, at(house, 12, 10))
    assert house.won.inscription == winner
    waitlist_answer.accept(offre=house.won, author=author_of(people[3]), now=house.now)
    last = _join(house, people[4], seconds=-1)
    house.offre = _offer(house, agent, at(house, 12, 11))
    assert house.offre.inscription == last
    kept = make_rdv(
        house.waited, house.site, [agent], at(house, 13, 9), usagers=[_person(house, 6)], created_at=house.now
    )
    house.waited_participation = kept.participations.get()


def _person(house, number):
    phone = f"+336399846{number:02d}"
    return make_usager(
        house.departement,
        last_name=f"Patient{number}",
        phone=phone,
        email="",
        created_at=house.now,
        last_contact_at=house.now,
    )


def _join(house, usager, seconds=0):
    wish = waitlist_join.Wish(usager=usager, motif=house.waited)
    return waitlist_join.join(wish=wish, author=author_of(usager), now=house.now + dt.timedelta(seconds=seconds))


def _offer(house, agent, starts_at):
    """Somebody gives this hour up."""
    leaver = make_usager(house.departement, created_at=house.now, last_contact_at=house.now, phone="", email="")
    rdv = make_rdv(house.waited, house.site, [agent], starts_at, usagers=[leaver], created_at=house.now)
    cancelling.cancel_participation(
        participation=rdv.participations.get(), by_service=False, author=author_of(leaver), now=house.now
    )
    return Offre.objects.live().whole().get(starts_at=starts_at)


def begin_waits(house, client, code_sent):
    """Two waits in this session: one whose form is open, one that waits for its code."""
    house.asked_key = _begin(house, client, house.waited)
    house.coded_key = _begin(house, client, house.waited_too)
    client.post(reverse("rdv:public_wait_identity", args=[house.departement.slug, house.coded_key]), WAITER)
    house.wait_code = code_sent()


def _begin(house, client, motif):
    response = client.post(reverse("rdv:public_wait", args=[house.departement.slug, motif.slug]), WISHES)
    assert response.status_code == 302, response.content.decode()
    return re.search(r"[0-9a-f-]{36}", response["Location"]).group()


def token(purpose, row):
    return make_token(purpose, str(row.uuid))
