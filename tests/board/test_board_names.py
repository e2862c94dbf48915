"""The short names of the board, for the cards too narrow for the whole ones."""

from dataclasses import replace
from types import SimpleNamespace
from uuid import uuid4

import pytest

from rdv.domain.statuses import Status
from rdv.services.board_facts import Person
from rdv.views.board.names import alike_names, short_name
from tests.board.conftest import person, wall
from tests.factories import make_rdv

URL = "/agents/journee/"


def somebody(first, last):
    name = f"{first} {last}".strip()
    return Person(None, None, name, name.lower(), Status.UNKNOWN, None, None, first_name=first)


@pytest.mark.parametrize(
    ("first", "last", "short"),
    [
        ("Laetitia", "Vandenbroucke", "L.\u00a0Vandenbroucke"),
        ("Marie-Line", "Petit", "M.-L.\u00a0Petit"),
        ("Jean Paul", "Da Cunha", "J.\u00a0Da Cunha"),
        ("Élodie", "N’Diaye-Lemaire", "É.\u00a0N’Diaye-Lemaire"),
        ("", "Petit", ""),
        ("Awa", "", ""),
    ],
)
def test_a_short_name_keeps_the_family_name_whole(first, last, short):
    assert short_name(somebody(first, last)) == short


def shorts(response):
    cells = (cell for one in response.context["shown"].columns for cell in one.cells)
    return {cell.said.title: cell.said.short for cell in cells if cell.said.title}


@pytest.mark.django_db
def test_the_page_holds_both_names_and_reads_the_whole_one(house, client_of):
    response = client_of("secretary").get(URL)
    assert shorts(response)["Noa Lefebvre"] == "N.\u00a0Lefebvre"
    assert shorts(response)["Massage bébé"] == ""
    page = response.content.decode()
    assert '<span class="nm" data-c="N.\u00a0Lefebvre"><span>Noa Lefebvre</span></span>' in page


@pytest.mark.django_db
def test_a_brother_and_a_sister_are_not_taken_for_one_another(house, client_of):
    for hour, first in ((11, "Nina"), (12, "Naël")):
        child = person(house, first, "Lefebvre")
        make_rdv(house.motif, house.site, [house.claire], wall(hour), usagers=[child], created_at=wall(7))
    found = shorts(client_of("secretary").get(URL))
    assert [found[name] for name in ("Noa Lefebvre", "Nina Lefebvre", "Naël Lefebvre")] == ["", "", ""]
    assert found["Jade Roussel"] == "J.\u00a0Roussel"


def test_somebody_who_comes_twice_is_one_person():
    noa, nina = (replace(somebody(first, "Lefebvre"), usager=uuid4()) for first in ("Noa", "Nina"))
    assert alike_names([SimpleNamespace(people=(noa,)), SimpleNamespace(people=(noa,))]) == frozenset()
    assert alike_names([SimpleNamespace(people=(noa,)), SimpleNamespace(people=(nina,))]) == {"N.\u00a0Lefebvre"}
