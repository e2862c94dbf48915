"""Does the person come: one tap from the link of the reminder, on the smallest phone, with and without script; then the
secretary sees it, and notes what is said on the phone.
"""

import datetime as dt

import pytest
from django.urls import reverse

from agents.models import Role
from notifications.models import Message, State
from rdv.core import clock
from rdv.models import Appel, Participation
from rdv.services import notices
from rdv.services.confirming_calls import open_calls
from tests.e2e.conftest import SMALLEST, check, settle
from tests.factories import make_agent, make_motif, make_ouverture, make_rdv, make_site, make_usager
from tests.notifications.notice_cases import reload
from tests.public.conftest import link_of

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def asked(visitor):
    """Tomorrow at two, whatever the hour it is; the reminder left yesterday. The database of the live server is ready
    before the rows are written."""
    now = clock.now()
    site = make_site(name="MDS de Lens")
    motif = make_motif(site.departement, sites=[site], sms_reminder_days=2, second_sms_days=None)
    agent = make_agent(site=site, services=[motif.service])
    tomorrow = clock.local_date(now, site.departement.zone) + dt.timedelta(days=1)
    starts_at = dt.datetime.combine(tomorrow, dt.time(14), tzinfo=site.departement.zone)
    make_ouverture(agent, [motif], starts_at, starts_at + dt.timedelta(hours=2), site=site)
    usager = make_usager(site.departement, phone="+33639984521", email="")
    booked_at = now - dt.timedelta(days=10)
    rdv = make_rdv(motif, site, [agent], starts_at, usagers=[usager], created_at=booked_at)
    participation = reload(rdv.participations.get())
    notices.booked(participation, now=booked_at)
    left_at = now - dt.timedelta(days=1)
    Message.objects.filter(kind__startswith="rdv.reminder").update(
        state=State.DELIVERED, sent_at=left_at, handed_at=left_at, send_not_before=left_at
    )
    Participation.objects.filter(pk=participation.pk).update(created_at=booked_at)
    return participation


def fresh(participation):
    return Participation.objects.get(pk=participation.pk)


@pytest.mark.parametrize("javascript", [True, False])
def test_yes_in_one_tap(visitor, asked, javascript):
    page = visitor(width=SMALLEST, javascript=javascript)
    page.goto(link_of(asked))
    check(page)
    page.get_by_role("button", name="Oui, je viens").click()
    page.wait_for_selector("text=C’est noté")
    check(page)
    assert fresh(asked).confirmed_by == "link"


@pytest.mark.parametrize("javascript", [True, False])
def test_no_in_one_tap_and_back(visitor, asked, javascript):
    page = visitor(width=SMALLEST, javascript=javascript)
    page.goto(link_of(asked))
    page.get_by_role("button", name="Non, je ne peux pas venir").click()
    page.wait_for_selector("text=Votre rendez-vous est annulé")
    check(page)
    assert fresh(asked).status == "excused"
    page.get_by_role("button", name="Reprendre mon rendez-vous").click()
    page.wait_for_selector("text=Votre rendez-vous est repris")
    assert fresh(asked).is_live


def test_by_keyboard_alone(visitor, asked):
    page = visitor()
    page.goto(link_of(asked))
    page.get_by_role("button", name="Oui, je viens").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=C’est noté")
    assert fresh(asked).confirmed_by == "link"


def test_another_hour_from_the_question(visitor, asked):
    page = visitor(width=SMALLEST)
    page.goto(link_of(asked))
    page.get_by_role("link", name="Changer d’horaire").click()
    page.wait_for_url("**/deplacer/")
    check(page)


def test_the_secretary_phones_and_notes_it(visitor, asked, sign_in_as):
    now = clock.now()
    secretary = make_agent(site=asked.rdv.site, role=Role.SECRETAIRE, services=[asked.rdv.motif.service])
    page = sign_in_as(secretary)
    page.goto(reverse("rdv:rdv_detail", args=[asked.rdv.uuid]))
    check(page)
    assert page.locator("text=Pas encore répondu").count() == 1
    if not open_calls(now):  # on a day off, or before eight: the line is made by hand of the same service
        Appel.objects.create(
            departement=asked.departement, kind="coming", participation=asked, reason="Pas de réponse à notre message",
            opened_at=now, before=asked.starts_at,
        )  # fmt: skip
    page.goto(reverse("rdv:waiting_calls") + "?raison=vient")
    settle(page)
    check(page)
    page.get_by_role("button", name="Oui, la personne vient").click()
    page.wait_for_selector("text=est au courant")
    assert fresh(asked).confirmed_by == "phone"
    page.goto(reverse("rdv:rdv_detail", args=[asked.rdv.uuid]))
    page.wait_for_selector("text=A confirmé par téléphone")
    check(page)
    page.get_by_role("button", name="Défaire « a confirmé »").click()
    page.wait_for_selector("text=C’est défait")
    assert fresh(asked).confirmed_at is None


@pytest.fixture
def sign_in_as(visitor, live_server):
    from tests.signing import signed_in

    def come(agent):
        page = visitor(width=1366, height=768)
        cookies = signed_in(agent).cookies.items()
        page.context.add_cookies(
            [{"name": name, "value": morsel.value, "url": live_server.url} for name, morsel in cookies]
        )
        return page

    return come
