"""The month, colleagues side by side, and what the agenda remembers from one visit to the next."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rdv.views.agenda.asked import DAY_KEY, Asked, View, month_of, read_written
from tests.factories import make_agent, make_ouverture, make_rdv, utc

pytestmark = pytest.mark.django_db
ADDRESS = "/agents/agenda/"
THURSDAY = dt.date(2027, 1, 14)


def cells(response):
    return {cell.on: cell for week in response.context["month"].weeks for cell in week}


def month(client, **query):
    response = client.get(ADDRESS, {"vue": "mois", "date": "2027-01-12"} | query)
    assert response.status_code == 200
    return response


def test_the_month_counts_what_each_day_holds(house, week, client_of):
    found = cells(month(client_of("claire")))
    thursday = found[THURSDAY]
    assert (thursday.rdvs, thursday.masked, thursday.is_open) == (3, 0, True)
    assert thursday.holes > 0
    assert thursday.free
    assert found[dt.date(2027, 1, 13)].is_away
    assert found[dt.date(2027, 1, 15)].doubles == 2
    assert found[dt.date(2027, 1, 1)].note.startswith("férié")
    assert found[dt.date(2027, 1, 12)].is_today
    assert not found[dt.date(2027, 1, 11)].is_full, "nothing is full once it is past"


def test_a_day_of_the_month_opens_that_day(house, week, client_of):
    client = client_of("claire")
    page = client.get(cells(month(client))[THURSDAY].url)
    assert page.context["asked"].day == THURSDAY
    assert page.context["is_day"]


def test_the_month_masks_and_counts(house, week, client_of):
    thursday = cells(month(client_of("sonia"), agent=house.claire.pk))[THURSDAY]
    assert (thursday.rdvs, thursday.masked) == (0, 3)


def test_months_around_and_whole_weeks(client_of, house):
    response = month(client_of("claire"), date="2027-01-31")
    assert "date=2026-12-01" in response.context["previous_url"]
    assert "date=2027-02-01" in response.context["next_url"]
    assert response.context["title"] == "Janvier 2027"
    days = month_of(dt.date(2027, 2, 28))
    assert (days[0], days[-1], len(days) % 7) == (dt.date(2027, 2, 1), dt.date(2027, 2, 28), 0)


def test_weekends_only_when_something_is_there(house, week, client_of):
    client = client_of("claire")
    assert len(month(client).context["month"].weekdays) == 5
    make_rdv(house.motif, house.site, [house.claire], utc(2027, 1, 23, 9))
    assert month(client).context["month"].weekdays[-1] == "samedi"


def test_a_month_asks_no_more_than_a_week(house, week, client_of):
    client = client_of("claire")

    def asked(view):
        client.get(ADDRESS, {"vue": view, "date": "2027-01-12"})  # the session is written
        with CaptureQueriesContext(connection) as queries:
            client.get(ADDRESS, {"vue": view, "date": "2027-01-12"})
        return len(queries)

    assert asked("mois") <= asked("semaine")


def test_it_opens_where_it_was_left_the_same_day_and_on_today_the_next(house, client_of):
    client = client_of("claire")
    client.get(ADDRESS, {"vue": "jour", "date": "2027-01-21"})
    again = client.get(ADDRESS).context["asked"]
    assert (again.view, again.day) == (View.DAY, dt.date(2027, 1, 21))
    session = client.session
    assert session[DAY_KEY] == ["2027-01-21", "2027-01-12"]
    session[DAY_KEY] = ["2027-01-21", "2027-01-11"]  # looked at yesterday
    session.save()
    assert client.get(ADDRESS).context["asked"].day == dt.date(2027, 1, 12)


def test_colleagues_side_by_side_each_under_their_name(house, week, client_of):
    make_ouverture(house.karim, [house.motif], utc(2027, 1, 14, 7, 30), utc(2027, 1, 14, 11, 30), site=house.site)
    query = {"vue": "jour", "date": "2027-01-14", "agent": house.claire.pk, "avec": [house.karim.pk, house.sonia.pk]}
    response = client_of("claire").get(ADDRESS, query)
    columns = response.context["grid"]["days"]
    assert {day["label"] for day in columns} == {"Claire Vasseur", "Karim Haddad", "Sonia Petit"}
    assert columns[0]["label"] == "Claire Vasseur"
    assert "avec=" in response.context["next_url"]
    (karim,) = [day for day in columns if day["label"] == "Karim Haddad"]
    assert "Éva Masson" in {block["title"] for block in karim["blocks"]}


def test_nobody_out_of_one_s_sites_and_four_columns_at_the_most(house, week, client_of):
    more = [make_agent(site=house.site, services=[house.pmi], first_name="Agent", last_name=f"N{n}") for n in range(5)]

    def columns(*beside):
        query = {"vue": "jour", "date": "2027-01-14", "agent": house.claire.pk, "avec": [one.pk for one in beside]}
        return [day["label"] for day in client_of("claire").get(ADDRESS, query).context["grid"]["days"]]

    assert len(columns(*more)) == 4
    assert "Nadia Cherif" not in columns(house.away, house.stranger, more[0])
    assert columns(more[0])[1:] == ["Agent N0"]


@pytest.mark.parametrize("asked", [Asked(THURSDAY, View.DAY, 7, (9, 12)), Asked(THURSDAY, View.MONTH)])
def test_the_way_back_is_written_and_read_in_one_word(asked):
    assert read_written(asked.written) == asked


@pytest.mark.parametrize(
    "text", ["", "x", "2027-01-14", "2027-13-14.jour.1", "2027-01-14.an.1", "2027-01-14.jour.1-2-3-4-5"]
)
def test_anything_else_leads_nowhere(text):
    assert read_written(text) is None
