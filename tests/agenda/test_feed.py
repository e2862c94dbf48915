"""The secret calendar address: who reads it, what it says and hides, how it ages, and how often it may be read."""

import datetime as dt
import io
import logging

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from icalendar import Calendar

from agents.models import Affectation, CalendarFeed
from agents.services.feeds import MOST_READS
from rdv.core.journal import Author, Evenement
from rdv.core.links import PATHS, hide_links, link_url, make_token
from rdv.core.logs import JsonFormatter
from rdv.models import Rdv
from rdv.services import guesses
from rdv.services.cancelling import cancel_rdv, restore_participation
from rdv.services.moving import Move, move_rdv
from rdv.views.agenda import feed as feed_view
from tests.agenda.conftest import NOW
from tests.factories import make_motif, make_rdv, utc

pytestmark = pytest.mark.django_db
PAGE = "/agents/agenda/flux/"
KARIM = Author("agent", 1, "Karim Haddad", "agent")


def act(client, action, **more):
    return client.post(PAGE, {"action": action} | more)


def path(agent):
    url = link_url("agenda", str(CalendarFeed.objects.get(agent=agent).uuid))
    return "/agents" + url.partition("/agents")[2]


@pytest.fixture
def address(house, client_of):
    assert act(client_of("claire"), "ouvrir").status_code == 302
    return path(house.claire)


def events(address, **headers):
    response = Client().get(address, headers=headers)
    assert (response.status_code, response["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    return {str(event["UID"]).partition("@")[0]: event for event in Calendar.from_ical(response.content).events}


def event_of(rdv, address):
    return events(address)[str(rdv.uuid)]


def test_read_without_a_session_the_secret_is_hashed_and_the_page_shows_it(house, client_of, address):
    token = address.rpartition("/")[2].removesuffix(".ics")
    assert Client().get(address).status_code == 200
    kept = CalendarFeed.objects.values().get()
    assert token not in str(kept)
    assert address in client_of("claire").get(PAGE).content.decode()
    assert "webcal://" in client_of("claire").get(PAGE).content.decode()
    act(client_of("claire"), "ouvrir")
    assert path(house.claire) == address


def test_rdv_and_absences_of_that_agent_only(house, week, address):
    make_rdv(house.motif, house.site, [house.karim], utc(2027, 1, 14, 13))
    found = events(address)
    own = {str(rdv.uuid) for rdv in Rdv.objects.filter(agents=house.claire)}
    assert {key for key in found if not key.startswith("absence-")} == own
    phone = found[str(week.phone.uuid)]
    assert (phone["DTSTART"].dt, phone["DTEND"].dt) == (week.phone.starts_at, week.phone.ends_at)
    assert (str(phone["STATUS"]), str(phone["CLASS"]), int(phone["SEQUENCE"])) == ("CONFIRMED", "PRIVATE", 0)
    (absence,) = [event for key, event in found.items() if key.startswith("absence-")]
    assert str(absence["SUMMARY"]) == "Absence"
    assert absence["DTSTART"].dt == utc(2027, 1, 13, 7)


def test_it_is_well_formed(house, week, address):
    content = Client().get(address).content.decode()
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in content
    assert "X-PUBLISHED-TTL:PT1H\r\n" in content
    assert "METHOD:PUBLISH\r\n" in content
    assert all(len(line.encode()) <= 75 for line in content.split("\r\n"))
    uids = [line for line in content.split("\r\n") if line.startswith("UID:")]
    assert len(uids) == len(set(uids))


def test_it_says_neither_names_nor_homes_nor_reasons(house, week, address):
    content = Client().get(address).content.decode().replace("\r\n ", "")
    for hidden in ("Lebrun", "Mendes", "Ormes", "Liévin", "Secretier", "Protection", "Formation", "très privée"):
        assert hidden not in content
    assert str(event_of(week.secret, address)["SUMMARY"]) == "Rendez-vous"
    assert str(event_of(week.home, address)["LOCATION"]) == "À domicile"
    assert str(event_of(week.phone, address)["SUMMARY"]) == house.phone.public_label


def test_initials_only_when_asked_and_never_for_a_discreet_motif(house, week, person, client_of, address):
    discreet = make_motif(house.departement, sites=[house.site], service=house.pmi, notice_level="discreet")
    quiet = make_rdv(discreet, house.site, [house.claire], utc(2027, 1, 14, 13), usagers=[person("Ana", "Dubois")])
    act(client_of("claire"), "initiales", initials="on")
    assert str(event_of(week.phone, address)["SUMMARY"]) == f"{house.phone.public_label} - G. L."
    assert str(event_of(quiet, address)["SUMMARY"]) == "Rendez-vous"
    assert str(event_of(week.secret, address)["SUMMARY"]) == "Rendez-vous"
    act(client_of("claire"), "initiales")
    assert str(event_of(week.phone, address)["SUMMARY"]) == house.phone.public_label


def test_each_change_raises_the_sequence_and_the_uid_stays(house, week, address):
    """Moved, cancelled, put back: 0, 1, 2, 3; the date of the last change follows."""
    now = house.now
    first = event_of(week.phone, address)
    assert first["DTSTAMP"].dt == first["LAST-MODIFIED"].dt == week.phone.created_at
    said = []
    move = Move(starts_at=utc(2027, 1, 14, 13), overbook_reason="à sa demande")
    move_rdv(rdv=week.phone, move=move, author=KARIM, now=now + dt.timedelta(minutes=1))
    said.append(event_of(week.phone, address))
    assert said[0]["DTSTART"].dt == utc(2027, 1, 14, 13)
    cancel_rdv(rdv=Rdv.objects.get(pk=week.phone.pk), author=KARIM, now=now + dt.timedelta(minutes=2), reason="")
    said.append(event_of(week.phone, address))
    one = Rdv.objects.get(pk=week.phone.pk).participations.get()
    restore_participation(participation=one, author=KARIM, now=now + dt.timedelta(minutes=3))
    said.append(event_of(week.phone, address))
    assert [str(event["STATUS"]) for event in said] == ["CONFIRMED", "CANCELLED", "CONFIRMED"]
    numbers = [int(event["SEQUENCE"]) for event in (first, *said)]
    assert numbers == sorted(set(numbers))
    stamps = [event["LAST-MODIFIED"].dt for event in said]
    assert stamps == [now + dt.timedelta(minutes=minute) for minute in (1, 2, 3)]


def test_a_cancelled_one_stays_thirty_days(house, week, address):
    week.phone.participations.update(status="revoked")
    Rdv.objects.filter(pk=week.phone.pk).update(cancelled_at=house.now - dt.timedelta(days=29))
    event = event_of(week.phone, address)
    assert (str(event["STATUS"]), str(event["TRANSP"])) == ("CANCELLED", "TRANSPARENT")
    Rdv.objects.filter(pk=week.phone.pk).update(cancelled_at=house.now - dt.timedelta(days=32))
    assert str(week.phone.uuid) not in events(address)


def test_from_three_months_back_to_thirteen_ahead(house, address):
    def on(*days):
        return [make_rdv(house.motif, house.site, [house.claire], utc(*day, 10)) for day in days]

    shown = on((2026, 10, 13), (2028, 2, 11))
    hidden = on((2026, 10, 11), (2028, 2, 13))
    found = set(events(address))
    assert {str(rdv.uuid) for rdv in shown} == found
    assert not {str(rdv.uuid) for rdv in hidden} & found


def test_unchanged_it_is_not_sent_again(house, week, address):
    first = Client().get(address)
    again = Client().get(address, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    Rdv.objects.filter(pk=week.phone.pk).update(ends_at=week.phone.ends_at + dt.timedelta(minutes=5))
    assert Client().get(address, headers={"If-None-Match": first["ETag"]}).status_code == 200
    assert first["Cache-Control"] == "private, no-cache"


def test_renewed_or_closed_the_former_address_is_dead(house, client_of, address):
    client = client_of("claire")
    seen = CalendarFeed.objects.get().uuid
    act(client, "renouveler", vu=seen)
    new = path(house.claire)
    act(client, "renouveler", vu=seen)  # the same click, sent twice
    assert (path(house.claire), new != address) == (new, True)
    assert [Client().get(one).status_code for one in (address, new)] == [404, 200]
    act(client, "fermer")
    assert Client().get(new).status_code == 404
    kinds = Evenement.objects.filter(kind__startswith="agent.feed").order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["agent.feed_opened", "agent.feed_renewed", "agent.feed_closed"]


def test_an_agent_who_left_gives_nothing_more(house, address):
    Affectation.objects.filter(agent=house.claire).update(ends_on=house.now.date() - dt.timedelta(days=1))
    assert Client().get(address).status_code == 404


def test_an_agent_whose_account_is_closed_gives_nothing_more(house, address):
    house.claire.is_active = False
    house.claire.save()
    assert Client().get(address).status_code == 404


@pytest.mark.parametrize("token", ["x", "0" * 16, "é", "a" * 200])
def test_a_guess_finds_nothing(house, address, token):
    assert Client().get(f"{PAGE}{token}.ics").status_code == 404


def test_read_too_often_it_asks_to_wait(house, address):
    CalendarFeed.objects.update(reads=MOST_READS - 1, counted_from=house.now)
    assert Client().get(address).status_code == 200
    late = Client().get(address)
    assert (late.status_code, late["Retry-After"]) == (429, "3600")
    CalendarFeed.objects.update(counted_from=house.now - dt.timedelta(hours=2))
    assert Client().get(address).status_code == 200


@pytest.fixture
def network():
    """Of the documentation, so that no other test counts on it."""
    address = "198.51.100.77"
    cache.delete(guesses._key(address, NOW))
    yield address
    cache.delete(guesses._key(address, NOW))


def test_a_network_that_guesses_is_asked_to_wait_before_anything_is_looked_up(
    house, address, network, monkeypatch, django_assert_num_queries
):
    monkeypatch.setattr(guesses, "MOST_GUESSES", 3)
    here, elsewhere = Client(REMOTE_ADDR=network), Client(REMOTE_ADDR="198.51.100.78")
    guessed = [here.get(f"{PAGE}{number:016d}.ics").status_code for number in range(5)]
    assert guessed == [404, 404, 404, 429, 429]
    with django_assert_num_queries(0):
        late = here.get(address)
    assert (late.status_code, late["Retry-After"]) == (429, "3600")
    assert elsewhere.get(address).status_code == 200
    with time_machine.travel(NOW + dt.timedelta(hours=1), tick=False):
        assert here.get(address).status_code == 200


def test_reading_a_known_address_is_no_guess(house, address, network, monkeypatch):
    monkeypatch.setattr(guesses, "MOST_GUESSES", 1)
    here = Client(REMOTE_ADDR=network)
    assert [here.get(address).status_code for _ in range(3)] == [200, 200, 200]


def test_without_its_cache_the_feed_is_read_all_the_same(house, address, settings):
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}
    assert Client().get(f"{PAGE}{'x' * 16}.ics").status_code == 404
    assert Client().get(address).status_code == 200


def test_an_error_is_logged_without_the_key(house, address, monkeypatch):
    """The platform's own formatter, on the line that Django writes for an error: it says the path."""
    token = address.rpartition("/")[2].removesuffix(".ics")

    def broken(*_asked, **_more):
        raise RuntimeError(f"while reading {address}")

    monkeypatch.setattr(feed_view, "calendar_of", broken)
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("django.request")
    logger.addHandler(handler)
    try:
        assert Client(raise_request_exception=False).get(address).status_code == 500
    finally:
        logger.removeHandler(handler)
    assert "Internal Server Error: /agents/agenda/flux/[...].ics" in written.getvalue()
    assert "while reading /agents/agenda/flux/[...].ics" in written.getvalue()
    assert token not in written.getvalue()


@pytest.mark.parametrize("purpose", PATHS)
def test_no_link_of_any_kind_is_written_in_a_log(purpose):
    url = link_url(purpose, "3f0c2b1e-0000-4000-8000-000000000000")
    token = make_token(purpose, "3f0c2b1e-0000-4000-8000-000000000000")
    assert token in url
    said = hide_links(f"Internal Server Error: {url} and /agents/rdv/3f0c2b1e/")
    assert token not in said
    assert said.endswith("/agents/rdv/3f0c2b1e/")


def test_few_queries_whatever_it_holds(house, week, address, django_assert_max_num_queries):
    with django_assert_max_num_queries(9):
        Client().get(address)
    for hour in range(20):
        make_rdv(house.motif, house.site, [house.claire], utc(2027, 2, 1 + hour, 10))
    with django_assert_max_num_queries(9):
        Client().get(address)


def test_nobody_without_an_agenda_opens_one(house, client_of):
    assert act(client_of("secretary"), "ouvrir").status_code == 404
    assert client_of("admin").get(PAGE).status_code == 403
    assert not CalendarFeed.objects.exists()
    assert act(client_of("claire"), "renouveler", vu="x").status_code == 404
