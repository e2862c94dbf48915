"""What a file tells of a confidential service to somebody who is not of it: that there is something, never who."""

import datetime as dt

import pytest
from django.urls import reverse

from agents.access import agents_kept_secret, scope_of
from agents.models import Role
from rdv.core.journal import Author
from rdv.services.merging import merge_files
from tests.console.conftest import seen
from tests.factories import NOW, make_agent, make_rdv, make_usager, utc
from tests.signing import signed_in
from usagers.models import Referent
from usagers.services.links import add_referent

ACCUEIL = "/agents/accueil/"
TODAY = dt.date(2027, 1, 4)


@pytest.fixture
def thomas(desk):
    """Of the confidential service, on the site of everybody; he follows Samira."""
    thomas = make_agent(site=desk.canal, services=[desk.ase], first_name="Thomas", last_name="Wattel")
    desk.link = add_referent(
        usager=desk.samira, agent=thomas, author=Author("agent", thomas.pk, thomas.full_name, "agent"), now=NOW
    )
    return thomas


def pages(client, desk):
    return [
        seen(client.get(ACCUEIL, {"usager": desk.samira.uuid})),
        seen(client.get(reverse("rdv:usager", args=[desk.samira.uuid]))),
        seen(client.get(reverse("rdv:usager_history", args=[desk.samira.uuid]))),
    ]


def test_who_follows_somebody_for_a_confidential_service_is_a_count(desk, thomas):
    signed_in(thomas).get(reverse("rdv:usager", args=[desk.samira.uuid]))
    call, file, history = pages(desk.client, desk)
    for page in (call, file, history):
        assert "Wattel" not in page
        assert "ASE" not in page
    assert "Claire Vasseur" in call
    assert "1 autre suivi dans un service que vous ne lisez pas" in call
    assert "1 autre suivi dans un service que vous ne lisez pas" in file
    assert "Un service que vous ne lisez pas" in file, "his line in the journal has no name"
    assert history.count("Un service que vous ne lisez pas") == 2, "the follow-up and his reading"
    desk.samira.referents.exclude(agent=thomas).delete()
    call, file, _ = pages(desk.client, desk)
    assert "1 suivi dans un service que vous ne lisez pas" in call
    assert "Personne ne suit cette personne" not in file


def test_those_of_the_service_read_who_follows(desk, thomas):
    colleague = make_agent(site=desk.canal, role=Role.SECRETAIRE, services=[desk.ase])
    for client in (signed_in(thomas), signed_in(colleague)):
        call, file, history = pages(client, desk)
        assert "Thomas Wattel" in call
        assert "Thomas Wattel" in file
        assert "Thomas Wattel" in history
        assert "que vous ne lisez pas" not in file.split("Référents")[1].split("Liste d’attente")[0]


def test_a_hidden_follow_up_is_neither_ended_nor_added(desk, thomas):
    add, end = (
        reverse("rdv:referent_add", args=[desk.samira.uuid]),
        reverse("rdv:referent_end", args=[desk.samira.uuid, desk.link.pk]),
    )
    assert desk.client.post(end).status_code == 404
    assert Referent.objects.filter(pk=desk.link.pk, ends_on=None).exists()
    Referent.objects.filter(pk=desk.link.pk).delete()
    assert desk.client.post(add, {"agent": thomas.pk}).status_code == 422
    assert not Referent.objects.filter(agent=thomas).exists()
    own = signed_in(thomas)
    make_rdv(desk.motif, desk.canal, [thomas], utc(2027, 1, 7, 9), usagers=[desk.samira])
    assert own.post(add, {"agent": thomas.pk}).status_code == 302
    link = Referent.objects.get(agent=thomas)
    assert own.post(reverse("rdv:referent_end", args=[desk.samira.uuid, link.pk])).status_code == 302


def test_somebody_of_two_services_is_shown_without_the_confidential_one(desk):
    both = make_agent(site=desk.canal, services=[desk.pmi, desk.ase], first_name="Nour", last_name="Haddad")
    Referent.objects.create(departement=desk.departement, usager=desk.samira, agent=both, starts_on=TODAY)
    _, file, _ = pages(desk.client, desk)
    assert "Nour Haddad" in file
    assert "ASE" not in file


def test_who_is_kept_secret(desk, thomas):
    both = make_agent(site=desk.canal, services=[desk.pmi, desk.ase])
    nothing = make_agent(site=desk.canal)
    everybody = [thomas.pk, both.pk, nothing.pk, desk.claire.pk]
    assert agents_kept_secret(scope_of(desk.secretary, today=TODAY), everybody) == {thomas.pk}
    assert agents_kept_secret(scope_of(both, today=TODAY), everybody) == set()
    assert agents_kept_secret(scope_of(thomas, today=TODAY), everybody) == set()
    assert agents_kept_secret(scope_of(nothing, today=TODAY), []) == set()


def test_who_made_two_files_one_for_a_confidential_service_is_not_named(desk, thomas):
    """On the file, and on the page that parts them again."""
    other = make_usager(desk.departement, first_name="Samira", last_name="Ben Ali")
    author = Author("agent", thomas.pk, thomas.full_name, "agent")
    fusion = merge_files(
        kept=desk.samira,
        other=other,
        choices={"last_name": "kept", "phone": "kept", "email": "kept", "birth_date": "kept"},
        author=author,
        now=NOW,
    )
    addresses = reverse("rdv:usager", args=[desk.samira.uuid]), reverse("rdv:unmerge", args=[fusion.uuid])
    for address in addresses:
        page = seen(desk.client.get(address))
        assert "Wattel" not in page
        assert "par un service que vous ne lisez pas" in page
    colleague = signed_in(make_agent(site=desk.canal, role=Role.SECRETAIRE, services=[desk.ase]))
    for address in addresses:
        assert "par Thomas Wattel" in seen(colleague.get(address))
