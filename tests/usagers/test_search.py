"""One box for people: names in any order, pieces of numbers, birth dates. Nobody of another département."""

import datetime as dt
import re
import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from hypothesis import given
from hypothesis import strategies as st

from agents.access import scope_of
from agents.models import Role
from rdv.core.journal import Evenement
from tests.factories import NOW, make_agent, make_site, make_usager
from tests.usagers.conftest import AGENT
from usagers.access import forgiving_search, journal_search, search_usagers, usager_for_agent
from usagers.models import Usager, a_letter_apart
from usagers.models.usager import HALVED, left_whole
from usagers.search_query import parse_usager_query, read_dates

DAY = dt.timedelta(days=1)


@pytest.fixture
def people(departement):
    def make(first_name, last_name, **fields):
        values = {"phone": "", "email": ""} | fields
        return make_usager(departement, first_name=first_name, last_name=last_name, **values)

    return {
        "samira": make("Samira", "Benali", phone="+33639981240", birth_date=dt.date(1994, 3, 14)),
        "ali": make("Ali", "Ben Ali", phone="+33639981240", birth_date=dt.date(1990, 2, 28)),
        "hay": make("Zoë-Éloïse", "L’Haÿ-d'Arc", birth_date=dt.date(2024, 2, 29)),
        "o": make("O", "Œuf", birth_name="Lemaire", email="o@example.org"),
        "luc": make("Luc", "Payet", phone="+262692981240"),
    }


def found(departement, query, **options):
    return {usager.first_name for usager in search_usagers(departement, query, **options)}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("benali samira", {"Samira"}),
        ("SAMIRA   Benali", {"Samira"}),
        ("sam ben", {"Samira"}),
        ("ben", {"Samira", "Ali"}),
        ("amira", set()),
        ("l'hay", {"Zoë-Éloïse"}),
        ("L’Haÿ d’arc", {"Zoë-Éloïse"}),
        ("zoe eloise", {"Zoë-Éloïse"}),
        ("oeuf", {"O"}),
        ("lemaire", {"O"}),
        ("06 39 98 12 40", {"Samira", "Ali"}),
        ("0639", {"Samira", "Ali"}),
        ("06.39.98", {"Samira", "Ali"}),
        ("+33 6 39", {"Samira", "Ali"}),
        ("0033639", {"Samira", "Ali"}),
        ("+33 (0)6 39", {"Samira", "Ali"}),
        ("639981240", {"Samira", "Ali"}),
        ("1240", {"Samira", "Ali", "Luc"}),
        ("0692", {"Luc"}),
        ("0692 98 12 40", {"Luc"}),
        ("14/03/1994", {"Samira"}),
        ("14031994", {"Samira"}),
        ("14-3-94", {"Samira"}),
        ("14 3 94", {"Samira"}),
        ("1994-03-14", {"Samira"}),
        ("140394", {"Samira"}),
        ("benali 14/03/1994", {"Samira"}),
        ("14/03/1994 benali", {"Samira"}),
        ("benali 1994", {"Samira"}),
        ("ali 15/03/1994", set()),
        ("sam 1240", {"Samira"}),
        ("29/02/2024", {"Zoë-Éloïse"}),
        ("29/02/2023", set()),
        ("o@example.org", {"O"}),
        ("", set()),
        ("   ", set()),
        ("12", set()),
        ("%", set()),
        ("_", set()),
        ("' OR 1=1 --", set()),
        ("\x00", set()),
        ("🙂", set()),
    ],
)
def test_what_is_typed_and_who_answers(departement, people, query, names):
    assert found(departement, query) == names


def test_whole_names_come_before_beginnings_then_the_last_seen(departement):
    make_usager(departement, first_name="Recent", last_name="Marteau", last_contact_at=NOW + DAY)
    make_usager(departement, first_name="Ancien", last_name="Mar", last_contact_at=NOW - 300 * DAY)
    make_usager(departement, first_name="Nouveau", last_name="Mar", last_contact_at=NOW - DAY)
    answers = search_usagers(departement, "mar")
    assert [usager.first_name for usager in answers] == ["Nouveau", "Ancien", "Recent"]


def test_a_word_begun_counts_less_than_the_words_finished(departement):
    make_usager(departement, first_name="Samuel", last_name="Benoit", last_contact_at=NOW + DAY)
    make_usager(departement, first_name="Samia", last_name="Ben", last_contact_at=NOW)
    assert [usager.first_name for usager in search_usagers(departement, "ben sam")] == ["Samia", "Samuel"]


def test_says_when_there_are_more(departement):
    for _ in range(4):
        make_usager(departement, last_name="Petit")
    assert not search_usagers(departement, "petit", limit=4).has_more
    three = search_usagers(departement, "petit", limit=3)
    assert three.has_more
    assert len(three) == 3


def test_another_departement_and_erased_files_never_answer(departement, elsewhere, people):
    Usager.objects.filter(pk=people["samira"].pk).update(erased_at=NOW)
    assert found(elsewhere, "ben") == set()
    assert found(elsewhere, "0639981240") == set()
    assert found(elsewhere, "14/03/1994") == set()
    assert found(departement, "ben") == {"Ali"}


def test_two_queries_whatever_the_answer(departement, people, django_assert_num_queries):
    Usager.objects.update(commune=None)
    with django_assert_num_queries(1):
        search_usagers(departement, "ben")
    with django_assert_num_queries(0):
        search_usagers(departement, "?!")


CROWD = """
    INSERT INTO usagers_usager (departement_id, uuid, first_name, last_name, birth_name, search_key, phone, email,
        address, language, needs_interpreter, needs_step_free, needs_sign_language, channel, note, created_at,
        last_contact_at)
    SELECT %s, gen_random_uuid(), md5(n::text), md5((-n)::text), '',
        ' ' || md5((-n)::text) || ' ' || md5(n::text) || ' ',
        '+336' || lpad((n * 7919 %% 100000000)::text, 8, '0'), '', '', 'fr', false, false, false, 'both', '', %s,
        %s::timestamptz - n * interval '1 hour'
    FROM generate_series(1, 6000) AS n
"""


def test_one_index_answers_every_search(departement):
    with connection.cursor() as cursor:
        cursor.execute(CROWD, [departement.code, NOW, NOW])
        cursor.execute("ANALYZE usagers_usager")
    for query in ("benali", "1240", "ben 1240", "06 39 98", "14031994"):
        plan = Usager.objects.of(departement).matching(parse_usager_query(query)).last_seen_first()[:11].explain()
        assert "Bitmap Index Scan on usager_search" in plan, plan
        assert "Seq Scan" not in plan


def test_a_letter_forgiven_in_a_long_word_reads_few_files(departement):
    """The index is asked for halves of the word, which are rare; the pattern with a letter unsure, only of what they
    found."""
    with connection.cursor() as cursor:
        cursor.execute(CROWD, [departement.code, NOW, NOW])
        cursor.execute("ANALYZE usagers_usager")
    for words in (["benaly"], ["lefebvvre", "samira"], ["benaly", "sam"]):
        rows = Usager.objects.of(departement).nearly_named(words).order_by("tier", "-last_contact_at", "-id")
        plan = rows[:9].explain(analyze=True)
        conditions = re.findall(r"Index Cond: (.*)", plan)
        assert "Bitmap Index Scan on usager_search" in plan, plan
        assert "Seq Scan" not in plan
        assert conditions
        assert not [one for one in conditions if " ~ " in one], plan
        read = re.findall(r"Rows Removed by (?:Index Recheck|Filter): (\d+)", plan)
        assert sum(map(int, read)) < 600, plan


LETTERS = st.text("abcdeinoru", min_size=HALVED, max_size=24)


@st.composite
def slips(draw):
    """A word, and what somebody typed of it: a letter wrong, missing, added, or two swapped."""
    word = draw(LETTERS)
    at, letter = draw(st.integers(0, len(word) - 1)), draw(st.sampled_from("abcdeinoruz "))
    swapped = word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :]
    ways = [
        word,
        word[:at] + letter + word[at + 1 :],
        word[:at] + word[at + 1 :],
        word[:at] + letter + word[at:],
        swapped,
    ]
    return draw(st.sampled_from(ways)), word


@given(slips())
def test_whatever_the_pattern_admits_holds_one_of_the_pieces(pair):
    """So that nobody is lost by asking the index for pieces."""
    stored, typed = pair
    key = f" {stored} samira "
    pieces = [piece for _, piece in left_whole(typed).children]
    if re.search(a_letter_apart(typed), key):
        assert any(piece in key for piece in pieces)


@given(st.text(max_size=150))
def test_any_text_parses(text):
    parsed = parse_usager_query(text)
    assert len(parsed.words) <= 6
    assert all(" " not in word and word for word in parsed.words)
    assert all(number.is_searchable for number in parsed.numbers)


@given(st.text(alphabet="0123456789/-. +()٣", max_size=30))
def test_any_digits_parse(text):
    parse_usager_query(text)
    read_dates(text)


@given(st.dates(dt.date(1900, 1, 1), dt.date(2099, 12, 31)))
def test_a_date_is_read_in_every_form(date):
    for form in (f"{date:%d/%m/%Y}", f"{date:%d%m%Y}", f"{date.day}-{date.month}-{date.year}", date.isoformat()):
        assert read_dates(form) == (date,)
        assert parse_usager_query(f"benali {form}").birth_date == date
    assert date in read_dates(f"{date:%d.%m.%y}")


class TestJournal:
    def test_a_search_is_kept_with_its_terms_and_its_count(self, departement):
        journal_search(AGENT, departement, " benali\x00 1994 ", found=2, now=NOW)
        event = Evenement.objects.get()
        assert (event.kind, event.departement_code, event.author_id) == ("usager.searched", "62", 7)
        assert event.data == {"terms": "benali 1994", "found": 2}
        assert event.keep_until == NOW + dt.timedelta(days=365)

    def test_the_same_search_again_is_one_line_for_five_minutes(self, departement):
        for minutes in (0, 1, 4):
            journal_search(AGENT, departement, "benali", found=2, now=NOW + dt.timedelta(minutes=minutes))
        journal_search(AGENT, departement, "benal", found=2, now=NOW)
        journal_search(AGENT, departement, "", found=0, now=NOW)
        assert Evenement.objects.count() == 2
        journal_search(AGENT, departement, "benali", found=2, now=NOW + dt.timedelta(minutes=9))
        assert Evenement.objects.count() == 3


class TestOneFile:
    @pytest.fixture
    def scope(self, departement):
        agent = make_agent(site=make_site(departement), role=Role.SECRETAIRE)
        return scope_of(agent, today=NOW.date())

    def test_reading_is_journalled_with_the_reason(self, scope, people):
        samira = people["samira"]
        assert usager_for_agent(scope, samira.uuid, now=NOW, reason="appel") == samira
        event = Evenement.objects.about("usager", samira.pk).get()
        assert (event.kind, event.author_id, event.author_role) == ("usager.read", scope.agent_id, "secretaire")
        assert event.data == {"reason": "appel"}

    def test_nothing_outside_the_departement(self, scope, elsewhere, people):
        stranger = make_usager(elsewhere)
        Usager.objects.filter(pk=people["ali"].pk).update(erased_at=NOW)
        for unknown in (stranger.uuid, people["ali"].uuid, uuid.uuid4()):
            with pytest.raises(Http404):
                usager_for_agent(scope, unknown, now=NOW)
        assert not Evenement.objects.exists()

    @pytest.mark.parametrize("role", [Role.ADMIN, Role.INTERVENANT])
    def test_who_may_not_search_may_not_open(self, departement, people, role):
        site = None if role == Role.ADMIN else make_site(departement)
        scope = scope_of(make_agent(departement, site=site, role=role), today=NOW.date())
        with pytest.raises(PermissionDenied):
            usager_for_agent(scope, people["samira"].uuid, now=NOW)


class TestALetterForgiven:
    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ("benaly", {"Samira"}),
            ("bemali", {"Samira"}),
            ("enali", {"Samira"}),
            ("bbenali", {"Samira"}),
            ("bneali", {"Samira"}),
            ("benal", {"Samira", "Ali"}),
            ("samirra benaly", {"Samira"}),
            ("benaly sam", {"Samira"}),
            ("benaly 14/03/1994", {"Samira"}),
            ("benaly 15/03/1994", set()),
            ("lemairre", {"O"}),
            ("cemaly", set()),
            ("samira benolu", set()),
            ("aly", set()),
            ("1240", set()),
            ("", set()),
            ("b.*", set()),
            ("(((((", set()),
        ],
    )
    def test_who_is_found(self, departement, people, query, names):
        assert {usager.first_name for usager in forgiving_search(departement, query)} == names

    def test_whole_names_first(self, departement):
        for last_name in ("Benalistan", "Benali"):
            make_usager(departement, last_name=last_name, last_contact_at=NOW - DAY * (last_name == "Benali"))
        assert [usager.last_name for usager in forgiving_search(departement, "benaly")] == ["Benali", "Benalistan"]

    def test_never_of_another_departement(self, departement, elsewhere, people):
        assert forgiving_search(elsewhere, "benaly") == []

    @given(st.text(max_size=100))
    def test_any_text_is_a_question(self, text):
        for word in parse_usager_query(text).words:
            str(Usager.objects.nearly_named([word]).query)

    @given(st.text(alphabet="abcdefghij", min_size=4, max_size=9), st.data())
    def test_every_slip_of_one_letter_is_forgiven(self, word, data):
        at = data.draw(st.integers(0, len(word) - 1))
        other = data.draw(st.sampled_from("xyz"))
        slips = [word[:at] + other + word[at + 1 :], word[:at] + word[at + 1 :], word[:at] + other + word[at:]]
        if at + 1 < len(word):
            slips.append(word[:at] + word[at + 1] + word[at] + word[at + 2 :])
        for slip in slips:
            if len(slip) >= 4:
                assert re.search(a_letter_apart(slip) + " ", f" {word} samira "), slip


@pytest.mark.slow
def test_plans_at_a_scale_that_matters(db):
    """100,000 files: every way of asking goes through the index of searches, or walks the last seen; none reads all."""
    from rdv.bench.files import fill
    from tests.factories import make_departement

    departement = make_departement("59")
    fill(departement, 100_000)
    files = Usager.objects.of(departement)
    assert files.count() == 100_000
    questions = {
        query: files.matching(parse_usager_query(query)).last_seen_first()[:11]
        for query in ("benali", "ben", "samira ben", "0612", "06 12 34", "14/03/1994", "benali 1994")
    }
    for query in ("benaly", "lefevbre", "samirra benaly"):
        words = parse_usager_query(query).words
        questions[query] = files.nearly_named(words).order_by("tier", "-last_contact_at", "-id")[:11]
    for query, rows in questions.items():
        plan = rows.explain()
        assert "Seq Scan" not in plan, f"{query}: {plan}"
        assert "usager_search" in plan or "usager_last_seen" in plan or "usager_birth" in plan, f"{query}: {plan}"
        list(rows)
    # The control: a question without an index is seen.
    assert "Seq Scan" in files.filter(note="x").explain()
