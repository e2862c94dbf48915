"""What must be masked on pages that a role does open: agendas, files, searches, previews. Each with somebody who reads.

The matrix looks for the same words in every answer to everybody (doors.SECRETS); here are the pages made to hold them.
"""

import pytest
from django.urls import reverse

from tests.rights.doors import HERE, OK, PLANNERS, READERS, SITE, read, said
from tests.rights.rows_agenda import SEE_CLAIRE
from tests.rights.world import ABSENCE_NOTE, MASKED_MOTIF, MASKED_NAME, NAME, at

pytestmark = pytest.mark.django_db
INSIDERS = ("owner", "insider")  # it is Claire's own Rdv; the other one is of the confidential service
BUSY = "occupé"


def _day(house, days):
    return at(house, days, 12).astimezone(house.departement.zone).date().isoformat()


def _page(client, name, *args, data=None, **headers):
    response = client.get(reverse(f"rdv:{name}", args=args), data or {}, **headers)
    assert read(response) == OK
    return said(response)


def _claire(house, view, days=4):
    return {"agent": house.owner.pk, "date": _day(house, days), "vue": view}


@pytest.mark.parametrize("view", ["jour", "semaine", "liste"])
@pytest.mark.parametrize("role", SEE_CLAIRE)
def test_the_agenda_of_a_colleague(role, view, house, client_of):
    page = _page(client_of(role), "agenda", data=_claire(house, view))
    assert (NAME in page) == (role in READERS)
    assert (MASKED_NAME in page, MASKED_MOTIF in page) == (role in INSIDERS,) * 2
    assert role == "owner" or BUSY in page.lower(), "the time itself is seen by everybody on the site"


@pytest.mark.parametrize("role", SEE_CLAIRE)
def test_the_month_counts_and_names_nobody(role, house, client_of):
    page = _page(client_of(role), "agenda", data=_claire(house, "mois"))
    assert NAME not in page
    assert MASKED_NAME not in page
    assert MASKED_MOTIF not in page
    assert BUSY in page or role in INSIDERS


@pytest.mark.parametrize("role", SEE_CLAIRE)
def test_the_agenda_of_a_colleague_put_beside_another(role, house, client_of):
    """Whoever is shown first, the column of Claire is masked as her own page is."""
    first = house.people["colleague"]
    data = {"agent": first.pk, "avec": house.owner.pk, "date": _day(house, 4), "vue": "jour"}
    page = _page(client_of(role), "agenda", data=data)
    assert (NAME in page) == (role in READERS)
    assert (MASKED_NAME in page, MASKED_MOTIF in page) == (role in INSIDERS,) * 2


@pytest.mark.parametrize("view", ["semaine", "liste"])
@pytest.mark.parametrize("role", SEE_CLAIRE)
def test_the_note_of_an_absence_is_for_those_who_plan(role, view, house, client_of):
    agenda = _page(client_of(role), "agenda", data=_claire(house, view, days=10))
    assert ABSENCE_NOTE not in agenda or role in PLANNERS


@pytest.mark.parametrize("role", PLANNERS)
def test_those_who_plan_read_the_note(role, house, client_of):
    assert ABSENCE_NOTE in _page(client_of(role), "absence", house.absence.uuid)


@pytest.mark.parametrize("role", HERE)
def test_the_file_of_a_person_followed_elsewhere(role, house, client_of):
    """The file is the département's; what she comes for is not."""
    client, masked = client_of(role), house.masked
    asked = client.post(reverse("rdv:usager_reason", args=[masked.uuid]), {"raison": "presente"})
    assert read(asked) == OK
    for page in (
        _page(client, "usager", masked.uuid),
        _page(client, "usager", masked.uuid, data={"tout": "1"}),
        _page(client, "accueil", data={"usager": masked.uuid}),
    ):
        assert MASKED_NAME in page
        assert role in INSIDERS or MASKED_MOTIF not in page
    assert role not in INSIDERS or MASKED_MOTIF in _page(client, "usager", masked.uuid, data={"tout": "1"})


@pytest.mark.parametrize("headers", [{}, {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "resultats"}], ids=["", "htmx"])
@pytest.mark.parametrize("role", SITE)
def test_the_search_ends_at_the_departement(role, headers, house, client_of):
    client = client_of(role)
    for words in ("benali", str(house.usager.phone), "zelie secreti"):
        page = _page(client, "accueil", data={"q": words}, **headers)
        assert role in HERE or (NAME not in page and MASKED_NAME not in page)
        assert MASKED_MOTIF not in page or role in INSIDERS
    assert (NAME in _page(client, "accueil", data={"q": "benali"}, **headers)) == (role in HERE)


@pytest.mark.parametrize("role", PLANNERS)
def test_an_absence_over_masked_rdvs_says_how_many_not_whose(role, house, client_of):
    day = _day(house, 4)
    data = {"repetition": "once-1", "kind": "leave", "first_day": day, "last_day": day}
    response = client_of(role).post(reverse("rdv:absence_create", args=[house.owner.pk]), data)
    assert read(response) == OK
    page = said(response)
    assert NAME in page, "the preview tells the Rdv that this agent may read"
    assert (MASKED_NAME in page) == (role in INSIDERS)
    assert role in INSIDERS or MASKED_MOTIF not in page
