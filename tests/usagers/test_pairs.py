"""Likely pairs: found through indexes, kept once, gone when they no longer hold, never back once said distinct."""

import datetime as dt

import pytest

from rdv.core import commit
from rdv.core.journal import Evenement
from tests.factories import NOW, make_usager
from tests.usagers.conftest import AGENT
from usagers import tasks
from usagers.models import Doublon, Proche, Usager
from usagers.services.files import create_usager, update_usager
from usagers.services.pairs import COMPARE, compare_due, compare_file, look_again, say_distinct

BORN = dt.date(1994, 3, 14)
PHONE = "+33639981240"
DAY = dt.timedelta(days=1)


@pytest.fixture
def make(departement):
    def make_one(first_name, last_name, **fields):
        values = {"phone": "", "email": ""} | fields
        return make_usager(departement, first_name=first_name, last_name=last_name, **values)

    return make_one


@pytest.fixture
def worker(monkeypatch):
    """What is woken after a commit is done at once."""
    monkeypatch.setattr(commit, "_send_named", lambda name, args: {COMPARE: tasks.compare_file}[name](*args))


def pairs(departement):
    return {(one.first.full_name, one.second.full_name) for one in Doublon.objects.to_look_at(departement.code)}


@pytest.mark.parametrize(
    ("one", "other", "is_a_pair"),
    [
        (("Samira", "Benali", {}), ("Benali", "Samira", {}), True),
        (("Zoé", "L’Haÿ", {}), ("ZOE", "L Hay", {}), True),
        (("Samira", "Benali", {"birth_date": BORN}), ("Samira", "Bennali", {"birth_date": BORN}), True),
        (("Samira", "Benali", {"phone": PHONE}), ("Samyra", "Benali", {"phone": PHONE}), True),
        (("Samira", "Benali", {"email": "s@example.org"}), ("Samira", "Benaly", {"email": "s@example.org"}), True),
        (
            ("Samira", "Benali", {"birth_date": BORN, "phone": PHONE}),
            ("Samira", "Haddad", {"birth_date": BORN, "phone": PHONE}),
            True,
        ),
        # Nearly one name and nothing else; a couple with one phone; namesakes born on two days; strangers born alike.
        (("Samira", "Benali", {}), ("Samirra", "Benali", {}), False),
        (("Samira", "Benali", {"phone": PHONE}), ("Mourad", "Ouali", {"phone": PHONE}), False),
        (("Samira", "Benali", {"birth_date": BORN}), ("Samira", "Benali", {"birth_date": BORN + DAY}), False),
        (("Samira", "Benali", {"birth_date": BORN}), ("Jean", "Petit", {"birth_date": BORN}), False),
    ],
)
def test_who_is_worth_a_look(departement, make, one, other, is_a_pair):
    for first_name, last_name, fields in (one, other):
        make(first_name, last_name, **fields)
    assert compare_due(now=NOW) == 2
    assert Doublon.objects.count() == int(is_a_pair)
    assert compare_due(now=NOW) == 0, "once compared, a file is left alone until it changes"


@pytest.mark.django_db(transaction=True)
def test_a_new_file_is_compared_by_a_worker_and_waits_for_the_sweep_without_one(departement, make, monkeypatch):
    asked = []
    monkeypatch.setattr(commit, "_send_named", lambda *told: asked.append(told))
    make("Samira", "Benali", birth_date=BORN)
    usager = create_usager(
        departement=departement, author=AGENT, now=NOW, first_name="Samira", last_name="Ben Ali", birth_date=BORN
    )
    assert asked == [(COMPARE, (usager.pk,))]
    assert pairs(departement) == set(), "nobody waits for it"
    compare_due(now=NOW)
    assert pairs(departement) == {("Samira Benali", "Samira Ben Ali")}


@pytest.mark.django_db(transaction=True)
def test_a_new_file_is_compared_at_once(departement, make, worker):
    make("Samira", "Benali", birth_date=BORN)
    create_usager(
        departement=departement, author=AGENT, now=NOW, first_name="Samira", last_name="Ben Ali", birth_date=BORN
    )
    assert pairs(departement) == {("Samira Benali", "Samira Ben Ali")}


@pytest.mark.django_db(transaction=True)
def test_a_corrected_file_leaves_the_list(departement, make, worker):
    make("Samira", "Benali", birth_date=BORN)
    other = make("Samira", "Benali", birth_date=BORN)
    compare_due(now=NOW)
    update_usager(usager=other, author=AGENT, now=NOW, birth_date=BORN + DAY)
    assert pairs(departement) == set()
    compared_at = Usager.objects.get(pk=other.pk).compared_at
    assert compared_at is not None
    update_usager(usager=other, author=AGENT, now=NOW, note="rien à voir")
    assert Usager.objects.get(pk=other.pk).compared_at == compared_at


def test_two_people_said_so_never_come_back(departement, make):
    one, other = make("Samira", "Benali"), make("Samira", "Benali")
    compare_due(now=NOW)
    for _ in range(2):
        say_distinct(one=one, other=other, author=AGENT, now=NOW)
    for usager in (one, other):
        compare_file(usager, now=NOW)
    assert pairs(departement) == set()
    said = Doublon.objects.said_distinct(departement.code).get()
    assert (said.distinct_by, said.distinct_at) == (AGENT.label, NOW)
    assert Evenement.objects.filter(kind="doublon.distinct").count() == 2, "one line on each file, once"


def test_said_too_soon_it_is_looked_at_again(departement, make):
    one, other = make("Samira", "Benali"), make("Samira", "Benali")
    say_distinct(one=one, other=other, author=AGENT, now=NOW)
    look_again(one=one, other=other, author=AGENT, now=NOW)
    compare_due(now=NOW)
    assert len(pairs(departement)) == 1


def test_what_was_said_of_a_merged_file_holds_for_the_one_that_was_kept(departement, make):
    kept, merged, stranger = make("Samira", "Benali"), make("Samira", "Benali"), make("Samira", "Benali")
    say_distinct(one=merged, other=stranger, author=AGENT, now=NOW)
    Usager.objects.filter(pk=merged.pk).update(merged_into=kept)
    for usager in (kept, stranger):
        compare_file(usager, now=NOW)
    assert pairs(departement) == set()


def test_a_mother_and_her_daughter_of_one_name_are_no_pair(departement, make):
    mother, daughter = make("Samira", "Benali"), make("Samira", "Benali")
    Proche.objects.create(departement=departement, responsable=mother, person=daughter, starts_on=NOW.date())
    compare_due(now=NOW)
    assert pairs(departement) == set()


def test_never_across_two_departements_nor_with_an_erased_or_merged_file(departement, elsewhere, make):
    one = make("Samira", "Benali")
    make_usager(elsewhere, first_name="Samira", last_name="Benali")
    make("Samira", "Benali", erased_at=NOW)
    make("Samira", "Benali", merged_into=one)
    compare_due(now=NOW)
    assert not Doublon.objects.exists()


def test_a_pair_leaves_the_list_when_one_of_its_files_steps_aside(departement, make):
    one, other = make("Samira", "Benali"), make("Samira", "Benali")
    compare_due(now=NOW)
    Usager.objects.filter(pk=other.pk).update(merged_into=one)
    assert pairs(departement) == set()
    Usager.objects.filter(pk=other.pk).update(merged_into=None)
    assert len(pairs(departement)) == 1


def test_a_file_costs_few_questions_whatever_is_around(departement, make, django_assert_max_num_queries):
    usager = make("Samira", "Benali", birth_date=BORN, phone=PHONE, email="s@example.org")
    for number in range(30):
        make(f"Prénom{number}", "Autre", phone=PHONE)
    usager = Usager.objects.select_related("departement").get(pk=usager.pk)
    with django_assert_max_num_queries(14):
        compare_file(usager, now=NOW)


def test_the_likeliest_first(departement, make):
    make("Samira", "Benali", birth_date=BORN)
    make("Samira", "Benali", birth_date=BORN)
    make("Karim", "Haddad")
    make("Karim", "Haddad")
    compare_due(now=NOW)
    assert [one.first.first_name for one in Doublon.objects.to_look_at(departement.code)] == ["Samira", "Karim"]


@pytest.mark.django_db(transaction=True)
def test_what_fails_after_the_commit_is_never_shown(departement, make, monkeypatch, caplog):
    one, other = make("Samira", "Benali"), make("Samira", "Benali")
    say_distinct(one=one, other=other, author=AGENT, now=NOW)

    def fails(_code):
        raise RuntimeError("the cache is away")

    monkeypatch.setattr("usagers.services.pairs.count_pairs", fails)
    look_again(one=one, other=other, author=AGENT, now=NOW)
    assert pairs(departement) == {("Samira Benali", "Samira Benali")}
