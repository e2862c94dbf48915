"""The pages: who is away, each Rdv decided in one go, followed; other dates from an Rdv; the link; the calls."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from agents.models import Role
from notifications.models import Message
from rdv.core.links import make_token
from rdv.domain import french
from rdv.models import Absence, Appel, AppelKind, Proposition, PropositionState, Rdv, Suite, SuiteState
from rdv.services import calls, followups
from rdv.services.propositions import Asked, first_hours, propose
from tests.absent.conftest import elise_is_free, whole
from tests.factories import make_agent, make_motif, make_rdv, make_service, make_usager
from tests.html.reading import faults
from tests.signing import signed_in

REPORT = reverse("rdv:absent_report")


def asked(world, **more):
    return {"agent": world.nadia.pk, "first_day": world.nine.date().isoformat()} | more


def fields_of(page):
    """What the form of the page would send, as it is preset."""
    form = page[page.index('method="post"', page.index("absent")) :]
    data = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form):
        data.setdefault(name, []).append(value)
    for name, options in re.findall(
        r'<select class="fr-select"[^>]* name="(suite-[^"]+)".*?>(.*?)</select>', form, re.S
    ):
        data[name] = [re.search(r'value="([^"]+)" selected', options).group(1)]
    data.pop("csrfmiddlewaretoken", None)
    return data


def test_the_page_lists_the_rdv_preset_and_saves_all_in_one_go(world, client_of):
    elise_is_free(world)
    client = client_of("secretary")
    page = client.get(REPORT, asked(world)).content.decode()
    assert "8 rendez-vous à revoir" in page
    assert page.count("Élise Martel, même heure") == 8
    assert '<option value="other" selected>Autre</option>' in page
    assert faults(page) == []
    data = fields_of(page)
    assert len([name for name in data if name.startswith("suite-")]) == 8
    response = client.post(REPORT, data)
    absence = Absence.objects.get()
    assert response["Location"] == reverse("rdv:absent", args=[absence.uuid])
    assert Suite.objects.filter(state=SuiteState.DONE).count() == 8
    after = client.get(response["Location"]).content.decode()
    assert "8 réglés" in after
    assert faults(after) == []
    # The same form again, a double press.
    client.post(REPORT, data)
    assert (Absence.objects.count(), Message.objects.filter(kind="rdv.replaced", channel="sms").count()) == (1, 8)


def test_a_line_is_changed_and_another_left(world, client_of):
    elise_is_free(world)
    client = client_of("secretary")
    data = fields_of(client.get(REPORT, asked(world)).content.decode())
    first, second = (f"suite-{rdv.uuid}" for rdv in world.rdvs[:2])
    data[first], data[second] = ["propose"], ["later"]
    client.post(REPORT, data)
    assert Suite.objects.filter(choice="propose").count() == 1
    assert Suite.objects.count() == 7
    follow = client.get(reverse("rdv:absent", args=[Absence.objects.get().uuid])).content.decode()
    assert "1 attend sa réponse" in follow
    assert "1 à décider" in follow
    assert faults(follow) == []
    more = fields_of(follow)
    client.post(reverse("rdv:absent", args=[Absence.objects.get().uuid]), more)
    assert Suite.objects.filter(state=SuiteState.DONE).count() == 8


def test_nothing_asked_nothing_written_and_words_when_something_lacks(world, client_of):
    client = client_of("secretary")
    page = client.get(REPORT).content.decode()
    assert faults(page) == []
    response = client.get(REPORT, asked(world, first_day="2020-01-06"))
    assert response.status_code == 422
    assert "déjà passée" in response.content.decode()
    response = client.post(REPORT, {"agent": "", "first_day": ""})
    assert response.status_code == 422
    assert "Choisissez le professionnel absent." in response.content.decode()
    assert not Absence.objects.exists()


def test_nobody_to_warn(world, client_of):
    client = client_of("secretary")
    tomorrow = (world.nine + timedelta(days=30)).date().isoformat()
    page = client.get(REPORT, asked(world, first_day=tomorrow)).content.decode()
    assert "Aucun rendez-vous n’est pris" in page
    assert faults(page) == []


@pytest.mark.parametrize(
    ("who", "sees"),
    [("secretary", True), ("responsable", True), ("nadia", True), ("elise", False), ("elsewhere", False)],
)
def test_who_may_say_that_somebody_is_away(world, client_of, who, sees):
    page = client_of(who).get(REPORT, asked(world)).content.decode()
    assert ("rendez-vous à revoir" in page) == sees
    data = asked(world) | {f"suite-{rdv.uuid}": "call" for rdv in world.rdvs}
    client_of(who).post(REPORT, data | {f"version-{rdv.uuid}": "0" for rdv in world.rdvs})
    assert Absence.objects.exists() == sees


def test_a_stranger_of_another_departement_reaches_nothing(world, client_of):
    client = client_of("stranger")
    client.post(REPORT, asked(world) | {f"suite-{rdv.uuid}": "cancel" for rdv in world.rdvs})
    assert not Absence.objects.exists()
    elise_is_free(world)
    client_of("secretary").post(REPORT, asked(world) | {f"suite-{rdv.uuid}": "later" for rdv in world.rdvs})
    absence = Absence.objects.get()
    assert client.get(reverse("rdv:absent", args=[absence.uuid])).status_code == 404
    assert client.post(reverse("rdv:absent", args=[absence.uuid]), {}).status_code == 404


def test_a_confidential_rdv_is_masked_and_left_to_its_service(world, client_of):
    ase = make_service(world.departement, "ase", is_confidential=True)
    secret = make_motif(world.departement, sites=[world.site], service=ase, name="Protection rapprochée")
    hidden = make_rdv(
        secret, world.site, [world.nadia], world.nine + timedelta(hours=5), minutes=30,
        usagers=[make_usager(world.departement, last_name="Secretier")],
    )  # fmt: skip
    insider = make_agent(site=world.site, services=[ase], last_name="Garnier")
    client = client_of("secretary")
    page = client.get(REPORT, asked(world)).content.decode()
    assert "9 rendez-vous à revoir" in page
    assert "Secretier" not in page
    assert "Protection rapprochée" not in page
    client.post(REPORT, fields_of(page))
    appel = Appel.objects.get(participation__rdv=hidden)
    assert appel.kind == AppelKind.ABSENCE
    listed = reverse("rdv:waiting_calls")
    assert "Secretier" in signed_in(insider).get(listed).content.decode()
    assert "Secretier" not in client.get(listed).content.decode()
    answer = reverse("rdv:call_answer", args=[appel.uuid])
    assert client.post(answer, {"reponse": "annuler"}).status_code == 404


def test_a_choice_that_the_page_never_showed_decides_nothing(world, client_of):
    client = client_of("secretary")
    stranger = make_agent(world.departement, site=world.other_site, role=Role.AGENT)
    first, second, third = world.rdvs[:3]
    client.post(
        REPORT,
        asked(world)
        | {
            f"suite-{first.uuid}": f"move:{stranger.pk}",
            f"suite-{second.uuid}": "effacer",
            f"suite-{third.uuid}": "propose",
            f"version-{first.uuid}": "0",
            f"version-{second.uuid}": "0",
            f"version-{third.uuid}": "0",
            f"heures-{third.uuid}": ["x", "9_9_9", "99999999999999_1_1"],
        },
    )
    assert Absence.objects.count() == 1
    suite = Suite.objects.get()
    assert (suite.rdv, suite.state) == (third, SuiteState.FAILED)
    assert Rdv.objects.live().count() == 8


def test_the_page_asks_the_database_as_much_for_eight_rdv_as_for_one(world, client_of, django_assert_max_num_queries):
    elise_is_free(world)
    client = client_of("secretary")
    client.get(REPORT)
    with django_assert_max_num_queries(32):
        page = client.get(REPORT, asked(world))
    client.post(REPORT, fields_of(page.content.decode()))
    with django_assert_max_num_queries(26):
        client.get(reverse("rdv:absent", args=[Absence.objects.get().uuid]))


# --- Other dates, from the page of an Rdv


def proposer(world):
    return reverse("rdv:rdv_propose", args=[world.rdvs[0].uuid])


def ticked(page):
    return re.findall(r'name="heure" value="([^"]+)" checked', page)


def test_other_dates_are_proposed_from_the_page_of_an_rdv_and_taken_back(world, client_of):
    client = client_of("secretary")
    detail = reverse("rdv:rdv_detail", args=[world.rdvs[0].uuid])
    assert proposer(world) in client.get(detail).content.decode()
    page = client.get(proposer(world), {"avec": "tous"}).content.decode()
    assert faults(page) == []
    codes = ticked(page)
    assert len(codes) == 3
    response = client.post(proposer(world), {"heure": codes})
    assert response["Location"] == detail
    assert Proposition.objects.live().count() == 1
    assert "a proposé d’autres dates" in client.get(detail).content.decode()
    again = client.get(proposer(world)).content.decode()
    assert "Des dates sont déjà proposées" in again
    assert faults(again) == []
    client.post(reverse("rdv:rdv_take_back", args=[world.rdvs[0].uuid]))
    assert Proposition.objects.get().state == PropositionState.WITHDRAWN
    gone = client.post(reverse("rdv:rdv_take_back", args=[world.rdvs[0].uuid]))
    assert gone.status_code == 404


def test_none_or_too_many_dates_is_said_and_kept(world, client_of):
    client = client_of("secretary")
    page = client.get(proposer(world), {"avec": "tous"}).content.decode()
    every = re.findall(r'name="heure" value="([^"]+)"', page)
    response = client.post(proposer(world) + "?avec=tous", {"heure": every[:4]})
    assert response.status_code == 422
    assert "Choisissez 3 dates au plus" in response.content.decode()
    assert ticked(response.content.decode()) == every[:4]
    assert client.post(proposer(world), {}).status_code == 422
    assert not Proposition.objects.exists()


def test_dates_taken_meanwhile_are_said_with_others(world, client_of):
    client = client_of("secretary")
    codes = ticked(client.get(proposer(world), {"avec": "tous"}).content.decode())
    for hour in first_hours(whole(world.rdvs[0]), now=world.now):
        for agent in (world.nadia, world.elise, world.morel):
            make_rdv(world.motif, world.site, [agent], hour.starts_at)
    response = client.post(proposer(world) + "?avec=tous", {"heure": codes})
    assert response.status_code == 409
    assert "viennent d’être prises" in response.content.decode()


def test_an_rdv_of_another_service_is_not_proposed_elsewhere(world, client_of):
    for who in ("other_service", "elsewhere", "stranger"):
        assert client_of(who).get(proposer(world)).status_code == 404
        assert client_of(who).post(proposer(world), {"heure": ["1_1_1"]}).status_code == 404


# --- The link


@pytest.fixture
def offered(world):
    participation = whole(world.rdvs[0])
    hours = first_hours(participation, now=world.now)
    world.proposition = propose(asked=Asked(participation, hours), author=world.author, now=world.now)
    world.link = reverse("rdv:public_choice", args=[make_token("choix", str(world.proposition.uuid))])
    return world


def test_one_tap_picks_a_date(offered, client):
    page = client.get(offered.link).content.decode()
    assert faults(page) == []
    assert page.count('name="choix"') == 4
    assert "Théo" not in page
    assert "Blondel" not in page
    response = client.post(offered.link, {"choix": "2"}, follow=True)
    second = offered.proposition.horaires.get(position=2)
    assert Rdv.objects.get(pk=offered.rdvs[0].pk).starts_at == second.starts_at
    done = response.content.decode()
    assert "C’est noté" in done
    assert faults(done) == []
    # The back button, another date: said, not done.
    late = client.post(offered.link, {"choix": "1"})
    assert late.status_code == 409
    assert "Vous avez déjà choisi une date." in late.content.decode()


def test_none_suits(offered, client):
    page = client.post(offered.link, {"choix": "aucune"}, follow=True).content.decode()
    assert faults(page) == []
    assert "C’est noté" in page
    assert "reste pris" in page
    assert Appel.objects.open().count() == 1


@pytest.mark.parametrize("said", ["", "0", "9", "x"])
def test_what_is_none_of_our_buttons_is_no_answer(offered, client, said):
    client.post(offered.link, {"choix": said})
    assert Proposition.objects.get().is_live


def test_looking_never_answers_and_an_unknown_or_old_link_says_so(offered, client):
    client.get(offered.link)
    client.head(offered.link)
    assert Proposition.objects.get().is_live
    assert client.get(reverse("rdv:public_choice", args=["A" * 16])).status_code == 404
    with time_machine.travel(offered.nine + timedelta(days=30), tick=False):
        assert client.get(offered.link).status_code == 410


def rdv_link(world):
    return reverse("rdv:public_link", args=[make_token("rdv", str(world.proposition.participation.uuid))])


def test_the_link_of_the_rdv_leads_to_the_dates_that_are_held(offered, client):
    page = client.get(rdv_link(offered)).content.decode()
    assert faults(page) == []
    assert f'href="{offered.link}"' in page
    assert "ce rendez-vous reste pris" in page
    zone = offered.departement.zone
    for horaire in offered.proposition.horaires.all():
        assert french.day_hour(horaire.starts_at.astimezone(zone)) in page.lower()
    # Once a date is picked, nothing more is proposed.
    client.post(offered.link, {"choix": "2"})
    assert offered.link not in client.get(rdv_link(offered)).content.decode()


def test_the_link_of_an_rdv_whose_agent_is_away_leads_there_too(world, client_of, client):
    client_of("secretary").post(REPORT, fields_of(client_of("secretary").get(REPORT, asked(world)).content.decode()))
    world.proposition = Proposition.objects.live().whole().first()
    choice = reverse("rdv:public_choice", args=[make_token("choix", str(world.proposition.uuid))])
    page = client.get(rdv_link(world)).content.decode()
    assert "Nous avons dû annuler ce rendez-vous" in page
    assert f'href="{choice}"' in page
    assert "reste pris" not in page
    assert faults(page) == []


def test_hours_that_went_are_not_shown_any_more(offered, client):
    first, *others = offered.proposition.horaires.all()
    zone = offered.departement.zone
    followups.drop_hold(offered.departement.pk, first, offered.now)
    page = client.get(rdv_link(offered)).content.decode().lower()
    assert french.day_hour(first.starts_at.astimezone(zone)) not in page
    assert all(french.day_hour(one.starts_at.astimezone(zone)) in page for one in others)


def test_a_discreet_motif_shows_no_label(offered, client):
    offered.motif.notice_level = "discreet"
    offered.motif.save()
    assert offered.motif.public_label not in client.get(offered.link).content.decode()


# --- Calls


@pytest.fixture
def calling(world):
    """One held for somebody without an address, one of an agent who is away, one message that reached nobody."""
    usager = world.rdvs[0].participations.get().usager
    usager.phone, usager.email, usager.channel = "+33353010001", "", "both"
    usager.save()
    first = whole(world.rdvs[0])
    propose(asked=Asked(first, first_hours(first, now=world.now)), author=world.author, now=world.now)
    world.held = Appel.objects.get()
    world.message = calls.open_appel(
        whole(world.rdvs[1]), AppelKind.MESSAGE, before=world.rdvs[1].starts_at, now=world.now, reason="SMS : refusé"
    )
    return world


def answer(client, appel, said, **more):
    return client.post(reverse("rdv:call_answer", args=[appel.uuid]), {"reponse": said} | more)


def test_the_list_has_every_kind_and_its_filters(calling, client_of):
    client = client_of("secretary")
    page = client.get(reverse("rdv:waiting_calls")).content.decode()
    assert "2 personnes à appeler" in page
    assert 'À appeler <span class="n">2' in page
    assert faults(page) == []
    for reason, count in (("dates", 1), ("message", 1), ("absence", 0), ("place", 0)):
        filtered = client.get(reverse("rdv:waiting_calls"), {"raison": reason}).content.decode()
        assert filtered.count('href="/agents/attente/appels/?raison=' + reason + "&amp;appel=") == count
        assert faults(filtered) == []


def test_a_date_is_accepted_on_the_phone(calling, client_of):
    client = client_of("secretary")
    response = answer(client, calling.held, "oui")
    assert response.status_code == 409
    assert "Choisissez d’abord la date" in response.content.decode()
    answer(client, calling.held, "oui", horaire="1")
    answer(client, calling.held, "oui", horaire="1")
    calling.held.refresh_from_db()
    assert (calling.held.result, calling.held.attempts) == ("accepted", 1)
    assert Proposition.objects.get().state == PropositionState.PICKED


def test_no_answer_comes_back_later_and_a_wrong_number_is_said(calling, client_of):
    client = client_of("secretary")
    answer(client, calling.message, "absent")
    page = client.get(reverse("rdv:waiting_calls")).content.decode()
    assert 'À appeler <span class="n">1' in page
    assert "1 appel sans réponse, rappeler" in page
    answer(client, calling.message, "faux")
    page = client.get(reverse("rdv:waiting_calls"), {"appel": calling.message.uuid}).content.decode()
    assert "Ce numéro est faux." in page
    assert faults(page) == []
    answer(client, calling.message, "vient")
    calling.message.refresh_from_db()
    assert calling.message.result == "accepted"


def test_not_coming_any_more_cancels_and_closes_the_line(calling, client_of):
    answer(client_of("secretary"), calling.message, "annuler")
    calling.message.refresh_from_db()
    assert calling.message.closed_at is not None
    assert calling.rdvs[1].participations.get().status == "excused"


def test_a_call_that_a_colleague_has_just_made_changes_nothing(calling, client_of):
    answer(client_of("secretary"), calling.message, "vient")
    response = answer(client_of("responsable"), calling.message, "annuler")
    said = client_of("responsable").get(response["Location"])
    assert calling.rdvs[1].participations.get().status == "unknown"
    assert said.status_code == 200


def test_dates_left_without_an_answer_the_person_may_keep_the_old_one(calling, client_of):
    from rdv.services.propositions import lapse_due

    lapse_due(Proposition.objects.get().answer_by)
    calling.held.refresh_from_db()
    client = client_of("secretary")
    page = client.get(reverse("rdv:waiting_calls"), {"appel": calling.held.uuid}).content.decode()
    assert "Oui, la personne vient" in page
    assert "reste pris à la même heure" in page
    answer(client, calling.held, "vient")
    calling.rdvs[0].refresh_from_db()
    assert calling.rdvs[0].is_live


def test_none_suits_on_the_phone_leaves_the_line_to_find_another(calling, client_of):
    client = client_of("secretary")
    answer(client, calling.held, "aucune")
    page = client.get(reverse("rdv:waiting_calls")).content.decode()
    assert "Chercher une autre heure" in page
    assert Appel.objects.open().filter(participation__rdv=calling.rdvs[0]).count() == 1


def test_nobody_else_answers(calling, client_of):
    for who in ("other_service", "elsewhere", "stranger"):
        assert answer(client_of(who), calling.message, "vient").status_code == 404
    assert answer(client_of("secretary"), calling.message, "inconnu").status_code == 404


def test_the_list_asks_the_same_for_many(calling, client_of, django_assert_max_num_queries):
    for rdv in calling.rdvs[2:]:
        calls.open_appel(whole(rdv), AppelKind.MESSAGE, before=rdv.starts_at, now=calling.now, reason="SMS : refusé")
    client = client_of("secretary")
    with django_assert_max_num_queries(16):
        client.get(reverse("rdv:waiting_calls"))
