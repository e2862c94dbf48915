"""Who reaches the waiting list: own site, other service, other site, other département, administrators."""

import re

import pytest
from django.urls import reverse

from agents.access import scope_of
from rdv.models import Evenement, Inscription, Offre
from rdv.services import waitlist_desk
from rdv.services.waitlist_join import Wishes
from tests.factories import NOW, make_agent, make_departement, make_motif, make_service, make_usager
from tests.signing import signed_in
from tests.waiting.conftest import free_the_hour, wait


@pytest.fixture
def offre(desk):
    wait(desk, phone="", email="")
    return free_the_hour(desk)


def page_of(response):
    return response.content.decode()


# The doors an hour of Claire's has: what each role gets.
HOURS = {
    "claire": 200, "secretary": 200, "other_service": 404, "elsewhere": 404, "stranger": 404,
    "admin": 403, "far_admin": 403,
}  # fmt: skip


@pytest.mark.parametrize(("name", "status"), HOURS.items())
def test_an_hour_of_the_list_is_given_and_explained_on_its_own_site(desk, offre, client_of, name, status):
    client = client_of(name)
    assert client.get(reverse("rdv:waiting_replay", args=[offre.uuid])).status_code == status
    assert client.get(reverse("rdv:waiting_take", args=[offre.option.token])).status_code == status
    if status != 200:
        answer = client.post(reverse("rdv:waiting_answer", args=[offre.uuid]), {"reponse": "non"})
        take = client.post(reverse("rdv:waiting_take", args=[offre.option.token]), {"reason": "urgence"})
        assert (answer.status_code, take.status_code) == (status, status)
        assert Offre.objects.live().get().pk == offre.pk


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("claire", 200),
        ("secretary", 200),
        ("elsewhere", 200),
        ("other_service", 404),
        ("stranger", 404),
        ("admin", 403),
    ],
)  # fmt: skip
def test_somebody_who_waits_is_read_by_those_who_book_the_motif(desk, offre, client_of, name, status):
    """The file is the département's: a secretary of another site that receives this motif reads it."""
    one, client = offre.inscription, client_of(name)
    assert client.get(reverse("rdv:waiting_person", args=[one.uuid])).status_code == status
    assert client.get(reverse("rdv:waiting_wishes", args=[one.uuid])).status_code == status
    if status != 200:
        for gesture in ("waiting_leave", "waiting_wake", "waiting_priority", "waiting_wishes"):
            assert client.post(reverse(f"rdv:{gesture}", args=[one.uuid]), {}).status_code == status
        assert Inscription.objects.get().state == "offered"


def test_another_site_sees_no_call_of_this_one(desk, offre, client_of):
    own, other = client_of("secretary").get("/agents/attente/appels/"), client_of("elsewhere").get(
        "/agents/attente/appels/?voir=toutes"
    )  # fmt: skip
    assert "Benali" in page_of(own)
    assert "Benali" not in page_of(other)
    assert 'À appeler <span class="n"' in page_of(own)
    assert 'À appeler <span class="n"' not in page_of(other)


def test_the_replay_is_linked_for_those_who_may_open_it_only(desk, offre, client_of):
    url = reverse("rdv:waiting_person", args=[offre.inscription.uuid])
    link = reverse("rdv:waiting_replay", args=[offre.uuid])
    assert link in page_of(client_of("secretary").get(url))
    assert link not in page_of(client_of("elsewhere").get(url))


def test_the_list_of_a_confidential_service_is_its_own(desk):
    ase = make_service(desk.departement, "ase", is_confidential=True)
    secret = make_motif(desk.departement, sites=[desk.site], service=ase, has_waitlist=True)
    insider = make_agent(site=desk.site, services=[ase])
    wait(desk, last="Secretier", motif=secret)
    assert "Secretier" in page_of(signed_in(insider).get("/agents/attente/"))
    for name in ("claire", "secretary", "elsewhere"):
        assert "Secretier" not in page_of(signed_in(desk.people[name]).get("/agents/attente/"))


def test_calls_counted_are_those_that_may_be_written(desk, offre):
    """The rule of Scope.may_write, in SQL: the same answer for each role."""
    for name, agent in desk.people.items():
        scope = scope_of(agent, today=NOW.date())
        may = scope.departement_code == "62" and scope.may_write(
            site_id=offre.site_id, service_id=offre.motif.service_id, agent_ids=offre.agent_ids
        )
        assert waitlist_desk.count_calls(scope) == int(may), name


def test_the_held_hour_is_told_in_the_agenda_to_those_who_may_take_it(desk, offre, client_of):
    query = {"agent": desk.claire.pk, "vue": "liste", "date": "2027-01-18"}
    link = reverse("rdv:waiting_take", args=[offre.option.token])
    assert link in page_of(client_of("secretary").get("/agents/agenda/", query))
    masked = page_of(client_of("other_service").get("/agents/agenda/", query))
    assert link not in masked
    assert "Place tenue" in masked
    assert "Benali" not in masked


def test_joining_a_motif_of_another_service_or_a_person_of_another_departement(desk, client_of):
    here, away = make_usager(desk.departement), make_usager(make_departement("974"))
    url, base = reverse("rdv:waiting_join"), {"shortest_notice_min": 60, "priority": 3}
    for name, person in (("other_service", here), ("secretary", away), ("stranger", here)):
        data = base | {"usager": person.uuid, "motif": desk.motif.uuid}
        assert client_of(name).get(url, data).status_code == 404
        assert client_of(name).post(url, data).status_code == 404
    assert Inscription.objects.count() == 0


# The administrator


def test_only_the_administrator_sets_the_rules(desk, client_of):
    urls = [
        reverse("rdv:waiting_rules"),
        reverse("rdv:waiting_policy"),
        reverse("rdv:waiting_motif", args=[desk.motif.uuid]),
    ]
    for url in urls:
        assert client_of("admin").get(url).status_code == 200
        assert client_of("secretary").get(url).status_code == 403
    assert client_of("far_admin").get(urls[2]).status_code == 404


def test_the_switch_of_a_motif(desk, client_of):
    wait(desk)
    url, client = reverse("rdv:waiting_motif_open", args=[desk.motif.uuid]), client_of("admin")
    assert client.post(url, {"notice_min": "-1", "is_open": "on"}).status_code == 422
    client.post(url, {"notice_min": "120"})
    desk.motif.refresh_from_db()
    assert (desk.motif.has_waitlist, desk.motif.waitlist_notice_min) == (False, 120)
    line = Evenement.objects.get(kind="waitlist.closed")
    assert (line.author_id, line.data["after"]) == (
        desk.people["admin"].pk,
        {"is_open": False, "notice_min": 120, "alike": []},
    )
    assert Inscription.objects.get().state == "waiting"
    page = page_of(client.get(reverse("rdv:waiting_rules")))
    assert "Fermée" in page
    client.post(url, {"is_open": "on"})
    desk.motif.refresh_from_db()
    assert (desk.motif.has_waitlist, desk.motif.waitlist_notice_min) == (True, None)


def test_rules_of_the_departement_and_of_a_motif(desk, client_of):
    client, here = client_of("admin"), reverse("rdv:waiting_policy")
    assert "Vide : 1440 (24 heures), comme la plateforme." in page_of(client.get(here)).replace("\u00a0", " ")
    own = reverse("rdv:waiting_motif", args=[desk.motif.uuid])
    client.post(here, {"ageing_days": "10", "near_people": ""})
    desk.departement.refresh_from_db()
    assert desk.departement.waitlist_policy == {"ageing_days": 10}
    assert "Vide : 10, comme le département." in page_of(client.get(own))
    client.post(own, {"near_people": "5"})
    desk.motif.refresh_from_db()
    assert desk.motif.waitlist_policy == {"near_people": 5}
    assert Evenement.objects.filter(kind="waitlist.policy", author_id=desk.people["admin"].pk).count() == 2


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"quiet_from_h": "7"}, "Le soir commence après le matin."),
        ({"ageing_days": "0"}, "Il faut au moins 1."),
        ({"long_people": "beaucoup"}, "Écrivez un nombre entier, en chiffres."),
        ({"near_from_h": "100"}, "Les trois durées vont de la plus longue à la plus courte."),
    ],
)
def test_rules_that_mean_nothing_are_said_beside_their_box(desk, client_of, data, said):
    response = client_of("admin").post(reverse("rdv:waiting_policy"), data)
    assert response.status_code == 422
    assert said in page_of(response)
    desk.departement.refresh_from_db()
    assert desk.departement.waitlist_policy == {}


# Figures


def test_figures_count_what_was_freed_offered_and_refilled(desk, offre, client_of):
    secretary = client_of("secretary")
    secretary.post(reverse("rdv:waiting_answer", args=[offre.uuid]), {"reponse": "oui"})
    page = page_of(secretary.get(reverse("rdv:waiting_figures")))
    assert '<p class="kpi">1</p>' in page
    assert "100 % des heures libérées" in page
    assert "30\u00a0minutes" in page
    assert "MDS du Canal" in page
    assert "MDS du Canal</td>" not in page_of(client_of("elsewhere").get(reverse("rdv:waiting_figures")))
    assert "MDS du Canal</td>" in page_of(client_of("admin").get(reverse("rdv:waiting_figures")))
    assert "MDS du Canal" not in page_of(client_of("far_admin").get(reverse("rdv:waiting_figures")))


def test_an_hour_that_nobody_takes_is_freed_and_not_offered(desk, client_of):
    """Somebody waits, but not for that half-day: the hour goes back to the public."""
    wait(desk, wishes=Wishes(half_days=0b10))
    assert free_the_hour(desk) is None
    page = page_of(client_of("admin").get(reverse("rdv:waiting_figures"), {"semaines": "52"}))
    assert "dont 0 proposée" in page
    assert re.findall(r'data-l="(?:Libérées|Proposées|Reprises)">(\d+)<', page) == ["1", "0", "0"]
    assert "rien de sauvé" in page
