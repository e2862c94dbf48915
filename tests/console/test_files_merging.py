"""Two files side by side, made one and parted again; likely pairs, and two people who only look alike."""

import re

from django.urls import reverse

from agents.models import Role
from tests.console.conftest import file_url, merge_url, rdv_of, seen
from tests.factories import (
    NOW,
    make_agent,
    make_departement,
    make_rdv,
    make_site,
    make_usager,
)
from tests.signing import signed_in
from usagers.models import Doublon, Fusion, Usager
from usagers.services.pairs import compare_file


def answers(page):
    """What the form would send as it is shown."""
    checked = re.findall(r'<input type="radio" name="(\w+)" value="(\w+)"[^>]*checked', page)
    return dict(checked) | {"vu": re.search(r'name="vu" value="(\w+)"', page)[1]}


def test_two_files_made_one_and_parted_again(desk, twin):
    rdv = rdv_of(desk, usager=twin)
    page = seen(desk.client.get(file_url(desk.samira)))
    assert "Comparer et réunir" in page
    page = seen(desk.client.get(merge_url(desk.samira, twin)))
    assert "1 rendez-vous la suivent, dont 1 à venir." in page
    assert "Vous pourrez tout défaire pendant 30 jours." in page
    done = desk.client.post(merge_url(desk.samira, twin), answers(page), follow=True)
    page = seen(done)
    assert "Les deux fiches n’en font plus qu’une." in page
    assert "Cette fiche réunit aussi « Samira Benali »" in page
    assert rdv.participations.get().usager == desk.samira
    assert desk.client.get(file_url(twin))["Location"] == file_url(desk.samira), "an old address leads to the kept file"
    assert desk.client.get(merge_url(desk.samira, twin))["Location"] == file_url(desk.samira)
    undo = reverse("rdv:unmerge", args=[Fusion.objects.get().uuid])
    assert "Ce que quelqu’un a changé depuis reste comme il est." in seen(desk.client.get(undo))
    page = seen(desk.client.post(undo, follow=True))
    assert "Les deux fiches sont de nouveau séparées." in page
    assert rdv.participations.get().usager == twin
    desk.samira.refresh_from_db()
    assert desk.samira.email == ""


def test_a_choice_that_is_missing_is_asked_and_the_others_are_kept(desk, twin):
    Usager.objects.filter(pk=twin.pk).update(phone="+33639981299", language="fr")
    page = seen(desk.client.get(merge_url(desk.samira, twin)))
    assert "à choisir" in page
    sent = answers(page) | {"email": "kept"}
    wrong = desk.client.post(merge_url(desk.samira, twin), sent)
    assert wrong.status_code == 422
    page = seen(wrong)
    assert "Téléphone : choisissez entre les deux fiches." in page
    assert answers(page)["email"] == "kept"
    assert not Fusion.objects.exists()
    assert desk.client.post(merge_url(desk.samira, twin), sent | {"phone": "other"}).status_code == 302
    desk.samira.refresh_from_db()
    assert (str(desk.samira.phone), desk.samira.email) == ("+33639981299", "")


def test_a_file_changed_meanwhile_is_shown_again(desk, twin):
    sent = answers(seen(desk.client.get(merge_url(desk.samira, twin))))
    Usager.objects.filter(pk=twin.pk).update(email="autre@example.org")
    refused = desk.client.post(merge_url(desk.samira, twin), sent)
    assert refused.status_code == 409
    assert "autre@example.org" in seen(refused)
    assert not Fusion.objects.exists()


def test_rdv_at_one_time_stand_in_the_way_and_are_named_to_those_who_read_them(desk, twin):
    own = rdv_of(desk)
    other = make_agent(desk.departement, site=desk.canal, services=[desk.pmi])
    hidden = make_agent(desk.departement, site=desk.canal)
    make_rdv(desk.motif, desk.canal, [other], own.starts_at, usagers=[twin])
    page = seen(desk.client.get(merge_url(desk.samira, twin)))
    assert "Deux rendez-vous à la même heure." in page
    assert page.count("Consultation nourrisson (0 à 2 ans), mercredi") == 2
    assert desk.client.post(merge_url(desk.samira, twin), answers(page)).status_code == 409
    twin.participations.all().delete()
    make_rdv(desk.secret, desk.canal, [hidden], own.starts_at, usagers=[twin])
    page = seen(desk.client.get(merge_url(desk.samira, twin)))
    assert "1 ailleurs, que vous ne lisez pas" in page
    assert desk.secret.name not in page


def test_two_people_are_remembered(desk, twin):
    compare_file(twin, now=NOW)
    inbox = reverse("rdv:doublons")
    assert "1 paire" in seen(desk.client.get(inbox))
    url = reverse("rdv:distinct", args=[desk.samira.uuid, twin.uuid])
    page = seen(desk.client.post(url, follow=True))
    assert "sont deux personnes différentes." in page
    assert "Aucune fiche en double à regarder." in page
    assert "ressemblante" not in seen(desk.client.get(file_url(twin)))
    said = seen(desk.client.get(inbox, {"etat": "distinctes"}))
    assert "Remettre dans la liste" in said
    desk.client.post(url, {"reponse": "revoir"})
    assert not Doublon.objects.filter(distinct_at__isnull=False).exists()
    assert "ressemblante" in seen(desk.client.get(file_url(twin)))


def test_the_list_has_an_end_and_pages(desk):
    for number in range(26):
        for _ in range(2):
            one = make_usager(desk.departement, first_name="Ana", last_name=f"Silva{number:02d}", phone="", email="")
        compare_file(one, now=NOW)
    first = seen(desk.client.get(reverse("rdv:doublons")))
    assert "Page 1 sur 2 (26 en tout)" in first
    assert "C’est la fin de la liste." not in first
    assert "C’est la fin de la liste." in seen(desk.client.get(reverse("rdv:doublons"), {"page": 2}))


def test_a_secretary_of_another_departement_reaches_nothing(desk, twin):
    site = make_site(make_departement("59"))
    stranger = signed_in(make_agent(site=site, role=Role.SECRETAIRE))
    shown = seen(desk.client.get(merge_url(desk.samira, twin)))
    assert desk.client.post(merge_url(desk.samira, twin), answers(shown)).status_code == 302
    local = make_usager(site.departement)
    fusion = Fusion.objects.get()
    for url in (
        merge_url(desk.samira, twin),
        merge_url(local, desk.samira),
        reverse("rdv:unmerge", args=[fusion.uuid]),
        reverse("rdv:usager_reason", args=[desk.samira.uuid]),
        reverse("rdv:usager_history", args=[desk.samira.uuid]),
        reverse("rdv:rdv_paper", args=[rdv_of(desk).participations.get().uuid]),
    ):
        assert stranger.get(url).status_code == 404, url
    for url in (
        merge_url(local, desk.samira),
        reverse("rdv:distinct", args=[local.uuid, desk.samira.uuid]),
        reverse("rdv:unmerge", args=[fusion.uuid]),
    ):
        assert stranger.post(url, {}).status_code == 404, url
    assert "Benali" not in seen(stranger.get(reverse("rdv:doublons")))
    fusion.refresh_from_db()
    assert fusion.undone_at is None


def test_an_agent_of_the_service_does_not_merge(desk, twin):
    client = signed_in(desk.claire)
    assert client.get(merge_url(desk.samira, twin)).status_code == 403
    assert client.get(reverse("rdv:doublons")).status_code == 403
    page = seen(client.get(file_url(desk.samira)))
    assert "Le secrétariat peut les réunir." in page
