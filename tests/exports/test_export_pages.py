"""The page: what is said before asking, asking, following, taking away; the password asked again, nothing forgotten."""

import uuid

import pytest
from django.urls import reverse

from agents.views import session
from rdv.models import Export, ExportState
from rdv.services.export_run import run_export
from tests.exports.conftest import NOW
from tests.signing import signed_in

URL = "/agents/exports/"
JANUARY = {"from_day": "2027-01-01", "until_day": "2027-01-31", "file_format": "csv"}


@pytest.fixture
def client(house):
    return signed_in(house.people["responsable"])


def ask(client, **changes):
    return client.post(URL, JANUARY | {"key": str(uuid.uuid4())} | changes)


def page(client, **data):
    return client.get(URL, data).content.decode()


def test_by_itself_it_shows_the_month_that_is_over(client):
    text = page(client)
    assert "du vendredi 1er\u00a0janvier 2027 au dimanche 31\u00a0janvier 2027" in text
    assert '<span class="kpi">2</span>' in text
    assert "absents du fichier : ASE" in text


def test_the_button_asks_for_what_the_page_says(client):
    response = ask(client, statuses=["unknown"], with_people="on")
    assert response.status_code == 302
    assert response["Location"] == (
        f"{URL}?from_day=2027-01-01&until_day=2027-01-31&statuses=unknown&with_people=on&file_format=csv"
    )
    export = Export.objects.get()
    assert (export.format, export.filters["statuses"], export.filters["with_people"]) == ("csv", ["unknown"], True)


def test_the_administrator_is_not_offered_people(house):
    admin = signed_in(house.people["admin"])
    assert 'name="with_people"' not in page(admin)
    ask(admin, with_people="on")
    assert Export.objects.get().filters["with_people"] is False


def test_a_confidential_motif_may_not_be_named(client, house):
    assert "Protection" not in page(client)
    response = ask(client, motifs=[house.secret.pk])
    assert response.status_code == 422
    assert Export.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"until_day": "2026-12-31"}, "Le dernier jour est avant le premier"),
        ({"from_day": ""}, "Choisissez le premier jour."),
        ({"file_format": "ods"}, "Choisissez dans la liste."),
        ({"from_day": "hier"}, "Écrivez le jour, le mois et l’année"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_is_kept(changes, said, client):
    response = ask(client, **changes)
    assert response.status_code == 422
    assert said in response.content.decode()
    assert 'value="2027-01-01"' in response.content.decode() or "from_day" in changes
    assert Export.objects.count() == 0


def test_too_many_is_a_sentence_and_keeps_the_choices(client):
    for _ in range(3):
        ask(client)
    response = ask(client)
    assert response.status_code == 409
    assert "déjà 3 fichiers en préparation" in response.content.decode()
    assert 'value="2027-01-31"' in response.content.decode()


def test_an_old_password_is_asked_again_and_the_choices_come_back(client):
    marks = client.session
    marks[session.CONFIRMED] -= session.CONFIRMED_FOR.total_seconds()
    marks.save()
    seen = f"http://testserver{URL}?from_day=2027-01-01&until_day=2027-01-31"
    response = client.post(URL, JANUARY | {"key": str(uuid.uuid4())}, headers={"referer": seen})
    assert response["Location"].startswith(reverse("agents:confirm"))
    assert "from_day%3D2027-01-01%26until_day%3D2027-01-31" in response["Location"]
    assert Export.objects.count() == 0


def test_the_list_follows_the_file_and_stops_asking_when_it_is_ready(client):
    ask(client)
    assert 'hx-trigger="every 2s"' in page(client)
    export = Export.objects.get()
    run_export(export.pk, now=NOW)
    headers = {"HX-Request": "true", "HX-Target": "mes-exports"}
    piece = client.get(URL, headers=headers).content.decode()
    assert piece.lstrip().startswith("<section")
    assert "every 2s" not in piece
    assert "Télécharger" in piece
    assert reverse("rdv:export_take", args=[export.uuid]) in piece


def test_a_running_file_says_how_far_it_is(client):
    ask(client)
    Export.objects.update(state=ExportState.RUNNING, row_count=12_000)
    assert '<progress max="12000" value="0"' in page(client)


def test_the_file_is_streamed_as_a_download(client):
    ask(client, with_people="on")
    export = Export.objects.get()
    run_export(export.pk, now=NOW)
    response = client.post(reverse("rdv:export_take", args=[export.uuid]))
    assert response.streaming
    assert response["Content-Disposition"] == ('attachment; filename="rendez-vous-2027-01-01-au-2027-01-31.csv"')
    assert "private" in response["Cache-Control"]
    assert "Lemaire" in b"".join(response.streaming_content).decode("utf-8-sig")


def test_a_file_that_is_gone_is_a_sentence(client):
    ask(client)
    export = Export.objects.get()
    response = client.post(reverse("rdv:export_take", args=[export.uuid]), follow=True)
    assert "Ce fichier n’est plus là. Préparez-le de nouveau." in response.content.decode()


def test_asking_wakes_the_worker_once_it_is_committed(house, django_capture_on_commit_callbacks, monkeypatch):
    from celery import current_app

    sent = []
    monkeypatch.setattr(current_app, "send_task", lambda name, args, **_: sent.append((name, args)))
    with django_capture_on_commit_callbacks(execute=True):
        ask(signed_in(house.people["responsable"]))
        assert sent == []
    assert sent == [("rdv.tasks.make_export", (Export.objects.get().pk,))]


def test_the_task_has_a_queue_of_its_own():
    from rdv.config.celery import app

    assert app.amqp.router.route({}, "rdv.tasks.make_export")["queue"].name == "exports"
    assert app.amqp.router.route({}, "rdv.tasks.exports_minute")["queue"].name == "planning"
