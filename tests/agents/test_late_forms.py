"""Two people on one form: the second is told what the first has changed, nothing is undone in silence."""

import datetime as dt
from dataclasses import replace

import pytest

from agents.models import Equipe, Role
from agents.services.sites import update_site
from agents.services.teams import Team, create_team, update_team
from rdv.core.journal import SYSTEM
from rdv.services import catalogue
from rdv.services.planning import (
    AbsenceRule,
    EditScope,
    create_absence,
    create_plage,
    edit_absence,
    edit_plage,
    rule_of,
)
from tests.agents.conftest import NOW
from tests.agents.sign_in_helpers import sign_in
from tests.factories import make_agent, make_motif, make_service

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("travelling")]


def filled(browser, path):
    """What the page would send if its button were pressed at once."""
    return sent_by(browser.get(path).context["form"])


def sent_by(form):
    sent = {}
    for bound in form:
        value = bound.value()
        if isinstance(value, list | tuple):
            sent[bound.html_name] = value
        elif value is not None and value is not False:
            sent[bound.html_name] = bound.field.prepare_value(value)
    documents = sent.get("documents")
    return sent | ({"documents": "\n".join(documents)} if isinstance(documents, list) else {})


def text_of(response):
    return " ".join(response.content.decode().replace("\u00a0", " ").split())


def told_then_saved(browser, path, late):
    """Refused once with what is there now; what was typed stays, and goes through the second time."""
    answer = browser.post(path, late)
    assert answer.status_code == 409
    assert "Quelqu’un a changé ceci pendant que vous écriviez" in text_of(answer)
    again = sent_by(answer.context["form"])
    assert again["etat"] != late["etat"]
    return answer, again


def test_a_site_is_not_undone(browser, site):
    path = f"/agents/reglages/sites/{site.pk}/"
    late = filled(browser, path) | {"commune": "Lens 62300"}
    update_site(site=site, fields={"transport": "Bus 4"}, author=SYSTEM, now=NOW)
    answer, again = told_then_saved(browser, path, late | {"name": "MDS de Lens centre"})
    assert "« Bus 4 »" in text_of(answer)
    assert again["name"] == "MDS de Lens centre"
    site.refresh_from_db()
    assert site.transport == "Bus 4"


def test_a_team_is_not_undone(browser, site, agent):
    other = make_agent(site=site)
    team = Team(name="PMI", site=site, agents=[agent])
    equipe = create_team(departement=site.departement, team=team, author=SYSTEM, now=NOW)
    path = f"/agents/reglages/equipes/{equipe.pk}/"
    late = filled(browser, path)
    update_team(equipe=equipe, team=Team("PMI", site, [agent, other]), author=SYSTEM, now=NOW)
    answer, again = told_then_saved(browser, path, late | {"name": "PMI Lens"})
    assert other.full_name in text_of(answer)
    assert Equipe.objects.get().agents.count() == 2
    assert browser.post(path, again).status_code == 302
    assert Equipe.objects.get().name == "PMI Lens"


def test_the_same_form_sent_twice_asks_nothing(browser, site, agent):
    team = Team(name="PMI", site=site, agents=[agent])
    equipe = create_team(departement=site.departement, team=team, author=SYSTEM, now=NOW)
    path = f"/agents/reglages/equipes/{equipe.pk}/"
    sent = filled(browser, path) | {"name": "PMI Lens"}
    assert [browser.post(path, sent).status_code for _ in range(2)] == [302, 302]


def test_a_motif_is_not_undone(browser, site):
    motif = make_motif(site.departement, sites=[site], service=make_service(site.departement))
    path = f"/agents/motifs/{motif.uuid}/"
    late = filled(browser, path)
    fields = {"instructions_before": "Venez à jeun."}
    catalogue.update_motif(motif=motif, fields=fields, author=SYSTEM, now=NOW)
    answer, again = told_then_saved(browser, path, late | {"name": "Pesée"})
    assert "« Venez à jeun. »" in text_of(answer)
    motif.refresh_from_db()
    assert motif.instructions_before == "Venez à jeun."
    kept = browser.post(path, again | {"instructions_before": "Venez à jeun."})
    assert kept.status_code == 302, kept.context["form"].errors
    motif.refresh_from_db()
    assert (motif.name, motif.instructions_before) == ("Pesée", "Venez à jeun.")


@pytest.fixture
def head(client, site):
    return sign_in(client, make_agent(site=site, role=Role.RESPONSABLE))


def test_an_absence_is_not_undone(head, agent):
    rule = AbsenceRule(kind="leave", first_day=dt.date(2027, 2, 1), last_day=dt.date(2027, 2, 5), note="février")
    made = create_absence(agent=agent, rule=rule, author=SYSTEM, now=NOW).absence
    path = f"/agents/agenda/absences/{made.uuid}/modifier/"
    late = filled(head, path)
    moved = AbsenceRule(kind="leave", first_day=dt.date(2027, 3, 1), last_day=dt.date(2027, 3, 5), note="mars")
    edit_absence(absence=made, rule=moved, author=SYSTEM, now=NOW)
    answer, _again = told_then_saved(head, path, late | {"kind": "training"})
    assert "lundi 1er mars 2027" in text_of(answer)
    made.refresh_from_db()
    assert (made.first_day, made.note) == (dt.date(2027, 3, 1), "mars")


def test_an_opening_is_not_undone(head, agent, site):
    motif = make_motif(site.departement, sites=[site])
    plage = create_plage(
        departement=site.departement, agent=agent, site=site, motifs=[motif], first_day=dt.date(2027, 1, 12),
        starts_time=dt.time(8, 30), ends_time=dt.time(12, 30), rhythm="weekly", weekdays=[1], author=SYSTEM, now=NOW,
    )  # fmt: skip
    path = f"/agents/agenda/ouvertures/{plage.uuid}/2027-01-12/modifier/"
    late = filled(head, path)
    shorter = replace(rule_of(plage), ends_time=dt.time(10))
    edit_plage(plage=plage, scope=EditScope.ONE, day=dt.date(2027, 1, 12), rule=shorter, author=SYSTEM, now=NOW)
    answer, again = told_then_saved(head, path, late | {"title": "Pesées", "confirmer": "1"})
    assert "à : 10 h" in text_of(answer).replace("Maintenant, ", "")
    assert again["title"] == "Pesées"
    row = plage.ouvertures.get(occurrence_on=dt.date(2027, 1, 12))
    assert row.ends_at.hour == 9  # 10:00 in Paris
