"""Why there are so few free hours: each line takes what it says, and the figures end on what the engine shows."""

import datetime as dt
import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.models import Equipe, Fermeture, Role
from rdv.models import Absence, Occupation, Ouverture
from rdv.services.availability import creneaux_of
from rdv.services.holding import hold_creneau
from rdv.services.questions import EVERYBODY
from rdv.services.shortage import Choice, shortage_of
from rdv.services.shortage_steps import Taker
from tests.factories import NOW, make_agent, make_departement, make_motif, make_ouverture, make_rdv, make_site, utc
from tests.rdv.conftest import USAGER
from tests.signing import signed_in

ACCUEIL = "/agents/accueil/"
TUESDAY = dt.date(2027, 1, 5)


def ask(desk, **choice):
    return shortage_of(
        desk.motif, sites=[desk.canal, desk.tilleuls], choice=Choice(**choice), now=NOW, usager=desk.samira
    )


def taken(why):
    return {loss.taker: loss.hours for loss in why.losses}


def adds_up(why):
    return why.opened - sum(loss.hours for loss in why.losses) == why.left


def test_nothing_taken_is_nothing_to_explain(desk):
    why = ask(desk)
    assert (why.opened, why.left, why.losses) == (10, 10, ())  # 6 half-hours of Claire, 4 of Paul
    assert (why.sites, why.agents) == (2, 2)


def test_each_thing_takes_what_it_says(desk):
    make_rdv(desk.motif, desk.canal, [desk.claire], utc(2027, 1, 5, 8))
    hold_creneau(
        motif=desk.motif, site=desk.canal, starts_at=utc(2027, 1, 5, 9), agents=[desk.claire.pk],
        author=USAGER, opened_at=NOW, now=NOW,
    )  # fmt: skip
    absence = Absence.objects.create(
        departement=desk.departement, agent=desk.paul, kind="training", first_day=TUESDAY, last_day=TUESDAY,
        starts_time=dt.time(14), ends_time=dt.time(15),
    )  # fmt: skip
    Occupation.objects.create(
        departement=desk.departement, agent=desk.paul, kind="absence", absence=absence,
        starts_at=utc(2027, 1, 5, 13), ends_at=utc(2027, 1, 5, 14),
    )  # fmt: skip
    why = ask(desk)
    assert taken(why) == {Taker.RDV: 1, Taker.HELD: 1, Taker.ABSENCE: 2}
    line = next(loss for loss in why.losses if loss.taker is Taker.ABSENCE)
    assert (line.agent, line.first, line.last) == (desk.paul, TUESDAY, TUESDAY)
    assert why.left == 6
    assert adds_up(why)


def test_closures_cancelled_openings_and_rights(desk):
    Fermeture.objects.create(
        departement=desk.departement, site=desk.tilleuls, starts_on=TUESDAY, ends_on=TUESDAY, label="Inventaire"
    )
    Ouverture.objects.filter(agent=desk.claire).update(is_cancelled=True)
    far = make_site(desk.departement, name="MDS du Beffroi")
    desk.motif.motif_sites.create(departement=desk.departement, site=far)
    why = ask(desk)
    assert taken(why) == {Taker.CANCELLED: 6, Taker.CLOSED: 4}
    assert next(loss for loss in why.losses if loss.taker is Taker.CLOSED).labels == ("Inventaire",)
    assert why.left == 0
    assert why.elsewhere == ("MDS du Beffroi",)


def test_a_choice_says_what_it_costs_and_the_hour_that_comes_back(desk):
    why = ask(desk, site=desk.canal, moment="apres-midi")
    assert taken(why) == {Taker.SITE: 4, Taker.MOMENT: 6}
    assert why.left == 0
    ways = {loss.taker: loss.way_out.starts_at for loss in why.losses}
    assert ways == {Taker.SITE: utc(2027, 1, 5, 13), Taker.MOMENT: utc(2027, 1, 5, 8)}


def test_a_follow_up_is_for_the_referents(desk):
    desk.motif.is_follow_up = True
    desk.motif.save()
    assert taken(ask(desk)) == {Taker.REFERENT: 4}  # Claire is hers, Paul is not


def test_a_day_alone_a_holiday_and_the_next_opening(desk):
    assert ask(desk, only_day=TUESDAY).left == 10
    eve = ask(desk, only_day=dt.date(2027, 1, 4))
    assert (eve.opened, eve.left, eve.next_opening) == (0, 0, TUESDAY)
    easter = ask(desk, only_day=dt.date(2027, 3, 29))
    assert easter.holiday == "Lundi de Pâques"
    assert easter.next_opening is None


def test_an_hour_beyond_what_was_looked_at_is_named(desk):
    make_ouverture(desk.claire, [desk.motif], utc(2027, 3, 2, 8), utc(2027, 3, 2, 9), site=desk.canal)
    why = ask(desk, from_day=dt.date(2027, 1, 6))
    assert why.left == 0
    assert why.later.starts_at == utc(2027, 3, 2, 8)


def test_what_the_web_shows_of_it(desk):
    desk.motif.min_notice_min = 26 * 60  # until Tuesday 10:00 in Paris: two half-hours are too near
    desk.motif.save()
    assert ask(desk).public == 8
    desk.motif.who_books = "agents"
    desk.motif.save()
    assert ask(desk).public is None


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_whatever_the_week_the_lines_add_up_to_what_the_engine_shows(desk, data):
    """And nothing gives hours back: a line is never negative."""
    motif = make_motif(
        desk.departement,
        sites=[desk.canal],
        service=desk.pmi,
        duration_min=data.draw(st.sampled_from([15, 20, 45])),
        buffer_before_min=data.draw(st.sampled_from([0, 5, 10])),
        buffer_after_min=data.draw(st.sampled_from([0, 10])),
        agents_needed=data.draw(st.sampled_from([1, 1, 2])),
    )
    agents = [make_agent(desk.departement, site=desk.canal, services=[desk.pmi]) for _ in range(2)]
    for agent in agents:
        start = utc(2027, 1, 6, 8) + dt.timedelta(minutes=data.draw(st.sampled_from([0, 5, 30])))
        make_ouverture(
            agent, [motif], start, start + dt.timedelta(minutes=data.draw(st.sampled_from([60, 180]))), site=desk.canal
        )
        if data.draw(st.booleans()):
            make_rdv(motif, desk.canal, [agent], start + dt.timedelta(minutes=data.draw(st.sampled_from([0, 25, 50]))))
    moment = data.draw(st.sampled_from(["journee", "matin", "apres-midi"]))
    why = shortage_of(motif, sites=[desk.canal], choice=Choice(moment=moment), now=NOW)
    shown = creneaux_of(motif, sites=[desk.canal], agents=EVERYBODY, window=why.window, now=NOW)
    by_moment = {"journee": (0, 24), "matin": (0, 12), "apres-midi": (12, 24)}[moment]
    zone = desk.departement.zone
    assert why.left == sum(by_moment[0] <= one.starts_at.astimezone(zone).hour < by_moment[1] for one in shown)
    assert adds_up(why)
    assert all(loss.hours > 0 for loss in why.losses)


# --- On the screen ---


def page_of(desk, **more):
    state = {"usager": str(desk.samira.uuid), "pour": str(desk.ilyes.uuid), "motif": str(desk.motif.uuid)} | more
    return desk.client.get(ACCUEIL, state)


def words(response):
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", response.content.decode())).replace("\xa0", " ")


def test_asked_by_its_key_the_table_says_it_line_by_line(desk):
    make_rdv(desk.motif, desk.canal, [desk.claire], utc(2027, 1, 5, 8))
    assert "Pourquoi pas plus ? F9" in words(page_of(desk))
    page = words(page_of(desk, etape="pourquoi"))
    assert "9 heures libres d’ici au lundi 15 février 2027" in page
    assert "Ouvertures de ce motif, 2 sites, 2 professionnels 10" in page
    assert "Déjà prises : 1 rendez-vous − moins 1" in page
    assert "Revenir aux heures libres" in page


def test_when_nothing_is_free_the_ways_out_are_numbered(desk):
    other = make_motif(desk.departement, sites=[desk.canal], service=desk.pmi, name="Pesée sans consultation")
    make_ouverture(desk.claire, [other], utc(2027, 1, 7, 8), utc(2027, 1, 7, 9), site=desk.canal)
    response = page_of(desk, site=desk.canal.slug, moment="apres-midi")
    page = words(response)
    assert "Aucune heure libre" in page
    assert "1 Sur un autre de vos sites : mardi 5 janvier, 14 h" in page
    assert "2 Pas seulement l’après-midi : mardi 5 janvier, 9 h" in page
    assert "3 Autre motif, Pesée sans consultation : jeudi 7 janvier, 9 h" in page
    assert response.content.count(b'data-number="') == 3


def test_a_clumsy_day_is_forgotten(desk):
    for day in ("2027-02-30", "hier", "0001-01-01", "9999-12-31", "\x00"):
        assert page_of(desk, etape="pourquoi", le=day).status_code == 200


def test_a_stranger_gets_nothing_of_it(desk):
    away = make_departement("974")
    stranger = make_agent(away, site=make_site(away, name="MDS de Saint-Denis"), role=Role.SECRETAIRE)
    response = signed_in(stranger).get(ACCUEIL, {"motif": str(desk.motif.uuid), "etape": "pourquoi"})
    assert response.status_code == 404


def test_it_costs_a_bounded_number_of_queries(desk, django_assert_max_num_queries):
    for _ in range(5):
        agent = make_agent(desk.departement, site=desk.canal, services=[desk.pmi])
        make_ouverture(agent, [desk.motif], utc(2027, 1, 5, 8), utc(2027, 1, 5, 11), site=desk.canal)
        make_rdv(desk.motif, desk.canal, [agent], utc(2027, 1, 5, 8))
    with django_assert_max_num_queries(14):
        ask(desk, moment="matin")


def test_a_team_filters_the_hours_and_is_a_line_of_the_subtraction(desk):
    team = Equipe.objects.create(departement=desk.departement, site=desk.tilleuls, name="PMI des Tilleuls")
    team.membres.create(departement=desk.departement, agent=desk.paul)
    page = page_of(desk, equipe=team.pk).content.decode()
    assert set(re.findall(r'name="creneau" id="c\d+_(\d+)_', page)) == {str(desk.tilleuls.pk)}
    assert f'<option value="{team.pk}" selected>PMI des Tilleuls</option>' in page
    asked = words(page_of(desk, equipe=team.pk, moment="matin"))
    assert "Votre choix : PMI des Tilleuls − moins 6" in asked
    assert "Toutes les équipes" in asked


def test_a_team_of_elsewhere_or_that_is_gone_is_forgotten(desk):
    theirs = Equipe.objects.create(departement=make_departement("974"), name="PMI")
    theirs.membres.create(departement=theirs.departement, agent=make_agent(theirs.departement))
    for number in (theirs.pk, 2**40):
        page = page_of(desk, equipe=number).content.decode()
        assert len(set(re.findall(r'name="creneau" id="c\d+_(\d+)_', page))) == 2
        assert "f-equipe" not in page
