"""/<departement>/chiffres/: true figures, whole days, and never a number of few people."""

import datetime as dt

import pytest
from django.core.cache import cache

from rdv.core.journal import Author
from rdv.models import Offre
from rdv.services import waitlist_answer
from rdv.services.cancelling import cancel_participation
from rdv.services.public_figures import public_figures, said, share
from rdv.services.waitlist_join import Wish, join
from tests.factories import make_departement, make_motif, make_ouverture, make_participation, make_rdv, make_usager
from tests.public.conftest import NOW, local

pytestmark = pytest.mark.django_db
USAGER = Author("usager", None, "Usager")


@pytest.fixture(autouse=True)
def _nothing_kept():
    cache.clear()


def took_place(motif, site, agent, start, status):
    rdv = make_rdv(motif, site, [agent], start, created_at=start - dt.timedelta(days=9))
    usager = make_usager(motif.departement)
    make_participation(rdv, usager, status=status, status_at=rdv.ends_at, created_at=rdv.created_at)


@pytest.fixture
def past(world):
    """Six freed hours, all won by somebody who waited; ten Rdv that took place, six of them not."""
    site, agent = world.sites["lens"], world.agents["lens"]
    motif = make_motif(world.departement, sites=[site], has_waitlist=True, service=world.motif.service)
    make_ouverture(agent, [motif], local(2026, 12, 14, 8), local(2026, 12, 14, 18), site=site)
    at = NOW - dt.timedelta(days=3)
    for n in range(6):
        person = make_usager(world.departement)
        join(wish=Wish(usager=person, motif=motif), author=USAGER, now=at - dt.timedelta(days=9 - n))
        start = local(2026, 12, 14, 9) + n * dt.timedelta(minutes=30)
        rdv = make_rdv(motif, site, [agent], start, usagers=[make_usager(world.departement)])
        cancel_participation(participation=rdv.participations.get(), by_service=False, author=USAGER, now=at)
        offre = Offre.objects.live().whole().get()
        waitlist_answer.accept(offre=offre, author=USAGER, now=at + dt.timedelta(minutes=40))
    for n in range(16):
        start = local(2026, 11, 3, 8) + n * dt.timedelta(minutes=30)
        took_place(motif, site, agent, start, "noshow" if n < 6 else "seen")
    return motif


def test_the_figures_are_those_of_the_list_and_of_the_rdv(world, past, person):
    page = person.get(world.url("chiffres")).content.decode()
    text = " ".join(page.split())  # the unbreakable spaces too
    for label, figure in (
        ("Heures libérées", "6"),
        ("Heures proposées", "6"),
        ("Heures reprises", "6"),
        ("Temps sauvé", "3 heures"),
        ("Temps pour trouver quelqu’un", "40 minutes"),
        ("Absences", "38 %"),
    ):
        assert f"<dt>{label}</dt><dd><strong>{figure}</strong>" in text, label
    assert "100 % des heures libérées" in text
    assert "lundi 24 août" in text
    assert "dimanche 22 novembre" in text


def test_another_departement_reads_its_own(world, past):
    other = make_departement("974")
    since, until = NOW - dt.timedelta(days=90), NOW
    assert public_figures(other, since=since, until=until).list.freed == 0
    assert public_figures(world.departement, since=since, until=until).list.freed == 6


def test_few_is_never_counted(world, person):
    took_place(world.motif, world.sites["lens"], world.agents["lens"], local(2026, 11, 3, 9), "noshow")
    page = person.get(world.url("chiffres")).content.decode()
    assert "moins de 5</strong>" in page
    assert "Absences" not in page
    assert [said(0), said(4), said(5), said(12345)] == ["0", "moins de 5", "5", "12\u202f345"]
    assert [share(4, 10), share(6, 10), share(7, 10), share(5, 10), share(0, 10), share(3, 4)] == [
        None, None, None, 50, 0, None,
    ]  # fmt: skip


def test_it_is_asked_of_the_database_once_an_hour(world, person, django_assert_max_num_queries):
    first = person.get(world.url("chiffres") + "?periode=1-an")
    assert "max-age=3600" in first.headers["Cache-Control"]
    assert "public" in first.headers["Cache-Control"]
    with django_assert_max_num_queries(1):
        again = person.get(world.url("chiffres") + "?periode=1-an")
    assert again.content == first.content
    assert person.get(world.url("chiffres") + "?periode=n-importe").status_code == 200


def test_every_page_leads_to_it(world, person):
    assert f'href="{world.url("chiffres")}"' in person.get(world.url()).content.decode()
