"""Sites and services, as the administrator writes them: of their département, once each, told in the journal."""

import datetime as dt
from datetime import UTC

import pytest
import time_machine
from django.db import IntegrityError, transaction

from agents.access import scope_of
from agents.models import Agent, AgentService, Commune, Role, Service, Site
from rdv.access import sites_of
from rdv.core.journal import Evenement
from rdv.core.text import search_key
from rdv.models import Motif, Rdv
from rdv.services.public_reading import public_motifs, session_for_public, sites_offering
from tests.agents.sign_in_helpers import sign_in
from tests.factories import make_agent, make_departement, make_motif, make_rdv, make_service, make_site, make_usager

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2027, 1, 4, 8, 0, tzinfo=UTC)  # a Monday
LENS = (50.432, 2.823)
NEW_SITE, NEW_SERVICE = "/agents/reglages/sites/nouveau/", "/agents/reglages/services/nouveau/"


@pytest.fixture(autouse=True)
def travelling():
    with time_machine.travel(NOW, tick=False) as travelling:
        yield travelling


@pytest.fixture
def departement():
    make_commune("62498", "Lens", ["62300"], LENS)
    make_commune("62193", "Calais", ["62100", "62101"], (50.95, 1.86))
    make_commune("59350", "Lille", ["59000"], (50.63, 3.06), departement_code="59")
    return make_departement("62")


@pytest.fixture
def admin(departement):
    return make_agent(departement, role=Role.ADMIN)


@pytest.fixture
def browser(client, admin):
    return sign_in(client, admin)


def make_commune(code, name, postcodes, point, departement_code="62"):
    return Commune.objects.create(
        code=code,
        name=name,
        search_key=search_key(name),
        postcodes=postcodes,
        departement_code=departement_code,
        population=30000,
        latitude=point[0],
        longitude=point[1],
    )


def site_typed(**changes):
    return {
        "name": "MDS de Lens",
        "address": "14 rue des Acacias",
        "commune": "Lens",
        "postcode": "",
        "city": "",
        "point": "",
        "phone": "03 53 01 20 40",
        "email": "",
        "opening_text": "Du lundi au vendredi, de 9 h à 12 h",
        "transport": "Bus 12, arrêt Mairie",
        "access_notes": "Entrée par la cour",
        "is_step_free": "on",
    } | changes


def service_typed(**changes):
    return {"name": "Protection maternelle", "short_name": "PMI"} | changes


def lines(kind_of_subject, subject):
    return list(Evenement.objects.about(kind_of_subject, subject.pk).order_by("id"))


def edit_url(row):
    return f"/agents/reglages/{'sites' if isinstance(row, Site) else 'services'}/{row.pk}/"


def opening_url(site):
    return f"/agents/reglages/sites/{site.pk}/ouverture/"


def shown(answer):
    return answer.content.decode()


# Sites


def test_a_site_is_created_with_what_its_commune_says(browser, departement, admin):
    answer = browser.post(NEW_SITE, site_typed())
    assert (answer.status_code, answer["Location"]) == (302, "/agents/motifs/")
    site = Site.objects.get()
    assert (site.departement, site.slug, site.search_key, site.is_active) == (
        departement,
        "mds-de-lens",
        "mds de lens",
        True,
    )
    assert (site.commune_id, site.postcode, site.city) == ("62498", "62300", "Lens")
    assert (site.latitude, site.longitude) == LENS
    assert (str(site.phone), site.is_step_free, site.has_hearing_loop) == ("+33353012040", True, False)
    assert (site.opening_text, site.access_notes) == ("Du lundi au vendredi, de 9 h à 12 h", "Entrée par la cour")
    (line,) = lines("site", site)
    assert (line.kind, line.author_id, line.author_role) == ("site.created", admin.pk, "admin")
    assert line.data["after"]["commune_id"] == "62498"


def test_what_is_typed_wins_over_the_commune(browser, departement):
    browser.post(
        NEW_SITE,
        site_typed(commune="Calais 62101", city="Calais Saint-Pierre", point="50,9612 ; 1,8701", has_hearing_loop="on"),
    )
    site = Site.objects.get()
    assert (site.postcode, site.city, site.latitude, site.longitude) == (
        "62101",
        "Calais Saint-Pierre",
        50.9612,
        1.8701,
    )
    assert site.has_hearing_loop


def test_an_overseas_desk_writes_its_number_as_on_the_spot(client):
    far = make_departement("974")
    make_commune("97411", "Saint-Denis", ["97400"], (-20.88, 55.45), departement_code="974")
    browser = sign_in(client, make_agent(far, role=Role.ADMIN))
    for number, typed in enumerate(("0262 12 34 56", "03 53 01 20 40")):
        answer = browser.post(NEW_SITE, site_typed(name=f"MDS {number}", commune="Saint-Denis", phone=typed))
        assert answer.status_code == 302
    assert [str(site.phone)[:4] for site in Site.objects.order_by("name")] == ["+262", "+333"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": ""}, "Il manque le nom du site."),
        ({"name": "- -"}, "Écrivez le nom du site avec des lettres."),
        ({"name": "x" * 81}, "80 caractères au plus."),
        ({"address": ""}, "Il manque l’adresse."),
        ({"commune": ""}, "Il manque la commune."),
        ({"commune": "Nulle-Part"}, "Nous ne trouvons pas cette commune."),
        ({"commune": "Lille"}, "Lille n’est pas une commune du Pas-de-Calais."),
        ({"postcode": "623"}, "Un code postal a 5 chiffres."),
        ({"point": "50.4"}, "Écrivez deux nombres"),
        ({"point": "99, 2"}, "La latitude va de -90 à 90"),
        ({"point": "2.823, 50.432"}, "Écrivez la latitude d’abord."),
        ({"phone": ""}, "Il manque le téléphone."),
        ({"phone": "03 53"}, "Écrivez le numéro en entier."),
    ],
)
def test_what_is_missing_in_a_site_is_said_and_kept(browser, departement, changes, said):
    answer = browser.post(NEW_SITE, site_typed(**changes))
    assert answer.status_code == 422
    assert said in shown(answer)
    assert "Entrée par la cour" in shown(answer)
    assert not Site.objects.exists()


def test_the_same_form_sent_twice_makes_one_site(browser, departement):
    assert [browser.post(NEW_SITE, site_typed()).status_code for _ in range(2)] == [302, 302]
    assert len(lines("site", Site.objects.get())) == 1


@pytest.mark.parametrize("name", ["MDS de Lens", "mds de léns", "MDS  de-Lens"])
def test_two_sites_of_a_departement_never_share_a_name(browser, departement, name):
    make_site(departement, name="MDS de Lens", is_active=False)
    answer = browser.post(NEW_SITE, site_typed(name=name))
    assert answer.status_code == 409
    assert "porte déjà ce nom" in shown(answer)
    assert Site.objects.count() == 1


def test_another_departement_may_use_the_name(browser, departement):
    make_site(make_departement("59"), name="MDS de Lens", slug="mds-de-lens")
    assert browser.post(NEW_SITE, site_typed()).status_code == 302
    assert Site.objects.get(departement=departement).slug == "mds-de-lens"


def test_a_slug_already_taken_gets_a_number(browser, departement):
    make_site(departement, name="Ancien nom", slug="mds-de-lens")
    browser.post(NEW_SITE, site_typed())
    assert Site.objects.get(name="MDS de Lens").slug == "mds-de-lens-2"


def test_the_database_itself_refuses_a_second_name_and_half_a_point(departement):
    site = make_site(departement, name="MDS de Lens")
    for fields in ({"search_key": site.search_key, "slug": "autre"}, {"slug": "moitie", "longitude": None}):
        values = {"name": "Autre", "search_key": "autre", "phone": "+33353012040", "latitude": 50.4, "longitude": 2.8}
        with pytest.raises(IntegrityError), transaction.atomic():
            Site.objects.create(departement=departement, **values | fields)


def test_an_edited_site_keeps_its_link_and_tells_what_changed(browser, departement, admin):
    browser.post(NEW_SITE, site_typed())
    site = Site.objects.get()
    page = shown(browser.get(edit_url(site)))
    assert 'value="Lens 62300"' in page
    assert 'value="03 53 01 20 40"' in page
    answer = browser.post(
        edit_url(site), site_typed(name="MDS des Acacias", commune="Calais", is_step_free="", phone="03 53 01 20 41")
    )
    assert answer.status_code == 302
    site.refresh_from_db()
    assert (site.name, site.search_key, site.slug) == ("MDS des Acacias", "mds des acacias", "mds-de-lens")
    # The place on the map was that of the commune: it follows.
    assert (site.city, site.postcode, site.latitude, site.is_step_free) == ("Calais", "62100", 50.95, False)
    line = lines("site", site)[-1]
    assert (line.kind, line.author_id) == ("site.updated", admin.pk)
    assert (line.data["before"]["name"], line.data["after"]["phone"]) == ("MDS de Lens", "+33353012041")
    assert "address" not in line.data["after"]


def test_what_the_page_shows_sent_back_changes_nothing(browser, departement):
    browser.post(NEW_SITE, site_typed(point="50.4401, 2.8302", city="Lens Nord", postcode="62301"))
    site = Site.objects.get()
    before = Site.objects.values().get()
    form = browser.get(edit_url(site)).context["form"]
    sent = {name: value for name, value in form.initial.items() if value is not False}
    assert browser.post(edit_url(site), sent).status_code == 302
    assert Site.objects.values().get() == before
    assert [line.kind for line in lines("site", site)] == ["site.created"]


def test_a_site_is_not_renamed_like_another(browser, departement):
    make_site(departement, name="MDS de Lens")
    site = make_site(departement, name="MDS de Calais")
    answer = browser.post(edit_url(site), site_typed())
    assert answer.status_code == 409
    assert "porte déjà ce nom" in shown(answer)
    assert Site.objects.filter(name="MDS de Calais").exists()


# Closing a site


@pytest.fixture
def busy_site(departement):
    """Two Rdv to come, one over, one cancelled."""
    site = make_site(departement, name="MDS de Lens")
    agent, motif = make_agent(site=site), make_motif(departement, sites=[site])
    for days, fields in ((-3, {}), (2, {}), (9, {}), (1, {"cancelled_at": NOW})):
        make_rdv(motif, site, [agent], NOW + dt.timedelta(days=days), usagers=[make_usager(departement)], **fields)
    return site


def test_before_closing_the_rdv_to_come_are_told(browser, busy_site):
    page = shown(browser.get(opening_url(busy_site)))
    assert "2 rendez-vous à venir sur ce site." in page
    assert "Le premier est le mercredi 6\u00a0janvier" in page
    assert "Ils restent pris" in page
    busy_site.refresh_from_db()
    assert busy_site.is_active


def test_a_closed_site_keeps_its_rdv_and_is_offered_to_nobody(browser, busy_site, admin):
    motif, scope = Motif.objects.get(), scope_of(Agent.objects.get(affectations__site=busy_site), today=NOW.date())

    def offered():
        return public_motifs(motif.departement), sites_offering(motif), sites_of(scope)

    pages = ("/agents/comptes/inviter/", "/agents/reglages/fermetures/")
    assert offered() == ([motif], [busy_site], [busy_site])
    assert all("MDS de Lens</option>" in shown(browser.get(page)) for page in pages)
    for _ in range(2):  # sent twice: done once
        assert browser.post(opening_url(busy_site), {"open": "0"}).status_code == 302
    busy_site.refresh_from_db()
    assert not busy_site.is_active
    assert offered() == ([], [], [])
    assert Rdv.objects.live().filter(site=busy_site).count() == 3
    assert [(line.kind, line.author_id) for line in lines("site", busy_site)] == [("site.closed", admin.pk)]
    assert not any("MDS de Lens</option>" in shown(browser.get(page)) for page in pages)


def test_a_workshop_of_a_closed_site_takes_nobody_more_online(departement):
    site = make_site(departement)
    motif = make_motif(departement, sites=[site], is_collective=True, capacity=6)
    session = make_rdv(motif, site, [make_agent(site=site)], NOW + dt.timedelta(days=2))
    assert session_for_public(motif, str(session.uuid)) == session
    Site.objects.update(is_active=False)
    assert session_for_public(motif, str(session.uuid)) is None


def test_a_closed_site_opens_again(browser, departement):
    site = make_site(departement, name="MDS de Lens", is_active=False)
    page = shown(browser.get(opening_url(site)))
    assert "Rouvrir ce site" in page
    assert "Aucun rendez-vous à venir" in page
    browser.post(opening_url(site), {"open": "1"})
    site.refresh_from_db()
    assert site.is_active
    assert [line.kind for line in lines("site", site)] == ["site.reopened"]


def test_nothing_is_closed_without_saying_so(browser, busy_site):
    assert browser.post(opening_url(busy_site), {}).status_code == 422
    busy_site.refresh_from_db()
    assert busy_site.is_active


# Services


def test_a_service_is_created_last_in_the_list(browser, departement, admin):
    make_service(departement, "ssl", position=4)
    answer = browser.post(NEW_SERVICE, service_typed(is_confidential="on"))
    assert answer.status_code == 302
    service = Service.objects.get(code="pmi")
    assert (service.departement, service.name, service.short_name) == (departement, "Protection maternelle", "PMI")
    assert (service.is_confidential, service.position) == (True, 5)
    (line,) = lines("service", service)
    assert (line.kind, line.author_id) == ("service.created", admin.pk)


def test_the_same_form_sent_twice_makes_one_service(browser, departement):
    assert [browser.post(NEW_SERVICE, service_typed()).status_code for _ in range(2)] == [302, 302]
    assert len(lines("service", Service.objects.get())) == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "PROTECTION maternelle", "short_name": "Autre"}, "porte déjà ce nom."),
        ({"name": "Autre", "short_name": "pmi"}, "porte déjà ce nom court."),
    ],
)
def test_two_services_of_a_departement_never_share_a_name(browser, departement, changes, said):
    make_service(departement, "pmi", name="Protection maternelle", short_name="PMI")
    answer = browser.post(NEW_SERVICE, service_typed(**changes))
    assert answer.status_code == 409
    assert said in shown(answer)
    assert Service.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": ""}, "Il manque le nom du service."),
        ({"short_name": ""}, "Il manque le nom court."),
        ({"short_name": "x" * 25}, "24 caractères au plus."),
        ({"name": "!!!"}, "Écrivez le nom du service avec des lettres."),
    ],
)
def test_what_is_missing_in_a_service_is_said(browser, departement, changes, said):
    answer = browser.post(NEW_SERVICE, service_typed(**changes))
    assert answer.status_code == 422
    assert said in shown(answer)
    assert not Service.objects.exists()


def test_a_service_becomes_confidential_and_the_page_says_what_it_hides(browser, departement, admin):
    service = make_service(departement, "pmi", name="Protection maternelle", short_name="PMI")
    page = shown(browser.get(edit_url(service)))
    assert "Le secrétariat voit seulement «\u00a0occupé\u00a0»" in page
    answer = browser.post(edit_url(service), service_typed(is_confidential="on"), follow=True)
    assert "seuls ses agents lisent maintenant ses rendez-vous" in shown(answer)
    service.refresh_from_db()
    assert (service.is_confidential, service.code) == (True, "pmi")
    (line,) = lines("service", service)
    assert (line.kind, line.author_id, line.data["after"]) == (
        "service.updated",
        admin.pk,
        {"is_confidential": True},
    )
    browser.post(edit_url(service), service_typed(is_confidential="on"))
    assert len(lines("service", service)) == 1


def test_a_service_is_not_renamed_like_another(browser, departement):
    make_service(departement, "pmi", name="Protection maternelle", short_name="PMI")
    service = make_service(departement, "ssl")
    answer = browser.post(edit_url(service), service_typed())
    assert answer.status_code == 409
    service.refresh_from_db()
    assert service.name == "SSL"


def test_a_service_that_nothing_uses_is_removed(browser, departement):
    service = make_service(departement)
    assert browser.post(edit_url(service) + "retirer/").status_code == 302
    assert not Service.objects.exists()
    assert [line.kind for line in lines("service", service)] == ["service.deleted"]


def test_a_service_of_a_motif_even_archived_stays(browser, departement):
    service = make_service(departement)
    make_motif(departement, service=service, is_archived=True)
    answer = browser.post(edit_url(service) + "retirer/")
    assert answer.status_code == 409
    assert "Des motifs sont rattachés à ce service" in shown(answer)
    assert Service.objects.exists()
    assert lines("service", service) == []


def test_a_service_of_an_agent_stays(browser, departement):
    service = make_service(departement)
    make_agent(site=make_site(departement), services=[service])
    answer = browser.post(edit_url(service) + "retirer/")
    assert answer.status_code == 409
    assert "Un agent est affecté à ce service" in shown(answer)
    assert AgentService.objects.exists()


# Who may


ROWS = ["site", "opening", "service", "removal"]


def requests_for(departement):
    site, service = make_site(departement, name="MDS de Lens"), make_service(departement)
    return {
        "site": (edit_url(site), site_typed(name="Pris")),
        "opening": (opening_url(site), {"open": "0"}),
        "service": (edit_url(service), service_typed(name="Pris")),
        "removal": (edit_url(service) + "retirer/", {}),
    }


def state():
    return list(Site.objects.values()), list(Service.objects.values())


@pytest.mark.parametrize("row", ROWS)
def test_an_administrator_of_elsewhere_finds_nothing(client, departement, row):
    url, data = requests_for(departement)[row]
    before = state()
    stranger = sign_in(client, make_agent(make_departement("974"), role=Role.ADMIN))
    if row != "removal":
        assert stranger.get(url).status_code == 404
    assert stranger.post(url, data).status_code == 404
    assert state() == before


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("role", [Role.AGENT, Role.SECRETAIRE, Role.RESPONSABLE])
def test_other_roles_are_refused(client, departement, row, role):
    url, data = requests_for(departement)[row]
    before = state()
    colleague = sign_in(client, make_agent(site=Site.objects.get(), role=role))
    for address, sent in ((url, data), (NEW_SITE, site_typed()), (NEW_SERVICE, service_typed())):
        assert colleague.post(address, sent).status_code == 403
    assert state() == before


@pytest.mark.parametrize("row", ROWS)
def test_the_same_requests_are_open_to_the_administrator(browser, departement, row):
    url, data = requests_for(departement)[row]
    before = state()
    assert browser.post(url, data).status_code == 302
    assert state() != before


@pytest.mark.parametrize("row", ["opening", "service", "removal"])
def test_what_touches_rights_or_the_public_asks_for_the_password_again(browser, departement, row, travelling):
    url, data = requests_for(departement)[row]
    before = state()
    travelling.shift(dt.timedelta(minutes=16))
    assert browser.post(url, data)["Location"].startswith("/agents/confirmer/")
    assert state() == before


def test_the_settings_lead_to_each_page(browser, departement):
    requests = requests_for(departement)
    page = shown(browser.get("/agents/reglages/"))
    for url in (NEW_SITE, NEW_SERVICE, requests["site"][0], requests["service"][0]):
        assert f'href="{url}"' in page
    assert f'href="{requests["opening"][0]}"' in shown(browser.get(requests["site"][0]))
