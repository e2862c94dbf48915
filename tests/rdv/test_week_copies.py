"""A week of openings copied to another week or to a colleague: seen before, once, and only where one plans for both."""

import datetime as dt
import re
from types import SimpleNamespace

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agents.models import Fermeture, Role
from rdv.models import Absence, Evenement, Occupation, Ouverture
from tests.factories import NOW, make_agent, make_departement, make_motif, make_ouverture, make_service, make_site, utc
from tests.signing import signed_in

pytestmark = pytest.mark.django_db
MONDAY, NEXT = "2027-01-11", "2027-01-25"
HOUR, WEEK = dt.timedelta(hours=1), dt.timedelta(weeks=1)


@pytest.fixture
def world():
    with time_machine.travel(NOW, tick=False):
        departement = make_departement("62")
        site, other = make_site(departement, name="MDS du Canal"), make_site(departement, name="MDS des Tilleuls")
        pmi, ssl = make_service(departement, "pmi"), make_service(departement, "ssl")
        world = SimpleNamespace(
            departement=departement,
            site=site,
            other=other,
            motif=make_motif(departement, sites=[site, other], service=pmi, name="Pesée"),
            social=make_motif(departement, sites=[site], service=ssl, name="Permanence"),
            claire=make_agent(site=site, services=[pmi, ssl], last_name="Vasseur"),
            karim=make_agent(site=site, services=[pmi], first_name="Karim", last_name="Haddad"),
            head=make_agent(site=site, role=Role.RESPONSABLE, services=[pmi], last_name="Marchand"),
        )
        world.monday = make_ouverture(
            world.claire, [world.motif, world.social], utc(2027, 1, 11, 8), utc(2027, 1, 11, 11), site=site
        )
        world.tuesday = make_ouverture(
            world.claire, [world.motif], utc(2027, 1, 12, 13), utc(2027, 1, 12, 16), site=site
        )
        world.client = signed_in(world.head)
        yield world


def url(world, agent=None):
    return reverse("rdv:week_copy", args=[(agent or world.claire).pk])


def asked(world, **more):
    return {"semaine": MONDAY, "vers": world.claire.pk, "cible": NEXT} | more


def see(world, **more):
    return world.client.get(url(world), asked(world, **more))


def rows(response):
    found = re.findall(r"<tr>(.*?)</tr>", response.content.decode().partition("<tbody>")[2], re.DOTALL)
    return [re.sub(r"<[^>]+>|\s+", " ", row) for row in found]


def form_of(response):
    return dict(
        re.findall(r'type="hidden" name="(cle|vu|semaine|vers|cible)" value="([^"]+)"', response.content.decode())
    )


def save(world, **more):
    return world.client.post(url(world), form_of(see(world, **more)))


def opened(agent, after="2027-01-18"):
    found = Ouverture.objects.filter(agent=agent, local_on__gte=after).order_by("starts_at")
    return list(found.values_list("starts_at", "ends_at"))


def test_the_week_is_shown_then_copied(world):
    response = see(world)
    assert [("Ajoutée" in row) for row in rows(response)] == [True, True]
    assert "Copier ces 2 ouvertures" in response.content.decode()
    assert opened(world.claire) == []
    save(world)
    assert opened(world.claire) == [
        (utc(2027, 1, 25, 8), utc(2027, 1, 25, 11)), (utc(2027, 1, 26, 13), utc(2027, 1, 26, 16))
    ]  # fmt: skip
    copied = Ouverture.objects.get(starts_at=utc(2027, 1, 25, 8))
    assert (copied.site, sorted(copied.motif_ids)) == (world.site, sorted([world.motif.pk, world.social.pk]))
    assert copied.plage.rhythm == "once"


def test_hours_are_those_of_the_wall_across_the_change_of_hour(world):
    save(world, cible="2027-03-30")
    # The 29th is Easter Monday: left out. After the 28th, 14:00 in Paris is 12:00 UTC.
    assert opened(world.claire) == [(utc(2027, 3, 30, 12), utc(2027, 3, 30, 15))]


def test_a_colleague_gets_only_what_they_receive(world):
    response = see(world, vers=world.karim.pk, cible=MONDAY)
    assert "Sans : Permanence" in rows(response)[0]
    save(world, vers=world.karim.pk, cible=MONDAY)
    copied = Ouverture.objects.filter(agent=world.karim).order_by("starts_at")
    assert [row.motif_ids for row in copied] == [[world.motif.pk], [world.motif.pk]]


def test_ones_own_week_keeps_the_motifs_of_another_service_but_not_those_archived(world):
    world.claire.agent_services.filter(service=world.social.service).delete()
    assert "Sans" not in rows(see(world))[0]
    world.social.is_archived = True
    world.social.save()
    assert "Sans : Permanence" in rows(see(world))[0]


def test_where_the_colleague_does_not_receive_it_is_left_out(world):
    make_ouverture(world.claire, [world.motif], utc(2027, 1, 13, 8), utc(2027, 1, 13, 9), site=world.other)
    make_ouverture(world.claire, [world.social], utc(2027, 1, 14, 8), utc(2027, 1, 14, 9), site=world.site)
    found = rows(see(world, vers=world.karim.pk))
    assert "ne reçoit pas sur ce site" in found[2]
    assert "aucun de ces motifs" in found[3]


def test_what_overlaps_is_left_out(world):
    make_ouverture(world.claire, [world.motif], utc(2027, 1, 25, 10), utc(2027, 1, 25, 12), site=world.site)
    found = rows(see(world))
    assert "déjà une ouverture" in found[0]
    assert "Ajoutée" in found[1]
    save(world)
    assert len(opened(world.claire)) == 2


def test_two_openings_of_the_week_that_overlap_are_copied_once(world):
    make_ouverture(world.claire, [world.motif], utc(2027, 1, 11, 10), utc(2027, 1, 11, 12), site=world.site)
    assert ["Ajoutée" in row for row in rows(see(world))] == [True, False, True]


def test_a_holiday_a_closure_and_the_past_are_left_out(world):
    Fermeture.objects.create(
        departement=world.departement, site=world.site, starts_on=dt.date(2027, 3, 30), ends_on=dt.date(2027, 3, 30),
        label="Travaux",
    )  # fmt: skip
    found = rows(see(world, cible="2027-03-31"))
    assert "Lundi de Pâques" in found[0]
    assert "Travaux" in found[1]
    assert all("passé" in row for row in rows(see(world, cible="2026-12-28")))
    assert all("trop loin" in row for row in rows(see(world, cible="2028-06-05")))


def test_an_absence_is_said_and_leaves_the_opening(world):
    absence = Absence.objects.create(
        departement=world.departement, agent=world.claire, first_day=dt.date(2027, 1, 25),
        last_day=dt.date(2027, 1, 25), starts_time=dt.time(8), ends_time=dt.time(18),
    )  # fmt: skip
    Occupation.objects.create(
        departement=world.departement, agent=world.claire, kind="absence", absence=absence,
        starts_at=utc(2027, 1, 25, 7), ends_at=utc(2027, 1, 25, 17),
    )  # fmt: skip
    assert "mais absence à ces heures" in rows(see(world))[0]
    save(world)
    assert len(opened(world.claire)) == 2


def test_a_cancelled_day_is_not_copied(world):
    Ouverture.objects.filter(pk=world.monday.pk).update(is_cancelled=True)
    assert len(rows(see(world))) == 1


def test_sent_twice_it_is_copied_once(world):
    data = form_of(see(world))
    first, second = (world.client.post(url(world), data) for _ in range(2))
    assert first.url == second.url
    assert len(opened(world.claire)) == 2
    assert Evenement.objects.filter(kind="planning.week_copied").count() == 1


def test_copied_again_later_nothing_is_added(world):
    save(world)
    response = see(world)
    assert all("déjà une ouverture" in row for row in rows(response))
    assert world.client.post(url(world), form_of(response)).status_code == 422
    assert len(opened(world.claire)) == 2


def test_what_changed_since_the_page_was_shown_is_shown_again(world):
    data = form_of(see(world))
    make_ouverture(world.claire, [world.motif], utc(2027, 1, 25, 8), utc(2027, 1, 25, 9), site=world.site)
    response = world.client.post(url(world), data)
    assert response.status_code == 409
    assert "ont changé entre-temps" in response.content.decode()
    assert len(opened(world.claire)) == 1


def test_it_is_one_fact_in_the_journal_with_its_members(world):
    save(world)
    fact = Evenement.objects.get(kind="planning.week_copied")
    assert len(fact.data["plages"]) == 2
    assert fact.author_id == world.head.pk


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"semaine": ""}, "Choisissez un jour de la semaine à copier."),
        ({"cible": "demain"}, "Écrivez le jour"),
        ({"vers": "1"}, "Choisissez dans quel agenda copier."),
        ({"cible": MONDAY}, "la même semaine du même agenda"),
    ],
)
def test_what_lacks_is_said(world, more, words):
    response = see(world, **more)
    assert response.status_code == 422
    assert words in response.content.decode()


def test_an_empty_week_says_so(world):
    assert "n’ouvre rien la semaine du lundi 18\xa0janvier 2027" in see(world, semaine="2027-01-20").content.decode()


def test_the_page_opens_on_this_week_and_the_next_one(world):
    page = world.client.get(url(world)).content.decode()
    assert 'value="2027-01-04"' in page
    assert 'value="2027-01-11"' in page


def test_one_copies_only_between_agendas_that_one_plans_for(world):
    """Karim plans for himself; a stranger for nobody here."""
    mine = signed_in(world.karim)
    assert mine.get(url(world, world.karim)).status_code == 200
    assert mine.get(url(world)).status_code == 404
    response = mine.post(url(world, world.karim), asked(world, vers=world.claire.pk))
    assert response.status_code == 422
    far = make_departement("974")
    stranger = make_agent(site=make_site(far), role=Role.RESPONSABLE, services=[make_service(far)])
    client = signed_in(stranger)
    assert client.get(url(world)).status_code == 404
    assert client.post(url(world), asked(world)).status_code == 404
    assert client.get(url(world, stranger), asked(world)).status_code == 422
    assert opened(world.claire) == []


def test_a_full_week_asks_no_more_than_one_day(world):
    see(world)
    counts = []
    for days in (0, 5):
        for day in range(days):
            start = utc(2027, 1, 11 + day, 17)
            make_ouverture(world.claire, [world.motif], start, start + HOUR, site=world.site)
        with CaptureQueriesContext(connection) as queries:
            see(world)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 25
