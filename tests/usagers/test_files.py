"""Files: created, changed, found again by who proved their phone or e-mail. Never by the phone alone."""

import datetime as dt
import threading
from collections import Counter

import pytest

from notifications.models import Message, MessageChannel, State
from rdv.core.db import constraint_errors
from rdv.core.errors import DomainError
from rdv.core.journal import Evenement
from tests.factories import NOW, make_departement, make_usager
from tests.racing import together
from tests.usagers.conftest import AGENT, PERSON
from usagers.models import Usager
from usagers.services import files
from usagers.services.files import create_usager, find_or_create_verified, note_contact, update_usager

DAY = dt.timedelta(days=1)
PHONE = "+33639981240"


def create(departement, **fields):
    values = {"first_name": "Samira", "last_name": "Benali"} | fields
    return create_usager(departement=departement, author=AGENT, now=NOW, **values)


def find(departement, *, channel="sms", address=PHONE, now=NOW, **fields):
    values = {"first_name": "Samira", "last_name": "Benali", "birth_date": None} | fields
    return find_or_create_verified(
        departement=departement, channel=channel, address=address, author=PERSON, now=now, **values
    )


class TestCreating:
    def test_without_any_contact_detail(self, departement):
        usager = create(departement)
        assert (str(usager.phone or ""), usager.email, usager.birth_date) == ("", "", None)
        assert (usager.created_at, usager.last_contact_at) == (NOW, NOW)

    @pytest.mark.parametrize(
        ("first_name", "last_name", "key"),
        [
            ("O", "D’Haÿ-N'Guyen", " d hay n guyen o "),
            ("  Zoë  ", "Œuf", " oeuf zoe "),
            ("Иван", "Łukasz", " lukasz иван "),
        ],
    )
    def test_names_of_every_shape(self, departement, first_name, last_name, key):
        usager = create(departement, first_name=first_name, last_name=last_name)
        usager.refresh_from_db()
        assert usager.search_key == key
        assert usager.first_name == first_name.strip()

    def test_letters_that_unfold_never_overflow_the_key(self, departement):
        usager = create(departement, first_name="ﷺ" * 80, last_name="œ" * 80)
        assert len(usager.search_key) <= 260

    def test_born_on_29_february(self, departement):
        usager = create(departement, birth_date=dt.date(2024, 2, 29))
        assert usager.age_on(dt.date(2025, 2, 28)) == 0
        assert usager.age_on(dt.date(2025, 3, 1)) == 1

    def test_is_journalled_without_the_values(self, departement):
        usager = create(departement, phone=PHONE, note="placée en foyer")
        event = Evenement.objects.about("usager", usager.pk).get()
        assert event.kind == "usager.created"
        assert event.data == {"fields": ["first_name", "last_name", "note", "phone"]}

    def test_the_database_refuses_a_file_without_a_name(self, departement):
        with (
            pytest.raises(DomainError, match="nom"),
            constraint_errors({"usager_has_names": DomainError("Il manque le nom ou le prénom.")}),
        ):
            create(departement, last_name=" ")


class TestChanging:
    def test_only_what_changes_is_written_and_told(self, departement):
        usager = create(departement, phone=PHONE)
        Usager.objects.filter(pk=usager.pk).update(email="meanwhile@example.org")
        update_usager(
            usager=usager, author=AGENT, now=NOW + DAY, phone="+33639980001", note="secret", first_name="Samira"
        )
        fresh = Usager.objects.get()
        assert (str(fresh.phone), fresh.email, fresh.note) == ("+33639980001", "meanwhile@example.org", "secret")
        assert str(usager.phone) == "+33639980001"
        values, change, _ = Evenement.objects.about("usager", usager.pk)
        assert (change.kind, change.data) == ("usager.updated", {"fields": ["note", "phone"]})
        assert (values.kind, values.data) == ("usager.values", {"phone": [PHONE, "+33639980001"]})
        assert "secret" not in str([event.data for event in Evenement.objects.all()])

    def test_values_leave_the_journal_before_the_file_is_erased(self, departement):
        usager = create(departement)
        update_usager(usager=usager, author=AGENT, now=NOW, last_name="Haddad", birth_date=dt.date(1994, 3, 14))
        values, change = Evenement.objects.about("usager", usager.pk)[:2]
        assert values.data == {"birth_date": [None, "1994-03-14"], "last_name": ["Benali", "Haddad"]}
        assert values.keep_until == NOW + 365 * DAY
        assert change.keep_until > NOW + 4 * 365 * DAY

    def test_a_new_name_is_found_at_once(self, departement):
        usager = create(departement)
        update_usager(usager=usager, author=AGENT, now=NOW, last_name="Haddad")
        assert list(Usager.objects.named(["haddad"])) == [usager]
        assert usager.search_key == " haddad samira "

    def test_nothing_changed_writes_nothing(self, departement):
        usager = create(departement, email="Samira@Example.org")
        assert usager.email == "samira@example.org"
        update_usager(usager=usager, author=AGENT, now=NOW, email=" SAMIRA@example.org ", first_name=" Samira  ")
        assert Evenement.objects.count() == 1

    def test_messages_that_wait_follow_to_the_new_number(self, departement):
        usager = create(departement, phone=PHONE)
        message = Message.objects.create(
            departement_code="62", subject_type="rdv", subject_id="1", kind="rdv.reminder",
            recipient=f"usager:{usager.pk}", channel=MessageChannel.SMS, address=PHONE, body="Rappel",
            created_at=NOW, send_not_before=NOW + DAY, worthless_after=NOW + 2 * DAY,
        )  # fmt: skip
        update_usager(usager=usager, author=AGENT, now=NOW, phone="+33639980001")
        message.refresh_from_db()
        assert message.address == "+33639980001"
        update_usager(usager=usager, author=AGENT, now=NOW, phone="")
        message.refresh_from_db()
        assert message.state == State.OBSOLETE


class TestFoundAgain:
    def test_same_phone_same_name_is_the_same_file(self, departement):
        usager = find(departement)
        again = find(departement, first_name="SAMIRA", last_name="benâli", now=NOW + DAY)
        assert again.pk == usager.pk
        usager.refresh_from_db()
        assert usager.last_contact_at == NOW + DAY
        assert (usager.first_name, usager.last_name) == ("Samira", "Benali")

    @pytest.mark.parametrize(
        ("first_name", "last_name"),
        [("Benali", "Samira"), ("Samira", "BENALI"), ("Sâmirà", "Benali"), ("samira", "haddad")],
    )
    def test_accents_order_and_birth_name_are_forgiven(self, departement, first_name, last_name):
        usager = create(departement, phone=PHONE, birth_name="Haddad")
        assert find(departement, first_name=first_name, last_name=last_name).pk == usager.pk

    def test_couples_share_a_phone_and_stay_two(self, departement):
        samira = find(departement)
        karim = find(departement, first_name="Karim")
        assert karim.pk != samira.pk
        assert karim.phone == samira.phone

    def test_same_name_another_birth_date_is_somebody_else(self, departement):
        old = find(departement, birth_date=dt.date(1964, 3, 14))
        young = find(departement, birth_date=dt.date(1994, 3, 14))
        assert old.pk != young.pk
        assert find(departement, birth_date=dt.date(1964, 3, 14)).pk == old.pk

    def test_two_possible_files_and_no_date_is_nobody_known(self, departement):
        old = find(departement, birth_date=dt.date(1964, 3, 14))
        young = find(departement, birth_date=dt.date(1994, 3, 14))
        third = find(departement)
        assert third.pk not in (old.pk, young.pk)
        assert find(departement).pk == third.pk

    def test_another_phone_another_departement_or_an_erased_file_is_another_file(self, departement, elsewhere):
        usager = find(departement)
        assert find(departement, address="+33639980001").pk != usager.pk
        assert find(elsewhere).pk != usager.pk
        Usager.objects.filter(pk=usager.pk).update(erased_at=NOW)
        assert find(departement).pk != usager.pk

    def test_by_email(self, departement):
        usager = create(departement, email="samira@example.org")
        assert find(departement, channel="email", address="Samira@Example.org ").pk == usager.pk

    def test_blanks_are_filled_and_nothing_is_overwritten(self, departement):
        usager = create(departement, phone=PHONE, email="samira@example.org", needs_interpreter=True)
        found = find(
            departement,
            birth_date=dt.date(1994, 3, 14),
            email="other@example.org",
            needs_interpreter=False,
            needs_step_free=True,
            language="ar",
        )
        assert found.pk == usager.pk
        assert (found.birth_date, found.email, found.language) == (dt.date(1994, 3, 14), "samira@example.org", "ar")
        assert found.needs_interpreter
        assert found.needs_step_free

    def test_a_new_file_keeps_both_addresses(self, departement):
        usager = find(departement, email="samira@example.org")
        assert (str(usager.phone), usager.email) == (PHONE, "samira@example.org")

    def test_contact_never_goes_backward(self, departement):
        usager = make_usager(departement)
        note_contact(usager_ids=[usager.pk], now=NOW - DAY)
        usager.refresh_from_db()
        assert usager.last_contact_at == NOW


@pytest.mark.django_db(transaction=True)
class TestRace:
    def test_a_double_submit_gives_one_file(self):
        departement = make_departement("62")
        answers = together([lambda: find(departement)] * 8)
        assert Counter(type(answer).__name__ for answer in answers) == {"Usager": 8}
        assert Usager.objects.count() == 1

    def test_control_without_the_lock_there_are_several(self, monkeypatch):
        departement, barrier, same = make_departement("62"), threading.Barrier(8), files._same_person

        def all_look_first(*asked):
            answer = same(*asked)
            barrier.wait(timeout=30)
            return answer

        monkeypatch.setattr(files, "lock_text", lambda kind, text: None)
        monkeypatch.setattr(files, "_same_person", all_look_first)
        together([lambda: find(departement)] * 8)
        assert Usager.objects.count() == 8
