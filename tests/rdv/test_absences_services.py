"""Absences take the agent's time, day by day, over what is booked too; what is past stays."""

from datetime import date, time, timedelta

import pytest

from rdv.models import Absence, Evenement, Occupation
from rdv.services import availability as av
from rdv.services.booking import Booking, book_option
from rdv.services.errors import CreneauUnavailable
from rdv.services.holding import hold_creneau
from rdv.services.planning import (
    AbsenceRule,
    PlanningRefused,
    create_absence,
    delete_absence,
    edit_absence,
    expand_all,
    preview_absence,
)
from rdv.services.questions import EVERYBODY
from tests.factories import NOW, make_agent, make_departement, make_rdv, make_site, make_usager, utc
from tests.rdv.conftest import AGENT, USAGER

pytestmark = pytest.mark.django_db
MONDAY = date(2027, 1, 11)


def away(world, *, agent=None, now=NOW, **fields):
    rule = AbsenceRule(**{"first_day": MONDAY} | fields)
    return create_absence(agent=agent or world.agent, rule=rule, author=AGENT, now=now)


def rows(absence):
    found = Occupation.objects.filter(absence=absence).order_by("starts_at")
    return list(found.values_list("starts_at", "ends_at"))


def hold(world, start, *, now=NOW):
    return hold_creneau(
        motif=world.motif, site=world.site, starts_at=start, agents=EVERYBODY, author=USAGER, opened_at=now, now=now
    )


def test_several_days_are_split_at_midnight_of_the_wall(world):
    absence, affected = away(world, last_day=date(2027, 1, 13), starts_time=time(14), ends_time=time(12))
    assert affected == []
    assert rows(absence) == [
        (utc(2027, 1, 11, 13), utc(2027, 1, 11, 23)),
        (utc(2027, 1, 11, 23), utc(2027, 1, 12, 23)),
        (utc(2027, 1, 12, 23), utc(2027, 1, 13, 11)),
    ]
    assert Evenement.objects.about("absence", absence.uuid).get().kind == "absence.created"


def test_the_day_the_clock_goes_back_lasts_25_hours(world):
    absence, _ = away(world, first_day=date(2027, 10, 31))
    assert rows(absence) == [(utc(2027, 10, 30, 22), utc(2027, 10, 31, 23))]


def test_overseas_days_are_days_there():
    departement = make_departement("974")
    agent = make_agent(site=make_site(departement))
    absence, _ = create_absence(agent=agent, rule=AbsenceRule(first_day=MONDAY), author=AGENT, now=NOW)
    assert rows(absence) == [(utc(2027, 1, 10, 20), utc(2027, 1, 11, 20))]


def test_a_recurrent_absence_comes_back_and_grows_each_night(world):
    absence, _ = away(world, starts_time=time(12), ends_time=time(14), rhythm="weekly", every=2, kind="meeting")
    assert rows(absence)[:2] == [
        (utc(2027, 1, 11, 11), utc(2027, 1, 11, 13)),
        (utc(2027, 1, 25, 11), utc(2027, 1, 25, 13)),
    ]
    before = len(rows(absence))
    assert expand_all(now=NOW).rules == 0
    expand_all(now=NOW + timedelta(days=28))
    assert len(rows(absence)) == before + 2
    assert len(set(rows(absence))) == before + 2


def test_a_long_absence_goes_on_after_the_horizon(world):
    absence, _ = away(world, last_day=date(2028, 12, 31))
    assert rows(absence)[-1][1] == utc(2028, 2, 4, 23)
    expand_all(now=NOW + timedelta(days=10))
    assert rows(absence)[-1][1] == utc(2028, 2, 14, 23)


def test_nobody_is_offered_the_time_of_an_absence(world):
    away(world, starts_time=time(10), ends_time=time(11))
    window = av.usager_window(world.motif, NOW)
    assert av.public_creneaux(world.motif, site=world.site, window=window, now=NOW) == [
        utc(2027, 1, 11, 8),
        utc(2027, 1, 11, 8, 30),
        utc(2027, 1, 11, 10),
        utc(2027, 1, 11, 10, 30),
    ]
    with pytest.raises(CreneauUnavailable):
        hold(world, utc(2027, 1, 11, 9))


def test_over_booked_rdv_it_is_allowed_and_names_them(world):
    colleague = make_agent(site=world.site)
    touched = make_rdv(world.motif, world.site, [world.agent], utc(2027, 1, 11, 9), usagers=[world.usager])
    make_rdv(world.motif, world.site, [world.agent], utc(2027, 1, 11, 10))  # begins when the absence ends
    make_rdv(world.motif, world.site, [colleague], utc(2027, 1, 11, 9))
    cancelled = make_rdv(world.motif, world.site, [world.agent], utc(2027, 1, 12, 9), cancelled_at=NOW)
    Occupation.objects.filter(rdv=cancelled).delete()
    rule = AbsenceRule(first_day=MONDAY, starts_time=time(9), ends_time=time(11), rhythm="weekly", weekdays=[0, 1])
    assert preview_absence(agent=world.agent, rule=rule, now=NOW) == [touched]
    absence, affected = create_absence(agent=world.agent, rule=rule, author=AGENT, now=NOW)
    assert affected == [touched]
    blocking = list(
        Occupation.objects.filter(absence=absence).order_by("starts_at").values_list("is_blocking", flat=True)
    )
    assert blocking[0] is False
    assert all(blocking[1:])
    assert Occupation.objects.filter(rdv=touched).get().is_blocking


def test_a_piece_over_a_booked_rdv_is_offered_to_nobody(world):
    make_rdv(world.motif, world.site, [world.agent], utc(2027, 1, 11, 9))
    away(world)
    window = av.usager_window(world.motif, NOW)
    assert av.public_creneaux(world.motif, site=world.site, window=window, now=NOW) == []


def test_a_place_held_meanwhile_is_respected(world):
    option = hold(world, utc(2027, 1, 11, 9))
    absence, _ = away(world)
    assert not Occupation.objects.get(absence=absence).is_blocking
    assert book_option(token=option.token, booking=Booking(usager=world.usager, origin="web"), author=USAGER, now=NOW)


def test_a_hold_that_died_is_not_in_the_way(world):
    hold(world, utc(2027, 1, 11, 9))
    absence, _ = away(world, now=NOW + timedelta(minutes=30))
    assert Occupation.objects.get().absence == absence
    assert Occupation.objects.get().is_blocking


def test_two_absences_may_overlap(world):
    away(world)
    second, _ = away(world, kind="training")
    assert not Occupation.objects.get(absence=second).is_blocking


def test_an_edited_absence_gives_the_time_back_and_keeps_its_past(world):
    absence, _ = away(world, last_day=date(2027, 1, 15))
    wednesday_10 = utc(2027, 1, 13, 9)
    rule = AbsenceRule(first_day=MONDAY, last_day=date(2027, 1, 13), ends_time=time(12))
    edit_absence(absence=absence, rule=rule, author=AGENT, now=wednesday_10)
    assert rows(absence) == [
        (utc(2027, 1, 10, 23), utc(2027, 1, 11, 23)),
        (utc(2027, 1, 11, 23), utc(2027, 1, 12, 23)),
        (utc(2027, 1, 12, 23), utc(2027, 1, 13, 11)),
    ]


def test_an_absence_moved_while_it_runs_was_still_true_until_now(world):
    absence, _ = away(world, starts_time=time(9), ends_time=time(12))
    rule = AbsenceRule(first_day=MONDAY, starts_time=time(14), ends_time=time(16))
    edit_absence(absence=absence, rule=rule, author=AGENT, now=utc(2027, 1, 11, 9))
    assert rows(absence) == [
        (utc(2027, 1, 11, 8), utc(2027, 1, 11, 9)),
        (utc(2027, 1, 11, 13), utc(2027, 1, 11, 15)),
    ]


def test_a_deleted_absence_frees_what_is_to_come_only(world):
    absence, _ = away(world, last_day=date(2027, 1, 15))
    delete_absence(absence=absence, author=AGENT, now=utc(2027, 1, 12, 9))
    assert rows(absence) == [(utc(2027, 1, 10, 23), utc(2027, 1, 11, 23)), (utc(2027, 1, 11, 23), utc(2027, 1, 12, 9))]
    assert Evenement.objects.about("absence", absence.uuid).first().kind == "absence.deleted"
    expand_all(now=NOW + timedelta(days=60))
    assert len(rows(absence)) == 2
    with pytest.raises(PlanningRefused, match="supprimée"):
        delete_absence(absence=absence, author=AGENT, now=NOW)


def test_the_private_note_is_not_in_the_journal(world):
    absence, _ = away(world, note="opération du genou")
    edit_absence(absence=absence, rule=AbsenceRule(first_day=MONDAY, note="autre"), author=AGENT, now=NOW)
    delete_absence(absence=absence, author=AGENT, now=NOW)
    assert "genou" not in "".join(str(line.data) for line in Evenement.objects.about("absence", absence.uuid))


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"last_day": date(2027, 1, 10)}, "last_day", "Le dernier jour doit être après le premier."),
        ({"starts_time": time(12), "ends_time": time(9)}, "ends_time", "doit être après l’heure de début"),
        ({"first_day": date(2027, 1, 3)}, "first_day", "déjà passée"),
        ({"rhythm": "weekly", "until": date(2027, 1, 4)}, "first_day", "s’arrête le lundi 4"),
    ],
)
def test_an_absence_without_sense_is_refused_in_words(world, fields, field, words):
    with pytest.raises(PlanningRefused) as refusal:
        away(world, **fields)
    assert refusal.value.field == field
    assert words in refusal.value.message
    assert not Absence.objects.exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "le lundi 11 janvier 2027, toute la journée"),
        ({"starts_time": time(9), "ends_time": time(12)}, "le lundi 11 janvier 2027, de 9 h à 12 h"),
        ({"last_day": date(2027, 1, 15)}, "du lundi 11 janvier 2027 au vendredi 15 janvier 2027"),
        (
            {"last_day": date(2027, 1, 15), "starts_time": time(14), "ends_time": time(12)},
            "du lundi 11 janvier 2027 à 14 h au vendredi 15 janvier 2027 à 12 h",
        ),
        ({"rhythm": "weekly", "starts_time": time(9), "ends_time": time(12)}, "chaque lundi, de 9 h à 12 h"),
        ({"rhythm": "weekly"}, "chaque lundi, toute la journée"),
    ],
)
def test_an_absence_is_said_in_words(fields, words):
    assert AbsenceRule(**{"first_day": MONDAY} | fields).words.replace("\u00a0", " ") == words


def test_affected_rdv_of_a_person_with_another_agent_too(world):
    """A binôme: the Rdv is concerned when one of its agents is away."""
    second = make_agent(site=world.site)
    both = make_rdv(world.motif, world.site, [world.agent, second], utc(2027, 1, 11, 9), usagers=[make_usager()])
    _, affected = away(world, agent=second)
    assert affected == [both]
