"""An agent who leaves: what is to come is said first, nothing stays bookable, and whoever is booked is not lost."""

import datetime as dt
import re

import pytest

from agents import access
from agents.models import Role
from agents.services import accounts
from rdv.access import agents_in_sight, agents_seen, site_ids_in_sight
from rdv.core.journal import SYSTEM, Evenement
from rdv.models import Ouverture, PlageOuverture, Rdv
from rdv.services.absent_doors import may_report, reportable_agents
from rdv.services.planning import create_plage
from rdv.services.planning_doors import agent_to_plan
from tests.agents.conftest import NOW, TODAY
from tests.agents.sign_in_helpers import sign_in
from tests.factories import (
    make_agent,
    make_departement,
    make_motif,
    make_rdv,
    make_service,
    make_site,
    make_usager,
    utc,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("travelling")]


@pytest.fixture
def pmi(site):
    return make_service(site.departement, "pmi")


@pytest.fixture
def motif(site, pmi):
    return make_motif(site.departement, sites=[site], service=pmi)


@pytest.fixture
def busy(site, agent, motif, pmi):
    """An agent with a weekly opening and one Rdv ahead."""
    accounts.set_services(agent=agent, services=[pmi], author=SYSTEM, now=NOW)
    opened(agent, site, [motif])
    make_rdv(motif, site, [agent], utc(2027, 1, 12, 9), usagers=[make_usager(site.departement)])
    return agent


def opened(agent, site, motifs):
    return create_plage(
        departement=agent.departement, agent=agent, site=site, motifs=motifs, first_day=dt.date(2027, 1, 12),
        starts_time=dt.time(9), ends_time=dt.time(12), rhythm="weekly", weekdays=[1], author=SYSTEM, now=NOW,
    )  # fmt: skip


def text_of(response):
    return " ".join(response.content.decode().replace("\u00a0", " ").split())


def said_by(page):
    return re.search(r'name="perdu" value="([^"]*)"', page.content.decode())[1]


def role_page(agent):
    return f"/agents/comptes/{agent.pk}/roles/{agent.affectations.get(ends_on=None).pk}/retirer/"


def ahead(agent):
    return Ouverture.objects.standing().filter(agent=agent, ends_at__gt=NOW)


def scope_of(agent):
    return access.scope_of(agent, today=TODAY)


def test_a_role_that_ends_says_what_is_to_come_and_does_nothing_before(browser, busy):
    page = browser.get(role_page(busy))
    assert "1 rendez-vous à venir avec" in text_of(page)
    assert f"{ahead(busy).count()} dates d’ouverture à venir" in text_of(page)
    before = ahead(busy).count()
    assert browser.post(role_page(busy), {}).status_code == 409
    assert busy.affectations.get().ends_on is None
    assert ahead(busy).count() == before > 50


def test_once_said_the_role_ends_and_its_hours_close(browser, busy, admin):
    page = browser.get(role_page(busy))
    answer = browser.post(role_page(busy), {"perdu": said_by(page)})
    assert answer.status_code == 302
    assert busy.affectations.get().ends_on == TODAY - dt.timedelta(days=1)
    assert not ahead(busy).exists()
    assert PlageOuverture.objects.get(agent=busy).is_ended
    assert Rdv.objects.live().filter(rdv_agents__agent=busy).count() == 1
    line = Evenement.objects.get(kind="plage.ended")
    assert line.author_id == admin.pk


def test_an_opening_that_has_begun_closes_too(browser, busy, site, motif, travelling):
    travelling.move_to(utc(2027, 1, 12, 9))  # 10:00 in Paris: the opening of 9:00 is running
    sign_in(browser, make_agent(site.departement, role=Role.ADMIN))
    page = browser.get(role_page(busy))
    browser.post(role_page(busy), {"perdu": said_by(page)})
    assert not Ouverture.objects.standing().filter(agent=busy, ends_at__gt=utc(2027, 1, 12, 9)).exists()


def test_numbers_that_changed_are_said_again(browser, busy, site, motif):
    seen = said_by(browser.get(role_page(busy)))
    make_rdv(motif, site, [busy], utc(2027, 1, 19, 9), usagers=[make_usager(site.departement)])
    answer = browser.post(role_page(busy), {"perdu": seen})
    assert answer.status_code == 409
    assert "2 rendez-vous à venir" in text_of(answer)
    assert "Ces nombres ont changé" in text_of(answer)
    assert busy.affectations.get().ends_on is None


def test_another_role_with_an_agenda_keeps_the_hours(browser, busy, site):
    before = ahead(busy).count()
    answer = browser.post(role_page(busy), {"next_role": "responsable", "perdu": ""})
    assert answer.status_code == 302
    now = busy.affectations.get(ends_on=None)
    assert (now.role, now.site, now.starts_on) == (Role.RESPONSABLE, site, TODAY)
    assert ahead(busy).count() == before


def test_a_role_without_an_agenda_closes_them(browser, busy):
    seen = said_by(browser.get(role_page(busy)))
    browser.post(role_page(busy), {"next_role": "secretaire", "perdu": seen})
    assert busy.affectations.get(ends_on=None).role == Role.SECRETAIRE
    assert not ahead(busy).exists()


def test_hours_on_another_site_stay(browser, busy, site, pmi):
    other = make_site(site.departement)
    accounts.add_affectation(
        agent=busy, role=Role.AGENT, site=other, starts_on=TODAY, ends_on=None, author=SYSTEM, now=NOW
    )
    opened(busy, other, [make_motif(site.departement, sites=[other], service=pmi)])
    there = ahead(busy).filter(site=other).count()
    path = f"/agents/comptes/{busy.pk}/roles/{busy.affectations.get(site=site).pk}/retirer/"
    browser.post(path, {"perdu": said_by(browser.get(path))})
    assert ahead(busy).count() == ahead(busy).filter(site=other).count() == there > 50


@pytest.mark.parametrize("way", ["role", "account"])
def test_whoever_left_stays_in_sight_until_the_last_rdv(browser, busy, site, way):
    desk = make_agent(site=site, role=Role.SECRETAIRE)
    head = make_agent(site=site, role=Role.RESPONSABLE)
    stranger = make_agent(site=make_site(make_departement("974")), role=Role.SECRETAIRE)
    path = role_page(busy) if way == "role" else f"/agents/comptes/{busy.pk}/ouverture/"
    browser.post(path, {"active": "0", "perdu": said_by(browser.get(path))})
    busy.refresh_from_db()
    assert busy not in agents_seen(scope_of(desk), today=TODAY)
    assert busy in agents_in_sight(scope_of(desk), today=TODAY)
    assert busy in reportable_agents(scope_of(desk), today=TODAY)
    assert may_report(scope_of(desk), busy, today=TODAY)
    assert agent_to_plan(scope_of(head), busy.pk, today=TODAY) == busy
    assert busy not in agents_in_sight(scope_of(stranger), today=TODAY)
    assert sign_in(browser, desk).get(f"/agents/agenda/?agent={busy.pk}").status_code == 200
    assert browser.get(f"/agents/journee/?date=2027-01-12&site={site.slug}").status_code == 302
    board = browser.get("/agents/journee/?date=2027-01-12")
    assert busy.full_name in text_of(board)
    assert sign_in(browser, head).get(f"/agents/agenda/ouvertures/agent/{busy.pk}/").status_code == 200
    assert browser.get(f"/agents/agenda/ouvertures/agent/{busy.pk}/nouvelle/").status_code == 404


def test_with_nothing_ahead_the_agenda_closes(browser, busy, site):
    desk = make_agent(site=site, role=Role.SECRETAIRE)
    browser.post(role_page(busy), {"perdu": said_by(browser.get(role_page(busy)))})
    Rdv.objects.update(cancelled_at=NOW)
    assert busy not in agents_in_sight(scope_of(desk), today=TODAY)
    assert site_ids_in_sight(busy, today=TODAY) == []
    assert sign_in(browser, desk).get(f"/agents/agenda/?agent={busy.pk}").status_code == 404


def test_an_account_that_closes_says_it_and_gives_its_hours_back(browser, busy):
    path = f"/agents/comptes/{busy.pk}/ouverture/"
    before = ahead(busy).count()
    assert browser.post(path, {"active": "0"}).status_code == 409
    busy.refresh_from_db()
    assert busy.is_active
    page = browser.get(path)
    assert "1 rendez-vous à venir" in text_of(page)
    browser.post(path, {"active": "0", "perdu": said_by(page)})
    busy.refresh_from_db()
    assert not busy.is_active
    assert browser.post(path, {"active": "1"}).status_code == 302
    assert ahead(busy).count() == before


def test_a_service_taken_away_takes_its_hours(browser, busy, site, motif):
    ssl = make_service(site.departement, "ssl")
    accounts.set_services(agent=busy, services=[motif.service, ssl], author=SYSTEM, now=NOW)
    other = make_motif(site.departement, sites=[site], service=ssl)
    create_plage(
        departement=site.departement, agent=busy, site=site, motifs=[motif, other], first_day=dt.date(2027, 1, 13),
        starts_time=dt.time(9), ends_time=dt.time(12), rhythm="weekly", weekdays=[2], author=SYSTEM, now=NOW,
    )  # fmt: skip
    path = f"/agents/comptes/{busy.pk}/services/"
    page = browser.post(path, {"services": [ssl.pk]})
    assert page.status_code == 409
    assert f"Retirer {motif.service.name} à {busy.full_name}" in text_of(page)
    assert set(busy.services.all()) == {motif.service, ssl}
    assert browser.post(path, {"services": [ssl.pk], "perdu": said_by(page)}).status_code == 302
    assert list(busy.services.all()) == [ssl]
    assert {tuple(row.motif_ids) for row in ahead(busy)} == {(other.pk,)}
    assert {tuple(plage.motifs.all()) for plage in PlageOuverture.objects.filter(agent=busy, is_ended=False)} == {
        (other,)
    }


def test_services_ticked_meanwhile_are_not_undone(browser, busy, site, pmi):
    page = browser.get(f"/agents/comptes/{busy.pk}/")
    seen = re.search(r'name="etat" value="([^"]+)"', page.content.decode())[1]
    ssl = make_service(site.departement, "ssl")
    accounts.set_services(agent=busy, services=[pmi, ssl], author=SYSTEM, now=NOW)
    path = f"/agents/comptes/{busy.pk}/services/"
    answer = browser.post(path, {"services": [pmi.pk], "languages": ["ar"], "etat": seen})
    assert answer.status_code == 409
    assert f"Maintenant, Services : {pmi.name} et {ssl.name}" in text_of(answer)
    assert set(busy.services.all()) == {pmi, ssl}
    again = re.search(r'name="etat" value="([^"]+)"', answer.content.decode())[1]
    sent = {"services": [pmi.pk], "languages": ["ar"], "etat": again}
    assert browser.post(path, sent).status_code == 302
    assert list(busy.services.all()) == [pmi]
