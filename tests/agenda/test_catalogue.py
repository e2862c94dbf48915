"""The catalogue: administrators only, of their département only; sentences, journal, nothing lost between two."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from rdv.core.journal import Author
from rdv.models import Evenement, Motif, MotifSite
from rdv.services import catalogue
from rdv.services.catalogue import MotifRefused, SiteChange
from tests.factories import (
    NOW,
    make_agent,
    make_departement,
    make_motif,
    make_ouverture,
    make_rdv,
    make_service,
    make_site,
    make_usager,
    utc,
)

URL = "/agents/motifs/"
ADMIN = Author("agent", 1, "Ada Minard", "admin")
django_db = pytest.mark.django_db


def typed(motif=None, **changes):
    values = {
        "name": "Pesée",
        "public_label": "Pesée et conseils",
        "public_hint": "",
        "tile": "enfant",
        "modality": "public_office",
        "capacity": 1,
        "duration_min": 30,
        "buffer_before_min": 0,
        "buffer_after_min": 0,
        "agents_needed": 1,
        "who_books": "everyone",
        "min_notice_min": 1440,
        "horizon_days": 84,
        "cancel_hours": 4,
        "instructions_before": "",
        "documents": "",
        "instructions_after": "",
        "cancel_warning": "",
        "email_reminder_days": 7,
        "sms_reminder_days": 2,
        "asks_confirmation": "on",
        "second_sms_days": 1,
        "call_days": 1,
        "notice_level": "normal",
    }
    return values | changes


def errors(response, field):
    assert response.status_code == 422
    return " ".join(response.context["form"].errors.get(field, []))


@django_db
def test_administrators_only(house, client_of):
    for who in ("claire", "secretary", "boss"):
        for address in (URL, f"{URL}nouveau/", f"{URL}{house.motif.uuid}/"):
            assert client_of(who).get(address).status_code == 403
        assert client_of(who).post(f"{URL}sites/", {}).status_code == 403
        assert client_of(who).post(f"{URL}{house.motif.uuid}/archiver/").status_code == 403


@django_db
def test_another_departement_finds_nothing(house, client_of):
    client = client_of("far_admin")
    assert house.motif.name not in client.get(URL).content.decode()
    assert client.get(f"{URL}{house.motif.uuid}/").status_code == 404
    assert client.post(f"{URL}{house.motif.uuid}/archiver/").status_code == 404
    form = {f"was-{house.motif.uuid}": str(house.site.pk)}
    assert client.post(f"{URL}sites/", form).status_code == 404
    assert MotifSite.objects.filter(motif=house.motif).count() == 1


@django_db
def test_the_list_by_service(house, client_of):
    html = client_of("admin").get(URL).content.decode()
    assert "PMI" in html
    assert "Pesée et conseils" in html
    assert f'name="m-{house.motif.uuid}" value="{house.site.pk}" checked' in html
    assert f'name="m-{house.motif.uuid}" value="{house.other_site.pk}">' in html


def switch(client, form):
    """Tell what is lost if something is, then save."""
    answer = client.post(f"{URL}sites/", form)
    if answer.status_code == 409:
        answer = client.post(f"{URL}sites/", form | {"perdu": answer.context["seen"]})
    assert answer.status_code == 302


@django_db
def test_what_a_box_no_longer_ticked_loses_is_told_first(house, client_of):
    client, motif, site = client_of("admin"), house.motif, house.site
    agent = make_agent(site=site, services=[motif.service])
    start = NOW + timedelta(days=15)
    make_ouverture(agent, [motif], start, start + timedelta(hours=3), site=site)
    booked = make_rdv(motif, site, [agent], start, usagers=[make_usager(house.departement)])
    form = {f"was-{motif.uuid}": str(site.pk), f"m-{motif.uuid}": [house.other_site.pk]}
    told = client.post(f"{URL}sites/", form)
    assert told.status_code == 409
    loss = next(one for one in told.context["losses"] if one.site == site)
    assert loss.rdvs >= 1
    assert loss.hours >= 1
    page = told.content.decode()
    assert "Rien n’est encore enregistré." in page
    assert f'name="m-{motif.uuid}" value="{house.other_site.pk}"' in page
    assert MotifSite.objects.filter(motif=motif, site=site).exists()
    assert client.post(f"{URL}sites/", form | {"perdu": told.context["seen"]}).status_code == 302
    assert not MotifSite.objects.filter(motif=motif, site=site).exists()
    booked.refresh_from_db()
    assert booked.cancelled_at is None
    # Sent once more it changes nothing, and asks nothing.
    assert client.post(f"{URL}sites/", form).status_code == 302


@django_db
def test_a_box_ticked_asks_nothing(house, client_of):
    form = {
        f"was-{house.motif.uuid}": str(house.site.pk),
        f"m-{house.motif.uuid}": [house.site.pk, house.other_site.pk],
    }
    assert client_of("admin").post(f"{URL}sites/", form).status_code == 302


@django_db
def test_switches_write_what_changed_only_and_tell_it(house, client_of):
    """Shown: on the first site. Ticked now: on the second only."""
    form = {
        f"was-{house.motif.uuid}": str(house.site.pk),
        f"m-{house.motif.uuid}": [str(house.other_site.pk)],
        f"was-{house.phone.uuid}": str(house.site.pk),
        f"m-{house.phone.uuid}": [str(house.site.pk)],
    }
    switch(client_of("admin"), form)
    assert list(MotifSite.objects.filter(motif=house.motif).values_list("site_id", flat=True)) == [house.other_site.pk]
    (line,) = Evenement.objects.filter(kind="motif.sites")
    assert line.data == {"name": "Pesée", "added": [house.other_site.pk], "removed": [house.site.pk]}
    client_of("admin").post(f"{URL}sites/", form)
    assert Evenement.objects.filter(kind="motif.sites").count() == 1


@django_db
def test_a_colleague_s_switch_meanwhile_stays(house, client_of):
    """Two screens show "first site on". One adds the second site; the other, later, takes the first one off."""
    shown = {f"was-{house.motif.uuid}": str(house.site.pk)}
    client = client_of("admin")
    client.post(f"{URL}sites/", shown | {f"m-{house.motif.uuid}": [house.site.pk, house.other_site.pk]})
    switch(client, shown)
    assert list(MotifSite.objects.filter(motif=house.motif).values_list("site_id", flat=True)) == [house.other_site.pk]


@django_db
def test_no_site_of_another_departement(house, client_of):
    foreign = make_site(house.far)
    change = SiteChange(house.motif, frozenset({foreign.pk}), frozenset())
    with pytest.raises(MotifRefused):
        catalogue.set_motif_sites(departement=house.departement, changes=[change], author=ADMIN, now=NOW)
    mine = SiteChange(house.motif, frozenset({house.other_site.pk}), frozenset())
    with pytest.raises(MotifRefused):
        catalogue.set_motif_sites(departement=house.far, changes=[mine], author=ADMIN, now=NOW)
    form = {f"was-{house.motif.uuid}": "", f"m-{house.motif.uuid}": [str(foreign.pk)]}
    client_of("admin").post(f"{URL}sites/", form)
    assert not MotifSite.objects.filter(site=foreign).exists()
    assert not Evenement.objects.filter(kind="motif.sites").exists()


@django_db
def test_an_empty_reminder_means_none(house, client_of):
    """As the page says beside the box."""
    form = typed(name="Point budget", service=house.ssl.pk, email_reminder_days="", sms_reminder_days="")
    assert client_of("admin").post(f"{URL}nouveau/", form).status_code == 302
    made = Motif.objects.get(slug="point-budget")
    assert (made.email_reminder_days, made.sms_reminder_days) == (None, None)


@django_db
def test_create(house, client_of):
    form = typed(name="Point budget", service=house.ssl.pk, documents="Relevés\n\n Pièce d’identité ")
    response = client_of("admin").post(f"{URL}nouveau/", form)
    assert response.status_code == 302
    made = Motif.objects.get(slug="point-budget")
    assert (made.departement_id, made.search_key, made.documents) == (
        "62",
        "point budget",
        ["Relevés", "Pièce d’identité"],
    )
    line = Evenement.objects.get(kind="motif.created")
    assert line.subject_id == str(made.uuid)
    assert line.data["after"]["service_id"] == house.ssl.pk
    client_of("admin").post(f"{URL}nouveau/", form)
    assert Motif.objects.filter(slug="point-budget-2").exists()


@django_db
def test_edit_writes_what_changed(house, client_of):
    motif = make_motif(house.departement, service=house.pmi, name="Pesée", tile="enfant")
    form = typed(service=house.pmi.pk, duration_min=45, public_label="Pesée du bébé")
    assert client_of("admin").post(f"{URL}{motif.uuid}/", form).status_code == 302
    motif.refresh_from_db()
    assert (motif.duration_min, motif.public_label) == (45, "Pesée du bébé")
    line = Evenement.objects.get(kind="motif.updated")
    assert line.data["before"] == {"duration_min": 30, "public_label": "Pesée et conseils"}
    assert line.data["after"] == {"duration_min": 45, "public_label": "Pesée du bébé"}
    client_of("admin").post(f"{URL}{motif.uuid}/", form)
    assert Evenement.objects.filter(kind="motif.updated").count() == 1


@pytest.fixture
def weighing(house):
    """Four free starts of half an hour, in a week."""
    motif = make_motif(house.departement, sites=[house.site], service=house.pmi, name="Bilan", who_books="everyone")
    make_ouverture(house.claire, [motif], utc(2027, 1, 19, 8), utc(2027, 1, 19, 10), site=house.site)
    return motif


@django_db
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"duration_min": 90}, "Il ne restera que 1 horaire libre sur 4."),
        ({"duration_min": 180}, "Plus aucun horaire ne sera libre (4 aujourd’hui)."),
        ({"horizon_days": 3}, "Plus aucun horaire ne sera libre"),
        ({"agents_needed": 2}, "Plus aucun horaire ne sera libre"),
    ],
)
def test_a_change_that_takes_the_free_hours_away_is_told_before_it_is_saved(house, client_of, weighing, changes, words):
    client, url, form = client_of("admin"), f"{URL}{weighing.uuid}/", typed(name="Bilan", service=house.pmi.pk)
    answer = client.post(url, form | changes)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert words in page
    assert not Evenement.objects.filter(kind="motif.updated").exists()
    seen = answer.context["loss"].seen
    # What was seen is what is saved: other figures are told again.
    assert client.post(url, form | changes | {"vu": "4-4"}).status_code == 200
    assert client.post(url, form | changes | {"vu": seen}).status_code == 302
    assert Evenement.objects.filter(kind="motif.updated").count() == 1


@django_db
def test_a_change_that_leaves_the_hours_asks_nothing(house, client_of, weighing):
    form = typed(name="Bilan", service=house.pmi.pk, duration_min=45, public_label="Bilan de santé")
    assert client_of("admin").post(f"{URL}{weighing.uuid}/", form).status_code == 302


@django_db
@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"name": ""}, "name", "Il manque le nom interne."),
        ({"public_label": " "}, "public_label", "Il manque le libellé"),
        ({"service": ""}, "service", "Il manque le service."),
        ({"duration_min": "4"}, "duration_min", "de 5 à 720 minutes"),
        ({"duration_min": ""}, "duration_min", "Il manque la durée."),
        ({"duration_min": "trente"}, "duration_min", "en chiffres"),
        ({"buffer_after_min": "241"}, "buffer_after_min", "4 heures"),
        ({"capacity": "6"}, "capacity", "une seule place"),
        ({"horizon_days": "400"}, "horizon_days", "1 à 396 jours"),
        ({"min_notice_min": "1440", "horizon_days": "1"}, "min_notice_min", "rien n’est réservable"),
        ({"documents": "x" * 121}, "documents", "120 caractères"),
        ({"modality": "home", "is_collective": "on", "capacity": "3"}, "modality", "au domicile"),
        ({"modality": "lune"}, "modality", "de la liste"),
    ],
)
def test_each_rule_has_its_sentence(house, client_of, changes, field, words):
    response = client_of("admin").post(f"{URL}nouveau/", typed(service=house.pmi.pk) | changes)
    assert words in errors(response, field)
    assert "invalide" not in response.content.decode()
    assert "contrainte" not in response.content.decode()


@django_db
def test_a_service_of_another_departement_is_no_choice(house, client_of):
    foreign = make_service(house.far, "ssl")
    assert "de la liste" in errors(client_of("admin").post(f"{URL}nouveau/", typed(service=foreign.pk)), "service")


@django_db
def test_the_database_has_the_last_word_and_it_is_a_sentence(house):
    fields = {"name": "X", "public_label": "X", "service": house.pmi, "duration_min": 3}
    with pytest.raises(MotifRefused, match="5 minutes à 12 heures"):
        catalogue.create_motif(departement=house.departement, fields=fields, author=ADMIN, now=NOW)
    foreign = fields | {"duration_min": 30, "service": make_service(house.far, "ssl")}
    with pytest.raises(MotifRefused, match="pas de votre département"):
        catalogue.create_motif(departement=house.departement, fields=foreign, author=ADMIN, now=NOW)


@django_db
def test_a_used_motif_keeps_its_nature(house, client_of):
    make_rdv(house.motif, house.site, [house.claire], utc(2027, 1, 20, 8), usagers=[make_usager(house.departement)])
    html = client_of("admin").get(f"{URL}{house.motif.uuid}/").content.decode()
    assert html.count("Ne change plus") == 3
    assert "1 rendez-vous à venir reste pris" in html
    form = typed(service=house.ssl.pk, modality="phone", is_collective="on")
    client_of("admin").post(f"{URL}{house.motif.uuid}/", form)
    house.motif.refresh_from_db()
    assert (house.motif.modality, house.motif.is_collective, house.motif.service_id) == (
        "public_office",
        False,
        house.pmi.pk,
    )
    for fields in ({"modality": "phone"}, {"is_collective": True, "capacity": 3}, {"service": house.ssl}):
        with pytest.raises(MotifRefused, match="a déjà servi"):
            catalogue.update_motif(motif=house.motif, fields=fields, author=ADMIN, now=NOW)


@django_db
def test_archive_and_back(house, client_of):
    client, address = client_of("admin"), f"{URL}{house.motif.uuid}/archiver/"
    client.post(address)
    client.post(address)
    house.motif.refresh_from_db()
    assert house.motif.is_archived
    assert Evenement.objects.filter(kind="motif.archived").count() == 1
    assert f"/{house.motif.uuid}/" not in client.get(URL).content.decode()
    assert f"/{house.motif.uuid}/" in client.get(URL, {"archives": "oui"}).content.decode()
    client.post(address, {"retour": "oui"})
    house.motif.refresh_from_db()
    assert not house.motif.is_archived


@django_db
def test_an_empty_catalogue_says_what_to_do(house, client_of):
    assert "Créer le premier motif" in client_of("far_admin").get(URL).content.decode()
    assert "Aucun motif archivé" in client_of("far_admin").get(URL, {"archives": "oui"}).content.decode()


@django_db
def test_queries_do_not_grow_with_motifs_and_sites(house, client_of, django_assert_max_num_queries):
    client = client_of("admin")
    sites = [make_site(house.departement) for _ in range(8)]
    for _ in range(20):
        make_motif(house.departement, sites=sites, service=house.pmi)
    with django_assert_max_num_queries(12):
        assert client.get(URL).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_two_motifs_of_one_name_at_the_same_instant():
    departement = make_departement("62")
    service = make_service(departement, "pmi")
    start, refused = threading.Barrier(4), []

    def create():
        try:
            start.wait()
            fields = {"name": "Pesée", "public_label": "Pesée", "service": service, "duration_min": 30}
            catalogue.create_motif(departement=departement, fields=fields, author=ADMIN, now=NOW)
        except Exception as error:  # noqa: BLE001 - the test says which
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=create) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == []
    assert sorted(Motif.objects.values_list("slug", flat=True)) == ["pesee", "pesee-2", "pesee-3", "pesee-4"]


@django_db
def test_the_service_is_asked_in_words(house, client_of):
    page = client_of("admin").get(f"{URL}nouveau/").content.decode()
    assert '<option value="" selected>Choisissez</option>' in page
    assert "-----" not in page


@django_db
def test_whether_people_are_asked_is_a_setting_of_the_motif(house, client_of):
    client = client_of("admin")
    assert 'name="asks_confirmation"' in client.get(f"{URL}nouveau/").content.decode()
    form = typed(name="Point budget", service=house.ssl.pk)
    del form["asks_confirmation"]
    client.post(f"{URL}nouveau/", form | {"second_sms_days": "", "call_days": ""})
    made = Motif.objects.get(name="Point budget")
    assert (made.asks_confirmation, made.second_sms_days, made.call_days) == (False, None, None)
    refused = client.post(f"{URL}{made.uuid}/", typed(name="Point budget", service=house.ssl.pk, call_days="9"))
    assert "de 1 à 5 jours ouvrés" in errors(refused, "call_days")
    client.post(f"{URL}{made.uuid}/", typed(name="Point budget", service=house.ssl.pk))
    made.refresh_from_db()
    assert (made.asks_confirmation, made.second_sms_days, made.call_days) == (True, 1, 1)
