"""Free times: days, halves, places, full months, hours of another sea, and a time that somebody else took."""

import datetime as dt

import pytest

from agents.models import Departement
from tests.factories import make_agent, make_departement, make_motif, make_ouverture, make_rdv, make_service, make_site
from tests.public.conftest import World, buttons, fill, hidden, hold, local, make_world, text_of

pytestmark = pytest.mark.django_db


def test_mornings_and_afternoons_both_show(world, person):
    page = text_of(person.get(world.times_url()))
    assert "jeudi 26 novembre Matin jeudi 26 novembre, 9 h 20" in page
    assert "Après-midi jeudi 26 novembre, 14 h" in page
    assert "Après-midi Pas de place" in page  # Tuesday 1 December has a morning only


def test_what_is_sooner_elsewhere_comes_first(world, person):
    page = text_of(person.get(world.times_url(), {"lieu": "Lens 62300"}))
    assert "Plus tôt ailleurs : mercredi 25 novembre à 14 h, MDS de Liévin, à 3 km." in page
    assert "Plus tôt ailleurs" not in text_of(person.get(world.times_url("lievin")))


def test_the_next_days_begin_where_these_end(world, person):
    first = person.get(world.times_url())
    assert "Jours suivants, dès mercredi 2 décembre" in text_of(first)
    second = person.get(world.times_url(), {"du": "2026-12-02"})
    assert "mercredi 2 décembre Matin" in text_of(second)
    assert "Jours précédents, dès jeudi 26 novembre" in text_of(second)
    assert "Jours suivants" not in text_of(second)


@pytest.mark.parametrize("asked", ["2026-11-28", "2026-11-29"])
def test_a_day_without_place_leads_to_the_next_that_has_one(world, person, asked):
    page = text_of(person.get(world.times_url(), {"du": asked}))
    assert page.index("lundi 30 novembre Matin") < page.index("mardi 1er décembre")
    assert "jeudi 26 novembre Matin" not in page


@pytest.mark.parametrize("asked", ["2030-01-01", "9999-12-31", "0001-01-01", "bientot", "\x00", ""])
def test_a_day_that_means_nothing_still_shows_times(world, person, asked):
    assert buttons(person.get(world.times_url(), {"du": asked}))


def test_a_minimum_notice_longer_than_a_week_jumps_to_the_first_page_with_times(world, person):
    world.motif.min_notice_min = 9 * 24 * 60
    world.motif.save()
    page = text_of(person.get(world.times_url()))
    assert "jeudi 3 décembre Matin" in page
    assert "novembre Matin" not in page
    assert "Complet" not in page


def test_times_far_away_are_found_beyond_the_first_weeks(db, now, person):
    world = make_world()
    world.motif.horizon_days = 80
    world.motif.save()
    world.open("lens", (2027, 1, 28), (9, 0), (9, 40))
    assert len(buttons(person.get(world.times_url()))) == 2


def test_a_full_place_says_until_when_and_where_there_is_room(world, person):
    page = text_of(person.get(world.times_url("henin"), {"lieu": "Lens 62300"}))
    assert "Complet jusqu’au lundi 21 décembre" in page
    assert "Des places ailleurs MDS de Liévin mercredi 25 novembre à 14 h, à 3 km" in page
    assert "03 53 01 20 00" in page


def test_all_places_in_one_calendar(world, person):
    page = person.get(world.url("pesee", "horaires"), {"lieu": "Lens 62300"})
    text = text_of(page)
    assert "mercredi 25 novembre MDS de Liévin, à 3 km" in text
    assert text.index("MDS de Liévin, à 3 km") < text.index("MDS de Lens, à 1 km")
    response = person.post(
        world.url("pesee", "horaires"), {"creneau": "2026-11-30T09:40+00:00@bethune", "vu": hidden(page)}
    )
    assert "MDS de Béthune" in text_of(person.get(response["Location"]))


def test_an_opening_published_later_is_not_shown_yet(db, now, person):
    world = make_world()
    world.open("lens", (2026, 11, 26), (9, 0), (10, 0), public_from=dt.date(2026, 11, 25))
    assert not buttons(person.get(world.times_url()))


def test_an_hour_is_that_of_the_wall_on_both_sides_of_a_change_of_hour(db, now, person):
    """Sunday 28 March 2027: Monday's 9:00 is an hour of UTC earlier than Friday's."""
    world = make_world()
    world.motif.horizon_days = 200
    world.motif.save()
    world.open("lens", (2027, 3, 26), (9, 0), (9, 20))
    world.open("lens", (2027, 3, 28), (9, 0), (9, 20))
    world.open("lens", (2027, 3, 29), (9, 0), (9, 20))
    page = person.get(world.times_url())
    text = text_of(page)
    assert "vendredi 26 mars, 9 h" in text
    assert "dimanche 28 mars, 9 h" in text
    assert "lundi 29 mars, 9 h" in text
    assert [value[11:16] for value in buttons(page)] == ["08:00", "07:00", "07:00"]


@pytest.fixture
def reunion(db, now) -> World:
    departement: Departement = make_departement("974", name_with_article="de La Réunion")
    service = make_service(departement)
    site = make_site(departement, slug="le-port", name="MDS du Port", city="Le Port")
    agent = make_agent(site=site, services=[service])
    motif = make_motif(departement, sites=[site], service=service, slug="pesee", duration_min=20)
    world = World(departement, {"lens": site}, {"lens": agent}, motif)
    zone = "Indian/Reunion"
    make_ouverture(agent, [motif], local(2026, 11, 26, 11, 40, zone), local(2026, 11, 26, 12, 20, zone), site=site)
    return world


def test_hours_of_la_reunion_are_its_own(reunion, person):
    page = person.get(reunion.times_url("le-port"))
    text = text_of(page)
    assert "jeudi 26 novembre Matin jeudi 26 novembre, 11 h 40 Après-midi jeudi 26 novembre, 12 h" in text
    url = hold(person, reunion, site="le-port")
    assert "Jeudi 26 novembre à 11 h 40" in text_of(person.get(url))
    # 10:10 UTC is 14:10 there: held until 14:20.
    assert "jusqu’à 14 h 20" in text_of(person.get(url))


def test_a_taken_time_answers_409_with_the_nearest_others(world, person):
    page = person.get(world.times_url())
    make_rdv(world.motif, world.sites["lens"], [world.agents["lens"]], local(2026, 11, 26, 9, 40))
    response = person.post(world.times_url(), {"creneau": buttons(page)[1], "vu": hidden(page)})
    assert response.status_code == 409
    text = text_of(response)
    assert "Ce créneau vient d’être pris." in text
    assert "Jeudi 26 novembre à 9 h 20 Jeudi 26 novembre à 10 h Jeudi 26 novembre à 10 h 20" in text
    again = person.post(world.times_url(), {"creneau": buttons(response)[0], "vu": hidden(response)})
    assert again.status_code == 302


def test_the_last_time_taken_leaves_a_page_that_says_what_to_do(db, now, person):
    world = make_world()
    world.open("lens", (2026, 11, 26), (9, 0), (9, 20))
    page = person.get(world.times_url())
    make_rdv(world.motif, world.sites["lens"], [world.agents["lens"]], local(2026, 11, 26, 9))
    response = person.post(world.times_url(), {"creneau": buttons(page)[0], "vu": hidden(page)})
    assert response.status_code == 409
    assert "Complet jusqu’au" in text_of(response)


def test_a_motif_closed_to_the_public_meanwhile_gives_the_phone(world, person):
    page = person.get(world.times_url())
    world.motif.who_books = "agents"
    world.motif.save()
    assert person.post(world.times_url(), {"creneau": buttons(page)[0]}).status_code == 404


@pytest.mark.parametrize(
    "value",
    [
        "",
        "demain",
        "2026-11-26T08:20+00:00@ailleurs",
        "2026-11-26T08:20@lens",
        "9999-12-31T23:59-14:00@lens",
        "0001-01-01T00:00+14:00@lens",
        "@lens",
        "x" * 500,
    ],
)
def test_a_value_that_no_button_sends_is_refused_in_words(world, person, value):
    response = person.post(world.times_url(), {"creneau": value})
    assert response.status_code == 400
    assert "Nous n’avons pas compris cette demande" in text_of(response)


def test_a_time_shown_stays_bookable_though_the_notice_passes_meanwhile(world, person, now):
    world.motif.min_notice_min = 24 * 60
    world.motif.save()
    world.open("lens", (2026, 11, 24), (11, 0), (12, 0))
    now.move_to(local(2026, 11, 23, 11, 0))
    page = person.get(world.times_url())
    now.shift(dt.timedelta(minutes=6))
    response = person.post(world.times_url(), {"creneau": buttons(page)[0], "vu": hidden(page)})
    assert response.status_code == 302


def test_an_opening_time_nobody_signed_is_not_believed(world, person, now):
    world.motif.min_notice_min = 24 * 60
    world.motif.save()
    world.open("lens", (2026, 11, 24), (11, 0), (12, 0))
    now.move_to(local(2026, 11, 23, 11, 6))
    old = local(2026, 11, 23, 10, 50).isoformat()
    response = person.post(world.times_url(), {"creneau": "2026-11-24T10:00+00:00@lens", "vu": old})
    assert response.status_code == 409


def test_times_ask_few_queries_whatever_the_number_of_agents(world, person, django_assert_max_num_queries):
    for _ in range(6):
        agent = make_agent(site=world.sites["lens"])
        make_ouverture(agent, [world.motif], local(2026, 11, 26, 9), local(2026, 11, 26, 12), site=world.sites["lens"])
    with django_assert_max_num_queries(9):
        person.get(world.times_url(), {"lieu": "Lens 62300"})
    with django_assert_max_num_queries(8):
        person.get(world.url("pesee", "horaires"), {"lieu": "Lens 62300"})


def test_the_mockups_world_is_what_the_other_tests_believe(db, now, person):
    assert len(buttons(person.get(fill(make_world()).times_url()))) == 31


def test_an_address_that_only_receives_forms_never_opens_blank(world, person):
    """A phone that wakes up loads its tab again by its address alone."""
    answer = person.get(world.url("reservation", "00000000-0000-0000-0000-000000000000", "horaire"))
    assert answer.status_code == 405
    assert answer["Allow"] == "POST"
    assert "Cette page ne s’ouvre pas toute seule" in text_of(answer)
    assert "tel:" in answer.content.decode() or "maison des solidarités" in text_of(answer)
