"""À renseigner: one click each, sheets at once, conflicts told, the rest kept, nothing written twice."""

import datetime as dt

import pytest
from django.contrib.messages import get_messages

from notifications.models import Message
from rdv.models import Evenement
from tests.factories import make_rdv, make_usager, utc

pytestmark = pytest.mark.django_db
URL = "/agents/a-renseigner/"


@pytest.fixture
def yesterday(house, person):
    """Seven of Claire's, Monday from 9:00, and one of Karim's."""
    names = [("Manon", "Lebrun"), ("Tiago", "Alves"), ("Emma", "Roy"), ("Paul", "Renard"), ("Nora", "Slimani")]
    mine = [
        make_rdv(
            house.motif,
            house.site,
            [house.claire],
            utc(2027, 1, 11, 8) + dt.timedelta(minutes=30 * n),
            usagers=[person(*name)],
        )
        for n, name in enumerate(names)
    ]
    his = make_rdv(house.motif, house.site, [house.karim], utc(2027, 1, 11, 8), usagers=[person("Iris", "Delcourt")])
    return [rdv.participations.get() for rdv in [*mine, his]]


def status_of(participation):
    participation.refresh_from_db()
    return participation.status


def answers(*pairs, **more):
    return {"jour": "2027-01-11"} | {f"st-{one.uuid}": status for one, status in pairs} | more


def said(response):
    return [str(message).replace("\u00a0", " ") for message in get_messages(response.wsgi_request)]


def test_the_page_counts_and_lists_one_s_own(house, yesterday, client_of):
    html = client_of("claire").get(URL).content.decode()
    assert "5 statuts à renseigner" in html
    assert "Lundi 11\u00a0janvier 2027" in html
    assert "Delcourt" not in html
    assert html.count('type="radio"') == 15


def test_a_secretary_fills_in_her_site_without_confidential_services(house, yesterday, person, client_of):
    make_rdv(house.secret, house.site, [house.karim], utc(2027, 1, 11, 9), usagers=[person("Zélie", "Secretier")])
    html = client_of("secretary").get(URL).content.decode()
    assert "6 statuts à renseigner" in html
    assert "Secretier" not in html


def test_many_at_once(house, yesterday, client_of):
    manon, tiago, emma = yesterday[:3]
    response = client_of("claire").post(URL, answers((manon, "seen"), (tiago, "noshow"), (emma, "excused")))
    assert response.status_code == 302
    assert response.url == f"{URL}?jour=2027-01-11"
    assert [status_of(one) for one in yesterday] == ["seen", "noshow", "excused", "unknown", "unknown", "unknown"]
    assert said(response) == ["3 statuts enregistrés."]
    lines = Evenement.objects.filter(kind="participation.status", author_id=house.claire.pk)
    assert lines.count() == 3
    assert {line.author_role for line in lines} == {"agent"}


def test_the_same_form_sent_twice_changes_nothing_more(house, yesterday, client_of):
    client, form = client_of("claire"), answers((yesterday[0], "seen"), (yesterday[2], "excused"))
    client.post(URL, form)
    before = Evenement.objects.count()
    response = client.post(URL, form)
    assert Evenement.objects.count() == before
    assert [status_of(yesterday[0]), status_of(yesterday[2])] == ["seen", "excused"]
    assert "2 statuts enregistrés." in said(response)


def test_what_a_colleague_said_meanwhile_is_told_and_kept(house, yesterday, client_of):
    manon, tiago, emma = yesterday[:3]
    client_of("secretary").post(URL, answers((tiago, "noshow")))
    response = client_of("claire").post(URL, answers((manon, "seen"), (tiago, "seen"), (emma, "seen")))
    assert [status_of(one) for one in (manon, tiago, emma)] == ["seen", "noshow", "seen"]
    saved, conflict = said(response)
    assert saved == "2 statuts enregistrés."
    assert conflict.startswith("Tiago Alves, lundi 11 janvier à 9:30 : Quelqu’un a modifié ce rendez-vous")
    assert "« Absent » est gardé" in conflict


def test_somebody_else_s_rdv_is_not_found_and_nothing_is_written(house, yesterday, client_of):
    for who in ("sonia", "away", "stranger"):
        response = client_of(who).post(URL, answers((yesterday[0], "seen")))
        assert response.status_code == 404
    mixed = answers((yesterday[0], "seen"))
    mixed["st-00000000-0000-4000-8000-000000000000"] = "seen"
    assert client_of("claire").post(URL, mixed).status_code == 404
    assert status_of(yesterday[0]) == "unknown"


@pytest.mark.parametrize("value", ["revoked", "unknown", "", "vu", "SEEN"])
def test_only_three_answers_exist(house, yesterday, client_of, value):
    response = client_of("claire").post(URL, answers((yesterday[0], value)))
    assert said(response)[0].startswith("Rien n’est encore coché")
    assert status_of(yesterday[0]) == "unknown"


def test_a_future_rdv_is_neither_seen_nor_absent(house, person, client_of):
    rdv = make_rdv(house.motif, house.site, [house.claire], utc(2027, 1, 20, 8), usagers=[person("Lou", "Girard")])
    one = rdv.participations.get()
    response = client_of("claire").post(URL, answers((one, "seen")))
    assert status_of(one) == "unknown"
    assert "n’a pas encore eu lieu" in said(response)[0]


def test_the_rest_all_seen_without_script_ticks_and_writes_nothing(house, yesterday, client_of):
    form = answers((yesterday[1], "noshow"), reste="seen")
    html = client_of("claire").post(URL, form).content.decode()
    assert html.count('value="seen" checked') == 4
    assert html.count('value="noshow" checked') == 1
    assert "rien n’est encore écrit" in html
    assert {status_of(one) for one in yesterday} == {"unknown"}


def test_when_the_day_is_done_the_next_one_comes(house, yesterday, person, client_of):
    make_rdv(house.motif, house.site, [house.claire], utc(2027, 1, 8, 8), usagers=[person("Léna", "Faure")])
    client = client_of("claire")
    assert [tab.count for tab in client.get(URL).context["tabs"]] == [5, 1]
    response = client.post(URL, answers(*[(one, "seen") for one in yesterday[:5]]), follow=True)
    assert "Léna Faure" in response.content.decode()
    assert response.context["day"] == dt.date(2027, 1, 8)


def test_nothing_left_says_so(house, client_of):
    html = client_of("claire").get(URL).content.decode()
    assert "Tout est renseigné" in html
    assert "Plus rien à renseigner" in html
    assert "Rien à renseigner" not in html


def test_an_excuse_after_the_visit_sends_no_message(house, yesterday, client_of):
    client_of("claire").post(URL, answers((yesterday[0], "excused")))
    assert not Message.objects.filter(recipient__contains="usager").exists()


def test_the_local_day_of_reunion(house, person):
    from tests.factories import make_agent, make_motif, make_service, make_site
    from tests.signing import signed_in

    site, service = make_site(house.far), make_service(house.far, "pmi")
    agent = make_agent(site=site, services=[service])
    motif = make_motif(house.far, sites=[site], service=service)
    make_rdv(motif, site, [agent], utc(2027, 1, 10, 20, 30), usagers=[make_usager(house.far)])  # Monday 0:30 there
    response = signed_in(agent).get(URL)
    assert response.context["tabs"][0].day == dt.date(2027, 1, 11)
    assert ">0:30<" in response.content.decode()


# Workshops


@pytest.fixture
def atelier(house, person):
    people = [person("Aline", "Bertin"), person("Sofia", "Duval"), person("Inès", "Roche")]
    return make_rdv(
        house.workshop, house.site, [house.claire], utc(2027, 1, 11, 12), title="Massage bébé", usagers=people
    )


def sheet(rdv, present=(), **more):
    people = list(rdv.participations.order_by("id"))
    return {"p": [one.uuid for one in people], "present": [people[n].uuid for n in present]} | more


def sheet_url(rdv):
    return f"{URL}feuille/{rdv.uuid}/"


def test_a_sheet_at_once(house, atelier, client_of):
    response = client_of("claire").post(sheet_url(atelier), sheet(atelier, present=(0, 2)))
    assert [one.status for one in atelier.participations.order_by("id")] == ["seen", "noshow", "seen"]
    assert said(response) == ["3 statuts enregistrés."]


def test_a_sheet_with_nobody_ticked_is_only_believed_when_it_is_said(house, atelier, client_of):
    client = client_of("claire")
    assert "Personne n’est coché" in said(client.post(sheet_url(atelier), sheet(atelier)))[0]
    assert {one.status for one in atelier.participations.all()} == {"unknown"}
    client.post(sheet_url(atelier), sheet(atelier, nobody="on"))
    assert {one.status for one in atelier.participations.all()} == {"noshow"}


def test_a_sheet_of_somebody_else_or_of_another_workshop(house, atelier, yesterday, client_of):
    assert client_of("sonia").post(sheet_url(atelier), sheet(atelier, present=(0,))).status_code == 404
    wrong = sheet(atelier, present=(0,)) | {"p": [yesterday[0].uuid]}
    assert client_of("claire").post(sheet_url(atelier), wrong).status_code == 404
    assert client_of("claire").post(sheet_url(atelier), {}).status_code == 404


def test_sheets_stand_beside_the_rows(house, atelier, yesterday, client_of):
    html = client_of("claire").get(URL).content.decode()
    assert "8 statuts à renseigner" in html
    assert "5 rendez-vous individuels" in html
    assert "3 à renseigner, 8 places" in html


def test_pages_say_the_total(house, person, client_of):
    for n in range(55):
        make_rdv(
            house.motif,
            house.site,
            [house.claire],
            utc(2027, 1, 11, 6) + dt.timedelta(minutes=10 * n),
            minutes=10,
            usagers=[make_usager(house.departement)],
        )
    client = client_of("claire")
    html = client.get(URL).content.decode()
    assert "55 rendez-vous individuels" in html
    assert "Page 1 sur 2 (55 en tout)" in html
    assert html.count("<fieldset") == 50
    assert client.get(URL, {"page": 2}).content.decode().count("<fieldset") == 5


def test_queries_do_not_grow_with_the_rows(house, yesterday, atelier, client_of, django_assert_max_num_queries):
    client = client_of("secretary")
    for n in range(30):
        make_rdv(
            house.motif,
            house.site,
            [house.sonia],
            utc(2027, 1, 11, 8) + dt.timedelta(minutes=10 * n),
            minutes=10,
            usagers=[make_usager(house.departement)],
        )
    with django_assert_max_num_queries(18):
        assert client.get(URL).status_code == 200


def moved_to(participation, *start):
    """As a move does: Rdv and person together."""
    rdv = participation.rdv
    length = rdv.ends_at - rdv.starts_at
    rdv.starts_at, rdv.schedule_version = utc(*start), rdv.schedule_version + 1
    rdv.ends_at = rdv.starts_at + length
    rdv.save()


@pytest.mark.parametrize("status", ["excused", "noshow", "seen"])
def test_what_is_not_on_that_day_any_more_is_told_and_stays(house, yesterday, client_of, status):
    """Monday's list left open: Manon's Rdv was on Tuesday in the end, and is over too."""
    manon, tiago = yesterday[:2]
    moved_to(manon, 2027, 1, 12, 7)
    response = client_of("claire").post(URL, answers((manon, status), (tiago, "seen")))
    assert (status_of(manon), status_of(tiago)) == ("unknown", "seen")
    assert any("Quelqu’un a modifié" in one and "« À renseigner » est gardé" in one for one in said(response))


def test_an_hour_to_come_is_not_given_up_by_an_old_list(house, yesterday, client_of):
    manon = yesterday[0]
    moved_to(manon, 2027, 1, 28, 8)
    response = client_of("claire").post(URL, answers((manon, "excused")))
    assert status_of(manon) == "unknown"
    assert any("« À venir » est gardé" in one for one in said(response))


def test_a_sheet_of_another_day_is_told_too(house, person, client_of):
    atelier = make_rdv(house.workshop, house.site, [house.claire], utc(2027, 1, 11, 8), usagers=[person("Lou", "Roi")])
    one = atelier.participations.get()
    html = client_of("claire").get(f"{URL}?jour=2027-01-11").content.decode()
    assert '<input type="hidden" name="jour" value="2027-01-11">' in html
    moved_to(one, 2027, 1, 12, 7)
    data = {"jour": "2027-01-11", "p": one.uuid, "present": one.uuid}
    client_of("claire").post(f"{URL}feuille/{atelier.uuid}/", data)
    assert status_of(one) == "unknown"
