"""Who is told of an Rdv to come, and by what, once the file of the person says something else."""

import pytest
from django.urls import reverse

from notifications.models import Message, State
from rdv.models import ConfirmedBy
from rdv.services import notices
from tests.factories import NOW, make_participation, make_rdv, utc
from usagers.models import Usager

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]
AT = utc(2027, 1, 14, 8, 20)
REMINDERS = ("rdv.reminder.sms", "rdv.reminder.email", "rdv.reminder.second")


@pytest.fixture
def told(desk):
    """Samira's Rdv of Thursday 14 January, with everything that a booking plans by SMS and by e-mail."""
    Usager.objects.filter(pk=desk.samira.pk).update(email="samira@example.net", channel="both")
    desk.samira.refresh_from_db()
    desk.motif.asks_confirmation = True
    desk.motif.save()
    rdv = make_rdv(desk.motif, desk.canal, [desk.claire], AT)
    participation = make_participation(rdv, desk.samira)
    notices.booked(participation, now=NOW)
    return participation


def waiting(**filters):
    return sorted(
        Message.objects.filter(state__in=[State.PLANNED, State.STANDBY], kind__in=REMINDERS, **filters).values_list(
            "kind", "channel"
        )
    )


def save(desk, **fields):
    data = {"last_name": "Benali", "first_name": "Samira", "birth_date": "14/03/1994", "language": "fr",
            "phone": "06 39 98 12 40", "email": "samira@example.net"}  # fmt: skip
    where = reverse("rdv:usager_edit", args=[desk.samira.uuid])
    assert desk.client.post(where, data | fields).status_code == 302


def test_no_message_means_that_none_leaves(desk, told):
    assert waiting()
    save(desk, channel="none")
    assert not waiting()


def test_a_channel_that_closes_drops_its_own(desk, told):
    save(desk, channel="sms")
    assert waiting()
    assert {channel for _kind, channel in waiting()} == {"sms"}


def test_by_mistake_then_back_plans_the_same_again(desk, told):
    before = waiting()
    save(desk, channel="none")
    save(desk, channel="both")
    assert waiting() == before
    save(desk, channel="both")
    assert waiting() == before, "asked twice, written once"


def test_a_first_address_gets_the_reminders_of_what_is_booked_already(desk):
    Usager.objects.filter(pk=desk.samira.pk).update(phone="", email="", channel="both")
    desk.samira.refresh_from_db()
    notices.booked(make_participation(make_rdv(desk.motif, desk.canal, [desk.claire], AT), desk.samira), now=NOW)
    assert not waiting()
    save(desk, channel="both", email="")
    assert waiting(address="+33639981240")


def test_a_question_answered_is_not_asked_again(desk, told):
    save(desk, channel="none")
    told.confirmed_at, told.confirmed_by = NOW, ConfirmedBy.PHONE
    told.save()
    save(desk, channel="both")
    kinds = [kind for kind, _channel in waiting()]
    assert "rdv.reminder.sms" in kinds
    assert "rdv.reminder.second" not in kinds


def test_a_cancellation_undone_writes_to_nobody_who_wants_nothing(desk, told):
    told.status_at = NOW
    notices.cancelled(told, by_service=True, now=NOW)
    save(desk, channel="none")
    told.usager.refresh_from_db()
    notices.restored(told, now=NOW)
    assert not waiting()
