"""The command: its words, its lines, its databases."""

import json
from argparse import ArgumentParser
from dataclasses import replace
from statistics import fmean

import pytest
from django.core.management import CommandError, call_command

from rdv.simulation import databases, options, report, tables
from rdv.simulation.lines import Result, interval, keep, read, summary

KEYS = [
    "policy", "vacancy", "vacancy_low", "vacancy_high", "refilled", "median_fill_min", "offers_per_fill",
    "messages_per_fill",
]  # fmt: skip
MONTH = Result(
    policy="default", acceptance="0.08..0.3", varied="", seed=1, capacity=100, vacant=6, absent=4,
    walk_ins_for_absent=1, freed=20, by_list=10, by_caller=2, by_walk_in=5, lost=3, offers=40, messages=50, too_late=1,
    minutes=(30.0, 60.0, 90.0),
)  # fmt: skip


def test_the_interval_is_students():
    low, high = interval([0.10, 0.12, 0.14])
    assert (low, high) == (pytest.approx(0.12 - 4.303 * 0.02 / 3**0.5), pytest.approx(0.12 + 4.303 * 0.02 / 3**0.5))
    assert interval([0.1]) is None
    assert interval([0.0, 0.01])[0] == 0.0


def test_a_line_has_what_the_project_promised():
    months = [MONTH, replace(MONTH, seed=2, vacant=8)]
    line = json.loads(json.dumps(summary(months)))
    assert list(line)[: len(KEYS)] == KEYS
    assert line["vacancy"] == pytest.approx(fmean([0.06, 0.08]))
    assert line["vacancy_low"] <= line["vacancy"] <= line["vacancy_high"]
    assert (line["refilled"], line["median_fill_min"]) == (pytest.approx(17 / 20), 60)
    assert (line["offers_per_fill"], line["messages_per_fill"]) == (4.0, 5.0)


def test_months_are_kept_and_read_again(tmp_path):
    months = [MONTH, replace(MONTH, seed=2, minutes=())]
    for month in months:
        keep(tmp_path / "months.jsonl", month)
    assert read(tmp_path / "months.jsonl") == months


def test_without_a_list_there_is_no_offer_to_count():
    line = summary([replace(MONTH, policy="none", by_list=0, offers=0, messages=0, lost=13)])
    assert line["offers_per_fill"] is None
    assert line["vacancy_low"] is None
    assert "none" in report.table([line])


def test_the_words_of_the_command_line_travel_to_the_process_that_works():
    parser = ArgumentParser()
    options.add_to(parser)
    words = ["--policy", "none", "--policy", "default", "--seeds", "3", "--acceptance", "0.1..0.2", "--json",
             "--set", "no_show=0.2", "--sweep", "0.1", "0.3", "--vary", "cancel", "--days", "4",
             "--rules", "near_people=6,near_answer_min=60", "long_people=2"]  # fmt: skip
    asked = parser.parse_args(words)
    assert parser.parse_args(options.as_arguments(vars(asked))) == asked


@pytest.mark.parametrize(
    "words",
    [
        ["--seeds", "0"],
        ["--acceptance", "2"],
        ["--policy", "luck"],
        ["--set", "luck=1"],
        ["--vary", "luck"],
        ["--rules", "luck=1"],
        ["--rules", "near_people=many"],
    ],
)
def test_words_that_mean_nothing_are_refused(words):
    with pytest.raises(CommandError):
        call_command("simulate_waitlist", *words)


def test_only_databases_of_our_own_are_made_or_dropped():
    with pytest.raises(ValueError, match="not one of ours"), databases.database("postgres://nowhere", "rdv"):
        pass
    run = databases.new_run()
    assert run.startswith(databases.PREFIX)
    assert databases.new_name(run).startswith(run)


def test_the_tables_compare_month_by_month_and_leave_walk_ins_out():
    """In the same two months `default` has 4 empty hours less, then 6; 6 of its hours went to walk-ins."""
    own = [replace(MONTH, lost_after=(1.0, 30.0, 50.0), calls=7), replace(MONTH, seed=2, vacant=8)]
    other = [replace(MONTH, policy="reminders", vacant=10), replace(MONTH, policy="reminders", seed=2, vacant=14)]
    swept = [replace(MONTH, acceptance="0.08", vacant=9), replace(MONTH, varied="no_show=0.08", vacant=3)]
    text = tables.all_tables([*own, *other, *swept], usual=MONTH.acceptance)
    assert "| `default` | 2 | **7.0 %** | 0.0 to 19.7 % | 13.0 % | 85.0 % | 60 min | 4.0 | 5.0 |" in text
    assert "| `reminders` | 2 | -5.0 | -17.7 to +7.7 |" in text
    assert "| `default` | 0.5 | 0.0 | 0.0 | 0.5 | 0.5 |" in text
    assert "| 8 % | `default` | 1 | 9.0 % | - | 3.0 % | 4.0 |" in text
    assert "| `no_show=0.08` | `default` | 1 | 3.0 % | -3.0 points |" in text


def test_the_sources_are_told_as_the_documentation_shows_them():
    table = report.sources()
    assert "| `no_show` | 0.114 |" in table
    assert "assumption" in table
