"""Codes: five tries and not one more, one use, ten minutes, a throttle, and nothing said of who exists."""

import datetime as dt
import re
import threading
import uuid
from collections import Counter

import pytest
from django.db import transaction

from notifications.channels.gsm7 import segments
from notifications.models import Message, State
from tests.factories import NOW, make_departement, make_usager
from tests.racing import together
from tests.usagers.conftest import code_in_post, wrong_code
from usagers.models import CODE_TRIES, LoginCode
from usagers.services import codes, throttle
from usagers.services.code_letters import sms_body
from usagers.services.codes import CodeExpired, TooManyCodes, WrongCode, check_code, forget, proves, send_code

MINUTE = dt.timedelta(minutes=1)
PHONE = "+33639981240"


def ask(departement, *, now=NOW, address=PHONE, channel="sms", purpose="booking:1", network="192.0.2.7"):
    return send_code(
        departement=departement, channel=channel, address=address, purpose=purpose, network=network, now=now
    )


def check(login_code, code, *, now=NOW, purpose="booking:1"):
    return check_code(uuid=login_code.uuid, code=code, purpose=purpose, now=now)


class TestSending:
    def test_only_hashes_at_rest(self, departement):
        login_code = ask(departement)
        code = code_in_post(login_code)
        row = str(LoginCode.objects.values().get())
        assert code not in row
        assert PHONE[1:] not in row
        assert "192.0.2.7" not in row
        assert len({login_code.code_hash, login_code.address_hash, login_code.network_hash}) == 3

    def test_the_message_is_secret_urgent_and_dies_with_the_code(self, departement):
        login_code = ask(departement)
        message = Message.objects.get()
        assert (message.subject_type, message.subject_id) == ("code", str(login_code.uuid))
        assert (message.kind, message.channel, message.address) == ("code", "sms", PHONE)
        assert message.is_secret
        assert message.is_urgent
        assert message.worthless_after == login_code.expires_at == NOW + 10 * MINUTE

    def test_the_sms_fits_one_segment_and_ends_with_the_line_that_phones_read(self, departement, settings):
        settings.BASE_URL = "https://rendez-vous.solidarites.pas-de-calais.example.org"
        body = sms_body("012345")
        assert body.startswith("Votre code : 012 345. ")
        assert body.splitlines()[-1] == "@rendez-vous.solidarites.pas-de-calais.example.org #012345"
        assert segments(body) == 1

    def test_the_email_says_the_code_in_text_and_html_never_in_its_title(self, departement):
        departement.name_with_article = "du <Nord> & d’ailleurs"
        login_code = ask(departement, channel="email", address=" Samira@Example.org")
        message = Message.objects.get()
        code = code_in_post(login_code)
        assert message.address == "samira@example.org"
        assert f"{code[:3]} {code[3:]}" in message.html
        assert code[:3] not in message.title
        assert message.html.startswith('<!DOCTYPE html><html lang="fr">')
        assert "du <Nord> & d’ailleurs" in message.body
        assert "du &lt;Nord&gt; &amp; d’ailleurs" in message.html
        assert message.reply_to == departement.reply_to

    def test_nothing_shows_whether_the_person_exists(self, departement):
        make_usager(departement, phone=PHONE)
        ask(departement, address=PHONE, purpose="find")
        ask(departement, address="+33639980000", purpose="find")
        blank = ("uuid", "subject_id", "recipient", "address", "body", "id")
        rows = [{k: v for k, v in row.items() if k not in blank} for row in Message.objects.values()]
        assert rows[0] == rows[1]
        hidden = [re.sub(r"\d", "0", message.body) for message in Message.objects.all()]
        assert hidden[0] == hidden[1]

    def test_a_new_code_for_the_same_thing_kills_the_earlier_ones(self, departement):
        first = ask(departement)
        second = ask(departement, address="+33639980001", now=NOW + MINUTE)
        assert Message.objects.get(subject_id=str(first.uuid)).state == State.OBSOLETE
        with pytest.raises(CodeExpired):
            check(first, code_in_post(first), now=NOW + MINUTE)
        assert check(second, code_in_post(second), now=NOW + MINUTE).used_at

    def test_without_a_thing_codes_of_other_people_live_on(self, departement):
        mine = ask(departement, purpose="find")
        ask(departement, purpose="find", address="+33639980001")
        assert check(mine, code_in_post(mine), purpose="find").used_at


class TestChecking:
    def test_right_code_once(self, departement):
        login_code = ask(departement)
        code = code_in_post(login_code)
        used = check(login_code, f" {code[:3]} {code[3:]} ")
        assert used.used_at == NOW
        with pytest.raises(CodeExpired):
            check(login_code, code)

    def test_proves_the_address_it_was_sent_to_and_no_other(self, departement):
        login_code = ask(departement)
        assert not proves(login_code, channel="sms", address=PHONE)
        used = check(login_code, code_in_post(login_code))
        assert proves(used, channel="sms", address=PHONE)
        assert not proves(used, channel="sms", address="+33639980001")
        assert not proves(used, channel="email", address=PHONE)

    def test_five_tries_then_no_code_opens(self, departement):
        login_code = ask(departement)
        left = []
        for _ in range(4):
            with pytest.raises(WrongCode) as refused:
                check(login_code, wrong_code(login_code))
            left.append(refused.value.tries_left)
        assert left == [4, 3, 2, 1]
        assert "Il vous reste 1 essai." in refused.value.message
        with pytest.raises(TooManyCodes) as last:
            check(login_code, wrong_code(login_code))
        assert "03\u00a053\u00a001\u00a020\u00a000" in last.value.message
        assert last.value.retry_at is None
        with pytest.raises(TooManyCodes):
            check(login_code, code_in_post(login_code))

    def test_the_fifth_try_may_be_the_right_one(self, departement):
        login_code = ask(departement)
        for _ in range(4):
            with pytest.raises(WrongCode):
                check(login_code, wrong_code(login_code))
        assert check(login_code, code_in_post(login_code)).tries == 5

    def test_ten_minutes(self, departement):
        login_code = ask(departement)
        code = code_in_post(login_code)
        with pytest.raises(CodeExpired):
            check(login_code, code, now=NOW + 10 * MINUTE)
        assert check(login_code, code, now=NOW + 10 * MINUTE - dt.timedelta(seconds=1)).used_at

    def test_a_code_opens_only_what_it_was_asked_for(self, departement):
        login_code = ask(departement)
        with pytest.raises(CodeExpired):
            check(login_code, code_in_post(login_code), purpose="booking:2")
        with pytest.raises(CodeExpired):
            check_code(uuid=uuid.uuid4(), code="123456", purpose="booking:1", now=NOW)
        assert LoginCode.objects.get().tries == 0

    @pytest.mark.parametrize("typed", ["", "12345", "1234567", "abc", "🙂", "\x00"])
    def test_anything_may_be_typed(self, departement, typed):
        with pytest.raises(WrongCode):
            check(ask(departement), typed)


class TestThrottle:
    def test_three_in_a_quarter_of_an_hour_per_address(self, departement):
        for minute in range(3):
            ask(departement, now=NOW + minute * MINUTE, purpose=f"booking:{minute}")
        with pytest.raises(TooManyCodes) as refused:
            ask(departement, now=NOW + 3 * MINUTE, purpose="find")
        assert refused.value.retry_at == NOW + 15 * MINUTE
        assert "à 8\u00a0h\u00a015" in refused.value.message  # 07:15 UTC in Paris
        assert "03\u00a053\u00a001\u00a020\u00a000" in refused.value.message
        assert ask(departement, address="+33639980001", now=NOW + 3 * MINUTE)
        assert ask(departement, now=refused.value.retry_at + MINUTE)

    def test_eight_in_a_day_and_the_day_is_said(self, departement):
        for number in range(8):
            ask(departement, now=NOW + number * 16 * MINUTE)
        with pytest.raises(TooManyCodes) as refused:
            ask(departement, now=NOW + 8 * 16 * MINUTE)
        assert refused.value.retry_at == NOW + dt.timedelta(days=1)
        assert "mardi 5\u00a0janvier à 8\u00a0h," in refused.value.message

    def test_the_hour_said_is_never_too_early(self, departement):
        start = NOW + dt.timedelta(seconds=20)
        for _ in range(3):
            ask(departement, now=start)
        with pytest.raises(TooManyCodes, match="8\u00a0h\u00a016"):
            ask(departement, now=start)

    def test_a_network_asks_thirty_times_an_hour(self, departement):
        for number in range(30):
            ask(departement, address=f"+3363998{number:04d}")
        with pytest.raises(TooManyCodes):
            ask(departement)
        assert ask(departement, network="192.0.2.8")
        assert ask(departement, address="+33639980099", network="")

    def test_an_ipv6_home_is_one_network(self, departement):
        one, other, far = (
            ask(departement, address=f"+3363998000{n}", network=network).network_hash
            for n, network in enumerate(("2001:db8::1", "2001:db8::ffff", "2001:db8:0:1::1"))
        )
        assert one == other != far

    def test_refusals_write_nothing(self, departement):
        for _ in range(3):
            ask(departement)
        last = LoginCode.objects.latest("pk")
        with pytest.raises(TooManyCodes):
            ask(departement)
        assert LoginCode.objects.count() == Message.objects.count() == 3
        assert check(last, code_in_post(last)).used_at


class TestForgetting:
    def test_codes_are_kept_as_long_as_they_count(self, departement):
        ask(departement)
        assert forget(now=NOW + throttle.LONGEST) == 0
        assert forget(now=NOW + throttle.LONGEST + MINUTE) == 1
        assert not LoginCode.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestRaces:
    """Real threads on real rows. Each control switches the guard off, and must see what the guard prevents."""

    def compared(self, login_code):
        """Twelve wrong codes at once: how many were compared with the right one."""
        wrong = wrong_code(login_code)
        answers = together([lambda: check(login_code, wrong)] * 12)
        kinds = Counter(type(answer).__name__ for answer in answers)
        assert set(kinds) <= {"WrongCode", "TooManyCodes"}, answers
        return answers, kinds

    def test_five_tries_whatever_the_number_of_hands(self):
        login_code = ask(make_departement("62"))
        answers, kinds = self.compared(login_code)
        assert kinds == {"WrongCode": 4, "TooManyCodes": 8}
        assert sorted(answer.tries_left for answer in answers if isinstance(answer, WrongCode)) == [1, 2, 3, 4]
        assert LoginCode.objects.get().tries == CODE_TRIES

    def test_control_read_then_write_lets_more_than_five_through(self, monkeypatch):
        barrier = threading.Barrier(12)

        def read_then_write(found_uuid, purpose, now):
            found = LoginCode.objects.alive(now).select_related("departement").filter(uuid=found_uuid).first()
            barrier.wait(timeout=30)
            found.tries += 1
            found.save(update_fields=["tries"])
            return found

        monkeypatch.setattr(codes, "_count_try", read_then_write)
        _, kinds = self.compared(ask(make_departement("62")))
        assert kinds["WrongCode"] > CODE_TRIES

    def test_used_once_whatever_the_number_of_hands(self):
        login_code = ask(make_departement("62"))
        code = code_in_post(login_code)
        answers = together([lambda: check(login_code, code)] * 4)
        assert Counter(type(answer).__name__ for answer in answers) == {"LoginCode": 1, "CodeExpired": 3}

    def test_the_throttle_counts_requests_that_come_together(self):
        departement = make_departement("62")
        answers = together([lambda: ask(departement)] * 8)
        assert Counter(type(answer).__name__ for answer in answers) == {"LoginCode": 3, "TooManyCodes": 5}

    def test_control_without_the_locks_more_codes_leave(self, monkeypatch):
        departement, barrier, allowed = make_departement("62"), threading.Barrier(8), codes.next_allowed_at

        def all_look_first(**asked):
            answer = allowed(**asked)
            barrier.wait(timeout=30)
            return answer

        monkeypatch.setattr(codes, "lock_text", lambda kind, text: None)
        monkeypatch.setattr(codes, "next_allowed_at", all_look_first)
        together([lambda: ask(departement)] * 8)
        assert LoginCode.objects.count() == 8

    def test_tries_are_never_given_back_by_a_rollback(self):
        login_code = ask(make_departement("62"))
        with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
            check(login_code, "000000")
