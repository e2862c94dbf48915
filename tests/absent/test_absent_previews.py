"""What the SMS will say is shown before anything is saved, and is what is sent."""

import html
import re
import uuid

import pytest
from django.urls import reverse

from notifications.channels import gsm7
from notifications.models import Message
from rdv.core.links import fill_links
from rdv.models import SuiteChoice
from rdv.services import absent
from rdv.services.absent_previews import previews_of
from tests.absent.conftest import elise_is_free, plan, rule_of, wanted_of
from tests.absent.test_absent_pages import REPORT, asked
from tests.html.reading import faults

LINK = re.compile(r"https?://\S+")


def shown(world, now=None):
    return {one.way: one for one in previews_of(plan(world), now=now or world.now)}


def without_link(text):
    return LINK.sub("<lien>", text)


def sent(kind):
    body = Message.objects.filter(kind=kind, channel="sms").order_by("id").first().body
    return without_link(gsm7.plain(fill_links(body)))


def record(world, choice):
    """The first Rdv of the morning only, decided so."""
    line = plan(world).lines[0]
    value = next(way.value for way in line.ways if way.value.startswith(choice.value))
    absent.record(
        agent=world.nadia, rule=rule_of(world), key=uuid.uuid4(), wanted=[wanted_of(line, value)], author=world.author,
        now=world.now,
    )  # fmt: skip


@pytest.mark.parametrize("waits", [True, False])
@pytest.mark.parametrize(
    ("choice", "way", "kind"),
    [
        (SuiteChoice.MOVE, "Un collègue, même heure", "rdv.replaced"),
        (SuiteChoice.PROPOSE, "Proposer des dates", "rdv.proposed"),
        (SuiteChoice.CANCEL, None, None),
    ],
)
def test_what_is_shown_is_what_is_sent(world, choice, way, kind, waits):
    elise_is_free(world)
    world.motif.has_waitlist = waits
    world.motif.save()
    if choice is SuiteChoice.CANCEL:
        way = "Annuler, priorité en liste d’attente" if waits else "Annuler et prévenir"
        kind = "rdv.cancelled.waiting" if waits else "rdv.cancelled"
    preview = shown(world)[way]
    assert preview.name == "Théo Blondel"
    assert preview.segments == gsm7.segments(preview.text) == 1
    record(world, choice)
    assert without_link(preview.text) == sent(kind)


def test_the_example_has_a_link_as_long_as_a_real_one_that_leads_nowhere(world, client):
    elise_is_free(world)
    link = LINK.search(shown(world)["Un collègue, même heure"].text)[0]
    record(world, SuiteChoice.MOVE)
    real = LINK.search(fill_links(Message.objects.get(kind="rdv.replaced", channel="sms").body))[0]
    assert len(link) == len(real)
    assert link != real
    assert client.get("/r/" + link.rpartition("/")[2]).status_code == 404


def test_only_the_kinds_that_may_be_chosen(world):
    """Nobody is free at the same hour: no word about a colleague."""
    assert set(shown(world)) == {"Proposer des dates", "Annuler et prévenir"}


def test_a_discreet_motif_names_neither_what_nor_whom(world):
    elise_is_free(world)
    world.motif.notice_level = "discreet"
    world.motif.save()
    for one in shown(world).values():
        assert "Martel" not in one.text
        assert world.motif.public_label not in one.text


def test_a_silent_motif_and_people_without_a_mobile_get_none(world):
    world.motif.notice_level = "silent"
    world.motif.save()
    assert shown(world) == {}
    world.motif.notice_level = "normal"
    world.motif.save()
    for rdv in world.rdvs:
        rdv.participations.update(wants_sms=False)
    assert shown(world) == {}


def test_the_page_shows_the_text_and_the_count(world, client_of):
    elise_is_free(world)
    page = client_of("secretary").get(REPORT, asked(world)).content.decode()
    assert faults(page) == []
    assert "Ce que dira le SMS" in page
    said = html.unescape(page).replace("\xa0", " ")
    for one in shown(world).values():
        assert one.text in said
        assert f"{one.segments} SMS, {one.signs} signes" in said


def test_the_page_that_follows_shows_it_for_what_is_left(world, client_of):
    elise_is_free(world)
    absence = absent.record(
        agent=world.nadia, rule=rule_of(world), key=uuid.uuid4(), wanted=[], author=world.author, now=world.now
    )
    client = client_of("secretary")
    page = client.get(reverse("rdv:absent", args=[absence.uuid])).content.decode()
    assert "Ce que dira le SMS" in page
    absent.decide(
        absence=absence, wanted=[wanted_of(line) for line in plan(world).lines], author=world.author, now=world.now
    )
    assert "Ce que dira le SMS" not in client.get(reverse("rdv:absent", args=[absence.uuid])).content.decode()


def test_whoever_may_not_read_the_rdv_reads_no_text_about_it(world, client_of):
    other = world.ssl
    world.motif.service = other
    other.is_confidential = True
    other.save()
    world.motif.save()
    page = client_of("secretary").get(REPORT, asked(world)).content.decode()
    assert "Blondel" not in page
    assert "Ce que dira le SMS" not in page
