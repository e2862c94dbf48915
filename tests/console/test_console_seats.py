"""The seats of a session, changed on its page: offered at once, journalled, refused in words beside the field."""

import re

import pytest
from django.urls import reverse

from rdv.core.journal import Author
from rdv.models import Evenement, Offre
from rdv.services.waitlist_join import Wish, join
from tests.factories import NOW, make_agent, make_departement, make_motif, make_rdv, make_site, make_usager, utc
from tests.signing import signed_in


def seen(response):
    return re.sub(r"\s+", " ", response.content.decode()).replace("\xa0", " ")


@pytest.fixture
def session(desk):
    motif = make_motif(
        desk.departement, sites=[desk.canal], service=desk.pmi, is_collective=True, capacity=2, has_waitlist=True
    )
    people = [make_usager(desk.departement) for _ in range(2)]
    return make_rdv(motif, desk.canal, [desk.claire], utc(2027, 1, 20, 8), usagers=people, capacity=2)


def press(client, session, **typed):
    return client.post(reverse("rdv:rdv_seats", args=[session.uuid]), {"vu": 2} | typed)


def test_a_seat_added_on_the_page_goes_to_who_waits(desk, session):
    wish = Wish(usager=make_usager(desk.departement), motif=session.motif)
    waiting = join(wish=wish, author=Author("usager", None, "Usager"), now=NOW)
    assert "Changer les places" in seen(desk.client.get(reverse("rdv:rdv_detail", args=[session.uuid])))
    page = seen(desk.client.post(reverse("rdv:rdv_seats", args=[session.uuid]), {"capacity": 3, "vu": 2}, follow=True))
    assert "La séance a 3 places : aucune n’est libre." in page
    assert "a changé le nombre de places" in page
    assert Offre.objects.live().get().inscription == waiting
    line = Evenement.objects.get(kind="rdv.capacity")
    assert (line.author_label, line.data) == ("Isabelle Fontaine", {"before": 2, "after": 3})


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("1", "2 places sont prises ou proposées : la séance ne peut pas en avoir moins."),
        ("", "Il manque le nombre de places."),
        ("beaucoup", "Écrivez le nombre de places en chiffres, par exemple 8."),
        ("0", "Il faut au moins une place."),
        ("501", "Un atelier a 500 places au plus."),
    ],
)
def test_a_number_that_cannot_be_is_kept_and_explained(desk, session, typed, words):
    response = press(desk.client, session, capacity=typed)
    assert response.status_code == 422
    assert words in seen(response)
    assert f'value="{typed}"' in seen(response) or not typed
    session.refresh_from_db()
    assert session.capacity == 2


def test_two_who_change_the_seats_at_once(desk, session):
    press(desk.client, session, capacity=4)
    response = press(desk.client, session, capacity=6)
    assert response.status_code == 409
    assert "Quelqu’un a modifié ce rendez-vous entre-temps" in seen(response)
    session.refresh_from_db()
    assert session.capacity == 4


def test_only_a_session_has_seats_and_only_its_own_people_change_them(desk, session):
    alone = make_rdv(desk.motif, desk.canal, [desk.claire], utc(2027, 1, 21, 8), usagers=[desk.samira])
    assert press(desk.client, alone, capacity=3).status_code == 404
    assert "Changer les places" not in seen(desk.client.get(reverse("rdv:rdv_detail", args=[alone.uuid])))
    elsewhere = make_departement("59")
    stranger = signed_in(make_agent(elsewhere, site=make_site(elsewhere), services=[]))
    assert press(stranger, session, capacity=3).status_code in (403, 404)
    session.refresh_from_db()
    assert session.capacity == 2
