"""Forgetting: two years after the last contact nothing personal is left, in the row or beside it."""

import datetime as dt

import pytest

from notifications.models import Message, MessageChannel
from rdv.core.journal import Evenement
from tests.factories import NOW, make_agent, make_usager
from tests.usagers.conftest import AGENT
from usagers.models import Proche, Referent, Usager
from usagers.services.links import add_proche, add_referent
from usagers.services.retention import KEEP_FILES, erase_expired, erase_usager

SECOND = dt.timedelta(seconds=1)
BEFORE = NOW - KEEP_FILES - SECOND


@pytest.fixture
def old(departement):
    usager = make_usager(
        departement,
        first_name="Samira",
        last_name="Benali",
        birth_name="Haddad",
        birth_date=dt.date(1994, 3, 14),
        address="3 rue des Lilas",
        note="logement",
        latitude=50.4,
        longitude=2.8,
        language="ar",
        needs_interpreter=True,
        created_at=BEFORE,
        last_contact_at=BEFORE,
    )
    add_proche(responsable=usager, kind="child", author=AGENT, now=BEFORE, first_name="Yanis", last_name="Benali")
    add_referent(usager=usager, agent=make_agent(departement), author=AGENT, now=BEFORE)
    Message.objects.create(
        departement_code="62", subject_type="rdv", subject_id="1", kind="rdv.booked", recipient=f"usager:{usager.pk}",
        channel=MessageChannel.SMS, address=str(usager.phone), body="Samira", created_at=BEFORE,
        send_not_before=BEFORE, worthless_after=NOW,
    )  # fmt: skip
    return usager


def test_nothing_personal_is_left(old):
    assert erase_expired(now=NOW) == 2  # and the child, not seen since
    values = str(Usager.objects.filter(pk=old.pk).values().get())
    for trace in (
        "Samira",
        "Benali",
        "Haddad",
        "1994",
        "+336399",
        "example.net",
        "Lilas",
        "logement",
        "50.4",
        "benali",
    ):
        assert trace not in values
    assert not Proche.objects.exists()
    assert not Referent.objects.exists()
    assert not Message.objects.exists()
    assert Evenement.objects.about("usager", old.pk).filter(kind="usager.erased").count() == 1


def test_once(old):
    erase_expired(now=NOW)
    assert erase_expired(now=NOW + SECOND) == 0


def test_two_years_to_the_second(old):
    Usager.objects.update(last_contact_at=NOW - KEEP_FILES)
    assert erase_expired(now=NOW) == 0
    assert erase_expired(now=NOW + SECOND) == 2


def test_who_has_an_rdv_to_come_is_kept(old):
    assert erase_expired(now=NOW, keep_ids=[old.pk]) == 1
    old.refresh_from_db()
    assert old.first_name == "Samira"


def test_at_the_person_s_request(departement):
    usager = make_usager(departement)
    erase_usager(usager=usager, author=AGENT, now=NOW)
    erase_usager(usager=usager, author=AGENT, now=NOW)
    assert Usager.objects.get().erased_at == NOW
    assert Evenement.objects.filter(kind="usager.erased").count() == 1
