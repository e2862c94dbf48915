"""Slips of a busy desk: six people of one name, a form sent again, a second window, a byte that no keyboard writes."""

import datetime as dt
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from agents.models import Role
from rdv.core.journal import Author, Evenement
from rdv.models import Rdv
from tests.console.conftest import rdv_of, seen, value_of
from tests.factories import NOW, make_agent, make_departement, make_usager, utc
from tests.signing import signed_in
from usagers.models import Usager
from usagers.services.files import create_usager_once

pytestmark = pytest.mark.django_db
ACCUEIL = "/agents/accueil/"
TAKES_FIRST = "data-takes-first"
ALINE = {"last_name": "Zuber", "first_name": "Aline", "phone": "06 39 98 44 17", "language": "fr", "channel": "sms"}


class TestNamesakes:
    def found(self, desk, q):
        return seen(desk.client.get(ACCUEIL, {"q": q}, headers={"HX-Request": "true", "HX-Target": "resultats"}))

    def test_enter_opens_none_of_six(self, desk):
        for year in range(2000, 2006):
            born = dt.date(year, 3, 1)
            make_usager(desk.departement, first_name="Magalie", last_name="Nowak", birth_date=born)
        page = self.found(desk, "nowak magalie")
        assert TAKES_FIRST not in page
        assert "Plusieurs personnes ont ce nom : regardez la naissance." in page

    def test_two_who_write_it_otherwise_are_namesakes_too(self, desk):
        make_usager(desk.departement, first_name="Anne-Lise", last_name="Nowak")
        make_usager(desk.departement, first_name="Anne Lise", last_name="NOWAK")
        assert TAKES_FIRST not in self.found(desk, "nowak anne")

    def test_enter_opens_the_only_one_of_a_name(self, desk):
        page = self.found(desk, "samira benali")
        assert TAKES_FIRST in page
        assert "Plusieurs personnes" not in page

    def test_alone_a_new_person_is_taken(self, desk):
        assert TAKES_FIRST in self.found(desk, "zzyzx quixote")


class TestSentAgain:
    def send(self, desk, client=None, **more):
        client = client or desk.client
        url = reverse("rdv:console_new_person")
        page = client.post(url, ALINE | more)
        if page.status_code == 200:  # likely files were shown: they are on the screen now
            shown = [str(one) for one in Usager.objects.values_list("uuid", flat=True)]
            page = client.post(url, ALINE | more | {"vues": shown})
        assert page.status_code == 302
        return parse_qs(urlsplit(page.url).query)["usager"]

    def test_back_then_enter_opens_the_file_just_made(self, desk):
        assert self.send(desk) == self.send(desk)
        assert Usager.objects.filter(last_name="Zuber").count() == 1
        assert Evenement.objects.filter(kind="usager.created").count() == 1

    def test_another_word_makes_another_file(self, desk):
        self.send(desk)
        self.send(desk, phone="06 39 98 44 18")
        assert Usager.objects.filter(last_name="Zuber").count() == 2

    def test_later_or_by_a_colleague_it_is_somebody_else(self, desk, now):
        self.send(desk)
        other = make_agent(desk.departement, site=desk.canal, role=Role.SECRETAIRE, services=[desk.pmi])
        self.send(desk, signed_in(other))
        assert Usager.objects.filter(last_name="Zuber").count() == 2
        now.shift(dt.timedelta(minutes=11))
        self.send(desk)
        assert Usager.objects.filter(last_name="Zuber").count() == 3

    def test_never_of_another_departement(self, desk):
        author = Author("agent", desk.secretary.pk, "Isabelle Fontaine", "secretaire")
        fields = {"first_name": "Aline", "last_name": "Zuber"}
        one = create_usager_once(departement=desk.departement, author=author, now=NOW, **fields)
        other = create_usager_once(departement=make_departement("974"), author=author, now=NOW, **fields)
        assert (one.departement_id, other.departement_id) == ("62", "974")


def test_a_birth_date_beside_a_status_says_what_it_is(desk):
    page = seen(desk.client.get(reverse("rdv:rdv_detail", args=[rdv_of(desk).uuid])))
    assert "naissance : lundi 14 mars 1994" in page


def test_a_null_byte_in_a_reason_is_no_error(desk):
    rdv = rdv_of(desk)
    taken = utc(2027, 1, 7, 20)
    data = {"creneau": value_of(taken, desk.canal, desk.claire), "version": "0", "reason": "urg\x00ence"}
    assert desk.client.post(reverse("rdv:rdv_move", args=[rdv.uuid]), data).status_code == 302
    assert Rdv.objects.get().starts_at == taken
    assert Evenement.objects.get(kind="rdv.moved").data["overbooked"] == "urgence"


class TestTheNoteOfACall:
    def hold(self, desk):
        data = {"usager": str(desk.samira.uuid), "pour": str(desk.samira.uuid), "motif": str(desk.motif.uuid)}
        chosen = {"creneau": value_of(desk.nine, desk.canal, desk.claire)}
        held = desk.client.post(reverse("rdv:console_hold"), data | chosen)
        return data | {"option": parse_qs(urlsplit(held.url).query)["option"][0]}

    def test_a_blank_page_in_another_window_leaves_it(self, desk):
        call = self.hold(desk)
        desk.client.post(reverse("rdv:console_more_time"), call | {"note": "vient avec la grand-mère"})
        desk.client.get(ACCUEIL)
        assert "vient avec la grand-mère" in seen(desk.client.get(ACCUEIL, call))

    def test_once_the_hour_is_let_go_the_next_call_forgets_it(self, desk):
        call = self.hold(desk)
        desk.client.post(reverse("rdv:console_let_go"), call | {"note": "vient avec la grand-mère"})
        desk.client.get(ACCUEIL)
        again = self.hold(desk)
        assert "vient avec la grand-mère" not in seen(desk.client.get(ACCUEIL, again))
