"""What the agenda shows: states, free time, weekends, changes of hour, empty weeks, the same facts in the list."""

import datetime as dt
import html as html_module
import re

import pytest

from agents.models import Fermeture
from rdv.models import Absence, Occupation
from rdv.views.agenda.asked import read_asked
from tests.factories import make_agent, make_motif, make_ouverture, make_rdv, make_service, make_site, make_usager, utc
from tests.signing import signed_in

pytestmark = pytest.mark.django_db


def page(client, date="2027-01-12", vue="semaine", **query):
    response = client.get("/agents/agenda/", {"date": date, "vue": vue} | query)
    assert response.status_code == 200
    return response


def words(response):
    """The text of the page as it is read, on one line."""
    text = re.sub(r"<(script|svg).*?</\1>", " ", response.content.decode(), flags=re.S)
    return " ".join(html_module.unescape(re.sub(r"<[^>]+>", " ", text)).replace("\u00a0", " ").split())


def blocks(response):
    return [block for day in response.context["grid"]["days"] for block in day["blocks"]]


def test_the_week_says_each_state_in_words(house, week, client_of):
    found = {(block["state"], block["word"], block["title"]) for block in blocks(page(client_of("claire")))}
    assert found >= {
        ("seen", "Vu", "Manon Lebrun"),
        ("noshow", "Absent", "Emma Roy"),
        ("unknown", "À renseigner", "Tiago Alves"),
        ("late", "+12\u00a0min", "Yanis Bouzid"),
        ("review", "À revoir", "Nina Costa"),
        ("double", "Double", "Jules Adam"),
        ("double", "Double", "Mila Henry"),
        ("rdv", "", "Gaspard Leroy"),
        ("rdv", "", "Massage bébé"),
        ("absence", "", "Formation"),
    }


def test_doubles_stand_side_by_side(house, week, client_of):
    found = {block["title"]: (block["place"], block["of"]) for block in blocks(page(client_of("claire")))}
    assert (found["Jules Adam"], found["Mila Henry"]) == ((1, 2), (2, 2))
    assert found["Gaspard Leroy"] == (1, 1)


def test_visits_say_where_and_the_road_between(house, week, client_of):
    text = words(page(client_of("claire")))
    assert "Rosa Mendes pas encore répondu, À domicile, Liévin · Visite" in text
    assert re.search(r"Trajet \d+ min Liévin → Avion", text)
    assert "Gaspard Leroy Téléphone · Point" in text
    assert "Éva Masson Pesée, avec Karim Haddad" in text
    assert "Massage bébé 2 inscrits sur 8" in text
    assert "Formation Absence. 1 Rdv à revoir" in text


def test_the_list_has_all_that_the_grid_has(house, week, client_of):
    client = client_of("claire")
    grid, listed = blocks(page(client)), words(page(client, vue="liste"))
    assert len(grid) > 15
    for block in grid:
        assert block["title"].replace("\u00a0", " ") in listed
        assert block["hour"] in listed
        assert block["word"].replace("\u00a0", " ").removeprefix("+") in listed
        # Each leads back to its own view.
        assert not block["url"] or block["url"].replace(".semaine.", ".liste.") in page_links(page(client, vue="liste"))
    for more in ("3 rue des Ormes, 62800 Liévin", "Double avec Mila Henry", "En retard, 12 min", "Placer quelqu’un"):
        assert more in listed
    assert "Ouvert 8:30 – 12:30 · 1 Rdv" not in listed
    assert "Mardi 12 janvier 2027 (aujourd’hui) Ouvert 8:30 – 12:30 · 3 Rdv · 2 h libre" in listed


def page_links(response):
    return {html_module.unescape(link) for link in re.findall(r'href="([^"]+)"', response.content.decode())}


def test_free_time_leaves_out_what_is_taken_held_or_past(house, week, client_of):
    """Tuesday: 8:30-12:30, Yanis 10:00-10:30, a hold 11:00-11:30; it is 10:12."""
    from rdv.models import Option

    option = Option.objects.create(
        departement=house.departement,
        motif=house.motif,
        site=house.site,
        author_kind="usager",
        opened_at=house.now,
        starts_at=utc(2027, 1, 12, 10),
        ends_at=utc(2027, 1, 12, 10, 30),
        expires_at=house.now + dt.timedelta(minutes=8),
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
    response = page(client_of("claire"), vue="jour")
    free = [(block["hour"], block["title"]) for block in blocks(response) if block["state"] == "free"]
    assert free == [("10:30", "Libre 30\u00a0min"), ("11:30", "Libre 1\u00a0h")]
    assert "11:00 Place tenue jusqu’à 10:20" in words(response)


def test_a_hold_says_neither_who_nor_what(house, week, client_of):
    test_free_time_leaves_out_what_is_taken_held_or_past(house, week, client_of)
    held = [block for block in blocks(page(client_of("claire"), vue="jour")) if block["state"] == "held"]
    assert [(block["url"], block["title"]) for block in held] == [("", "Place tenue")]
    assert "Pesée" not in held[0]["text"]


def test_the_minutes_around_an_rdv_are_not_free(house, client_of):
    motif = make_motif(house.departement, sites=[house.site], service=house.pmi, buffer_after_min=15)
    make_ouverture(house.claire, [motif], utc(2027, 1, 14, 8), utc(2027, 1, 14, 10), site=house.site)
    make_rdv(motif, house.site, [house.claire], utc(2027, 1, 14, 8), usagers=[make_usager(house.departement)])
    found = blocks(page(client_of("claire"), date="2027-01-14", vue="jour"))
    assert [block["hour"] for block in found if block["state"] == "free"] == ["9:45"]


def test_the_title_and_the_ways_around(house, client_of):
    client = client_of("claire")
    response = page(client)
    assert "Lundi 11 – vendredi 15 janvier 2027" in words(response)
    assert {response.context["previous_url"][15:31], response.context["next_url"][15:31]} == {
        "?date=2027-01-05",
        "?date=2027-01-19",
    }
    assert "Lundi 1er – vendredi 5 février 2027" in words(page(client, date="2027-02-03"))
    assert "Lundi 29 mars – vendredi 2 avril 2027" in words(page(client, date="2027-04-01"))
    assert "Lundi 28 décembre 2026 – vendredi 1er janvier 2027" in words(page(client, date="2027-01-01"))
    assert "Mardi 12 janvier 2027" in words(page(client, vue="jour"))


@pytest.mark.parametrize("date", ["", "demain", "2027-02-30", "0001-01-01", "9999-12-31", "2027-01-12'--"])
def test_a_date_that_is_none_is_today(house, client_of, date):
    assert "Lundi 11 – vendredi 15 janvier 2027" in words(page(client_of("claire"), date=date))


@pytest.mark.parametrize(
    ("day", "vue", "first"),
    [(15, "semaine", 15), (16, "semaine", 18), (17, "liste", 18), (16, "jour", 16)],
)
def test_on_a_weekend_weeks_open_on_the_one_to_come(rf, day, vue, first):
    request = rf.get("/agents/agenda/")
    request.session = {}
    assert read_asked(request, today=dt.date(2027, 1, day), preferred=vue).day == dt.date(2027, 1, first)


def test_the_view_is_remembered(house, client_of):
    client = client_of("claire")
    page(client, vue="liste")
    assert "listed" in client.get("/agents/agenda/").context
    page(client, vue="n’importe quoi")
    assert "grid" in client.get("/agents/agenda/?vue=semaine").context


def test_an_empty_week_says_so_and_what_to_do(house, client_of):
    response = page(client_of("claire"))
    assert "Rien n’est prévu cette semaine" in words(response)
    assert response.context["grid"]["hours"] == 10
    assert words(page(client_of("claire"), vue="liste")).count("Rien ce jour-là") == 5


def test_the_weekend_is_there_when_something_is_on_it(house, client_of):
    client = client_of("claire")
    assert len(page(client).context["grid"]["days"]) == 5
    make_rdv(house.motif, house.site, [house.claire], utc(2027, 1, 16, 9), usagers=[make_usager(house.departement)])
    response = page(client)
    assert [day["date"].day for day in response.context["grid"]["days"]] == [11, 12, 13, 14, 15, 16]
    assert "Lundi 11 – samedi 16 janvier 2027" in words(response)


def test_a_leave_over_the_weekend_does_not_show_it_but_a_saturday_away_does(house, client_of):
    def away(*days):
        absence = Absence.objects.create(
            departement=house.departement,
            agent=house.claire,
            first_day=dt.date(2027, 1, days[0]),
            last_day=dt.date(2027, 1, days[-1]),
            starts_time=dt.time(0),
            ends_time=dt.time(23, 59),
        )
        for day in days:
            start = utc(2027, 1, day - 1, 23)
            Occupation.objects.create(
                departement=house.departement,
                agent=house.claire,
                kind="absence",
                absence=absence,
                starts_at=start,
                ends_at=start + dt.timedelta(days=1),
            )

    away(14, 15, 16, 17)
    response = page(client_of("claire"))
    assert len(response.context["grid"]["days"]) == 5
    assert "Congé Toute la journée" in words(response)
    away(23)
    assert len(page(client_of("claire"), date="2027-01-23").context["grid"]["days"]) == 6


def test_hours_grow_with_what_happens(house, client_of):
    make_rdv(house.motif, house.site, [house.claire], utc(2027, 1, 12, 6), usagers=[make_usager(house.departement)])
    make_rdv(house.workshop, house.site, [house.claire], utc(2027, 1, 13, 18, 30))
    grid = page(client_of("claire")).context["grid"]
    assert grid["hours"] == 21 - 7
    first, last = (block for day in grid["days"] for block in day["blocks"])
    assert (first["row"], first["span"]) == (0, 6)
    assert (last["row"], last["span"]) == ((19 * 60 + 30 - 7 * 60) // 5, 12)


def test_holidays_and_closures_are_said_and_nothing_is_free(house, client_of):
    make_ouverture(house.claire, [house.motif], utc(2027, 1, 14, 8), utc(2027, 1, 14, 10), site=house.site)
    Fermeture.objects.create(
        departement=house.departement,
        site=house.site,
        starts_on=dt.date(2027, 1, 14),
        ends_on=dt.date(2027, 1, 14),
        label="travaux",
    )
    Fermeture.objects.create(
        departement=house.departement,
        site=house.other_site,
        starts_on=dt.date(2027, 1, 15),
        ends_on=dt.date(2027, 1, 15),
        label="ailleurs",
    )
    response = page(client_of("claire"))
    assert "jeudi 14 janvier · MDS du Canal fermé : travaux" in words(response)
    assert "ailleurs" not in words(response)
    assert not blocks(response)
    assert "vendredi 1er janvier · férié, Jour de l’an" in words(page(client_of("claire"), date="2027-01-01"))


@pytest.mark.parametrize(
    ("date", "start", "hour", "row"),
    [
        ("2027-03-28", utc(2027, 3, 28, 7), "9:00", 12),  # the day the clock goes forward: 9:00 is UTC+2
        ("2027-03-27", utc(2027, 3, 27, 8), "9:00", 12),
        ("2027-10-31", utc(2027, 10, 31, 8), "9:00", 12),  # the day it goes back
        ("2028-02-29", utc(2028, 2, 29, 8), "9:00", 12),
    ],
)
def test_days_when_the_clock_changes(house, client_of, date, start, hour, row):
    make_rdv(house.motif, house.site, [house.claire], start, usagers=[make_usager(house.departement)])
    for vue in ("semaine", "jour"):
        (block,) = blocks(page(client_of("claire"), date=date, vue=vue))
        assert (block["hour"], block["row"], block["span"]) == (hour, row, 6)


def test_the_two_two_oclocks_of_october_stand_side_by_side(house, client_of):
    for hour in (0, 1):  # 2:00 summer time, then 2:00 winter time
        make_rdv(
            house.motif, house.site, [house.claire], utc(2027, 10, 31, hour), usagers=[make_usager(house.departement)]
        )
    first, second = blocks(page(client_of("claire"), date="2027-10-31", vue="jour"))
    assert (first["hour"], second["hour"]) == ("2:00", "2:00")
    assert {first["place"], second["place"]} == {1, 2}


def test_the_wall_of_reunion(house):
    site = make_site(house.far)
    service = make_service(house.far, "pmi")
    agent = make_agent(site=site, services=[service])
    motif = make_motif(house.far, sites=[site], service=service)
    make_rdv(motif, site, [agent], utc(2027, 1, 12, 4, 30), usagers=[make_usager(house.far)])
    make_rdv(motif, site, [agent], utc(2027, 1, 12, 20, 30), usagers=[make_usager(house.far)])  # 0:30 on Wednesday
    response = page(signed_in(agent))
    by_day = {day["date"].day: [block["hour"] for block in day["blocks"]] for day in response.context["grid"]["days"]}
    assert (by_day[12], by_day[13]) == (["8:30"], ["0:30"])
    assert response.context["grid"]["now"]["label"] == "13:12"


def test_now_is_said_on_the_axis_and_no_hour_under_it(house, client_of):
    grid = page(client_of("claire")).context["grid"]
    assert grid["now"] == {"row": 26, "label": "10:12"}
    assert "10:00" not in [hour["label"] for hour in grid["axis"]]
    assert page(client_of("claire"), date="2027-01-19").context["grid"]["now"] is None


def test_a_cancelled_rdv_leaves_the_agenda(house, week, client_of):
    week.phone.cancelled_at = house.now
    week.phone.save()
    assert "Gaspard Leroy" not in words(page(client_of("claire")))


@pytest.mark.parametrize("vue", ["semaine", "jour", "liste"])
def test_queries_do_not_grow_with_the_rdv(house, week, client_of, vue, django_assert_max_num_queries):
    client = client_of("claire")
    for day in (11, 12):
        for number in range(12):
            make_rdv(
                house.motif,
                house.site,
                [house.claire],
                utc(2027, 1, day, 16) + dt.timedelta(minutes=10 * number),
                minutes=10,
                usagers=[make_usager(house.departement)],
            )
    with django_assert_max_num_queries(23):
        page(client, vue=vue)
