"""The local "boîte d'envoi": what people would see, with links to follow, and nothing in production."""

from datetime import timedelta

import pytest
from django.test import override_settings
from django.urls import reverse

from notifications import delivery, services
from notifications.models import Message
from rdv.core.links import link_url, marker

pytestmark = pytest.mark.django_db
UUID = "11111111-2222-4333-8444-555555555555"
LIST = "/boite-d-envoi/"


@pytest.fixture
def written(letter, now):
    link = marker("rdv", UUID)
    services.post(
        [
            letter(body=f"C’est confirmé : {link}"),
            letter(
                "email", body=f"Voir : {link}", html=f"<html><head></head><body><a href='{link}'>Voir</a></body></html>"
            ),
            letter(kind="code", is_secret=True, body="Votre code : 482913", address="+33639980202"),
            letter(kind="rdv.reminder.sms", body="Rappel", send_not_before=now + timedelta(days=1)),
        ],
        now=now,
    )
    while delivery.deliver_next(now=now):
        pass


def content(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_what_left_with_its_link_and_its_code(client, written):
    page = content(client, LIST)
    assert f'<a href="{link_url("rdv", UUID)}"' in page
    assert "C&#x27;est confirmé" in page, "as the telephone shows it"
    assert "482913" in page
    assert "Rappel" not in page
    assert marker("rdv", UUID) not in page


def test_what_is_planned(client, written):
    page = content(client, f"{LIST}?etat=prevus")
    assert "Rappel" in page
    assert "482913" not in page


def test_a_search_with_a_null_byte_finds_nothing_and_says_so(client, written):
    assert "482913" not in content(client, f"{LIST}?q=%00personne")


@pytest.mark.parametrize("query", ["06 39 98 02 02", "0639980202", "+33 6 39 98 02 02", "0202"])
def test_found_by_telephone_as_people_write_it(client, written, query):
    page = content(client, f"{LIST}?{'q=' + query.replace('+', '%2B')}")
    assert "482913" in page
    assert "confirmé" not in page


def test_found_by_email(client, written):
    page = content(client, f"{LIST}?q=SAMIRA@example.net")
    assert "Rendez-vous confirmé" in page
    assert "482913" not in page
    assert "Aucun message" in content(client, f"{LIST}?q=personne@example.net")


def test_newest_first_and_by_pages(client, letter, now):
    for number in range(25):
        services.post([letter(kind=f"k{number}", body=f"numéro-{number}.")], now=now)
        delivery.deliver_next(now=now + timedelta(minutes=number))
    first = content(client, LIST)
    assert first.index("numéro-24.") < first.index("numéro-23.")
    assert "numéro-0." not in first
    assert "numéro-0." in content(client, f"{LIST}?page=2")


def test_the_email_in_its_frame(client, written):
    message = Message.objects.get(channel="email")
    page = client.get(reverse("outbox:detail", args=[message.uuid]))
    frame = reverse("outbox:html", args=[message.uuid])
    assert f'src="{frame}"' in page.content.decode()
    assert "frame-src 'self'" in page["Content-Security-Policy"]
    inside = client.get(frame)
    assert link_url("rdv", UUID) in inside.content.decode()
    assert "sandbox" in inside["Content-Security-Policy"]
    assert inside["X-Frame-Options"] == "SAMEORIGIN"


def test_one_sms(client, written):
    message = Message.objects.get(kind="code")
    assert "482913" in content(client, reverse("outbox:detail", args=[message.uuid]))


def test_nobody_there(client, db):
    assert client.get(reverse("outbox:detail", args=[UUID])).status_code == 404
    assert "Aucun message" in content(client, LIST)


def test_shut_in_production(client, written):
    message = Message.objects.get(channel="email")
    with override_settings(OUTBOX_PAGE=False):
        for name in ("detail", "html", "calendar"):
            assert client.get(reverse(f"outbox:{name}", args=[message.uuid])).status_code == 404
        assert client.get(LIST).status_code == 404
