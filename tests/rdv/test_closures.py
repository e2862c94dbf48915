"""Closing days: what it changes is told first, the same days are closed once, a day gone by is not closed."""

import datetime as dt
import threading

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse

from agents.models import Fermeture, Role
from agents.services.closures import ClosureTwice, close_days
from rdv.core.journal import SYSTEM, Evenement
from rdv.services.waitlist_join import Wish, join
from tests.factories import (
    NOW,
    make_agent,
    make_ouverture,
    make_rdv,
    make_usager,
    utc,
)
from tests.html.reading import text_of, tree_of
from tests.signing import signed_in
from tests.small_mds import make_small_mds

pytestmark = pytest.mark.django_db
URL = "/agents/reglages/fermetures/"
DAY = dt.date(2027, 2, 1)  # a Monday
LABEL = "Formation de l’équipe"


@pytest.fixture(autouse=True)
def travelling():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def mds():
    return make_small_mds(names=("MDS de Lens", "MDS de Vimy"), is_everywhere=False, has_waitlist=True)


@pytest.fixture
def site(mds):
    return mds.site


@pytest.fixture
def admin(mds):
    return mds.people["admin"]


@pytest.fixture
def browser(admin):
    return signed_in(admin)


@pytest.fixture
def busy(mds):
    """Three open hours that day, two Rdv, one cancelled, one person who waits."""
    departement, site, motif = mds.departement, mds.site, mds.motif
    agent = make_agent(site=site, services=[mds.pmi])
    make_ouverture(agent, [motif], utc(2027, 2, 1, 8), utc(2027, 2, 1, 11), site=site)
    for hour, fields in ((8, {}), (9, {}), (10, {"cancelled_at": NOW})):
        person = make_usager(departement, last_name=f"Personne{hour}")
        make_rdv(motif, site, [agent], utc(2027, 2, 1, hour), usagers=[person], **fields)
    join(wish=Wish(usager=make_usager(departement), motif=motif), author=SYSTEM, now=NOW)
    return agent


def asked(site=None, **changes):
    days = {"site": site.pk if site else "", "starts_on": DAY.isoformat(), "ends_on": DAY.isoformat(), "label": LABEL}
    return days | changes


def said(answer):
    return " ".join(text_of(tree_of(answer.content.decode())).split())


def close(place, **changes):
    days = {"departement": place.departement, "site": place, "starts_on": DAY, "ends_on": DAY, "label": LABEL}
    return close_days(author=SYSTEM, now=NOW, **(days | changes))


def test_what_it_changes_is_told_before_anything_is_saved(browser, site, busy):
    answer = browser.post(URL, asked(site))
    assert answer.status_code == 200
    page = said(answer)
    assert "2 rendez-vous ce jour-là." in page
    assert "Ils restent pris" in page
    assert "3 heures d’ouverture en moins" in page
    assert "1 personne attend" in page
    assert "Personne8" not in page  # an administrator reads no Rdv
    assert not Fermeture.objects.exists()
    assert browser.post(URL, asked(site, confirmer="1")).status_code == 302
    assert Fermeture.objects.get().label == LABEL


def test_who_reads_the_rdv_by_another_role_reads_their_names(site, admin, busy):
    admin.affectations.create(
        departement=site.departement, site=site, role=Role.SECRETAIRE, starts_on=dt.date(2020, 1, 1)
    )
    page = said(signed_in(admin).post(URL, asked(site)))
    assert "Personne8" in page
    assert "Personne10" not in page
    assert "autre" not in page


def test_the_rdv_of_another_site_or_day_are_not_counted(browser, mds, busy):
    other = mds.other_site
    assert "Aucun : personne n’est à prévenir." in said(browser.post(URL, asked(other)))
    later = asked(mds.site, starts_on="2027-02-02", ends_on="2027-02-02")
    page = said(browser.post(URL, later))
    assert "Rien n’était ouvert." in page
    assert "2 rendez-vous ces jours-là." in said(browser.post(URL, asked(ends_on="2027-02-02")))


def test_the_days_may_be_changed_as_they_were_typed(browser, site):
    answer = browser.post(URL, asked(site, changer="1"))
    assert answer.status_code == 200
    assert LABEL in answer.content.decode()
    assert f'value="{DAY.isoformat()}"' in answer.content.decode()
    assert not Fermeture.objects.exists()


@pytest.mark.parametrize("confirm", [{}, {"confirmer": "1"}])
def test_the_same_days_are_closed_once_and_the_second_press_says_by_what(browser, site, confirm):
    close(site)
    for days in (asked(site, **confirm), asked(site, label="Autre", **confirm)):
        answer = browser.post(URL, days)
        assert answer.status_code == 422
        assert "C’est déjà fermé\u00a0: MDS de Lens, le lundi 1er\u00a0février 2027" in answer.content.decode()
    assert Fermeture.objects.count() == 1
    # More than what is closed is another closure: elsewhere, or longer.
    assert browser.post(URL, asked(ends_on="2027-02-02", **confirm)).status_code in (200, 302)


def test_a_site_within_a_closed_departement_is_closed_already(browser, site):
    close(site, site=None, ends_on=dt.date(2027, 2, 5))
    answer = browser.post(URL, asked(site, confirmer="1"))
    assert "C’est déjà fermé\u00a0: tout le département, du lundi 1er" in answer.content.decode()


def test_a_day_gone_by_is_not_closed(browser, site):
    for confirm in ({}, {"confirmer": "1"}):
        answer = browser.post(URL, asked(site, starts_on="2027-01-03", **confirm))
        assert answer.status_code == 422
        assert "Le premier jour est passé." in answer.content.decode()
    assert not Fermeture.objects.exists()
    assert browser.post(URL, asked(site, starts_on="2027-01-04", confirmer="1")).status_code == 302


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ends_on": "2027-01-31"}, "Le dernier jour doit être après le premier."),
        ({"starts_on": ""}, "Il manque le premier jour."),
        ({"starts_on": "0027-02-01"}, "Écrivez l’année avec 4\u00a0chiffres"),
        ({"label": ""}, "Il manque la raison."),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_is_kept(browser, changes, words):
    data = asked(confirmer="1") | changes
    answer = browser.post(URL, data)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Fermeture.objects.exists()
    assert data["label"] in answer.content.decode()


def test_days_closed_and_open_again_are_journalled(browser, site, admin):
    assert browser.post(URL, asked(site, ends_on="2027-02-05", confirmer="1")).status_code == 302
    fermeture = Fermeture.objects.get()
    assert "Du lundi 1er\u00a0février 2027 au vendredi 5\u00a0février 2027" in browser.get(URL).content.decode()
    browser.post(reverse("rdv:closure_reopen", args=[fermeture.pk]))
    assert not Fermeture.objects.exists()
    lines = Evenement.objects.about("fermeture", fermeture.pk).order_by("id")
    assert [(line.kind, line.author_id) for line in lines] == [
        ("fermeture.created", admin.pk),
        ("fermeture.deleted", admin.pk),
    ]


def test_a_closure_of_elsewhere_is_out_of_reach(mds, site):
    fermeture = close(site, label="Grève des ascenseurs")
    stranger = signed_in(mds.people["far_admin"])
    assert stranger.post(reverse("rdv:closure_reopen", args=[fermeture.pk])).status_code == 404
    assert "ascenseurs" not in stranger.get(URL).content.decode()
    assert stranger.post(URL, asked(site)).status_code == 422
    assert Fermeture.objects.count() == 1
    assert Client().get(URL).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_close_the_same_days_at_once_close_them_once(site):
    start, refused = threading.Barrier(2), []

    def one():
        start.wait(timeout=10)
        try:
            close(site)
        except ClosureTwice:
            refused.append(True)
        finally:
            connection.close()

    both = [threading.Thread(target=one) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert (Fermeture.objects.count(), refused) == (1, [True])
