"""The waiting list in the back-office: the list, putting somebody on it, one person, the calls, the replay."""

import re

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agents.access import scope_of
from rdv.models import Evenement, Inscription, Offre, Option, Rdv
from rdv.services import waitlist_desk
from rdv.services.waitlist_desk import Asked
from rdv.services.waitlist_join import Wishes, position_of
from tests.factories import NOW, make_agent, make_motif, make_rdv, make_usager, utc
from tests.waiting.conftest import TEN, free_the_hour, wait
from usagers.models import Usager

LIST, CALLS, JOIN = "/agents/attente/", "/agents/attente/appels/", "/agents/attente/ajouter/"


def page_of(response):
    return re.sub(r"\s+", " ", response.content.decode())


# The list


def test_the_list_says_rank_wishes_priority_and_since_when(desk, client_of):
    wait(desk, first="Hugo", last="Delattre")
    wait(desk, wishes=Wishes(sites=[desk.site], half_days=0b11), priority=1, priority_reason="Enfant de 10 jours")
    page = page_of(client_of("secretary").get(LIST))
    assert "2 personnes" in page
    assert page.index("Samira Benali") < page.index("Hugo Delattre")
    assert "MDS du Canal · lundi · prévenir au moins 24 heures avant" in page
    assert "Enfant de 10 jours" in page
    assert "Lundi 4 janvier 2027" in page
    assert '<strong>1</strong> <span class="mute">sur 2</span>' in page


def test_a_running_offer_is_shown_with_its_time(desk, client_of):
    wait(desk)
    free_the_hour(desk)
    page = page_of(client_of("secretary").get(LIST))
    assert "Place proposée" in page
    assert "jusqu’à mardi 20 h" in page


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ({}, ["Samira", "Hugo"]),
        ({"nom": "bena"}, ["Samira"]),
        ({"site": "tilleuls"}, ["Hugo"]),
        ({"etat": "pause"}, []),
        ({"etat": "n'importe", "motif": "pas-un-uuid", "page": "x"}, ["Samira", "Hugo"]),
    ],
)
def test_the_list_is_filtered(desk, client_of, query, seen):
    type(desk.other_site).objects.filter(pk=desk.other_site.pk).update(slug="tilleuls")
    desk.other_site.refresh_from_db()
    wait(desk, wishes=Wishes(sites=[desk.site]))
    wait(desk, first="Hugo", last="Delattre")
    # A secretary sees the sites where she works: the other one is no filter of hers.
    client = client_of("elsewhere" if "site" in query else "secretary")
    page = page_of(client.get(LIST, query))
    assert [name for name in ("Samira", "Hugo") if f">{name} " in page] == seen


def test_the_list_begins_with_the_site_one_works_at_and_shows_the_rest_when_asked(desk, client_of):
    """Chosen in the bar, kept in the session; "Tous" is one of the choices."""
    secretary = desk.people["secretary"]
    secretary.affectations.create(
        departement=desk.departement, site=desk.other_site, role="secretaire", starts_on=NOW.date()
    )
    wait(desk, wishes=Wishes(sites=[desk.site]))
    wait(desk, first="Hugo", last="Delattre", wishes=Wishes(sites=[desk.other_site]))
    client = client_of("secretary")

    def seen(**query):
        page = page_of(client.get(LIST, query))
        return [name for name in ("Samira", "Hugo") if f">{name} " in page]

    client.post("/agents/site/", {"site": desk.site.pk})
    assert seen() == ["Samira"]
    assert seen(site="") == ["Samira", "Hugo"]
    client.post("/agents/site/", {"site": desk.other_site.pk})
    assert seen() == ["Hugo"]
    page = page_of(client.get(LIST))
    assert f'<option value="{desk.other_site.slug}" selected>' in page
    assert '<a href="/agents/attente/?site=">Tout voir</a>' in page


def test_the_list_is_grouped_by_motif(desk, client_of):
    other = make_motif(desk.departement, sites=[desk.site], service=desk.motif.service, name="Bilan", has_waitlist=True)
    wait(desk)
    wait(desk, first="Hugo", last="Delattre")
    wait(desk, first="Lou", last="Petit", motif=other)
    page = page_of(client_of("secretary").get(LIST))
    assert page.count('scope="rowgroup"') == 2
    assert page.count(">Pesée</th>") == 1
    assert 'scope="rowgroup"' not in page_of(client_of("secretary").get(LIST, {"etat": "fini"}))


def test_a_page_of_the_list_asks_as_much_for_many_as_for_one(desk, client_of):
    client = client_of("secretary")
    wait(desk)
    client.get(LIST)
    with CaptureQueriesContext(connection) as few:
        client.get(LIST)
    for n in range(30):
        wait(desk, first=f"Prénom{n}", last=f"Nom{n}")
    with CaptureQueriesContext(connection) as many:
        response = client.get(LIST)
    assert "Page 1 sur 2 (31 en tout)" in page_of(response)
    assert len(many) == len(few)
    assert "Page 2 sur 2" in page_of(client.get(LIST, {"page": 2}))


def test_ranks_of_a_page_are_those_that_people_are_told(desk):
    other = make_motif(desk.departement, sites=[desk.site], service=desk.motif.service, has_waitlist=True)
    type(other).objects.filter(pk=other.pk).update(waitlist_policy={"ageing_days": 2})
    rows = [
        wait(desk, first="A", last="A", now=utc(2026, 11, 1, 8)),
        wait(desk, first="B", last="B", priority=0, priority_reason="urgent", wishes=Wishes(sites=[desk.site])),
        wait(desk, first="C", last="C", motif=other, wishes=Wishes(equivalents=[desk.motif]), now=utc(2026, 12, 31, 8)),
        wait(desk, first="D", last="D", wishes=Wishes(sites=[desk.other_site])),
    ]
    found = list(Inscription.objects.whole().filter(pk__in=[one.pk for one in rows]))
    told = waitlist_desk.standings(found, now=NOW)
    for one in found:
        position = position_of(one, NOW)
        assert (told[one.pk].rank, told[one.pk].waiting) == (position.rank, position.waiting)


def test_the_order_of_the_list_is_the_order_of_the_calls(desk):
    old = wait(desk, first="Vieille", last="Demande", now=utc(2026, 10, 1, 8))
    new = wait(desk, first="Neuve", last="Demande", priority=2, priority_reason="fragile")
    newest = wait(desk, first="Toute", last="Neuve")
    scope = scope_of(desk.people["secretary"], today=NOW.date())
    found = waitlist_desk.listed(scope, Asked(), motifs=[desk.motif], now=NOW)
    assert [one.pk for one in found] == [old.pk, new.pk, newest.pk]


def test_a_class_won_by_waiting_is_said(desk, client_of):
    wait(desk, now=utc(2026, 12, 1, 8))
    assert "attend depuis longtemps : passe comme « Situation fragile »" in page_of(client_of("secretary").get(LIST))


def test_nobody_waits_is_said_with_a_way_out(desk, client_of):
    page = page_of(client_of("secretary").get(LIST))
    assert "Personne n’attend en ce moment." in page
    assert "choisissez la personne et le motif" in page


# Joining


def joining(desk, person, **more):
    state = {"usager": person.uuid, "motif": desk.motif.uuid}
    return state | {"shortest_notice_min": 120, "priority": 3} | more


def test_somebody_is_put_on_the_list_from_the_console(desk, client_of):
    person = make_usager(desk.departement, first_name="Nour", last_name="Haddad", phone="", email="")
    client = client_of("secretary")
    page = page_of(client.get("/agents/accueil/", {"usager": person.uuid, "motif": desk.motif.uuid}))
    assert f"{JOIN}?usager={person.uuid}&amp;motif={desk.motif.uuid}" in page
    form = page_of(client.get(JOIN, {"usager": person.uuid, "motif": desk.motif.uuid}))
    assert "Mettre Nour Haddad en attente" in form
    data = joining(desk, person, sites=[desk.site.pk], half_days=[1, 8], priority=1, priority_reason="Grossesse")
    response = client.post(JOIN, data, follow=True)
    made = Inscription.objects.get(usager=person)
    assert (made.sites, made.half_days, made.priority, made.shortest_notice_min) == ([desk.site.pk], 9, 1, 120)
    assert (made.origin, made.created_by_id) == ("phone", desk.people["secretary"].pk)
    assert "rang 1 sur 1" in page_of(response)
    assert Evenement.objects.filter(kind="inscription.joined", author_role="secretaire").count() == 1


def test_joining_twice_says_so_and_writes_once(desk, client_of):
    person = make_usager(desk.departement)
    client = client_of("secretary")
    assert client.post(JOIN, joining(desk, person)).status_code == 302
    again = client.post(JOIN, joining(desk, person))
    assert again.status_code == 409
    assert "Cette personne attend déjà pour ce motif." in page_of(again)
    assert reverse("rdv:waiting_person", args=[Inscription.objects.get().uuid]) in page_of(again)
    assert Inscription.objects.count() == 1


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"priority": 0}, "Dites pourquoi elle passe avant les autres"),
        ({"from_day": "2027-02-10", "until_day": "2027-02-01"}, "Le dernier jour doit être après le premier."),
        ({"until_day": "2026-12-01"}, "Cette date est passée."),
        ({"radius_km": 5}, "Il faut une adresse"),
        ({"radius_km": "loin"}, "Écrivez le nombre de kilomètres en chiffres."),
        ({"sites": [99999]}, "Choisissez dans la liste."),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_is_kept(desk, client_of, more, said):
    person = make_usager(desk.departement)
    response = client_of("secretary").post(JOIN, joining(desk, person, context="vient avec sa sœur", **more))
    assert response.status_code == 422
    assert said in page_of(response)
    assert "vient avec sa sœur" in page_of(response)
    assert Inscription.objects.count() == 0


def test_without_a_person_or_a_motif_one_is_sent_back_to_the_console(desk, client_of):
    response = client_of("secretary").get(JOIN, {"motif": desk.motif.uuid})
    assert response["Location"].startswith(reverse("rdv:accueil"))


def test_a_motif_without_a_list_says_who_opens_it(desk, client_of):
    type(desk.motif).objects.update(has_waitlist=False)
    person = make_usager(desk.departement)
    client = client_of("secretary")
    page = page_of(client.get(JOIN, {"usager": person.uuid, "motif": desk.motif.uuid}))
    assert "n’a pas de liste d’attente" in page
    assert client.post(JOIN, joining(desk, person)).status_code == 409
    assert "Mettre en attente" not in page_of(
        client.get("/agents/accueil/", {"usager": person.uuid, "motif": desk.motif.uuid})
    ).replace("<kbd>F8</kbd> mettre en attente", "")


# One person


def test_wishes_change_and_the_rank_stays(desk, client_of):
    one = wait(desk, wishes=Wishes(sites=[desk.site], needs_step_free=True))
    client = client_of("secretary")
    url = reverse("rdv:waiting_wishes", args=[one.uuid])
    page = page_of(client.get(url))
    assert re.search(rf'name="sites" value="{desk.site.pk}"[^>]*checked', page)
    data = {"version": one.version, "shortest_notice_min": 60, "from_day": "2027-02-01"}
    response = client.post(url, data, follow=True)
    assert "Le rang reste le même" in page_of(response)
    changed = Inscription.objects.get()
    assert (changed.sites, changed.shortest_notice_min, changed.opened_at) == ([], 60, one.opened_at)
    again = client.post(url, data)
    assert again.status_code == 409
    assert "Quelqu’un a modifié cette attente entre-temps" in page_of(again)


def test_a_delay_that_is_no_usual_one_is_kept(desk, client_of):
    one = wait(desk, wishes=Wishes(shortest_notice_min=180))
    page = page_of(client_of("secretary").get(reverse("rdv:waiting_wishes", args=[one.uuid])))
    assert '<option value="180" selected>3 heures avant</option>' in page


def test_the_order_changes_with_a_reason_only(desk, client_of):
    one = wait(desk)
    client, url = client_of("secretary"), reverse("rdv:waiting_priority", args=[one.uuid])
    refused = client.post(url, {"priority": 0, "priority_reason": " "})
    assert refused.status_code == 422
    assert Inscription.objects.get().priority == 3
    client.post(url, {"priority": 0, "priority_reason": "Expulsion lundi"})
    kept = Inscription.objects.get()
    assert (kept.priority, kept.priority_reason) == (0, "Expulsion lundi")
    line = Evenement.objects.get(kind="inscription.priority")
    assert (line.author_label, line.data["reason"]) == (desk.people["secretary"].full_name, "Expulsion lundi")


def test_leaving_is_done_once_and_gives_the_place_to_the_next(desk, client_of):
    one, other = wait(desk), wait(desk, first="Hugo", last="Delattre")
    free_the_hour(desk)
    client, url = client_of("secretary"), reverse("rdv:waiting_leave", args=[one.uuid])
    assert client.post(url, {"reason": "a trouvé ailleurs"}).status_code == 302
    assert client.post(url, {"reason": "a trouvé ailleurs"}).status_code == 302
    assert Inscription.objects.get(pk=one.pk).state == "left"
    assert Offre.objects.live().get().inscription_id == other.pk
    page = page_of(client.get(reverse("rdv:waiting_person", args=[one.uuid])))
    assert "Cette attente est terminée" in page
    assert "a trouvé ailleurs" in page
    assert client.get(reverse("rdv:waiting_wishes", args=[one.uuid])).status_code == 409
    assert client.post(reverse("rdv:waiting_priority", args=[one.uuid]), {"priority": 0}).status_code == 409


def test_somebody_in_pause_wakes_at_the_same_rank(desk, client_of):
    one = wait(desk)
    Inscription.objects.update(state="asleep", unanswered=2)
    client = client_of("secretary")
    assert "Elle attend encore" in page_of(client.get(reverse("rdv:waiting_person", args=[one.uuid])))
    assert "En pause" in page_of(client.get(LIST, {"etat": "pause"}))
    client.post(reverse("rdv:waiting_wake", args=[one.uuid]))
    client.post(reverse("rdv:waiting_wake", args=[one.uuid]))
    woken = Inscription.objects.get()
    assert (woken.state, woken.unanswered, woken.opened_at) == ("waiting", 0, one.opened_at)


# Calls


@pytest.fixture
def call(desk):
    """Somebody without e-mail nor phone for SMS, asked for Claire's hour."""
    wait(desk, phone="", email="")
    wait(desk, first="Hugo", last="Delattre", phone="", email="")
    return free_the_hour(desk)


def test_the_call_list_shows_who_and_what_to_say_and_the_menu_counts(desk, call, client_of):
    Usager.objects.filter(last_name="Benali").update(phone="+33639984521")
    page = page_of(client_of("secretary").get(CALLS))
    assert "1 personne à appeler" in page
    assert 'href="tel:+33639984521"' in page
    assert "Place tenue" in page
    assert "jusqu’à mardi 20 h" in page
    assert "« Bonjour, MDS du Canal. Une place s’est libérée" in page
    assert re.search(r"À appeler <span class=\"n\">1", page)


def test_no_number_is_said(desk, call, client_of):
    assert "Pas de numéro de téléphone." in page_of(client_of("secretary").get(CALLS))


def answer(client, offre, said, **options):
    return client.post(reverse("rdv:waiting_answer", args=[offre.uuid]), {"reponse": said}, **options)


def test_yes_books_the_held_hour_once(desk, call, client_of):
    client = client_of("secretary")
    first, second = answer(client, call, "oui", follow=True), answer(client, call, "oui", follow=True)
    assert "C’est réservé pour Samira Benali" in page_of(first)
    assert "C’est réservé pour Samira Benali" in page_of(second)
    booked = Rdv.objects.filter(participations__usager__last_name="Benali")
    assert [one.starts_at for one in booked] == [TEN]
    line = Evenement.objects.get(kind="offre.accepted")
    assert (line.author_kind, line.author_id) == ("agent", desk.people["secretary"].pk)


def test_no_passes_the_place_on_at_once(desk, call, client_of):
    client = client_of("secretary")
    assert "garde son rang" in page_of(answer(client, call, "non", follow=True))
    assert Offre.objects.live().get().inscription.usager.last_name == "Delattre"
    assert answer(client, call, "non").status_code == 302  # the same no, said twice
    late = answer(client, call, "oui")
    assert late.status_code == 409
    assert "Cette personne a déjà dit non." in page_of(late)
    assert Rdv.objects.filter(participations__usager__last_name="Benali").count() == 0


def test_no_answer_counts_and_passes_on(desk, call, client_of):
    answer(client_of("secretary"), call, "absent")
    assert Inscription.objects.get(usager__last_name="Benali").unanswered == 1
    assert Offre.objects.live().get().inscription.usager.last_name == "Delattre"


def test_an_unknown_answer_writes_nothing(desk, call, client_of):
    assert answer(client_of("secretary"), call, "peut-être").status_code == 404
    assert Offre.objects.live().get().pk == call.pk


def test_somebody_who_is_busy_at_that_hour_is_said(desk, call, client_of):
    other = make_agent(site=desk.site, services=[desk.motif.service])
    late = make_motif(desk.departement, sites=[desk.site], service=desk.motif.service)
    make_rdv(late, desk.site, [other], TEN, usagers=[call.inscription.usager])
    response = answer(client_of("secretary"), call, "oui")
    assert response.status_code == 409
    assert "Cette personne a déjà un rendez-vous à cette heure." in page_of(response)
    assert Offre.objects.live().get().pk == call.pk


def test_offers_by_message_are_one_click_away(desk, client_of):
    wait(desk)
    free_the_hour(desk)
    client = client_of("secretary")
    assert "Personne à appeler en ce moment" in page_of(client.get(CALLS))
    page = page_of(client.get(CALLS, {"voir": "toutes", "motif": desk.motif.uuid}))
    assert "1 place proposée" in page
    assert "message envoyé" in page
    assert "Prendre cette heure pour quelqu’un d’autre" in page


# Why this person


def test_the_replay_says_who_was_before_and_why_not(desk, client_of):
    wait(desk, first="Hugo", last="Delattre", wishes=Wishes(half_days=0b10, agent=None), now=utc(2027, 1, 3, 8))
    wait(desk)
    offre = free_the_hour(desk)
    page = page_of(client_of("secretary").get(reverse("rdv:waiting_replay", args=[offre.uuid])))
    assert "Pourquoi Samira Benali" in page
    assert "un rendez-vous a été annulé" in page
    assert "Hugo Delattre" in page
    assert "N’est pas libre cette demi-journée" in page
    assert "Elle était la première à qui cette heure convenait" in page


def test_the_replay_keeps_a_name_from_whom_may_not_read_it(desk, client_of):
    """Before her stands somebody whose own motif is of a confidential service."""
    ase = type(desk.motif.service).objects.create(
        departement=desk.departement, code="ase", name="ASE", short_name="ASE", is_confidential=True
    )
    secret = make_motif(desk.departement, sites=[desk.site], service=ase, has_waitlist=True)
    wait(desk, first="Zélie", last="Secretier", motif=secret, wishes=Wishes(equivalents=[desk.motif], half_days=0b10))
    wait(desk)
    offre = free_the_hour(desk)
    page = page_of(client_of("secretary").get(reverse("rdv:waiting_replay", args=[offre.uuid])))
    assert "Secretier" not in page
    assert "Une personne d’un autre service" in page
    assert "N’est pas libre cette demi-journée" in page


def test_the_replay_tells_the_whole_story_of_an_hour(desk, call, client_of):
    client = client_of("secretary")
    answer(client, call, "non")
    next_one = Offre.objects.live().get()
    page = page_of(client.get(reverse("rdv:waiting_replay", args=[next_one.uuid])))
    assert "Sollicitées avant elle pour cette heure" in page
    assert "Samira Benali" in page
    assert "Refusée" in page


# Taking an hour back


def taking(offre):
    return reverse("rdv:waiting_take", args=[offre.option.token])


def test_an_agent_takes_an_hour_back_with_a_reason(desk, client_of):
    wait(desk)
    offre = free_the_hour(desk)
    url, client = taking(offre), client_of("claire")
    agenda = page_of(client.get("/agents/agenda/", {"vue": "liste", "date": "2027-01-18"}))
    assert url in agenda
    assert "Proposée à la liste d’attente" in agenda
    assert "Cette personne est prévenue tout de suite" in page_of(client.get(url))
    refused = client.post(url, {"reason": "  "})
    assert refused.status_code == 422
    assert Offre.objects.live().count() == 1
    first = client.post(url, {"reason": "Nourrisson à voir aujourd’hui"})
    second = client.post(url, {"reason": "Nourrisson à voir aujourd’hui"})
    assert first["Location"] == second["Location"]
    assert f"option={offre.option.token}" in first["Location"]
    held = Option.objects.get(token=offre.option.token)
    assert (held.purpose, held.author_id) == ("form", desk.claire.pk)
    offre.refresh_from_db()
    assert (offre.state, offre.reason) == ("withdrawn", "Nourrisson à voir aujourd’hui")
    assert Evenement.objects.filter(kind="offre.withdrawn", author_id=desk.claire.pk).count() == 1
    assert Inscription.objects.get().state == "waiting"
    assert client.get(first["Location"]).status_code == 200


def test_an_hour_no_longer_offered_is_not_found(desk, client_of):
    wait(desk)
    offre = free_the_hour(desk)
    url = taking(offre)
    with time_machine.travel(utc(2027, 1, 4, 8), tick=False):
        answer(client_of("secretary"), offre, "oui")
        assert client_of("claire").post(url, {"reason": "urgence"}).status_code == 404
