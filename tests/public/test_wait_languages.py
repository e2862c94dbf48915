"""A language asked for online: joining, one's place on the list, changing it."""

import pytest

from rdv.models import Inscription
from tests.html.reading import faults
from tests.public.conftest import text_of
from tests.public.waiting import WISHES, ask, join_online, place_of, put_on_the_list, wait_url

pytestmark = pytest.mark.django_db


@pytest.fixture
def speaking(world):
    agent = world.agents["lens"]
    agent.languages = ["ar"]
    agent.save()
    world.motif.has_waitlist = True
    world.motif.save()
    return world


def test_nothing_is_asked_where_only_french_is_spoken(speaking, person):
    speaking.agents["lens"].languages = []
    speaking.agents["lens"].save()
    assert 'name="language"' not in person.get(wait_url(speaking)).content.decode()


def test_asked_with_the_wishes_it_is_on_ones_place(speaking, person):
    page = person.get(wait_url(speaking))
    assert faults(page.content.decode()) == []
    assert "العربية (arabe)" in page.content.decode()
    inscription = join_online(person, speaking, wishes=WISHES | {"language": "ar"})
    assert inscription.language == "ar"
    assert "En arabe" in text_of(person.get(place_of(inscription)))


def test_it_is_said_before_the_code(speaking, person):
    url = ask(person, speaking, wishes=WISHES | {"language": "ar"})
    assert "en arabe" in text_of(person.get(url.replace("code/", "")))


def test_a_language_that_is_not_in_the_list_is_said(speaking, person):
    page = person.post(wait_url(speaking), WISHES | {"language": "tr"})
    assert page.status_code == 422
    assert "Choisissez une langue de la liste." in text_of(page)


def test_it_is_changed_like_the_other_wishes(speaking, client):
    inscription = put_on_the_list(speaking)
    url = place_of(inscription, "souhaits")
    assert 'name="language"' in client.get(url).content.decode()
    client.post(url, WISHES | {"language": "ar", "version": str(inscription.version)})
    assert Inscription.objects.get().language == "ar"
    again = Inscription.objects.get()
    assert '<option value="ar" selected>' in client.get(url).content.decode()
    client.post(url, WISHES | {"language": "", "version": str(again.version)})
    assert Inscription.objects.get().language == ""
