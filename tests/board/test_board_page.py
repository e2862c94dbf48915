"""What the day board shows, to whom, and at what cost."""

import datetime as dt
import html as html_module
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.access import scope_of
from agents.models import Fermeture
from rdv.models import Occupation, Option
from rdv.services.agenda import Kind
from rdv.services.board import read_board
from tests.board.conftest import NOW, people_of, person, wall
from tests.factories import make_agent, make_ouverture, make_rdv, make_usager
from tests.signing import signed_in

pytestmark = pytest.mark.django_db
URL = "/agents/journee/"
DAY = dt.date(2027, 1, 12)
# Nothing on this board may ask more, whatever it holds.
MOST_QUERIES = 12


def board_for(house, agent, *, team=None, day=DAY):
    return read_board(house.site, day, scope=scope_of(agent, today=DAY), team=team, now=NOW)


def words(response):
    text = re.sub(r"<(script|svg).*?</\1>", " ", response.content.decode(), flags=re.S)
    return " ".join(html_module.unescape(re.sub(r"<[^>]+>", " ", text)).replace("\u00a0", " ").split())


def cells(response):
    return [(one.column.name, cell) for one in response.context["shown"].columns for cell in one.cells]


def titles(response):
    return {cell.said.title: cell for _, cell in cells(response)}


def test_those_who_receive_have_a_column_and_the_others_are_named(house):
    board = board_for(house, house.secretary)
    assert [column.name for column in board.columns] == ["Inès Garnier", "Karim Haddad", "Claire Vasseur"]
    assert [(column.name, column.away_for) for column in board.away] == [("Paul Absent", "Congé")]


def test_each_state_is_a_word(house, client_of):
    response = client_of("secretary").get(URL)
    found = {title: cell.said for title, cell in titles(response).items()}
    badges = {title: said.badge.word for title, said in found.items() if said.badge}
    assert badges == {
        "Noa Lefebvre": "Vu",
        "Adam Cissé": "Absent",
        "Yanis Bouzid": "+12\u00a0min",
        "Nora Slimani": "+12\u00a0min",
    }
    assert found["Massage bébé"].text == "2 inscrits sur 8"
    assert [need.word for need in found["Jade Roussel"].needs] == ["langue des signes"]
    assert [need.word for need in found["Yanis Bouzid"].needs] == ["interprète"]
    assert "10:12 · 7 Rdv, 1 vu, 1 absent, 2 en retard" in words(response)


def test_a_masked_hour_has_a_time_and_nothing_else(house, client_of):
    response = client_of("secretary").get(URL)
    masked = [cell.said for _, cell in cells(response) if cell.said.kind is Kind.MASKED]
    assert [(said.hour, said.until, said.title, said.url) for said in masked] == [("9:00", "9:30", "Occupé", "")]
    for word in ("Secretier", "Protection", "note très privée"):
        assert word not in words(response)


def test_an_agent_reads_their_service_and_sees_the_rest_as_taken(house, client_of):
    response = client_of("claire").get(URL)
    assert "Jade Roussel" in titles(response)
    assert "Nora Slimani" not in words(response)
    assert "Zélie Secretier" in titles(client_of("ines").get(URL))


def test_holes_are_what_is_open_free_and_to_come(house):
    claire = next(column for column in board_for(house, house.secretary).columns if column.name == "Claire Vasseur")
    free = [(one.starts_at, one.ends_at) for one in claire.blocks if one.kind is Kind.FREE]
    assert free == [
        (wall(11), wall(12, 30)),
        (wall(13, 30), wall(14)),
        (wall(14, 30), wall(15)),
        (wall(16), wall(17)),
    ]


def test_a_hole_is_a_link_only_for_those_who_may_book_there(house, client_of):
    def links(name):
        return {
            column: bool(cell.said.url)
            for column, cell in cells(client_of(name).get(URL))
            if cell.said.kind is Kind.FREE
        }

    assert links("secretary") == {"Claire Vasseur": True, "Karim Haddad": True}
    assert links("claire") == {"Claire Vasseur": True, "Karim Haddad": False}


def test_the_pause_of_everybody_is_folded(house, client_of):
    shown = client_of("secretary").get(URL).context["shown"]
    assert shown.pause.label == "12:30 – 13:30 · pause"
    # 8:30-12:30 is 48 rows, the pause 4, 13:30-17:00 is 42.
    assert shown.rows == 94
    assert shown.now.label == "10:12"


def test_an_rdv_over_another_says_so_and_stands_beside(house, client_of):
    over = make_rdv(
        house.motif, house.site, [], wall(10, 15), usagers=[person(house, "Mila", "Henry")], is_overbooked=True
    )
    over.rdv_agents.create(departement=house.departement, agent=house.claire)
    found = titles(client_of("secretary").get(URL))
    assert found["Mila Henry"].said.warning == found["Yanis Bouzid"].said.warning == "Double"
    assert {found["Mila Henry"].place, found["Yanis Bouzid"].place} == {1, 2}


def test_what_is_held_is_told_without_for_whom(house, client_of):
    option = Option.objects.create(
        departement=house.departement,
        motif=house.motif,
        site=house.site,
        author_kind="usager",
        opened_at=NOW,
        starts_at=wall(11),
        ends_at=wall(11, 30),
        expires_at=NOW + dt.timedelta(minutes=8),
    )
    Occupation.objects.create(
        departement=house.departement,
        agent=house.claire,
        kind="option",
        option=option,
        expires_at=option.expires_at,
        starts_at=option.starts_at,
        ends_at=option.ends_at,
    )
    said = titles(client_of("secretary").get(URL))["Place tenue"].said
    assert (said.hour, said.badge.lead, said.badge.word) == ("11:00", "jusqu’à", "10:20")


def test_the_team_is_remembered_by_site(house, client_of):
    client = client_of("secretary")
    assert [column.column.name for column in client.get(URL, {"equipe": house.team.pk}).context["shown"].columns] == [
        "Karim Haddad"
    ]
    assert len(client.get(URL).context["shown"].columns) == 1
    assert len(client.get(URL, {"equipe": ""}).context["shown"].columns) == 3
    assert len(client.get(URL, {"equipe": "999999"}).context["shown"].columns) == 3


def test_another_day_and_back(house, client_of):
    response = client_of("secretary").get(URL, {"date": "2027-01-13"})
    assert "Mercredi 13 janvier 2027 · MDS du Canal" in words(response)
    assert "Personne ne reçoit ici ce jour-là." in words(response)
    assert response.context["previous_url"] == URL
    assert response.context["next_url"] == f"{URL}?date=2027-01-14"


def test_a_closed_site_opens_nothing_and_says_why(house, client_of):
    Fermeture.objects.create(
        departement=house.departement, site=house.site, starts_on=DAY, ends_on=DAY, label="Travaux d’électricité"
    )
    response = client_of("secretary").get(URL)
    assert "MDS du Canal : fermé : Travaux d’électricité." in words(response)
    assert not [cell for _, cell in cells(response) if cell.said.kind is Kind.FREE]


def test_a_site_of_ones_own_is_chosen_by_a_link_and_no_other(house, client_of):
    client = client_of("secretary")
    assert client.get(URL, {"site": house.site.slug}).status_code == 302
    assert client.get(URL, {"site": house.other_site.slug}).status_code == 404


def test_somebody_taken_on_another_site_is_not_free_here(house):
    busy = make_rdv(house.motif, house.other_site, [house.claire], wall(11), usagers=[person(house, "Ana", "Silva")])
    board = board_for(house, house.secretary)
    claire = next(column for column in board.columns if column.agent_id == house.claire.pk)
    elsewhere = [one for one in claire.blocks if one.starts_at == busy.starts_at]
    assert [one.kind for one in elsewhere] == [Kind.MASKED]
    assert wall(11) not in [one.starts_at for one in claire.blocks if one.kind is Kind.FREE]


def test_the_night_when_the_clock_changes(house):
    """Sunday 2027-03-28: 2:00 does not exist. Whoever receives in the morning stands where the wall says."""
    day = dt.date(2027, 3, 28)
    start = dt.datetime(2027, 3, 28, 7, tzinfo=dt.UTC)  # 9:00 in summer time
    make_ouverture(house.claire, [house.motif], start, start + dt.timedelta(hours=3), site=house.site)
    board = board_for(house, house.secretary, day=day)
    assert [(one.starts_at, one.ends_at) for one in board.columns[0].blocks] == [(start, start + dt.timedelta(hours=3))]


def test_read_again_nothing_changed_answers_nothing(house, client_of):
    client = client_of("secretary")
    mark = client.get(URL).context["mark"]
    assert client.get(URL, {"marque": mark}, headers={"HX-Request": "true"}).status_code == 204
    people_of(house.late).rdv.participations.update(arrived_at=NOW)
    again = client.get(URL, {"marque": mark}, headers={"HX-Request": "true"})
    assert again.status_code == 200
    assert again.context["mark"] != mark


def test_a_board_that_reads_itself_keeps_nobody_signed_in(house, client_of):
    """Left open at the desk, it closes like any other page after two hours."""
    import time_machine

    client = client_of("secretary")
    with time_machine.travel(NOW + dt.timedelta(hours=1), tick=False):
        assert client.get(URL, headers={"HX-Request": "true", "X-Refresh": "1"}).status_code == 200
    with time_machine.travel(NOW + dt.timedelta(hours=2, minutes=1), tick=False):
        gone = client.get(URL, headers={"HX-Request": "true", "X-Refresh": "1"})
        assert gone.headers["HX-Redirect"].startswith("/agents/connexion/")


def test_the_board_asks_little_whatever_it_holds(house):
    """Nine queries for four people; the same for twelve more, each with a day."""
    scope = scope_of(house.secretary, today=DAY)

    def count():
        with CaptureQueriesContext(connection) as asked:
            board = read_board(house.site, DAY, scope=scope, team=None, now=NOW)
        return len(asked), board

    few, small = count()
    for n in range(12):
        agent = make_agent(site=house.site, services=[house.pmi], last_name=f"Renfort{n}")
        make_ouverture(agent, [house.motif], wall(8, 30), wall(12), site=house.site)
        for hour in (9, 10, 11):
            make_rdv(house.motif, house.site, [agent], wall(hour), usagers=[make_usager(house.departement)])
    many, large = count()
    assert len(large.columns) == len(small.columns) + 12
    assert few == many <= MOST_QUERIES


def test_a_stranger_sees_their_own_site(house, client_of):
    response = signed_in(house.stranger).get(URL)
    assert "MDS du Canal" not in words(response)
    assert "Jade Roussel" not in words(response)
