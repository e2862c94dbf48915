"""Write grid.css: where things stand in time, as classes (the content policy forbids `style=`).

Standard library only; run by hand when a class is missing:  python static/css/make_grid.py
tests/house/test_vendor.py checks that the committed grid.css is what this writes.

Two techniques share one vocabulary of minutes:

  day board (lists whose items are as high as they last)
    .d5 .d10 ... .d720    height of an item, in minutes
    .t0 .t5 ... .t55      distance from the top of an item, in minutes (the flag of "now", in the axis only)

  week (one CSS grid per day, one row per 5 minutes)
    .h1 ... .h24          the day shows that many hours
    .r0 ... .r287         starts that many rows after the first hour shown
    .s1 ... .s288         lasts that many rows
    .k1of1 .k1of2 ...     place among those that stand side by side (1, 2, 3, 4 or 6 columns out of 12)
"""

from pathlib import Path

STEP = 5
DAY_ROWS = 24 * 60 // STEP
COLUMNS = 12


def heights() -> list[str]:
    return [f".d{minutes} {{height:calc({minutes}*var(--min))}}" for minutes in range(STEP, 721, STEP)]


def offsets() -> list[str]:
    return [f".t{minutes} {{top:calc({minutes}*var(--min))}}" for minutes in range(0, 60, STEP)]


def day_heights() -> list[str]:
    rows_in_hour = 60 // STEP
    return [f".h{hours} {{grid-template-rows:repeat({hours * rows_in_hour},var(--row))}}" for hours in range(1, 25)]


def starts() -> list[str]:
    return [f".r{row} {{grid-row-start:{row + 1}}}" for row in range(DAY_ROWS)]


def spans() -> list[str]:
    return [f".s{rows} {{grid-row-end:span {rows}}}" for rows in range(1, DAY_ROWS + 1)]


def sides() -> list[str]:
    rules = []
    for count in (1, 2, 3, 4, 6):
        width = COLUMNS // count
        for place in range(1, count + 1):
            first = (place - 1) * width + 1
            rules.append(f".k{place}of{count} {{grid-column:{first}/{first + width}}}")
    return rules


def sheet() -> str:
    parts = [
        ["/* Written by make_grid.py: do not edit. */"],
        *[heights(), offsets(), day_heights(), starts(), spans(), sides()],
    ]
    return "\n".join(rule for part in parts for rule in part) + "\n"


if __name__ == "__main__":
    Path(__file__).with_name("grid.css").write_text(sheet(), encoding="utf-8")
