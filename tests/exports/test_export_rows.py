"""What each person's file holds: scope, confidential services, masked people, filters, days of the wall."""

import dataclasses
import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.models import Affectation, Role
from rdv.domain.exporting import Filters, Rights
from rdv.services.export_rows import FIGURES, MASKED, count_lines, header, lines, written_phone
from rdv.services.exports import choices_of, rights_of
from tests.exports.conftest import ALL, NOW, scope
from tests.factories import make_rdv, make_usager, utc

LAST_NAME = len(FIGURES)


def read(house, name, filters=ALL):
    found = list(lines(house.here, rights_of(scope(house, name)), filters, now=NOW))
    assert len(found) == count_lines(house.here, rights_of(scope(house, name)), filters)
    return found


def names(rows):
    return [row[LAST_NAME] for row in rows]


def test_a_responsable_has_their_sites_without_the_people_of_other_services(house):
    rows = read(house, "responsable")
    assert names(rows) == ["Lemaire", MASKED, "Demain"]
    assert [row[5] for row in rows] == ["Pesée", "Budget", "Pesée"]
    assert rows[1][LAST_NAME + 1 :] == [None] * 6


def test_the_administrator_has_the_departement_and_nobody_s_name(house):
    rows = read(house, "admin")
    assert names(rows) == [MASKED] * 4
    assert {row[3] for row in rows} == {"MDS du Canal", "MDS des Tilleuls"}


def test_a_confidential_service_is_only_for_its_members(house):
    assert "Protection" not in [row[5] for row in read(house, "admin")]
    assert "Cachette" in names(read(house, "member"))


def test_an_administrator_who_works_on_a_site_reads_there(house):
    admin = house.people["admin"]
    Affectation.objects.create(
        departement=house.here, agent=admin, site=house.canal, role=Role.SECRETAIRE, starts_on=dt.date(2020, 1, 1)
    )
    assert names(read(house, "admin")) == ["Lemaire", "Dettes", MASKED, "Demain"]


def test_one_s_own_rdv_are_read_whatever_the_service(house):
    responsable = house.people["responsable"]
    make_rdv(house.budget, house.canal, [responsable], utc(2027, 1, 20, 8), usagers=[make_usager(house.here)])
    assert names(read(house, "responsable"))[2].startswith("Benali")


def test_each_departement_has_its_own(house):
    rights = rights_of(scope(house, "far_admin"))
    assert [row[3] for row in lines(house.far, rights, ALL, now=NOW)] == ["MDS du Volcan"]


def test_no_site_is_nobody_s_rdv_not_everybody_s(house):
    nowhere = dataclasses.replace(rights_of(scope(house, "responsable")), sites=frozenset())
    assert list(lines(house.here, nowhere, ALL, now=NOW)) == []
    assert count_lines(house.here, nowhere, ALL) == 0


def test_the_line_of_a_person(house):
    row = dict(zip(header(ALL), read(house, "responsable")[0], strict=True))
    assert row == {
        "Date": dt.date(2027, 1, 12),
        "Heure": dt.time(9, 0),
        "Durée (minutes)": 30,
        "Lieu": "MDS du Canal",
        "Service": "PMI",
        "Motif": "Pesée",
        "Modalité": "Sur place",
        "Atelier": "",
        "Professionnels": "Claire Vasseur",
        "État": "À renseigner",
        "Annulé le": None,
        "Pris le": dt.date(2027, 1, 4),
        "Délai (jours)": 8,
        "Pris comment": "En ligne",
        "Durée de la prise (secondes)": None,
        "Nom": "Lemaire",
        "Prénom": "Nadia",
        "Date de naissance": None,
        "Téléphone": "06 39 98 45 21",
        "E-mail": "n@example.net",
        "Accompagné par": "",
        "Note pour les agents": "=HYPERLINK(0)",
    }


def test_without_the_people_no_column_names_anybody(house):
    filters = dataclasses.replace(ALL, with_people=False)
    with CaptureQueriesContext(connection) as asked:
        rows = read(house, "responsable", filters)
    assert {len(row) for row in rows} == {len(FIGURES)}
    assert "usagers_usager" not in "".join(query["sql"] for query in asked.captured_queries)


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({}, 4),
        ({"until_day": dt.date(2027, 1, 12)}, 1),
        ({"from_day": dt.date(2027, 1, 13), "until_day": dt.date(2027, 1, 13)}, 1),
        ({"statuses": ("unknown",)}, 4),
        ({"statuses": ("seen", "noshow")}, 0),
    ],
)
def test_filters(changes, count, house):
    assert len(read(house, "admin", dataclasses.replace(ALL, **changes))) == count


def test_filters_by_place_service_and_motif(house):
    def asked(**changes):
        return len(read(house, "admin", dataclasses.replace(ALL, **changes)))

    assert asked(sites=(house.tilleuls.pk,)) == 1
    assert asked(services=(house.ssl.pk,)) == 1
    assert asked(motifs=(house.pesee.pk,)) == 3
    assert asked(services=(house.ase.pk,)) == 0


def test_the_day_is_the_one_of_the_wall(house):
    """23:30 UTC on the 30th is the 31st in Paris."""
    make_rdv(house.pesee, house.canal, [house.claire], utc(2027, 1, 30, 23, 30), usagers=[make_usager(house.here)])
    filters = Filters(dt.date(2027, 1, 31), dt.date(2027, 1, 31))
    assert [row[0] for row in read(house, "admin", filters)] == [dt.date(2027, 1, 31)]


def test_a_workshop_has_a_line_per_person_and_one_when_it_is_empty(house):
    workshop = make_rdv(
        house.pesee,
        house.canal,
        [house.claire, house.people["member"]],
        utc(2027, 1, 20, 8),
        capacity=4,
        usagers=[make_usager(house.here), make_usager(house.here)],
    )
    empty = make_rdv(house.pesee, house.canal, [house.claire], utc(2027, 1, 21, 8))
    day = Filters(dt.date(2027, 1, 20), dt.date(2027, 1, 21))
    rows = read(house, "admin", day)
    assert [(row[0].day, row[8], row[9]) for row in rows] == [
        (20, "Claire Garnier, Claire Vasseur", "À renseigner"),
        (20, "Claire Garnier, Claire Vasseur", "À renseigner"),
        (21, "Claire Vasseur", "Personne d’inscrit"),
    ]
    assert workshop.pk < empty.pk


def test_a_cancelled_rdv_says_when(house):
    one = house.nadia.participations.get()
    one.status, one.status_at = "excused", utc(2027, 1, 11, 23, 30)
    one.save()
    row = read(house, "responsable")[0]
    assert (row[9], row[10]) == ("Annulé par l’usager", dt.date(2027, 1, 12))


def test_the_questions_do_not_grow_with_the_lines(house):
    def asked():
        with CaptureQueriesContext(connection) as captured:
            list(lines(house.here, rights_of(scope(house, "admin")), ALL, now=NOW))
        return [query["sql"] for query in captured.captured_queries if "SAVEPOINT" not in query["sql"]]

    few = len(asked())
    for hour in range(8, 14):
        make_rdv(house.pesee, house.canal, [house.claire], utc(2027, 1, 25, hour), usagers=[make_usager(house.here)])
    assert len(asked()) == few


def test_outside_a_transaction_it_refuses(transactional_db):
    with pytest.raises(RuntimeError, match="transaction"):
        next(lines(None, None, None, now=NOW))


def test_choices_name_nothing_hidden(house):
    choices = choices_of(house.here, rights_of(scope(house, "responsable")))
    assert [one.name for one in choices.motifs] == ["Budget", "Pesée"]
    assert [one.name for one in choices.sites] == ["MDS du Canal"]
    assert [one.name for one in choices.hidden] == ["ASE"]


def test_rights_and_filters_go_through_a_row(house):
    rights = rights_of(scope(house, "member"))
    assert Rights.from_json(rights.to_json()) == rights
    assert Filters.from_json(ALL.to_json()) == ALL


@pytest.mark.parametrize(
    ("number", "written"),
    [
        ("+33639984521", "06 39 98 45 21"),
        ("+3227361234", "003227361234"),
        ("", ""),
        ("+262262123456", "00262262123456"),
    ],
)
def test_a_phone_never_begins_with_a_plus(number, written):
    assert written_phone(number) == written
