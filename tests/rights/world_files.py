"""The files of the matrix: two that look alike, two made one, a message that has left."""

import datetime as dt

from notifications.models import Message
from rdv.core.journal import Author
from rdv.services.merging import merge_files
from tests.factories import make_usager
from usagers.services.pairs import compare_file

BORN = dt.date(1988, 2, 9)


def files(house):
    """Nobody has an Rdv here: these files are of whoever opens them."""
    house.alike, house.alike_too = _person(house, "Odile", "+33639984531"), _person(house, "Odile", "")
    compare_file(house.alike, now=house.now)
    house.joined, house.put_aside = _person(house, "Solène", "+33639984532"), _person(house, "Solène", "")
    secretaire = house.people["secretaire"]
    house.fusion = merge_files(
        kept=house.joined,
        other=house.put_aside,
        choices={},
        author=Author("agent", secretaire.pk, secretaire.full_name, "secretaire"),
        now=house.now,
    )
    sent = Message.objects.filter(subject_id=str(house.participation.uuid), kind="rdv.booked").order_by("id")
    sent.update(state="sent", sent_at=house.now)
    house.sent = sent.first()


def _person(house, first_name, phone):
    return make_usager(
        house.departement,
        first_name=first_name,
        last_name="Marchand",
        birth_date=BORN,
        phone=phone,
        email="",
        created_at=house.now,
        last_contact_at=house.now,
    )
