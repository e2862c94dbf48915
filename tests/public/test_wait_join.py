"""Joining from a page: wishes, who, code, one's place. The same answers to everybody until the code is right."""

import datetime as dt
import re

import pytest
from django.test import Client

from notifications.models import Message
from rdv.core.journal import Evenement
from rdv.models import Inscription, MotifSite, Participation
from rdv.services import public_waiting
from tests.factories import make_motif, make_rdv, make_usager
from tests.public.conftest import CHILD, IDENTITY, book, code_sent, link_of, local, text_of
from tests.public.waiting import WISHES, ask, join_online, place_of, wait_url
from usagers.models import Usager

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(world):
    world.motif.has_waitlist = True
    world.motif.save()
    return world


def test_a_full_place_leads_to_the_list_and_not_to_a_wall(world, person):
    page = person.get(world.times_url("henin") + "?lieu=Lens+62300")
    assert "laissez-nous vous prévenir" in text_of(page)
    url = wait_url(world, "?lieu=Lens+62300&amp;site=henin")
    assert url in page.content.decode()
    assert wait_url(world, "?site=lens") in person.get(world.times_url("lens")).content.decode()


def test_without_a_list_nothing_speaks_of_it(world, person):
    world.motif.has_waitlist = False
    world.motif.save()
    for site in ("henin", "lens"):
        assert "Prévenez-moi" not in text_of(person.get(world.times_url(site)))
    assert person.get(wait_url(world)).status_code == 404


def _checked(page, name):
    """Values of the boxes of this name that are ticked."""
    boxes = re.findall(rf'<input type="(?:radio|checkbox)"[^>]*name="{name}"[^>]*>', page)
    return [re.search(r'value="([^"]*)"', box).group(1) for box in boxes if " checked" in box]


def _choices(page, name):
    return re.findall(rf'<input type="(?:radio|checkbox)"[^>]*name="{name}"[^>]*value="([^"]*)"', page) or re.findall(
        rf'<input type="(?:radio|checkbox)" name="{name}" value="([^"]*)"', page
    )


def test_the_place_that_was_looked_at_is_chosen_and_others_are_offered_by_distance(world, person):
    page = person.get(wait_url(world, "?site=lievin"))
    html = page.content.decode()
    assert _checked(html, "where") == ["ici"]
    # Lens is 4 km away, Hénin-Beaumont 12, Béthune 16: 5 km and 15 km each add a place, 30 would be all of them.
    assert _choices(html, "where") == ["ici", "km5", "km15", "partout", "choix"]
    for words in ("Seulement ici : MDS de Liévin", "À moins de 5 km (2 lieux)", "À moins de 15 km (3 lieux)"):
        assert words in text_of(page)
    assert "Distances depuis MDS de Liévin." in text_of(page)
    assert not _checked(html, "sites")


def test_where_one_lives_says_what_is_near(world, person):
    page = person.get(wait_url(world, "?lieu=Lens+62300"))
    assert _checked(page.content.decode(), "where") == ["km15"]
    assert "Distances depuis Lens." in text_of(page)


def test_nothing_known_nothing_is_chosen_in_advance(world, person):
    page = person.get(wait_url(world)).content.decode()
    assert _choices(page, "where") == ["partout", "choix"]
    assert not [name for name in ("where", "sites", "when", "half_days") if _checked(page, name)]
    assert _checked(page, "notice") == ["1440"]


def test_three_answers_are_enough(world, person):
    """A hurried person: any day, the place that was full, the usual warning."""
    inscription = join_online(
        person, world, query="?site=lens", wishes={"when": "tous", "where": "ici", "notice": "1440"}
    )
    assert (inscription.sites, inscription.half_days) == ([world.sites["lens"].pk], 0)


def test_kilometres_count_from_the_commune_that_was_typed(world, person):
    wishes = {"when": "tous", "where": "km15", "notice": "1440"}
    inscription = join_online(person, world, query="?lieu=Lens+62300", wishes=wishes)
    assert (inscription.sites, inscription.radius_km, inscription.near_name) == ([], 15, "Lens")
    assert inscription.usager.latitude is None  # the file has no address, and gets none
    assert "À moins de 15 km (depuis Lens)" in text_of(person.get(place_of(inscription)))
    page = person.get(place_of(inscription, "souhaits")).content.decode()
    assert _checked(page, "where") == ["km15"]


def test_any_place_is_a_choice_of_its_own_and_is_shown_again(world, person):
    inscription = join_online(person, world, wishes=WISHES | {"where": "partout"})
    assert (inscription.sites, inscription.radius_km) == ([], None)
    page = person.get(place_of(inscription, "souhaits")).content.decode()
    assert _checked(page, "where") == ["partout"]
    assert not _checked(page, "sites")


def test_boxes_ticked_say_the_choice_that_shows_them(world, person):
    """Old browsers show the boxes at once: nobody has to say twice that they choose."""
    page = person.post(wait_url(world), {"half_days": ["5"], "sites": ["lens"], "notice": ""}).content.decode()
    assert (_checked(page, "when"), _checked(page, "where")) == (["certains"], ["choix"])
    assert (_checked(page, "half_days"), _checked(page, "sites")) == (["5"], ["lens"])


def test_boxes_hidden_behind_another_choice_do_not_count(world, person):
    wishes = WISHES | {"when": "tous", "half_days": ["5"], "where": "partout"}
    inscription = join_online(person, world, wishes=wishes)
    assert (inscription.half_days, inscription.sites) == (0, [])


def test_from_the_wishes_to_the_list(world, person):
    wishes = WISHES | {"half_days": ["0", "3"], "notice": "2880", "until_day": "2026-12-20"}
    inscription = join_online(person, world, wishes=wishes)
    assert inscription.usager.full_name == "Nadia Lemaire"
    assert (inscription.sites, inscription.half_days) == ([world.sites["lens"].pk], 0b1001)
    assert (inscription.shortest_notice_min, inscription.until_day) == (2880, dt.date(2026, 12, 20))
    page = text_of(person.get(place_of(inscription) + "?fait=inscrit"))
    assert "Vous êtes sur la liste" in page
    assert "Vous êtes la prochaine personne" in page
    assert "Lundi matin et mardi après-midi" in page
    assert "Jusqu’au dimanche 20 décembre" in page
    assert "03 53 01 20 00" in page
    assert Message.objects.filter(kind="waitlist.joined", subject_id=str(inscription.uuid)).exists()


def test_everything_ticked_means_anything(world, person):
    inscription = join_online(person, world, wishes=WISHES | {"sites": list(world.sites)})
    assert (inscription.sites, inscription.half_days) == ([], 0)


def test_for_a_child_the_parent_gets_the_messages(world, person):
    inscription = join_online(person, world, identity=CHILD)
    assert inscription.usager.first_name == "Yanis"
    assert inscription.responsable.first_name == "Nadia"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("where", "", "Choisissez où vous pouvez aller."),
        ("sites", [], "Cochez au moins un lieu."),
        ("when", "", "Choisissez quand vous pouvez venir."),
        ("half_days", [], "Cochez au moins un moment."),
        ("where", "km15", "Choisissez où vous pouvez aller."),
        ("until_day", "2026-11-01", "Cette date est passée. Choisissez une date à venir."),
        ("from_day", "bientôt", "Écrivez une date. Exemple : 14/12/2026."),
        ("notice", "", "Choisissez combien de temps avant."),
    ],
)
def test_what_is_missing_is_said_and_the_rest_is_kept(world, person, field, value, sentence):
    typed = WISHES | {"when": "certains", "where": "choix", "half_days": ["5"], field: value}
    if field in ("where", "when") and not value:  # nothing behind it that would say it
        typed = {name: kept for name, kept in typed.items() if name not in ("sites", "half_days")}
    page = person.post(wait_url(world), typed)
    assert page.status_code == 422
    assert sentence in text_of(page)
    if "half_days" in typed and field != "half_days":
        assert 'value="5" checked' in page.content.decode()


def test_back_finds_what_was_typed(world, person):
    person.post(wait_url(world), WISHES | {"half_days": ["7"]})
    page = person.get(wait_url(world)).content.decode()
    assert 'value="7" checked' in page
    assert 'value="0" checked' not in page


def test_the_same_page_sent_twice_is_one_place(world, person):
    url = ask(person, world)
    code = code_sent()
    first = person.post(url, {"code": code})
    again = person.post(url, {"code": code})
    assert first["Location"] == again["Location"]
    assert Inscription.objects.count() == 1
    assert person.get(url)["Location"] == first["Location"]


def test_two_presses_at_once_lead_to_the_same_place(world, person, monkeypatch):
    """The second comes when the first has used the code and has not answered yet: no session to read, no error."""
    url = ask(person, world)
    code = code_sent()
    seen = []
    join_verified = public_waiting.join_verified

    def slow(*args, **options):
        if not seen:
            seen.append(None)
            other = Client()
            other.cookies = person.cookies
            seen[0] = other.post(url, {"code": code})
        return join_verified(*args, **options)

    monkeypatch.setattr(public_waiting, "join_verified", slow)
    first = person.post(url, {"code": code})
    assert (seen[0].status_code, seen[0]["Location"]) == (302, url)
    assert Client.get(person, url)["Location"] == first["Location"]
    assert Inscription.objects.count() == 1


def test_a_wrong_code_joins_nothing(world, person):
    url = ask(person, world)
    page = person.post(url, {"code": "000000" if code_sent() != "000000" else "000001"})
    assert page.status_code == 422
    assert not Inscription.objects.exists()
    assert not Usager.objects.filter(last_name="Lemaire").exists()


def test_known_or_not_waiting_or_not_the_answers_are_the_same(world):
    """No enumeration: a phone that waits already and one that nobody knows read the same pages, until the code."""
    join_online(Client(), world)
    pages = []
    for phone in ("06 39 98 45 21", "06 39 98 45 22"):
        client = Client()
        url = ask(client, world, identity=IDENTITY | {"phone": phone})
        page = text_of(client.get(url))
        pages.append(page.replace(phone[-5:], "..").replace(phone[-2:], ".."))
    assert pages[0] == pages[1]


def test_waiting_already_leads_to_ones_own_place(world):
    first = join_online(Client(), world)
    client = Client()
    url = ask(client, world)
    assert client.post(url, {"code": code_sent()})["Location"].endswith("?fait=deja")
    assert join_online(Client(), world) == first
    assert Inscription.objects.count() == 1
    assert not Evenement.objects.filter(kind="inscription.changed").exists()


def test_other_wishes_of_somebody_who_waits_already_are_kept(world):
    """Same rank, the new wishes, and the agent's own additions stay."""
    first = join_online(Client(), world)
    Inscription.objects.filter(pk=first.pk).update(referent_only=True, state="asleep", unanswered=2)
    client = Client()
    url = ask(client, world, wishes=WISHES | {"half_days": ["5"], "until_day": ""})
    page = client.post(url, {"code": code_sent()}, follow=True)
    assert "Vos souhaits sont changés. Vous gardez votre rang." in text_of(page)
    again = Inscription.objects.get()
    assert (again.pk, again.opened_at, again.half_days, again.until_day) == (first.pk, first.opened_at, 1 << 5, None)
    assert (again.state, again.referent_only) == ("waiting", True)
    line = Evenement.objects.get(kind="inscription.changed").data
    assert (line["before"]["half_days"], line["after"]["half_days"]) == (first.half_days, 1 << 5)


def test_another_browser_finds_nothing(world, person):
    url = ask(person, world)
    for address in (url, url.removesuffix("code/")):
        assert Client().get(address).status_code == 404


def test_the_code_again_by_the_other_channel(world, person):
    url = ask(person, world, identity=IDENTITY | {"email": "nadia@example.org"})
    assert "SMS au" in text_of(person.get(url))
    person.post(url.replace("code/", "renvoyer/"), {"par": "email"})
    assert "e-mail à" in text_of(person.get(url))
    response = person.post(url, {"code": code_sent()})
    assert response.status_code == 302


def test_a_full_session_has_its_own_list(world, person):
    workshop = make_motif(
        world.departement, slug="massage", is_collective=True, capacity=1, has_waitlist=True, public_label="Massage"
    )
    MotifSite.objects.create(departement=world.departement, motif=workshop, site=world.sites["lens"])
    session = make_rdv(
        workshop, world.sites["lens"], [world.agents["lens"]], local(2026, 12, 1, 14), usagers=[make_usager()]
    )
    page = person.get(world.times_url("lens", workshop)).content.decode()
    query = f"?seance={session.uuid}"
    assert f"/massage/attente/{query}" in page
    url = world.url("massage", "attente") + query
    shown = person.get(url).content.decode()
    assert 'name="half_days"' not in shown
    response = person.post(url, {"notice": "1440", "auto_accept": "on"})
    person.post(response["Location"], IDENTITY)
    person.post(response["Location"] + "code/", {"code": code_sent()})
    inscription = Inscription.objects.get()
    assert (inscription.atelier, inscription.auto_accept) == (session, True)


# --- "Plus tôt ?", from the link of one's Rdv


@pytest.fixture
def participation(world, person):
    return book(person, world, index=6)


def test_something_earlier_keeps_the_rdv(participation, world):
    reader = Client()
    assert "Me prévenir si une place se libère plus tôt" in text_of(reader.get(link_of(participation)))
    page = reader.get(link_of(participation, "plus-tot/"))
    assert "Vous gardez votre rendez-vous du" in text_of(page)
    assert "Lemaire" not in page.content.decode()
    response = reader.post(link_of(participation, "plus-tot/"), WISHES)
    inscription = Inscription.objects.get()
    assert response["Location"] == place_of(inscription) + "?fait=inscrit"
    assert inscription.participation == participation
    assert inscription.until_day == participation.rdv.starts_at.date()
    participation.refresh_from_db()
    assert participation.is_live
    again = reader.get(link_of(participation, "plus-tot/"))
    assert again["Location"] == place_of(inscription) + "?fait=deja"


def test_nothing_earlier_for_what_is_cancelled_or_has_no_list(participation, world):
    reader = Client()
    world.motif.has_waitlist = False
    world.motif.save()
    assert "plus tôt" not in text_of(reader.get(link_of(participation)))
    assert reader.post(link_of(participation, "plus-tot/"), WISHES)["Location"] == link_of(participation)
    world.motif.has_waitlist = True
    world.motif.save()
    reader.post(link_of(participation, "annuler/"))
    assert reader.post(link_of(participation, "plus-tot/"), WISHES).status_code == 302
    assert not Inscription.objects.exists()
    assert Participation.objects.count() == 1
