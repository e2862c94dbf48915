"""Who is next: each wish and each rule excludes, with its control that admits; the order; strangers."""

import re
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, connection, transaction

from agents.models import Agent
from rdv.domain.waiting import effective_class
from rdv.models import Inscription, MotifSite, Offre, Priority, SourceKind
from rdv.services import waitlist_match
from rdv.services.waitlist_join import Wishes, WishImpossible
from rdv.services.waitlist_match import SENTENCES, Freed, candidates, explain
from rdv.services.waitlist_offer import offer_freed
from tests.factories import (
    NOW,
    make_agent,
    make_departement,
    make_motif,
    make_participation,
    make_rdv,
    make_site,
    make_usager,
)
from tests.waiting_core.conftest import TEN, wait_for
from usagers.models import Referent

pytestmark = pytest.mark.django_db
MONDAY_MORNING, TUESDAY_MORNING = 1, 4


def freed_of(world, **fields):
    values = {
        "motif": world.motif,
        "site": world.site,
        "starts_at": TEN,
        "ends_at": TEN + timedelta(minutes=30),
        "agent_ids": (world.agent.pk,),
        "source_kind": SourceKind.CANCELLATION,
        "freed_at": NOW,
    }
    return Freed(**values | fields)


def asked(world, now=NOW, limit=10, **fields):
    return candidates(freed_of(world, **fields), now=now, limit=limit)


def update(inscription, **fields):
    Inscription.objects.filter(pk=inscription.pk).update(**fields)


def _other_site(world):
    site = make_site(world.departement)
    MotifSite.objects.create(departement=world.departement, motif=world.motif, site=site)
    return site


WISHES = {
    "site": (lambda w: {"sites": [_other_site(w).pk]}, lambda w: {"sites": [w.site.pk]}),
    "half_day": (lambda w: {"half_days": TUESDAY_MORNING}, lambda w: {"half_days": MONDAY_MORNING | TUESDAY_MORNING}),
    "from_day": (lambda w: {"from_day": date(2027, 1, 19)}, lambda w: {"from_day": date(2027, 1, 18)}),
    "until_day": (lambda w: {"until_day": date(2027, 1, 17)}, lambda w: {"until_day": date(2027, 1, 18)}),
    "agent": (
        lambda w: {"agent": make_agent(w.departement, site=w.site)},
        lambda w: {"agent": w.agent},
    ),
    "step_free": (lambda w: {"needs_step_free": True}, lambda w: {"needs_step_free": False}),
    "language": (lambda w: {"language": "ar"}, lambda w: {"language": "uk"}),
    "notice": (lambda w: {"shortest_notice_min": 60 * 24 * 15}, lambda w: {"shortest_notice_min": 60 * 24 * 14}),
    "waiting": (lambda w: {"state": "asleep"}, lambda w: {"state": "waiting"}),
    "radius": (lambda w: {"radius_km": 3}, lambda w: {"radius_km": 30}),
}


@pytest.mark.parametrize("name", WISHES)
def test_each_wish_excludes_and_admits(name, world):
    person = make_usager(world.departement, latitude=50.53, longitude=2.83)  # 11 km north of the site
    Agent.objects.filter(pk=world.agent.pk).update(languages=["uk"])
    inscription = wait_for(world, usager=person)
    no, yes = WISHES[name]
    update(inscription, **no(world))
    assert asked(world) == []
    assert explain(freed_of(world), inscription, now=NOW) == [SENTENCES[name]]
    update(inscription, **yes(world))
    assert asked(world) == [inscription]
    assert explain(freed_of(world), inscription, now=NOW) == []


def test_one_of_several_who_speaks_the_language_is_enough(world):
    inscription = wait_for(world, wishes=Wishes(language="ar"))
    second = make_agent(world.departement, site=world.site, services=[world.motif.service], languages=["ar", "tr"])
    assert asked(world) == []
    assert asked(world, agent_ids=(world.agent.pk, second.pk)) == [inscription]
    assert asked(world, agent_ids=(second.pk,)) == [inscription]


def test_a_freed_hour_goes_past_those_whose_language_nobody_there_speaks(world):
    """The first of the list asked for Arabic, the agent speaks Ukrainian: the second is offered the hour."""
    Agent.objects.filter(pk=world.agent.pk).update(languages=["uk"])
    first, second = wait_for(world, wishes=Wishes(language="ar")), wait_for(world, now=NOW + timedelta(minutes=1))
    third = wait_for(world, wishes=Wishes(language="uk"), now=NOW + timedelta(minutes=2))
    assert asked(world) == [second, third]
    assert explain(freed_of(world), first, now=NOW) == [SENTENCES["language"]]


def test_the_languages_of_the_hour_are_read_once_whoever_waits(world):
    for _ in range(20):
        wait_for(world, wishes=Wishes(language="ar"))
    with connection.cursor() as cursor:
        parameters = waitlist_match._parameters(freed_of(world), NOW) | {"limit": 3}
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, COSTS OFF) {waitlist_match._CANDIDATES}", parameters)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "InitPlan" in plan
    assert re.search(r"agents_agent.*loops=1\b|agents_agent.*rows=\S+ loops=1\)", plan)


def test_a_language_that_is_none_or_that_the_named_agent_does_not_speak_is_refused(world):
    for wishes in (Wishes(language="xx"), Wishes(language="fr"), Wishes(language="ar", agent=world.agent)):
        with pytest.raises(WishImpossible) as refused:
            wait_for(world, wishes=wishes)
        assert refused.value.field == "language"
    Agent.objects.filter(pk=world.agent.pk).update(languages=["ar"])
    assert wait_for(world, wishes=Wishes(language="ar", agent=Agent.objects.get(pk=world.agent.pk))).language == "ar"


def test_equivalent_motifs_and_no_other(world):
    twin = make_motif(world.departement, sites=[world.site], has_waitlist=True)
    inscription = wait_for(world, motif=twin)
    assert asked(world) == []
    other = wait_for(world, motif=twin, wishes=Wishes(equivalents=[world.motif]))
    assert asked(world) == [other]
    assert explain(freed_of(world), inscription, now=NOW) == [SENTENCES["motif"]]


def test_a_person_is_never_asked_for_an_hour_when_they_are_busy_or_have_an_earlier_one(world):
    other = make_motif(world.departement, sites=[world.site])
    inscription = wait_for(world)
    make_rdv(other, world.site, [], TEN + timedelta(minutes=15), usagers=[inscription.usager])
    assert explain(freed_of(world), inscription, now=NOW) == [SENTENCES["busy"]]
    assert asked(world) == []


def test_an_exchange_only_for_something_earlier(world):
    person = make_usager(world.departement)
    rdv = make_rdv(world.motif, world.site, [], TEN, usagers=[person])
    inscription = wait_for(world, usager=person, participation=rdv.participations.get())
    assert explain(freed_of(world, starts_at=TEN + timedelta(hours=1)), inscription, now=NOW) == [SENTENCES["earlier"]]
    assert asked(world, starts_at=TEN - timedelta(hours=1)) == [inscription]
    # It overlaps the Rdv that it replaces: that is no reason.
    assert asked(world, starts_at=TEN - timedelta(minutes=15), ends_at=TEN + timedelta(minutes=15)) == [inscription]


def test_an_rdv_taken_since_for_the_same_motif_is_what_would_be_exchanged(world):
    inscription = wait_for(world)
    rdv = make_rdv(world.motif, world.site, [], TEN - timedelta(hours=1))
    make_participation(rdv, inscription.usager, created_at=NOW + timedelta(hours=1))
    assert explain(freed_of(world), inscription, now=NOW) == [SENTENCES["earlier"]]


def test_a_follow_up_motif_is_for_its_referents(world):
    world.motif.is_follow_up = True
    world.motif.save()
    inscription = wait_for(world)
    assert explain(freed_of(world), inscription, now=NOW) == [SENTENCES["referent"]]
    Referent.objects.create(
        departement=world.departement, usager=inscription.usager, agent=world.agent, starts_on=date(2026, 1, 1)
    )
    assert asked(world) == [inscription]


def test_never_the_same_hour_twice_and_two_a_day(world):
    inscription = wait_for(world)
    (offre,) = offer_freed(freed=freed_of(world, starts_at=TEN - timedelta(hours=1)), now=NOW)
    Offre.objects.filter(pk=offre.pk).update(state="lapsed", option=None)
    update(inscription, state="waiting")
    same = freed_of(world, starts_at=TEN - timedelta(hours=1))
    assert explain(same, inscription, now=NOW) == [SENTENCES["twice"]]
    assert asked(world) == [inscription]
    world.motif.waitlist_policy = {"offers_a_day": 1}
    world.motif.save()
    assert explain(freed_of(world), inscription, now=NOW) == [SENTENCES["a_day"]]
    assert asked(world, now=NOW + timedelta(days=1)) == [inscription]


def test_the_order_is_that_of_the_domain_and_ages(world):
    people = []
    for days, priority in [(0, 3), (10, 3), (22, 3), (50, 3), (5, 2), (1, 1), (70, 3), (3, 0), (90, 2)]:
        inscription = wait_for(world)
        opened = NOW - timedelta(days=days)
        update(inscription, opened_at=opened, priority=priority, priority_reason="naissance" if priority < 3 else "")
        people.append((effective_class(priority, opened, NOW, 21), opened, inscription.pk))
    assert [one.pk for one in asked(world)] == [pk for _, _, pk in sorted(people)]
    assert [one.pk for one in asked(world, limit=2)] == [pk for _, _, pk in sorted(people)][:2]


def test_a_priority_needs_a_reason_in_the_database_too(world):
    inscription = wait_for(world)
    with pytest.raises(IntegrityError), transaction.atomic():
        update(inscription, priority=Priority.URGENT)


def test_a_stranger_is_never_asked_and_no_row_links_two_departements(world):
    nord = make_departement("59")
    place = make_site(nord)
    motif = make_motif(nord, sites=[place], has_waitlist=True)
    stranger = wait_for(SimpleNamespace(departement=nord, site=place, motif=motif))
    here = wait_for(world)
    assert asked(world) == [here]
    for column, value in {"motifs": [motif.pk, world.motif.pk], "sites": [place.pk]}.items():
        with pytest.raises(IntegrityError, match="another département"), transaction.atomic():
            update(here, **{column: value})
    for column, value in {"usager": stranger.usager, "agent": make_agent(nord, site=place)}.items():
        with pytest.raises(IntegrityError, match="same_departement"), transaction.atomic():
            update(here, **{column: value})


def test_a_live_offer_has_its_option_and_an_ended_one_holds_nothing(world):
    wait_for(world)
    (offre,) = offer_freed(freed=freed_of(world, starts_at=TEN - timedelta(hours=1)), now=NOW)
    for fields in ({"option": None}, {"state": "lapsed"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Offre.objects.filter(pk=offre.pk).update(**fields)
