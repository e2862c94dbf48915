"""Pages that the law asks for, the foot of every page, and what no page may do."""

import datetime as dt
import re

import pytest

from rdv.templatetags.typography import insecables
from rdv.views.public import words
from tests.public.conftest import text_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        ("accessibilite", "Ce service est non conforme avec le référentiel général"),
        ("mentions-legales", "INSEE, La Poste, DILA, IGN, 2026"),
        ("mentions-legales", "sous licence AGPL"),
        ("donnees-personnelles", "2 ans après le dernier contact"),
        ("donnees-personnelles", "un horaire est gardé 10 minutes"),
    ],
)
def test_legal_pages_say_what_is_true(world, person, page, sentence):
    response = person.get(world.url(page))
    assert response.status_code == 200
    assert sentence in text_of(response)
    assert "03 53 01 20 00" in text_of(response)


def test_the_foot_of_a_page_leads_only_to_pages_that_exist(world, person):
    html = person.get(world.url()).content.decode()
    foot = html[html.index("<footer") :]
    links = re.findall(r'href="(/[^"]*)"', foot)
    assert len(links) == 4
    assert all(person.get(link).status_code == 200 for link in links)


def test_a_flaw_may_be_reported(world, person):
    body = person.get("/.well-known/security.txt").content.decode()
    assert "Contact: mailto:" in body
    expires = re.search(r"Expires: (\S+)Z", body).group(1)
    assert dt.datetime(2026, 11, 23) < dt.datetime.fromisoformat(expires) < dt.datetime(2027, 11, 23)


def test_pages_are_kept_by_no_cache_and_run_nothing_inline(world, person):
    for url in (world.url(), world.times_url(), world.url("mes-rendez-vous")):
        response = person.get(url)
        assert "no-store" in response["Cache-Control"]
        policy = response["Content-Security-Policy"]
        assert "unsafe-inline" not in policy
        assert "default-src 'none'" in policy


@pytest.mark.parametrize(
    ("trade", "said"),
    [
        ("puéricultrice", "une puéricultrice"),
        ("sage-femme", "une sage-femme"),
        ("assistante sociale", "une assistante sociale"),
        ("infirmière", "une infirmière"),
        ("médecin", "un médecin"),
        ("assistant social", "un assistant social"),
        ("éducateur", "un éducateur"),
        ("conseillère conjugale", "une conseillère conjugale"),
        ("conseiller", "un conseiller"),
        ("psychologue", "un ou une psychologue"),
        ("chargée d’accueil", "une chargée d’accueil"),
    ],
)
def test_a_trade_takes_its_article(trade, said):
    assert words.with_article(trade) == said


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("de 8 h 30 à 17 h 30", "de 8\u00a0h\u00a030 à 17\u00a0h\u00a030"),
        ("à 3 minutes à pied", "à 3\u00a0minutes à pied"),
        ("Bus : ligne 4", "Bus\u00a0: ligne 4"),
        ("14 rue des Acacias", "14 rue des Acacias"),
    ],
)
def test_numbers_and_signs_stay_with_their_words(typed, shown):
    assert insecables(typed) == shown


@pytest.mark.parametrize(
    ("km", "said"), [(None, ""), (0.2, "à moins d’1\u00a0km"), (0.8, "à 1\u00a0km"), (11.4, "à 11\u00a0km")]
)
def test_distances_in_words(km, said):
    assert words.distance(km) == said
