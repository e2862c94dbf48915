"""The screens of openings and absences: say before saving, save what was seen, and only for whom one may plan."""

import re
from datetime import date, time

import pytest
import time_machine
from django.urls import reverse

from agents.models import Role
from rdv.models import Absence, Occupation, Ouverture, PlageOuverture
from rdv.services.planning import AbsenceRule, cancel_occurrence, create_absence, create_plage
from tests.agents.sign_in_helpers import sign_in
from tests.factories import NOW, make_agent, make_departement, make_motif, make_rdv, make_site, make_usager, utc
from tests.rdv.conftest import AGENT

pytestmark = pytest.mark.django_db
MONDAY = date(2027, 1, 11)


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def plage(world):
    return create_plage(
        departement=world.departement,
        agent=world.agent,
        site=world.site,
        motifs=[world.motif],
        first_day=MONDAY,
        starts_time=time(13),
        ends_time=time(17),
        rhythm="weekly",
        title="Pesées",
        author=AGENT,
        now=NOW,
    )


@pytest.fixture
def browser(client, world):
    """Signed in as the agent whose planning it is."""
    sign_in(client, world.agent)
    return client


def text_of(response):
    return response.content.decode().replace("\u00a0", " ").replace("&nbsp;", " ")


def fields(world, **changes):
    values = {
        "repetition": "weekly-1",
        "weekdays": ["0"],
        "first_day": "2027-01-11",
        "starts_time": "14:00",
        "ends_time": "16:00",
        "closes_on_holidays": "on",
        "site": world.site.pk,
        "motifs": [world.motif.pk],
        "scope": "one",
    }
    return values | changes


def see_then_save(browser, url, data):
    """Posted once to see, then with the mark of what was seen."""
    seen = browser.post(url, data)
    assert seen.status_code == 200, text_of(seen)
    mark = re.search(r'name="vu" value="(\w+)"', text_of(seen)).group(1)
    return browser.post(url, data | {"vu": mark, "confirmer": "1"})


def edit_url(plage, day=MONDAY):
    return reverse("rdv:plage_edit", args=[plage.uuid, day.isoformat()])


# Lists


def test_the_list_says_each_opening_in_words(browser, world, plage):
    page = text_of(browser.get(reverse("rdv:plages", args=[world.agent.pk])))
    assert "Chaque lundi, de 13 h à 17 h" in page
    assert "prochaine date : lundi 11 janvier" in page
    assert "Aucune absence à venir." in page


def test_my_planning_leads_to_mine(browser, world):
    assert browser.get(reverse("rdv:my_planning")).url == reverse("rdv:plages", args=[world.agent.pk])


def test_the_dates_of_a_series_say_what_was_changed(browser, plage):
    row = Ouverture.objects.get(plage=plage, occurrence_on=MONDAY)
    cancel_occurrence(ouverture=row, author=AGENT, now=NOW)
    page = text_of(browser.get(reverse("rdv:plage", args=[plage.uuid])))
    assert "annulée" in page
    assert "Page 1 sur 3" in page
    browser.post(reverse("rdv:occurrence_restore", args=[plage.uuid, "2027-01-11"]))
    row.refresh_from_db()
    assert not row.is_cancelled


# Creating


def test_an_opening_is_said_then_saved(browser, world):
    url = reverse("rdv:plage_create", args=[world.agent.pk])
    assert browser.get(url).status_code == 200
    data = fields(world, until="2027-06-30", key="1a4ae3e4-0000-4000-8000-000000000001")
    seen = text_of(browser.post(url, data))
    assert "chaque lundi, de 14 h à 16 h, jusqu’au mercredi 30 juin 2027. 23 dates" in seen
    assert "Sauf lundi 29 mars 2027 (Lundi de Pâques) et lundi 17 mai 2027 (Lundi de Pentecôte)." in seen
    assert "Enregistrer pour 23 dates" in seen
    assert not PlageOuverture.objects.filter(rhythm="weekly").exists()
    for _ in range(2):  # a double click makes one
        saved = see_then_save(browser, url, data)
    made = PlageOuverture.objects.get(rhythm="weekly")
    assert saved.url == reverse("rdv:plage", args=[made.uuid])
    assert made.ouvertures.count() == 23


def test_what_is_missing_is_said_in_words_and_what_was_typed_stays(browser, world):
    url = reverse("rdv:plage_create", args=[world.agent.pk])
    answer = browser.post(url, fields(world, motifs=[], starts_time="", title="Permanence", confirmer="1"))
    page = text_of(answer)
    assert answer.status_code == 422
    assert "Choisissez au moins un motif de rendez-vous." in page
    assert "Écrivez l’heure de début." in page
    assert 'value="Permanence"' in page
    assert "<title>Erreur : Nouvelle ouverture" in page
    assert "invalide" not in page


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("motifs", ["999999"], "Un motif de la liste n’est plus proposé ici."),
        ("motifs", ["x"], "Un motif de la liste n’est plus proposé ici."),
        ("site", "999999", "Choisissez un lieu de la liste."),
        ("repetition", "", "Choisissez une répétition de la liste."),
        ("weekdays", ["9"], "Cochez les jours de la liste."),
    ],
)
def test_what_is_not_in_a_list_is_said_in_plain_words(browser, world, name, value, said):
    """A motif archived since the page was opened, or what no page offers."""
    answer = browser.post(reverse("rdv:plage_create", args=[world.agent.pk]), fields(world, **{name: value}))
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert "valide" not in text_of(answer)


def test_a_refusal_of_the_service_comes_beside_its_field(browser, world):
    url = reverse("rdv:plage_create", args=[world.agent.pk])
    answer = browser.post(url, fields(world, starts_time="17:00"))
    assert answer.status_code == 422
    assert "L’heure de fin (16 h) doit être après l’heure de début (17 h)." in text_of(answer)
    assert answer.context["form"].errors["ends_time"]


def test_the_hours_pointed_at_in_the_agenda_are_filled_in(browser, world):
    url = reverse("rdv:plage_create", args=[world.agent.pk])
    page = text_of(browser.get(url, {"jour": "2027-01-14", "de": "09:00", "a": "12:00"}))
    assert 'value="2027-01-14"' in page
    assert 'value="09:00"' in page


# Editing


def test_one_day_is_edited_and_the_rdv_left_outside_are_named_first(browser, world, plage):
    usager = make_usager(world.departement, last_name="Lebrun")
    rdv = make_rdv(world.motif, world.site, [world.agent], utc(2027, 1, 11, 12), usagers=[usager])
    data = fields(world)
    seen = text_of(browser.post(edit_url(plage), data))
    assert "1 Rdv sort de l’ouverture." in seen
    assert "Lun. 11 janv., 13:00" in seen
    assert "Samira Lebrun" in seen
    assert reverse("rdv:rdv_detail", args=[rdv.uuid]) in seen
    assert "Enregistrer pour 1 date " in seen
    see_then_save(browser, edit_url(plage), data)
    row = Ouverture.objects.get(plage=plage, occurrence_on=MONDAY)
    assert (row.starts_at, row.is_modified) == (utc(2027, 1, 11, 13), True)
    rdv.refresh_from_db()
    assert rdv.is_live


def test_the_following_are_edited(browser, world, plage):
    day = date(2027, 1, 25)
    see_then_save(browser, edit_url(plage, day), fields(world, scope="following", first_day="2027-01-25"))
    plage.refresh_from_db()
    assert plage.until == date(2027, 1, 24)
    new = PlageOuverture.objects.get(rhythm="weekly", first_day=day)
    assert new.ouvertures.earliest("starts_at").starts_at == utc(2027, 1, 25, 13)


def test_the_whole_series_keeps_its_first_day_when_the_page_showed_another(browser, world, plage):
    day = date(2027, 1, 25)
    see_then_save(browser, edit_url(plage, day), fields(world, scope="all", first_day="2027-01-25"))
    plage.refresh_from_db()
    assert plage.first_day == MONDAY
    assert plage.ouvertures.earliest("starts_at").starts_at == utc(2027, 1, 11, 13)


def test_what_was_not_seen_is_not_saved(browser, world, plage):
    """Somebody books between the two clicks: the page comes back and says so."""
    data = fields(world)
    seen = browser.post(edit_url(plage), data)
    mark = re.search(r'name="vu" value="(\w+)"', text_of(seen)).group(1)
    make_rdv(world.motif, world.site, [world.agent], utc(2027, 1, 11, 12), usagers=[world.usager])
    answer = browser.post(edit_url(plage), data | {"vu": mark, "confirmer": "1"})
    assert answer.status_code == 200
    assert "Ce n’est plus ce que vous aviez vu." in text_of(answer)
    assert not Ouverture.objects.filter(is_modified=True).exists()


def test_htmx_gets_the_same_panel_as_the_whole_page(browser, world, plage):
    data = fields(world)
    whole = text_of(browser.post(edit_url(plage), data))
    piece = text_of(browser.post(edit_url(plage), data, headers={"HX-Request": "true"}))
    panel = re.compile(r'<section class="p" aria-labelledby="q4" id="apercu">.*?</section>', re.DOTALL)
    assert panel.search(whole).group() == panel.search(piece).group()


def test_a_past_date_leads_back_with_a_word(browser, world, plage):
    with time_machine.travel(utc(2027, 1, 11, 17), tick=False):
        sign_in(browser, world.agent, now=utc(2027, 1, 11, 17))
        answer = browser.get(edit_url(plage), follow=True)
    assert "Cette date est passée : elle ne change plus." in text_of(answer)


def test_one_date_is_cancelled_after_its_rdv_were_shown(browser, world, plage):
    make_rdv(world.motif, world.site, [world.agent], utc(2027, 1, 11, 12), usagers=[world.usager])
    url = reverse("rdv:occurrence_cancel", args=[plage.uuid, "2027-01-11"])
    assert "1 Rdv sort de l’ouverture." in text_of(browser.get(url))
    assert not Ouverture.objects.filter(is_cancelled=True).exists()
    browser.post(url)
    assert Ouverture.objects.get(is_cancelled=True).occurrence_on == MONDAY


def test_a_series_is_ended_after_its_dates_were_counted(browser, world, plage):
    url = reverse("rdv:plage_end", args=[plage.uuid])
    data = {"last_day": "2027-01-20"}
    assert "Arrêter la série : 51 dates en moins" in text_of(browser.post(url, data))
    see_then_save(browser, url, data)
    assert plage.ouvertures.count() == 2


# Absences


def test_an_absence_is_said_then_saved_then_its_rdv_are_listed(browser, world):
    rdv = make_rdv(world.motif, world.site, [world.agent], utc(2027, 1, 11, 9), usagers=[world.usager])
    url = reverse("rdv:absence_create", args=[world.agent.pk])
    assert browser.get(url).status_code == 200
    data = {
        "kind": "sick",
        "repetition": "once-1",
        "first_day": "2027-01-11",
        "last_day": "2027-01-13",
        "key": "1a4ae3e4-0000-4000-8000-000000000002",
    }
    seen = text_of(browser.post(url, data))
    assert "du lundi 11 janvier 2027 au mercredi 13 janvier 2027" in seen
    assert "1 Rdv est pris pendant cette absence." in seen
    assert not Absence.objects.exists()
    for _ in range(2):
        saved = see_then_save(browser, url, data)
    absence = Absence.objects.get()
    assert Occupation.objects.filter(absence=absence).count() == 3
    page = text_of(browser.get(saved.url))
    assert "Maladie : du lundi 11 janvier 2027 au mercredi 13 janvier 2027" in page
    assert reverse("rdv:rdv_detail", args=[rdv.uuid]) in page


@pytest.mark.parametrize("day", ["0001-01-01", "0027-01-11", "9999-12-31"])
@pytest.mark.parametrize("name", ["first_day", "last_day"])
def test_an_absence_of_a_year_nobody_meant_is_asked_again(browser, world, name, day):
    """A date control takes "27" for the year 27."""
    url = reverse("rdv:absence_create", args=[world.agent.pk])
    data = {"kind": "sick", "repetition": "once-1", "first_day": "2027-01-11", "last_day": "2027-01-13"}
    answer = browser.post(url, data | {name: day})
    assert "Écrivez l’année avec 4 chiffres" in text_of(answer)
    assert not Absence.objects.exists()


@pytest.mark.parametrize("chosen", ["²", "-1", "\x00", "x"])
def test_an_agent_that_is_no_number_leads_to_ones_own_planning(browser, world, chosen):
    answer = browser.get(reverse("rdv:my_planning"), {"agent": chosen})
    assert answer.url == reverse("rdv:plages", args=[world.agent.pk])


def test_an_absence_that_is_there_already_is_told(browser, world):
    data = {"kind": "leave", "repetition": "once-1", "first_day": "2027-01-11", "last_day": "2027-01-13"}
    key = {"key": "1a4ae3e4-0000-4000-8000-000000000003"}
    url = reverse("rdv:absence_create", args=[world.agent.pk])
    assert "déjà posée" not in text_of(browser.post(url, data | key))
    see_then_save(browser, url, data | key)
    # The same form again is the same absence: nothing to tell. Another form is another absence.
    assert "déjà posée" not in text_of(browser.post(url, data | key))
    again = text_of(browser.post(url, data | {"key": "1a4ae3e4-0000-4000-8000-000000000004"}))
    assert "Une absence est déjà posée sur ce temps" in again
    assert "« Congé, du lundi 11 janvier 2027 au mercredi 13 janvier 2027 »" in again
    first = Absence.objects.get()
    assert "déjà posée" not in text_of(browser.post(reverse("rdv:absence_edit", args=[first.uuid]), data))
    other = text_of(browser.post(url, data | {"first_day": "2027-01-14", "last_day": "2027-01-15"}))
    assert "déjà posée" not in other
    report = {"agent": world.agent.pk, "kind": "leave", "first_day": "2027-01-12"}
    assert "Une absence est déjà posée" in text_of(browser.get(reverse("rdv:absent_report"), report))


def test_an_absence_deleted_says_what_still_takes_the_time(browser, world):
    rule = AbsenceRule(first_day=MONDAY, last_day=date(2027, 1, 15), kind="leave")
    first, _ = create_absence(agent=world.agent, rule=rule, author=AGENT, now=NOW)
    second, _ = create_absence(agent=world.agent, rule=rule, author=AGENT, now=NOW)
    url = reverse("rdv:absence_delete", args=[first.uuid])
    assert "Une autre absence prend encore une partie de ce temps" in text_of(browser.get(url))
    said = text_of(browser.post(url, follow=True))
    assert "prend encore une partie de ce temps" in said
    assert "de nouveau libre" not in said
    url = reverse("rdv:absence_delete", args=[second.uuid])
    assert "Une autre absence" not in text_of(browser.get(url))
    assert "Son temps à venir est de nouveau libre." in text_of(browser.post(url, follow=True))


def test_an_absence_is_edited_and_deleted(browser, world):
    rule = AbsenceRule(first_day=MONDAY, last_day=date(2027, 1, 15), kind="leave")
    absence, _ = create_absence(agent=world.agent, rule=rule, author=AGENT, now=NOW)
    url = reverse("rdv:absence_edit", args=[absence.uuid])
    assert 'value="2027-01-15"' in text_of(browser.get(url))
    data = {
        "kind": "training",
        "repetition": "weekly-2",
        "first_day": "2027-01-11",
        "starts_time": "9:00",
        "ends_time": "12:00",
    }
    see_then_save(browser, url, data | {"last_day": "2027-01-15"})
    absence.refresh_from_db()
    assert (absence.kind, absence.rhythm, absence.every, absence.last_day) == ("training", "weekly", 2, None)
    url = reverse("rdv:absence_delete", args=[absence.uuid])
    assert "une semaine sur deux" in text_of(browser.get(url))
    browser.post(url)
    assert not Occupation.objects.filter(absence=absence).exists()
    assert browser.get(url).status_code == 404


def test_an_absence_without_day_is_explained(browser, world):
    url = reverse("rdv:absence_create", args=[world.agent.pk])
    answer = browser.post(url, {"kind": "sick", "repetition": "once-1"})
    assert answer.status_code == 422
    assert "Choisissez le premier jour." in text_of(answer)


# Rights: the owner, a responsable of the site, and everybody else


@pytest.fixture
def addresses(world, plage):
    absence, _ = create_absence(agent=world.agent, rule=AbsenceRule(first_day=MONDAY), author=AGENT, now=NOW)
    day = "2027-01-11"
    return [
        reverse("rdv:plages", args=[world.agent.pk]),
        reverse("rdv:plage_create", args=[world.agent.pk]),
        reverse("rdv:plage", args=[plage.uuid]),
        reverse("rdv:plage_end", args=[plage.uuid]),
        reverse("rdv:plage_edit", args=[plage.uuid, day]),
        reverse("rdv:occurrence_cancel", args=[plage.uuid, day]),
        reverse("rdv:absence_create", args=[world.agent.pk]),
        reverse("rdv:absence", args=[absence.uuid]),
        reverse("rdv:absence_edit", args=[absence.uuid]),
        reverse("rdv:absence_delete", args=[absence.uuid]),
    ]


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("self", 200),
        ("responsable", 200),
        ("colleague", 404),
        ("secretaire", 404),
        ("admin", 404),
        ("responsable elsewhere", 404),
        ("stranger", 404),
        ("nobody", 302),
    ],
)
def test_only_oneself_and_the_responsable_of_the_site_plan(client, world, addresses, who, status):
    services = [world.motif.service]
    people = {
        "self": lambda: world.agent,
        "responsable": lambda: make_agent(site=world.site, role=Role.RESPONSABLE, services=services),
        "colleague": lambda: make_agent(site=world.site, services=services),
        "secretaire": lambda: make_agent(site=world.site, role=Role.SECRETAIRE, services=services),
        "admin": lambda: make_agent(world.departement, role=Role.ADMIN),
        "responsable elsewhere": lambda: make_agent(site=make_site(world.departement), role=Role.RESPONSABLE),
        "stranger": lambda: make_agent(site=make_site(make_departement("59")), role=Role.RESPONSABLE),
    }
    if who in people:
        sign_in(client, people[who]())
    before = list(Ouverture.objects.order_by("id").values())
    for url in addresses:
        assert client.get(url).status_code == status, url
        if status != 200:
            answer = client.post(url, fields(world, confirmer="1", last_day="2027-01-11"))
            assert answer.status_code in (status, 405), url  # 405: a page that is only read
    if status != 200:
        assert list(Ouverture.objects.order_by("id").values()) == before
        assert not Absence.objects.filter(is_ended=True).exists()


def test_a_responsable_reads_the_hour_but_not_the_person_of_another_service(client, world, plage):
    boss = make_agent(site=world.site, role=Role.RESPONSABLE)
    usager = make_usager(world.departement, last_name="Khelifi")
    make_rdv(world.motif, world.site, [world.agent], utc(2027, 1, 11, 12), usagers=[usager])
    sign_in(client, boss)
    page = text_of(client.get(reverse("rdv:occurrence_cancel", args=[plage.uuid, "2027-01-11"])))
    assert "1 Rdv sort de l’ouverture." in page
    assert "Occupé" in page
    assert "Khelifi" not in page


def test_a_responsable_may_choose_whose_planning(client, world):
    boss = make_agent(site=world.site, role=Role.RESPONSABLE)
    sign_in(client, boss)
    page = text_of(client.get(reverse("rdv:plages", args=[world.agent.pk])))
    assert f'<option value="{world.agent.pk}" selected>' in page
    assert f'<option value="{boss.pk}">' in page
    assert client.get(reverse("rdv:my_planning"), {"agent": world.agent.pk}).url.endswith(f"/agent/{world.agent.pk}/")


def test_a_motif_of_another_service_is_not_offered(browser, world):
    make_motif(world.departement, sites=[world.site], name="Surendettement", service=_other_service(world))
    assert "Surendettement" not in text_of(browser.get(reverse("rdv:plage_create", args=[world.agent.pk])))


def _other_service(world):
    from tests.factories import make_service

    return make_service(world.departement, "surendettement")


def test_the_list_costs_the_same_for_one_opening_or_many(browser, world, plage, django_assert_max_num_queries):
    for hour in (8, 9, 10, 11):
        create_plage(
            departement=world.departement,
            agent=world.agent,
            site=world.site,
            motifs=[world.motif],
            first_day=MONDAY,
            starts_time=time(hour),
            ends_time=time(hour + 1),
            author=AGENT,
            now=NOW,
        )
    with django_assert_max_num_queries(18):
        browser.get(reverse("rdv:plages", args=[world.agent.pk]))
