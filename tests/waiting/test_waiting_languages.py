"""A language asked for: what the desk may ask, reads and changes; who is then offered a freed hour."""

import re

import pytest
from django.urls import reverse

from rdv.models import Inscription, Offre
from rdv.services.cancelling import cancel_participation
from rdv.services.waitlist_desk import languages_spoken
from rdv.services.waitlist_join import Wishes
from tests.factories import make_agent, make_usager
from tests.html.reading import faults
from tests.waiting.conftest import SECRETARY, wait
from tests.waiting.test_waiting_pages import JOIN, joining, page_of

pytestmark = pytest.mark.django_db


def speaks(agent, *codes):
    agent.languages = list(codes)
    agent.save()


def test_only_what_somebody_there_speaks_may_be_asked(desk, client_of):
    person = make_usager(desk.departement)
    client, where = client_of("secretary"), {"usager": person.uuid, "motif": desk.motif.uuid}
    assert 'name="language"' not in client.get(JOIN, where).content.decode()
    speaks(desk.claire, "uk", "ar")
    page = client.get(JOIN, where).content.decode()
    assert faults(page) == []
    field = page[page.index('name="language"') :]
    assert re.findall(r'<option value="(\w*)"', field[: field.index("</select>")]) == ["", "ar", "uk"]
    refused = client.post(JOIN, joining(desk, person, language="tr"))
    assert refused.status_code == 422
    assert "Choisissez une langue de la liste." in page_of(refused)


def test_neither_elsewhere_nor_in_another_service_nor_far_away(desk):
    for name in ("other_service", "stranger", "admin"):
        speaks(desk.people[name], "tr")
    gone = make_agent(site=desk.site, services=[desk.motif.service], languages=["ro"], is_active=False)
    assert gone.languages == ["ro"]
    assert languages_spoken(desk.motif, now=desk.now) == []
    speaks(desk.claire, "es")
    assert languages_spoken(desk.motif, now=desk.now) == ["es"]


def test_the_desk_asks_for_a_language_reads_it_and_changes_it(desk, client_of):
    speaks(desk.claire, "ar")
    person, client = make_usager(desk.departement), client_of("secretary")
    client.post(JOIN, joining(desk, person, language="ar"))
    one = Inscription.objects.get()
    assert one.language == "ar"
    for address in (reverse("rdv:waiting_person", args=[one.uuid]), reverse("rdv:waiting")):
        assert "vec quelqu’un qui parle arabe" in page_of(client.get(address))
    form = reverse("rdv:waiting_wishes", args=[one.uuid])
    assert '<option value="ar" selected>' in client.get(form).content.decode()
    client.post(form, {"version": one.version, "shortest_notice_min": 60, "language": ""})
    assert Inscription.objects.get().language == ""


def test_a_language_that_nobody_speaks_any_more_is_still_shown_to_be_changed(desk, client_of):
    speaks(desk.claire, "ar")
    one = wait(desk, wishes=Wishes(language="ar"))
    speaks(desk.claire)
    page = client_of("secretary").get(reverse("rdv:waiting_wishes", args=[one.uuid])).content.decode()
    assert '<option value="ar" selected>' in page


@pytest.mark.parametrize(("spoken", "offered"), [("ar", "Amal"), ("uk", "Zoé")])
def test_a_freed_hour_is_offered_to_who_may_be_understood(desk, spoken, offered):
    """Amal came first and asked for Arabic; Zoé asks for nothing."""
    speaks(desk.claire, spoken)
    wait(desk, first="Amal", wishes=Wishes(language="ar"), phone="+33639980001")
    wait(desk, first="Zoé", phone="+33639980002")
    cancel_participation(participation=desk.rdv.participations.get(), by_service=False, author=SECRETARY, now=desk.now)
    assert Offre.objects.live().get().inscription.usager.first_name == offered
