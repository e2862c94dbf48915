"""Rules of openings: expanded, edited alone, from a day on, or whole. Worked examples 3, 4, 5, 10, 11 of engine.md."""

import datetime as dt
from datetime import date, time, timedelta

import pytest

from rdv.models import Evenement, Ouverture, PlageOuverture
from rdv.services import availability as av
from rdv.services.planning import (
    EditScope,
    Fate,
    PlageRule,
    PlanningRefused,
    cancel_occurrence,
    create_plage,
    edit_occurrence,
    edit_plage,
    end_plage,
    expand_all,
    preview_create,
    preview_edit,
    preview_end,
    restore_occurrence,
    rule_of,
)
from rdv.services.previews import preview_cancel
from tests.factories import NOW, make_agent, make_departement, make_motif, make_rdv, make_site, make_usager, utc
from tests.rdv.conftest import AGENT

pytestmark = pytest.mark.django_db
MONDAY = date(2027, 1, 11)


def make_plage(world, *, now=NOW, **fields):
    values = {
        "site": world.site,
        "motifs": [world.motif],
        "first_day": MONDAY,
        "starts_time": time(9),
        "ends_time": time(12),
        "rhythm": "weekly",
    }
    return create_plage(departement=world.departement, agent=world.agent, author=AGENT, now=now, **values | fields)


def edit(plage, scope, day, *, now=NOW, reset_changes=False, **changes):
    rule = changed(plage, **changes)
    return edit_plage(plage=plage, scope=scope, day=day, rule=rule, author=AGENT, now=now, reset_changes=reset_changes)


def changed(plage, **changes):
    rule = rule_of(PlageOuverture.objects.get(pk=plage.pk))
    return PlageRule(**{name: getattr(rule, name) for name in PlageRule.__slots__} | changes)


def days(plage, until=date(2027, 3, 31)):
    rows = Ouverture.objects.filter(plage=plage, is_cancelled=False, local_on__lte=until)
    return list(rows.order_by("starts_at").values_list("local_on", flat=True))


def starts(plage, until=date(2027, 3, 31)):
    rows = Ouverture.objects.filter(plage=plage, is_cancelled=False, local_on__lte=until)
    return list(rows.order_by("starts_at").values_list("starts_at", flat=True))


def occurrence(plage, day):
    return Ouverture.objects.get(plage=plage, occurrence_on=day)


# Worked examples


def test_example_3_the_wall_clock_stays_and_the_holiday_is_closed(world):
    plage = make_plage(world, first_day=date(2027, 3, 22))
    assert starts(plage, date(2027, 4, 12)) == [utc(2027, 3, 22, 8), utc(2027, 4, 5, 7), utc(2027, 4, 12, 7)]


def test_example_4_overseas_hours_and_the_day_of_the_abolition():
    departement = make_departement("974")
    site = make_site(departement)
    motif = make_motif(departement, sites=[site])
    agent = make_agent(departement, site=site)
    plage = create_plage(
        departement=departement,
        agent=agent,
        site=site,
        motifs=[motif],
        first_day=date(2027, 12, 6),
        starts_time=time(8),
        ends_time=time(10),
        rhythm="weekly",
        author=AGENT,
        now=NOW,
    )
    assert starts(plage, date(2027, 12, 27)) == [utc(2027, 12, 6, 4), utc(2027, 12, 13, 4), utc(2027, 12, 27, 4)]


@pytest.mark.parametrize(("code", "opens"), [("57", False), ("62", True)])
def test_example_5_good_friday_is_closed_in_moselle_only(code, opens):
    departement = make_departement(code)
    site = make_site(departement)
    motif = make_motif(departement, sites=[site])
    fields = {
        "departement": departement,
        "agent": make_agent(departement, site=site),
        "site": site,
        "motifs": [motif],
        "first_day": date(2027, 3, 19),
        "starts_time": time(9),
        "ends_time": time(12),
        "rhythm": "weekly",
        "author": AGENT,
        "now": NOW,
    }
    assert (date(2027, 3, 26) in days(create_plage(**fields))) is opens
    assert date(2027, 3, 26) in days(create_plage(**fields, on_holidays=True))


def test_example_10_a_day_cancelled_alone_stays_cancelled_when_the_rule_changes(world):
    plage = make_plage(world, every=2)
    cancel_occurrence(ouverture=occurrence(plage, date(2027, 2, 8)), author=AGENT, now=NOW)
    edit(plage, "all", MONDAY, starts_time=time(14), ends_time=time(16))
    assert starts(plage, date(2027, 2, 22)) == [utc(2027, 1, 11, 13), utc(2027, 1, 25, 13), utc(2027, 2, 22, 13)]
    assert occurrence(plage, date(2027, 2, 8)).is_cancelled


def test_example_11_second_tuesday_of_each_month(world):
    plage = make_plage(world, first_day=date(2027, 2, 9), rhythm="monthly_weekday")
    assert days(plage, date(2027, 4, 30)) == [date(2027, 2, 9), date(2027, 3, 9), date(2027, 4, 13)]


# Creating and expanding


def test_a_plage_is_written_13_months_ahead_and_can_be_searched(world):
    plage = make_plage(world, first_day=date(2027, 1, 12), public_from=date(2027, 1, 2), title="Pesées")
    assert plage.expanded_until == date(2028, 2, 4)
    assert Ouverture.objects.filter(plage=plage).latest("starts_at").local_on == date(2028, 2, 1)
    row = occurrence(plage, date(2027, 1, 12))
    assert (row.motif_ids, row.public_from, row.site) == ([world.motif.pk], date(2027, 1, 2), world.site)
    shown = av.public_creneaux(world.motif, site=world.site, window=av.usager_window(world.motif, NOW), now=NOW)
    assert utc(2027, 1, 12, 8) in shown
    assert Evenement.objects.about("plage", plage.uuid).get().kind == "plage.created"


def test_expanding_twice_changes_nothing(world):
    plage = make_plage(world)
    cancel_occurrence(ouverture=occurrence(plage, date(2027, 1, 18)), author=AGENT, now=NOW)
    before = list(Ouverture.objects.order_by("id").values())
    PlageOuverture.objects.filter(pk=plage.pk).update(expanded_until=None)
    expand_all(now=NOW)
    assert list(Ouverture.objects.order_by("id").values()) == before
    assert expand_all(now=NOW).rules == 0


def test_a_night_goes_on_where_the_last_one_stopped(world):
    plage = make_plage(world)
    ended = make_plage(world, first_day=date(2027, 1, 12), until=date(2027, 2, 28))
    report = expand_all(now=NOW + timedelta(days=14))
    assert (report.rules, report.rows, report.failed) == (1, 2, 0)
    plage.refresh_from_db()
    assert plage.expanded_until == date(2028, 2, 18)
    assert days(plage, date(2028, 2, 18))[-2:] == [date(2028, 2, 7), date(2028, 2, 14)]
    assert days(ended, date(2028, 2, 18))[-1] == date(2027, 2, 23)


def test_one_bad_rule_does_not_stop_the_night(world):
    bad, good = make_plage(world, every=2), make_plage(world, starts_time=time(14), ends_time=time(16))
    # A rule that no form lets through: one week out of two, with a first day that is not one of its days.
    PlageOuverture.objects.filter(pk=bad.pk).update(weekdays=[3])
    report = expand_all(now=NOW + timedelta(days=14))
    assert (report.rules, report.failed) == (1, 1)
    good.refresh_from_db()
    bad.refresh_from_db()
    assert (good.expanded_until, bad.expanded_until) == (date(2028, 2, 18), date(2028, 2, 4))


def test_nothing_is_written_in_the_past_and_what_runs_is(world):
    ten_in_paris = utc(2027, 1, 11, 9)
    plage = make_plage(world, first_day=date(2026, 12, 28), now=ten_in_paris)
    assert days(plage, date(2027, 1, 18)) == [MONDAY, date(2027, 1, 18)]


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"ends_time": time(8)}, "ends_time", "L’heure de fin (8 h) doit être après l’heure de début (9 h)."),
        ({"motifs": []}, "motifs", "Choisissez au moins un motif de rendez-vous."),
        ({"rhythm": "once", "first_day": date(2027, 1, 1)}, "first_day", "Aucune date à venir"),
        (
            {"rhythm": "once", "first_day": date(2027, 3, 29)},
            "first_day",
            "29 mars 2027 est férié (Lundi de Pâques).",
        ),
        ({"every": 2, "weekdays": [1]}, "first_day", "n’est pas un des jours choisis (mardi)"),
        ({"site": None}, "motifs", "ce rendez-vous se passe sur place"),
    ],
)
def test_a_rule_without_sense_is_refused_in_words(world, fields, field, words):
    with pytest.raises(PlanningRefused) as refusal:
        make_plage(world, **fields)
    assert refusal.value.field == field
    assert words in refusal.value.message.replace("\u00a0", " ")
    assert not Evenement.objects.exists()


def test_a_motif_must_be_received_where_the_opening_is(world):
    phone = make_motif(world.departement, sites=[world.site], modality="phone")
    with pytest.raises(PlanningRefused, match="ne se passe pas sur place"):
        make_plage(world, motifs=[world.motif, phone])
    assert make_plage(world, motifs=[phone], site=None).site is None
    with pytest.raises(PlanningRefused, match="n’est pas proposé à"):
        make_plage(world, site=make_site(world.departement))


def test_another_departement_is_refused(world):
    stranger = make_agent(site=make_site(make_departement("59")))
    with pytest.raises(PlanningRefused, match="autre département"):
        create_plage(
            departement=world.departement,
            agent=stranger,
            site=world.site,
            motifs=[world.motif],
            first_day=MONDAY,
            starts_time=time(9),
            ends_time=time(12),
            author=AGENT,
            now=NOW,
        )
    with pytest.raises(PlanningRefused, match="autre département"):
        make_plage(world, motifs=[make_motif(make_departement("59"))])


# One occurrence


def test_one_day_is_shortened_without_touching_its_siblings(world):
    plage = make_plage(world)
    row = edit_occurrence(ouverture=occurrence(plage, MONDAY), ends_time=time(10, 30), author=AGENT, now=NOW)
    assert (row.starts_at, row.ends_at, row.is_modified) == (utc(2027, 1, 11, 8), utc(2027, 1, 11, 9, 30), True)
    assert not occurrence(plage, date(2027, 1, 18)).is_modified
    assert Evenement.objects.about("plage", plage.uuid).first().kind == "ouverture.edited"


def test_one_day_is_moved_with_other_motifs_and_keeps_it_when_the_rule_changes(world):
    other = make_motif(world.departement, sites=[world.site])
    plage = make_plage(world)
    wednesday = date(2027, 1, 13)
    edit(plage, EditScope.ONE, MONDAY, first_day=wednesday, motifs=[other])
    edit(plage, EditScope.ALL, MONDAY, starts_time=time(8))
    row = occurrence(plage, MONDAY)
    assert (row.local_on, row.starts_at, row.motif_ids) == (wednesday, utc(2027, 1, 13, 8), [other.pk])
    assert occurrence(plage, date(2027, 1, 18)).starts_at == utc(2027, 1, 18, 7)


def test_a_cancelled_day_can_be_put_back(world):
    plage = make_plage(world)
    cancel_occurrence(ouverture=occurrence(plage, MONDAY), author=AGENT, now=NOW)
    cancel_occurrence(ouverture=occurrence(plage, MONDAY), author=AGENT, now=NOW)
    assert MONDAY not in days(plage)
    restore_occurrence(ouverture=occurrence(plage, MONDAY), author=AGENT, now=NOW)
    assert starts(plage)[0] == utc(2027, 1, 11, 8)
    kinds = list(Evenement.objects.about("plage", plage.uuid).values_list("kind", flat=True))
    assert kinds == ["ouverture.restored", "ouverture.cancelled", "plage.created"]


def test_a_day_out_of_the_series_goes_when_it_is_put_back(world):
    plage = make_plage(world)
    edit_occurrence(ouverture=occurrence(plage, MONDAY), starts_time=time(8), author=AGENT, now=NOW)
    edit(plage, "all", MONDAY, first_day=date(2027, 1, 12), weekdays=[1])
    assert days(plage)[:2] == [MONDAY, date(2027, 1, 12)]
    assert restore_occurrence(ouverture=occurrence(plage, MONDAY), author=AGENT, now=NOW) is None
    assert days(plage)[:2] == [date(2027, 1, 12), date(2027, 1, 19)]


def test_a_past_day_never_changes(world):
    plage = make_plage(world)
    row = occurrence(plage, MONDAY)
    later = utc(2027, 1, 11, 11)
    for change in (cancel_occurrence, restore_occurrence, edit_occurrence):
        with pytest.raises(PlanningRefused, match="passée"):
            change(ouverture=row, author=AGENT, now=later)
    with pytest.raises(PlanningRefused, match="est passé"):
        edit_occurrence(ouverture=occurrence(plage, date(2027, 1, 18)), day=MONDAY, author=AGENT, now=later)
    edit(plage, "all", MONDAY, starts_time=time(14), ends_time=time(16), now=later)
    assert starts(plage)[:2] == [utc(2027, 1, 11, 8), utc(2027, 1, 18, 13)]


# This one and the following


def test_from_a_day_on_the_old_series_ends_the_day_before(world):
    plage = make_plage(world)
    day = date(2027, 1, 25)
    new = edit(plage, "following", day, first_day=day, starts_time=time(14), ends_time=time(16))
    plage.refresh_from_db()
    assert new != plage
    assert plage.until == date(2027, 1, 24)
    assert days(plage) == [MONDAY, date(2027, 1, 18)]
    assert starts(new)[:2] == [utc(2027, 1, 25, 13), utc(2027, 2, 1, 13)]
    expand_all(now=NOW + timedelta(days=30))
    assert days(plage) == [MONDAY, date(2027, 1, 18)]


def test_days_changed_by_hand_go_to_the_new_series_as_they_are(world):
    plage = make_plage(world)
    edit_occurrence(ouverture=occurrence(plage, date(2027, 2, 1)), starts_time=time(10), author=AGENT, now=NOW)
    cancel_occurrence(ouverture=occurrence(plage, date(2027, 2, 8)), author=AGENT, now=NOW)
    day = date(2027, 1, 25)
    new = edit(plage, "following", day, first_day=day, starts_time=time(8))
    assert starts(new)[:3] == [utc(2027, 1, 25, 7), utc(2027, 2, 1, 9), utc(2027, 2, 15, 7)]
    assert occurrence(new, date(2027, 2, 8)).is_cancelled


@pytest.mark.parametrize("scope", ["following", "all"])
def test_days_changed_by_hand_are_put_back_when_asked(world, scope):
    plage = make_plage(world)
    edit_occurrence(ouverture=occurrence(plage, date(2027, 2, 1)), starts_time=time(10), author=AGENT, now=NOW)
    cancel_occurrence(ouverture=occurrence(plage, date(2027, 2, 8)), author=AGENT, now=NOW)
    day = date(2027, 1, 25)
    first_day = day if scope == "following" else MONDAY
    new = edit(plage, scope, day, first_day=first_day, starts_time=time(8), reset_changes=True)
    found = [start for start in starts(new) if start > utc(2027, 1, 25)]
    assert found[:3] == [utc(2027, 1, 25, 7), utc(2027, 2, 1, 7), utc(2027, 2, 8, 7)]


def test_the_following_from_the_first_day_on_is_the_whole_series(world):
    plage = make_plage(world)
    assert edit(plage, "following", MONDAY, starts_time=time(8)) == plage
    assert PlageOuverture.objects.exclude(pk=world.ouverture.plage_id).count() == 1


def test_a_day_begun_early_is_not_opened_twice_by_the_new_series(world):
    plage = make_plage(world)
    edit_occurrence(ouverture=occurrence(plage, date(2027, 1, 18)), day=date(2027, 1, 13), author=AGENT, now=NOW)
    later = utc(2027, 1, 14, 8)
    day = date(2027, 1, 18)
    new = edit(plage, "following", day, first_day=day, starts_time=time(8), now=later)
    assert days(plage) == [MONDAY, date(2027, 1, 13)]
    assert days(new)[0] == date(2027, 1, 25)


def test_from_a_past_day_or_before_the_day_is_refused(world):
    plage = make_plage(world)
    with pytest.raises(PlanningRefused, match="est passé"):
        edit(plage, "following", date(2027, 1, 18), starts_time=time(8), now=NOW + timedelta(days=20))
    with pytest.raises(PlanningRefused, match="ou après"):
        edit(plage, "following", date(2027, 1, 18), starts_time=time(8))


# Ending


def test_an_ended_series_keeps_its_past_and_grows_no_more(world):
    plage = make_plage(world)
    cancel_occurrence(ouverture=occurrence(plage, date(2027, 2, 8)), author=AGENT, now=NOW)
    end_plage(plage=plage, last_day=date(2027, 1, 20), author=AGENT, now=NOW)
    assert days(plage) == [MONDAY, date(2027, 1, 18)]
    assert not Ouverture.objects.filter(plage=plage, occurrence_on__gt=date(2027, 1, 20)).exists()
    expand_all(now=NOW + timedelta(days=40))
    assert days(plage) == [MONDAY, date(2027, 1, 18)]


def test_a_series_ended_before_it_began_has_no_day_left(world):
    plage = end_plage(plage=make_plage(world), last_day=date(2027, 1, 4), author=AGENT, now=NOW)
    assert plage.is_ended
    assert days(plage) == []
    expand_all(now=NOW + timedelta(days=14))
    assert days(plage) == []


# Said before saving


def fates(preview, until=date(2027, 2, 16)):
    return [(one.day, one.fate) for one in preview.dates if one.day <= until]


def preview(plage, scope, day, *, now=NOW, reset_changes=False, **changes):
    rule = changed(plage, **changes)
    return preview_edit(plage=plage, scope=scope, day=day, rule=rule, now=now, reset_changes=reset_changes)


def test_the_preview_says_each_date(world):
    plage = make_plage(world)
    edit_occurrence(ouverture=occurrence(plage, date(2027, 2, 1)), starts_time=time(10), author=AGENT, now=NOW)
    cancel_occurrence(ouverture=occurrence(plage, date(2027, 2, 8)), author=AGENT, now=NOW)
    day = date(2027, 1, 25)
    said = preview(plage, "following", day, first_day=day, every=2, weekdays=[0, 1])
    assert fates(said) == [
        (date(2027, 1, 25), Fate.KEPT),
        (date(2027, 1, 26), Fate.NEW),
        (date(2027, 2, 1), Fate.BY_HAND),
        (date(2027, 2, 8), Fate.CANCELLED),
        (date(2027, 2, 9), Fate.NEW),
        (date(2027, 2, 15), Fate.REMOVED),
    ]
    assert said.rule_before.words.replace("\u00a0", " ") == "chaque lundi, de 9 h à 12 h"
    assert said.words_after.replace("\u00a0", " ") == "chaque lundi et mardi, une semaine sur deux, de 9 h à 12 h"


def test_the_preview_names_the_holidays(world):
    plage = make_plage(world, on_holidays=True)
    said = preview(plage, "all", MONDAY, on_holidays=False, until=date(2027, 5, 31))
    assert [(one.day, one.holiday, one.after) for one in said.holidays] == [
        (date(2027, 3, 29), "Lundi de Pâques", None),
        (date(2027, 5, 17), "Lundi de Pentecôte", None),
    ]
    assert all(one.before for one in said.holidays)


@pytest.mark.parametrize(
    ("changes", "hours"),
    [
        ({"every": 2, "ends_time": time(11)}, timedelta(hours=1)),
        ({"weekdays": [0, 3, 4]}, timedelta(hours=9)),
        ({"rhythm": "monthly_day", "ends_time": time(22)}, timedelta(hours=3)),
        ({"rhythm": "once"}, timedelta(hours=3)),
    ],
)
def test_the_preview_counts_the_hours_of_a_week(world, changes, hours):
    said = preview(make_plage(world), "all", MONDAY, **changes)
    assert said.rule_before.hours == timedelta(hours=3)
    assert (said.rule_after.hours, said.hours_added) == (hours, hours - timedelta(hours=3))


def test_the_preview_lists_the_rdv_left_outside_and_only_them(world):
    other_motif = make_motif(world.departement, sites=[world.site])
    plage = make_plage(world, starts_time=time(13), ends_time=time(17))

    def booked(*start, motif=world.motif, **fields):
        return make_rdv(motif, world.site, [world.agent], utc(*start), **fields)

    out = booked(2027, 1, 18, 15, 30, usagers=[make_usager(world.departement)])
    booked(2027, 1, 18, 12, 30)  # stays inside
    booked(2027, 1, 18, 17)  # was outside already
    booked(2027, 1, 25, 15, 30, cancelled_at=NOW)
    booked(2027, 2, 1, 15, 30, motif=other_motif)  # this opening never received it
    colleague = make_agent(site=world.site)
    make_rdv(world.motif, world.site, [colleague], utc(2027, 1, 18, 15))
    said = preview(plage, "all", MONDAY, ends_time=time(16))
    assert said.outside == [out]
    assert preview(plage, "one", date(2027, 1, 18), first_day=date(2027, 1, 18), ends_time=time(16)).outside == [out]
    assert set(preview_cancel(plage=plage, day=date(2027, 1, 18), now=NOW).outside) > {out}
    assert out in preview_end(plage=plage, last_day=MONDAY, now=NOW).outside
    make_plage(world, starts_time=time(16), ends_time=time(17))
    assert preview(plage, "all", MONDAY, ends_time=time(16)).outside == []


def test_the_preview_warns_about_another_opening_and_refuses_nothing(world):
    make_plage(world, starts_time=time(11), ends_time=time(13), title="Permanence", until=date(2027, 1, 31))
    rule = PlageRule(
        site=world.site,
        motifs=[world.motif],
        first_day=MONDAY,
        starts_time=time(12),
        ends_time=time(14),
        rhythm="weekly",
    )
    said = preview_create(agent=world.agent, rule=rule, now=NOW)
    [overlap] = said.overlaps
    assert (overlap.first_day, overlap.days) == (MONDAY, 3)
    assert overlap.words.replace("\u00a0", " ").startswith("l’ouverture « Permanence » (chaque lundi, de 11 h à 13 h")


@pytest.mark.parametrize("scope", ["all", "following", "one"])
@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("now", [NOW, utc(2027, 1, 18, 9), utc(2027, 1, 19, 9)])
def test_what_is_said_is_what_happens(world, scope, reset, now):
    plage = make_plage(world)
    edit_occurrence(ouverture=occurrence(plage, date(2027, 2, 1)), day=date(2027, 2, 2), author=AGENT, now=NOW)
    cancel_occurrence(ouverture=occurrence(plage, date(2027, 2, 8)), author=AGENT, now=NOW)
    day = date(2027, 1, 25)
    changes = {"starts_time": time(14), "ends_time": time(16), "first_day": MONDAY if scope == "all" else day}
    if scope != "one":
        changes |= {"every": 2, "weekdays": [0, 3]}
    left_alone = {row.starts_at for row in _standing() if not _is_concerned(row, scope, day, now)}
    said = preview(plage, scope, day, now=now, reset_changes=reset, **changes)
    edit(plage, scope, day, now=now, reset_changes=reset, **changes)
    promised = {one.after.interval.start for one in said.standing}
    assert left_alone.isdisjoint(promised)
    assert left_alone | promised == {row.starts_at for row in _standing()}


def _standing():
    """Of both series, when the edit makes two of one."""
    return Ouverture.objects.standing().filter(plage__rhythm="weekly")


def _is_concerned(row, scope, day, now):
    if scope == "one":
        return row.occurrence_on == day
    return row.starts_at > now and (scope == "all" or row.occurrence_on >= day)


def test_saving_a_weekly_plage_takes_few_queries(world, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        make_plage(world, weekdays=[0, 1, 2, 3, 4])
    assert Ouverture.objects.filter(local_on__gt=dt.date(2028, 1, 1)).count() > 20
