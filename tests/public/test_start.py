"""The first questions: where, for what; which motif; which places."""

import pytest

from rdv.models import Modality
from tests.factories import make_departement, make_motif
from tests.public.conftest import make_commune, make_world, text_of

pytestmark = pytest.mark.django_db


def test_a_single_departement_is_the_home(world, person):
    assert person.get("/")["Location"] == "/pas-de-calais/"


def test_several_departements_are_listed_and_found_by_commune(world, person):
    make_departement("59", is_open=True)
    make_departement("57", is_open=False)
    page = person.get("/")
    assert "Nord" in text_of(page)
    assert "Moselle" not in text_of(page)
    found = person.get("/", {"lieu": "62300", "porte": "enfant"})
    assert found["Location"] == "/pas-de-calais/motifs/?lieu=Lens+62300&porte=enfant"


def test_the_country_asks_the_commune(world, person):
    make_departement("59")
    page = person.get("/", {"lieu": "", "porte": "enfant"})
    assert page.status_code == 422
    assert "Écrivez le nom de votre commune ou son code postal." in text_of(page)


def test_a_departement_that_is_not_open_yet_is_said_so(world, person):
    make_departement("59")
    make_commune("80021", "Amiens", "80000", "80")
    page = person.get("/", {"lieu": "Amiens", "porte": "enfant"})
    assert page.status_code == 422
    assert "ne prend pas encore ses rendez-vous ici" in text_of(page)


def test_namesakes_of_two_departements_are_told_apart(world, person):
    make_departement("59")
    make_commune("59500", "Saint-Martin", "59100", "59")
    make_commune("62760", "Saint-Martin", "62500", "62")
    page = text_of(person.get("/", {"lieu": "Saint-Martin", "porte": "enfant"}))
    assert "Quelle commune ?" in page
    assert "Saint-Martin 59100" in page
    assert "Saint-Martin 62500" in page


def test_a_closed_departement_is_not_found(db, now, person):
    make_departement("57", is_open=False)
    assert person.get("/moselle/").status_code == 404


def test_only_the_doors_that_lead_somewhere_are_shown(world, person):
    page = person.get(world.url())
    assert page.status_code == 200
    assert 'value="enfant"' in page.content.decode()
    assert 'value="budget"' not in page.content.decode()
    assert "checked" not in page.content.decode()


def test_a_motif_that_the_public_does_not_book_is_behind_no_door(world, person):
    make_motif(world.departement, sites=world.sites.values(), tile="budget", who_books="agents")
    make_motif(world.departement, sites=[], tile="social")
    make_motif(world.departement, sites=world.sites.values(), tile="grossesse", is_follow_up=True)
    doors = person.get(world.url()).content.decode()
    assert not any(f'value="{tile}"' in doors for tile in ("budget", "social", "grossesse"))


def test_a_departement_without_anything_online_gives_the_phone(db, now, person):
    departement = make_departement("62")
    page = person.get(f"/{departement.slug}/")
    assert "aucun rendez-vous ne se prend encore en ligne" in text_of(page)
    assert "03 53 01 20 00" in text_of(page)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"lieu": "Lens"}, "Choisissez pour quoi vous venez."),
        ({"lieu": "Lens", "porte": "rien"}, "Choisissez pour quoi vous venez."),
        ({"lieu": "Zzyx", "porte": "enfant"}, "Nous ne trouvons pas cette commune."),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_is_kept(world, person, asked, sentence):
    page = person.get(world.url("motifs"), asked)
    assert page.status_code == 422
    assert sentence in text_of(page)
    assert "<title>Erreur" in page.content.decode().replace("\u00a0", " ")
    assert f'value="{asked["lieu"]}"' in page.content.decode()


def test_a_commune_of_another_departement_is_named(world, person):
    make_commune("59350", "Lille", "59000", "59")
    page = text_of(person.get(world.url("motifs"), {"lieu": "lille", "porte": "enfant"}))
    assert "Lille n’est pas dans le département du Pas-de-Calais" in page


def test_a_postcode_of_several_communes_asks_which(world, person):
    make_commune("62001", "Ablain", "62153")
    make_commune("62002", "Souchez", "62153")
    page = person.get(world.url("motifs"), {"lieu": "62153", "porte": "enfant"})
    assert "Quelle commune ?" in text_of(page)
    assert "?lieu=Souchez+62153&amp;porte=enfant" in page.content.decode()


def test_an_address_typed_in_full_is_read_by_its_town_and_leaves_the_address_of_the_page(world, person):
    found = person.get(world.url("motifs"), {"lieu": "14 rue des Acacias 62300 Lens", "porte": "enfant"})
    assert found["Location"] == "/pas-de-calais/pesee/lieux/?lieu=Lens+62300"


def test_without_a_home_one_may_go_on(world, person):
    found = person.get(world.url("motifs"), {"lieu": "", "porte": "enfant"})
    page = text_of(person.get(found["Location"]))
    assert "4 lieux sur 4" in page
    assert "km" not in page


def test_the_motif_is_asked_when_there_are_several(world, person):
    make_motif(world.departement, sites=world.sites.values(), slug="vaccin", public_label="Vaccin")
    page = person.get(world.url("motifs"), {"lieu": "Lens", "porte": "enfant"})
    assert page.status_code == 200
    assert "Pesée et conseils" in text_of(page)
    assert "/pas-de-calais/vaccin/lieux/?lieu=Lens+62300" in page.content.decode()


def test_who_does_not_know_sees_everything_and_the_phone_first(world, person):
    make_motif(world.departement, sites=world.sites.values(), tile="", public_label="Autre chose")
    page = text_of(person.get(world.url("motifs"), {"lieu": "Lens", "porte": "autre"}))
    assert page.index("Appelez-nous") < page.index("Pesée et conseils") < page.index("Autres rendez-vous")


def test_an_unknown_motif_is_not_found(world, person):
    assert person.get(world.url("rien", "lieux")).status_code == 404


def test_places_come_nearest_first_with_their_first_time(world, person):
    page = text_of(person.get(world.url("pesee", "lieux"), {"lieu": "Lens 62300"}))
    names = ["MDS de Lens", "MDS de Liévin", "MDS d’Hénin-Beaumont", "MDS de Béthune"]
    assert sorted(names, key=page.index) == names
    assert "Premier horaire libre 9 h 20 jeudi 26 novembre" in page
    assert "Le plus tôt 14 h mercredi 25 novembre" in page
    assert "À 1 km de chez vous" in page


def test_a_full_place_says_until_when_and_gives_its_phone(world, person):
    page = text_of(person.get(world.url("pesee", "lieux"), {"lieu": "Lens 62300"}))
    assert "Complet jusqu’au lundi 21 décembre" in page
    assert "Des places se libèrent parfois. Appelez : 03 53 01 20 40" in page


def test_places_may_be_sorted_by_date(world, person):
    page = text_of(person.get(world.url("pesee", "lieux"), {"lieu": "Lens 62300", "tri": "date"}))
    order = sorted(("MDS de Lens", "MDS de Liévin", "MDS d’Hénin-Beaumont", "MDS de Béthune"), key=page.index)
    assert order == ["MDS de Liévin", "MDS de Lens", "MDS de Béthune", "MDS d’Hénin-Beaumont"]


def test_a_single_place_is_not_a_question(db, now, person):
    world = make_world()
    motif = make_motif(world.departement, sites=[world.sites["lens"]], slug="seul")
    assert person.get(world.url("seul", "lieux"))["Location"] == "/pas-de-calais/seul/lens/horaires/"
    assert motif.modality == Modality.PUBLIC_OFFICE


def test_a_closed_site_is_not_offered(world, person):
    site = world.sites["lievin"]
    site.is_active = False
    site.save()
    assert "Liévin" not in text_of(person.get(world.url("pesee", "lieux"), {"lieu": "Lens 62300"}))
    assert person.get(world.times_url("lievin")).status_code == 404


@pytest.mark.parametrize("count", [2, 14])
def test_more_places_ask_no_more_queries(world, person, django_assert_max_num_queries, count):
    from rdv.models import MotifSite
    from tests.factories import make_agent, make_site

    for number in range(count):
        site = make_site(world.departement, slug=f"autre-{number}")
        MotifSite.objects.create(departement=world.departement, motif=world.motif, site=site)
        world.sites[f"autre-{number}"] = site
        world.agents[f"autre-{number}"] = make_agent(site=site)
        world.open(f"autre-{number}", (2026, 11, 26), (9, 0), (12, 0))
    with django_assert_max_num_queries(7):
        person.get(world.url("pesee", "lieux"), {"lieu": "Lens 62300"})


def test_the_first_pages_ask_few_queries(world, person, django_assert_max_num_queries):
    with django_assert_max_num_queries(4):
        person.get(world.url())
    with django_assert_max_num_queries(4):
        person.get(world.url("motifs"), {"lieu": "Lens", "porte": "autre"})
