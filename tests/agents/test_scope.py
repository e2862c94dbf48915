"""The table of rights of domain.md, cell by cell."""

import datetime as dt

import pytest

from agents.access import scope_of
from agents.models import Affectation, Role
from tests.factories import make_agent, make_departement, make_service, make_site

pytestmark = pytest.mark.django_db
TODAY = dt.date(2027, 1, 4)
COLLEAGUE = 10_000_001  # some other agent
ALL_ROLES = [Role.INTERVENANT, Role.AGENT, Role.SECRETAIRE, Role.RESPONSABLE, Role.ADMIN]


class World:
    """Two sites of one département, a third elsewhere; an open service, another one, and a confidential one."""

    def __init__(self):
        self.departement = make_departement("62")
        self.here = make_site(self.departement)
        self.there = make_site(self.departement)
        self.abroad = make_site(make_departement("974"))
        self.own = make_service(self.departement, "pmi")
        self.other = make_service(self.departement, "ssl")
        self.secret = make_service(self.departement, "ase", is_confidential=True)
        self.foreign = make_service(self.abroad.departement, "pmi")

    def scope(self, role, *services):
        site = None if role == Role.ADMIN else self.here
        agent = make_agent(self.departement, site=site, role=role, services=services or (self.own,))
        return scope_of(agent, today=TODAY)


@pytest.fixture
def world():
    return World()


def reads(scope, site, service, agent_id=COLLEAGUE):
    return scope.may_read(site_id=site.pk, service_id=service.pk, agent_ids=[agent_id])


@pytest.mark.parametrize("role", ALL_ROLES)
@pytest.mark.parametrize("place", ["here", "there"])
@pytest.mark.parametrize("service", ["own", "other", "secret"])
def test_ones_own_rdv_is_always_read(world, role, place, service):
    scope = world.scope(role)
    assert reads(scope, getattr(world, place), getattr(world, service), scope.agent_id)
    assert scope.may_read(site_id=None, service_id=getattr(world, service).pk, agent_ids=[COLLEAGUE, scope.agent_id])


# Somebody else's Rdv on one's site: (service of the Rdv) -> who reads it when they work for `own` only.
@pytest.mark.parametrize(
    ("role", "service", "expected"),
    [
        (Role.INTERVENANT, "own", False),
        (Role.INTERVENANT, "other", False),
        (Role.INTERVENANT, "secret", False),
        (Role.AGENT, "own", True),
        (Role.AGENT, "other", False),
        (Role.AGENT, "secret", False),
        (Role.SECRETAIRE, "own", True),
        (Role.SECRETAIRE, "other", True),
        (Role.SECRETAIRE, "secret", False),
        (Role.RESPONSABLE, "own", True),
        (Role.RESPONSABLE, "other", False),
        (Role.RESPONSABLE, "secret", False),
        (Role.ADMIN, "own", False),
        (Role.ADMIN, "other", False),
        (Role.ADMIN, "secret", False),
    ],
)
def test_a_colleagues_rdv_on_ones_site(world, role, service, expected):
    scope = world.scope(role)
    assert reads(scope, world.here, getattr(world, service)) is expected
    assert (
        scope.may_write(site_id=world.here.pk, service_id=getattr(world, service).pk, agent_ids=[COLLEAGUE]) is expected
    )


@pytest.mark.parametrize("role", ALL_ROLES)
@pytest.mark.parametrize("place", ["there", "abroad"])
@pytest.mark.parametrize("service", ["own", "other", "secret", "foreign"])
def test_a_strangers_rdv_elsewhere_is_never_read(world, role, place, service):
    scope = world.scope(role, world.own, world.secret)
    assert not reads(scope, getattr(world, place), getattr(world, service))


@pytest.mark.parametrize("role", ALL_ROLES)
def test_without_a_site_only_ones_own_is_read(world, role):
    assert not world.scope(role).may_read(site_id=None, service_id=world.own.pk, agent_ids=[COLLEAGUE])


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (Role.INTERVENANT, False),
        (Role.AGENT, True),
        (Role.SECRETAIRE, True),
        (Role.RESPONSABLE, True),
        (Role.ADMIN, False),
    ],
)
def test_a_confidential_service_is_read_by_those_assigned_to_it(world, role, expected):
    assert reads(world.scope(role, world.secret), world.here, world.secret) is expected


def test_no_agents_at_all_is_not_everybody(world):
    scope = world.scope(Role.AGENT)
    assert not scope.may_read(site_id=world.there.pk, service_id=world.own.pk, agent_ids=[])


@pytest.mark.parametrize("role", ALL_ROLES)
def test_agendas_seen(world, role):
    scope = world.scope(role)
    shares_sites = role in {Role.AGENT, Role.SECRETAIRE, Role.RESPONSABLE}
    assert scope.sees_agenda_of(scope.agent_id, [])
    assert scope.sees_agenda_of(COLLEAGUE, [world.here.pk, world.there.pk]) is shares_sites
    assert not scope.sees_agenda_of(COLLEAGUE, [world.there.pk, world.abroad.pk])
    assert not scope.sees_agenda_of(COLLEAGUE, [])


@pytest.mark.parametrize("role", ALL_ROLES)
def test_plannings_written(world, role):
    scope = world.scope(role)
    assert scope.may_plan_for(scope.agent_id, [])
    assert scope.may_plan_for(COLLEAGUE, [world.here.pk]) is (role == Role.RESPONSABLE)
    assert not scope.may_plan_for(COLLEAGUE, [world.there.pk])
    assert not scope.may_plan_for(COLLEAGUE, [])


@pytest.mark.parametrize(
    ("role", "signs_in", "has_agenda", "searches", "is_secretaire", "is_admin"),
    [
        (Role.INTERVENANT, False, True, False, False, False),
        (Role.AGENT, True, True, True, False, False),
        (Role.SECRETAIRE, True, False, True, True, False),
        (Role.RESPONSABLE, True, True, True, False, False),
        (Role.ADMIN, True, False, False, False, True),
    ],
)
def test_what_each_role_is(world, role, signs_in, has_agenda, searches, is_secretaire, is_admin):
    scope = world.scope(role)
    seen = (scope.may_sign_in, scope.has_agenda, scope.may_search_usagers, scope.is_secretaire, scope.is_admin)
    assert seen == (signs_in, has_agenda, searches, is_secretaire, is_admin)
    assert scope.author().role == role.value


def test_roles_of_several_sites_do_not_mix(world):
    agent = make_agent(world.departement, site=world.here, role=Role.AGENT, services=[world.own])
    give(agent, world.there, Role.SECRETAIRE)
    scope = scope_of(agent, today=TODAY)
    assert not reads(scope, world.here, world.other)
    assert reads(scope, world.there, world.other)
    assert scope.author(world.here.pk).role == "agent"
    assert scope.author(world.there.pk).role == "secretaire"


def test_an_admin_also_affected_to_a_site_reads_there(world):
    agent = make_agent(world.departement, role=Role.ADMIN, services=[world.own])
    give(agent, world.here, Role.AGENT)
    scope = scope_of(agent, today=TODAY)
    assert scope.is_admin
    assert reads(scope, world.here, world.own)


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "is_held"),
    [
        (TODAY, None, True),
        (TODAY, TODAY, True),
        (TODAY - dt.timedelta(days=9), TODAY, True),
        (TODAY - dt.timedelta(days=9), TODAY - dt.timedelta(days=1), False),
        (TODAY + dt.timedelta(days=1), None, False),
    ],
)
def test_a_role_holds_from_its_first_day_to_its_last(world, starts_on, ends_on, is_held):
    agent = make_agent(world.departement)
    give(agent, world.here, Role.AGENT, starts_on=starts_on, ends_on=ends_on)
    scope = scope_of(agent, today=TODAY)
    assert (world.here.pk in scope.roles) is is_held
    assert scope.may_sign_in is is_held


def test_an_operator_may_nothing(world):
    operator = make_agent(world.departement, is_operateur=False)
    operator.departement, operator.is_operateur = None, True
    operator.save()
    scope = scope_of(operator, today=TODAY)
    assert scope.departement_code == ""
    assert (scope.roles, scope.service_ids, scope.confidential_ids) == ({}, frozenset(), frozenset())
    assert not scope.may_sign_in


def test_confidential_services_are_those_of_the_departement_only(world):
    make_service(world.abroad.departement, "ase", is_confidential=True)
    assert world.scope(Role.AGENT).confidential_ids == {world.secret.pk}


def test_two_queries(world, django_assert_num_queries):
    agent = make_agent(world.departement, site=world.here, services=[world.own])
    with django_assert_num_queries(2):
        scope_of(agent, today=TODAY)


def give(agent, site, role, *, starts_on=dt.date(2020, 1, 1), ends_on=None):
    Affectation.objects.create(
        departement=agent.departement, agent=agent, site=site, role=role, starts_on=starts_on, ends_on=ends_on
    )
