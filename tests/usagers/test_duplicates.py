"""Files that may be about one person: with the reasons, the likeliest first, in few queries."""

import datetime as dt

import pytest

from tests.factories import NOW, make_usager
from usagers.models import Usager
from usagers.services.duplicates import (
    NEAR_NAME,
    SAME_BIRTH,
    SAME_EMAIL,
    SAME_NAME,
    SAME_PHONE,
    duplicates_of,
    find_duplicates,
    likely_duplicates,
    nearest_usagers,
)

BORN = dt.date(1994, 3, 14)
PHONE = "+33639981240"


@pytest.fixture
def make(departement):
    def make_one(first_name, last_name, **fields):
        return make_usager(
            departement, first_name=first_name, last_name=last_name, **({"phone": "", "email": ""} | fields)
        )

    return make_one


def find(departement, first_name="Samira", last_name="Benali", **fields):
    found = find_duplicates(departement=departement, first_name=first_name, last_name=last_name, **fields)
    return [(likeness.usager.full_name, likeness.reasons) for likeness in found]


@pytest.mark.parametrize(
    ("first_name", "last_name", "reason"),
    [
        ("Sâmira", "BENALI", SAME_NAME),
        ("Benali", "Samira", SAME_NAME),
        ("Samira", "Ben-Ali", NEAR_NAME),
        ("Samira", "Benalli", NEAR_NAME),
        ("Samirra", "Benali", NEAR_NAME),
    ],
)
def test_names_alike(departement, make, first_name, last_name, reason):
    usager = make(first_name, last_name)
    assert find(departement) == [(usager.full_name, (reason,))]


@pytest.mark.parametrize(("first_name", "last_name"), [("Karim", "Benali"), ("Samira", "Haddad"), ("Jean", "Petit")])
def test_names_unlike(departement, make, first_name, last_name):
    make(first_name, last_name, birth_date=BORN)
    assert find(departement, birth_date=BORN) == []


def test_birth_name_counts(departement, make):
    make("Samira", "Haddad", birth_name="Benali")
    assert find(departement) == [("Samira Haddad", (SAME_NAME,))]


def test_namesakes_born_another_day_are_not_duplicates(departement, make):
    make("Samira", "Benali", birth_date=dt.date(1960, 1, 1))
    assert find(departement, birth_date=BORN) == []
    assert find(departement) == [("Samira Benali", (SAME_NAME,))]


def test_the_likeliest_first_with_the_reasons(departement, make):
    make("Mamadou", "Diallo", phone=PHONE, birth_date=dt.date(1995, 5, 2))
    make("Samira", "Benali")
    make("Samira", "Ben Ali", birth_date=BORN)
    make("Samira", "Benali", birth_date=BORN, phone=PHONE, email="samira@example.org")
    assert find(departement, birth_date=BORN, phone=PHONE, email="Samira@example.org") == [
        ("Samira Benali", (SAME_NAME, SAME_BIRTH, SAME_PHONE, SAME_EMAIL)),
        ("Samira Ben Ali", (SAME_BIRTH, NEAR_NAME)),
        ("Samira Benali", (SAME_NAME,)),
        ("Mamadou Diallo", (SAME_PHONE,)),
    ]


def test_of_a_file_itself_excluded(departement, make):
    usager = make("Samira", "Benali", birth_date=BORN, phone=PHONE)
    twin = make("Samira", "Benali", birth_date=BORN)
    assert [likeness.usager for likeness in duplicates_of(usager)] == [twin]
    found = likely_duplicates(
        departement=departement, first_name="Samira", last_name="Benali", birth_date=BORN, exclude_id=twin.pk
    )
    assert found == [usager]


def test_never_of_another_departement_nor_erased(departement, elsewhere, make):
    usager = make("Samira", "Benali", birth_date=BORN, phone=PHONE, email="samira@example.org")
    assert find(elsewhere, birth_date=BORN, phone=PHONE, email="samira@example.org") == []
    Usager.objects.filter(pk=usager.pk).update(erased_at=NOW)
    assert find(departement, birth_date=BORN, phone=PHONE, email="samira@example.org") == []


def test_few_queries_and_ten_answers(departement, make, django_assert_max_num_queries):
    for _ in range(15):
        make("Samira", "Benali", birth_date=BORN, phone=PHONE, email="samira@example.org")
    with django_assert_max_num_queries(7):  # four, and a savepoint with its setting
        assert len(find(departement, birth_date=BORN, phone=PHONE, email="samira@example.org")) == 10


def test_a_search_that_found_nobody(departement, make):
    make("Aminata", "Dialo", phone="+33639987012")
    make("Mamadou", "Diallo", phone="+33639984417")
    found = [
        (near.usager.first_name, near.reasons) for near in nearest_usagers(departement, "diallo aminata 0639984417")
    ]
    assert found == [("Aminata", (NEAR_NAME,)), ("Mamadou", (SAME_PHONE,))]
    assert nearest_usagers(departement, "") == []
