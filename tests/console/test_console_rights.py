"""Who sees and does what from the console, the files and the page of an Rdv: owner, colleague, strangers."""

import datetime as dt
import uuid

import pytest
from django.urls import reverse

from agents.models import Role
from notifications.models import Message
from rdv.models import Evenement, Option, Rdv
from rdv.services.booking import Booking, book_option
from rdv.services.holding import hold_creneau
from rdv.services.questions import EVERYBODY
from tests.console.conftest import rdv_of, seen, value_of
from tests.factories import (
    NOW,
    make_agent,
    make_motif,
    make_ouverture,
    make_service,
    make_site,
    make_usager,
    utc,
)
from tests.rdv.conftest import AGENT
from tests.signing import signed_in
from tests.small_mds import make_stranger, secretary_of
from usagers.models import Proche, Referent

ACCUEIL = "/agents/accueil/"


@pytest.fixture
def stranger(desk):
    """A secretary of another département."""
    return signed_in(make_stranger())


@pytest.fixture
def elsewhere(desk):
    """A secretary of the same département, on another site."""
    return signed_in(secretary_of(make_site(desk.departement), desk.pmi))


def test_files_of_another_departement_do_not_exist(desk, stranger):
    uuid_ = desk.samira.uuid
    assert stranger.get(ACCUEIL, {"usager": uuid_}).status_code == 404
    assert stranger.get(ACCUEIL, {"motif": desk.motif.uuid}).status_code == 404
    assert "Samira" not in seen(stranger.get(ACCUEIL, {"q": "samira benali"}))
    for name in ("usager", "usager_edit", "proche_add"):
        assert stranger.get(reverse(f"rdv:{name}", args=[uuid_])).status_code == 404
    assert "Benali" not in seen(stranger.get(reverse("rdv:usagers"), {"q": "samira"}))


@pytest.mark.parametrize("name", ["rdv_detail", "rdv_cancel", "rdv_move"])
def test_an_rdv_out_of_reach_does_not_exist(desk, stranger, elsewhere, name):
    address = reverse(f"rdv:{name}", args=[rdv_of(desk).uuid])
    assert desk.client.get(address).status_code == 200
    assert signed_in(desk.claire).get(address).status_code == 200
    assert stranger.get(address).status_code == 404
    assert elsewhere.get(address).status_code == 404
    assert desk.client.get(reverse(f"rdv:{name}", args=[uuid.uuid4()])).status_code == 404


@pytest.mark.parametrize("name", ["rdv_status", "rdv_restore"])
def test_gestures_on_an_rdv_out_of_reach_do_nothing(desk, stranger, elsewhere, name):
    rdv = rdv_of(desk)
    data = {"participation": str(rdv.participations.get().uuid), "statut": "revoked", "vu": "unknown"}
    for client in (stranger, elsewhere):
        assert client.post(reverse(f"rdv:{name}", args=[rdv.uuid]), data).status_code == 404
    assert rdv.participations.get().status == "unknown"


def test_a_participation_of_another_rdv_is_refused(desk):
    rdv, other = rdv_of(desk), rdv_of(desk, start=utc(2027, 1, 7, 9))
    data = {"participation": str(other.participations.get().uuid), "statut": "excused", "vu": "unknown"}
    assert desk.client.post(reverse("rdv:rdv_status", args=[rdv.uuid]), data).status_code == 404
    assert other.participations.get().status == "unknown"


def test_a_confidential_rdv_is_a_count_without_date_nor_message(desk):
    hidden = rdv_of(desk, motif=desk.secret, start=utc(2027, 1, 8, 13))
    rdv_of(desk)
    key = str(hidden.participations.get().uuid)
    for subject, body in ((key, "secret"), ("other", "x")):
        Message.objects.create(
            departement_code="62", subject_type="participation", subject_id=subject, kind="rdv.booked",
            recipient=f"usager:{desk.samira.pk}", channel="sms", address="+33639981240", body=body,
            created_at=NOW, send_not_before=NOW, worthless_after=NOW + dt.timedelta(days=9),
        )  # fmt: skip
    for page in (
        seen(desk.client.get(ACCUEIL, {"usager": desk.samira.uuid})),
        seen(desk.client.get(reverse("rdv:usager", args=[desk.samira.uuid]))),
    ):
        assert "8 janv" not in page.replace("\xa0", " ")
        assert "Suivi ASE" not in page
        assert str(hidden.uuid) not in page
        assert "6 janv." in page.replace("\xa0", " ")
        assert "Masqué" in page or "masqués" in page
    assert "1 à venir ailleurs, que vous ne lisez pas" in seen(desk.client.get(ACCUEIL, {"usager": desk.samira.uuid}))
    assert "Ses messages" not in seen(desk.client.get(ACCUEIL, {"usager": desk.samira.uuid}))
    assert desk.client.get(reverse("rdv:rdv_detail", args=[hidden.uuid])).status_code == 404


def test_a_confidential_motif_is_not_offered_nor_held(desk):
    make_ouverture(desk.claire, [desk.secret], utc(2027, 1, 6, 8), utc(2027, 1, 6, 11), site=desk.canal)
    assert "Suivi ASE" not in seen(desk.client.get(ACCUEIL, {"m": "suivi"}))
    value = value_of(utc(2027, 1, 6, 8), desk.canal, desk.claire)
    held = desk.client.post(reverse("rdv:console_hold"), {"motif": str(desk.secret.uuid), "creneau": value})
    assert held.status_code == 404
    assert not Option.objects.exists()


def test_an_hour_of_a_site_that_is_not_ones_own_is_not_held(desk):
    other = make_site(desk.departement)
    desk.motif.motif_sites.create(departement=desk.departement, site=other)
    nadia = make_agent(desk.departement, site=other, services=[desk.pmi])
    make_ouverture(nadia, [desk.motif], utc(2027, 1, 6, 8), utc(2027, 1, 6, 11), site=other)
    data = {"motif": str(desk.motif.uuid), "creneau": value_of(utc(2027, 1, 6, 8), other, nadia)}
    assert desk.client.post(reverse("rdv:console_hold"), data).status_code == 404
    placed = {"with_0": f"{other.pk}:{nadia.pk}", "day": "2027-01-06", "hour": "09:00", "reason": "x"}
    state = {"usager": str(desk.samira.uuid), "pour": str(desk.samira.uuid), "motif": str(desk.motif.uuid)}
    assert desk.client.post(reverse("rdv:console_place"), state | placed).status_code == 422
    rdv = rdv_of(desk)
    target = value_of(utc(2027, 1, 6, 8), other, nadia)
    assert desk.client.post(reverse("rdv:rdv_move", args=[rdv.uuid]), {"creneau": target}).status_code == 422
    assert Rdv.objects.get().site == desk.canal


def test_an_agent_books_the_motifs_of_their_service_only(desk):
    ssl = make_motif(desk.departement, sites=[desk.canal], service=make_service(desk.departement, "ssl"), name="Social")
    client = signed_in(desk.claire)
    page = seen(client.get(ACCUEIL))
    assert "Consultation nourrisson" in page
    assert "Social" not in page
    assert client.get(ACCUEIL, {"motif": ssl.uuid}).status_code == 404


def test_somebody_elses_hold_is_nobodys(desk):
    option = hold_creneau(
        motif=desk.motif, site=desk.canal, starts_at=desk.nine, agents=EVERYBODY, author=AGENT, opened_at=NOW, now=NOW
    )
    state = {
        "usager": str(desk.samira.uuid), "pour": str(desk.samira.uuid), "motif": str(desk.motif.uuid),
        "option": str(option.token),
    }  # fmt: skip
    assert "n’est plus tenue" in seen(desk.client.get(ACCUEIL, state))
    assert desk.client.post(reverse("rdv:console_confirm"), state).status_code == 409
    desk.client.post(reverse("rdv:console_let_go"), state)
    assert Option.objects.get().pk == option.pk
    assert not Rdv.objects.exists()


def test_nobody_undoes_the_booking_of_another(desk):
    option = hold_creneau(
        motif=desk.motif, site=desk.canal, starts_at=desk.nine, agents=EVERYBODY, author=AGENT, opened_at=NOW, now=NOW
    )
    rdv = book_option(token=option.token, booking=Booking(usager=desk.samira, origin="phone"), author=AGENT, now=NOW)
    state = {"usager": str(desk.samira.uuid), "pour": str(desk.samira.uuid), "fait": str(rdv.uuid)}
    assert "Défaire" not in seen(desk.client.get(ACCUEIL, state))
    desk.client.post(reverse("rdv:console_undo"), state)
    assert rdv.participations.get().status == "unknown"


def test_somebody_who_is_not_a_proche_is_not_booked_under_this_caller(desk):
    other = make_usager(desk.departement, first_name="Autre")
    page = seen(desk.client.get(ACCUEIL, {"usager": desk.samira.uuid, "pour": other.uuid}))
    assert "Pour qui ?" in page
    assert "Autre" not in page


def test_the_links_of_a_file_are_ended_from_that_file_only(desk):
    other = make_usager(desk.departement)
    proche, referent = Proche.objects.get(), Referent.objects.get()
    assert desk.client.post(reverse("rdv:proche_end", args=[other.uuid, proche.pk])).status_code == 404
    assert desk.client.post(reverse("rdv:referent_end", args=[other.uuid, referent.pk])).status_code == 404
    assert desk.client.post(reverse("rdv:proche_end", args=[desk.samira.uuid, proche.pk])).status_code == 302
    assert desk.client.post(reverse("rdv:referent_end", args=[desk.samira.uuid, referent.pk])).status_code == 302


def test_the_admin_without_a_site_and_the_public_see_nothing(desk, client):
    admin = signed_in(make_agent(desk.departement, role=Role.ADMIN))
    rdv = rdv_of(desk)
    for address in (
        ACCUEIL,
        reverse("rdv:usagers"),
        reverse("rdv:usager", args=[desk.samira.uuid]),
        reverse("rdv:rdv_detail", args=[rdv.uuid]),
    ):
        assert admin.get(address).status_code == 403
        assert client.get(address).status_code == 302


def test_a_call_writes_one_line_of_reading_whatever_its_steps(desk):
    for more in ({}, {"pour": desk.ilyes.uuid}, {"pour": desk.ilyes.uuid, "motif": desk.motif.uuid}):
        desk.client.get(ACCUEIL, {"usager": desk.samira.uuid} | more)
    lines = Evenement.objects.filter(kind="usager.read", subject_id=str(desk.samira.pk))
    assert [(line.author_id, line.data) for line in lines] == [(desk.secretary.pk, {"reason": "appel"})]
    signed_in(desk.claire).get(reverse("rdv:usager", args=[desk.samira.uuid]))
    assert lines.all().count() == 2


def test_a_search_is_journalled(desk):
    desk.client.get(ACCUEIL, {"q": "samira"})
    assert Evenement.objects.get(kind="usager.searched").data["terms"] == "samira"


@pytest.mark.parametrize(
    "back", ["", "\x00", "a\x00b", "23:59", "-1", "x" * 3000, "//evil.example/", "https://evil.example/"]
)
def test_choosing_a_site_always_comes_back_to_a_page_of_ours(desk, back):
    answer = desk.client.post("/agents/site/", {"site": desk.tilleuls.pk, "next": back})
    assert (answer.status_code, answer["Location"]) == (302, "/agents/")
    assert desk.client.session["site"] == desk.tilleuls.pk


@pytest.mark.parametrize("site", ["", "²", "x", "9" * 5000])
def test_a_site_that_is_none_of_ours_cannot_be_chosen(desk, site):
    assert desk.client.post("/agents/site/", {"site": site}).status_code == 404
