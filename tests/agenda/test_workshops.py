"""A new workshop: usual length and places, who may, what is refused and in which words."""

import datetime as dt
import re

import pytest

from agents.models import Affectation, Fermeture, Role
from rdv.core.journal import Evenement
from rdv.models import Rdv
from tests.factories import make_motif, make_rdv, make_usager, utc

pytestmark = pytest.mark.django_db
URL = "/agents/ateliers/nouveau/"


def typed(house, **changes):
    values = {
        "motif": house.workshop.uuid,
        "site": house.site.pk,
        "day": "2027-01-19",
        "starts_time": "10:00",
        "ends_time": "",
        "title": "Massage bébé",
        "capacity": "",
        "agents": [house.claire.pk],
    }
    return values | changes


def errors(response, field):
    assert response.status_code == 422
    return " ".join(response.context["form"].errors.get(field, []))


def test_the_usual_length_and_places(house, client_of):
    response = client_of("claire").post(URL, typed(house))
    assert response.status_code == 302
    made = Rdv.objects.get()
    assert (made.starts_at, made.ends_at) == (utc(2027, 1, 19, 9), utc(2027, 1, 19, 10))
    assert (made.capacity, made.title) == (8, "Massage bébé")
    assert "date=2027-01-19" in response.url
    assert "Massage bébé" in client_of("claire").get(response.url).content.decode()


def test_one_s_own_length_places_and_pair(house, client_of):
    form = typed(house, ends_time="12:30", capacity="5", agents=[house.claire.pk, house.karim.pk])
    client_of("secretary").post(URL, form)
    made = Rdv.objects.get()
    assert (made.ends_at, made.capacity) == (utc(2027, 1, 19, 11, 30), 5)
    assert made.agents.count() == 2


def test_a_taken_hour_is_said_in_words_and_the_form_is_kept(house, client_of):
    make_rdv(house.motif, house.site, [house.claire], utc(2027, 1, 19, 9, 30), usagers=[make_usager(house.departement)])
    response = client_of("claire").post(URL, typed(house, agents=[house.claire.pk, house.karim.pk]))
    assert (
        errors(response, "starts_time")
        == "Claire Vasseur a déjà quelque chose à cette heure. Choisissez une autre heure."
    )
    html = response.content.decode()
    assert 'value="10:00"' in html
    assert 'value="Massage bébé"' in html
    assert Rdv.objects.filter(motif=house.workshop).count() == 0


def test_sent_twice_there_is_one(house, client_of):
    client = client_of("claire")
    client.post(URL, typed(house))
    assert errors(client.post(URL, typed(house)), "starts_time")
    assert Rdv.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"motif": ""}, "motif", "Il manque l’atelier."),
        ({"day": ""}, "day", "Il manque le jour."),
        ({"starts_time": ""}, "starts_time", "Il manque l’heure de début."),
        ({"ends_time": "09:00"}, "ends_time", "L’heure de fin doit être après l’heure de début."),
        ({"day": "2027-01-11"}, "day", "déjà passée"),
        ({"capacity": "0"}, "capacity", "au moins une place"),
        ({"capacity": "huit"}, "capacity", "en chiffres"),
        ({"agents": []}, "agents", "au moins une personne"),
    ],
)
def test_what_is_missing_is_said(house, client_of, changes, field, words):
    response = client_of("claire").post(URL, typed(house, **changes))
    assert words in errors(response, field)
    assert "invalide" not in response.content.decode()
    assert Rdv.objects.count() == 0


def test_choices_are_only_those_of_the_agent(house, client_of):
    other = make_motif(house.departement, sites=[house.site], service=house.ssl, is_collective=True, capacity=4)
    for changes, field in (
        ({"motif": other.uuid}, "motif"),
        ({"motif": house.motif.uuid}, "motif"),
        ({"site": house.other_site.pk}, "site"),
        ({"agents": [house.away.pk]}, "agents"),
        ({"agents": [house.stranger.pk]}, "agents"),
    ):
        assert "de la liste" in errors(client_of("claire").post(URL, typed(house, **changes)), field)


def test_the_motif_must_be_offered_there_and_the_role_allow_it(house, client_of):
    Affectation.objects.create(
        departement=house.departement,
        agent=house.sonia,
        site=house.other_site,
        role=Role.SECRETAIRE,
        starts_on=dt.date(2020, 1, 1),
    )
    house.workshop.motif_sites.create(departement=house.departement, site=house.other_site)
    client = client_of("sonia")
    assert "ne permet pas" in errors(client.post(URL, typed(house, agents=[house.sonia.pk])), "site")
    assert client.post(URL, typed(house, site=house.other_site.pk, agents=[house.away.pk])).status_code == 302
    # Another workshop keeps the first site in the list of Claire; this one left it.
    house.workshop.motif_sites.filter(site=house.site).delete()
    Affectation.objects.create(
        departement=house.departement,
        agent=house.claire,
        site=house.other_site,
        role=Role.AGENT,
        starts_on=dt.date(2020, 1, 1),
    )
    assert "n’est pas proposé" in errors(client_of("claire").post(URL, typed(house)), "site")


def test_hours_are_those_of_the_wall(house, client_of):
    """The Tuesday after the clock went forward (that Monday is a holiday): 10:00 is 8:00 UTC."""
    client_of("claire").post(URL, typed(house, day="2027-03-30"))
    assert Rdv.objects.get().starts_at == utc(2027, 3, 30, 8)


def test_without_any_workshop_the_page_says_who_can_help(house, client_of):
    house.workshop.motif_sites.all().delete()
    assert "demandez à un administrateur" in client_of("claire").get(URL).content.decode()


def test_the_same_form_twice_poses_one_and_says_so_twice(house, client_of):
    client = client_of("claire")
    page = client.get(URL).content.decode()
    key = re.search(r'name="key" value="([^"]+)"', page)[1]
    first, again = (client.post(URL, typed(house, key=key)) for _ in range(2))
    assert (first.status_code, again.status_code) == (302, 302)
    made = Rdv.objects.get()
    assert str(made.uuid) == key
    assert Evenement.objects.filter(kind="rdv.workshop_created").count() == 1
    # Changed and sent again with the same key: another session, not the first one in silence.
    assert client.post(URL, typed(house, key=key, starts_time="14:00")).status_code == 302
    assert Rdv.objects.count() == 2


def test_the_key_of_somebody_else_s_rdv_gives_nothing_of_it(house, client_of):
    other = make_motif(house.far, service=house.stranger.services.get(), is_collective=True, name="Ailleurs")
    theirs = make_rdv(other, house.stranger.affectations.get().site, [house.stranger], utc(2027, 1, 19, 9))
    assert client_of("claire").post(URL, typed(house, key=theirs.uuid)).status_code == 302
    assert Rdv.objects.get(motif=house.workshop).uuid != theirs.uuid


@pytest.mark.parametrize("why", ["férié", "fermé"])
def test_a_day_off_is_said_and_posed_only_knowingly(house, client_of, why):
    client, day = client_of("claire"), "2027-05-01"
    if why == "fermé":
        day = "2027-01-19"
        Fermeture.objects.create(
            departement=house.departement, site=house.site, label="Travaux",
            starts_on=dt.date(2027, 1, 19), ends_on=dt.date(2027, 1, 19),
        )  # fmt: skip
    assert 'name="anyway"' not in client.get(URL).content.decode()
    refused = client.post(URL, typed(house, day=day))
    assert f"est {why}" in errors(refused, "day")
    assert 'name="anyway"' in refused.content.decode()
    assert not Rdv.objects.exists()
    assert client.post(URL, typed(house, day=day, anyway="on")).status_code == 302
    assert Rdv.objects.count() == 1


def test_a_wrong_year_is_said(house, client_of):
    said = errors(client_of("claire").post(URL, typed(house, day="2199-01-19")), "day").replace("\u00a0", " ")
    assert said == "Le samedi 19 janvier 2199 est dans plus de 2 ans. Vérifiez l’année."
    assert not Rdv.objects.exists()
