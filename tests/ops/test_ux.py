"""The table of docs/ux.md is written between its marks, and nothing around it is touched."""

import pytest

from tests.ops import ux

KNOWN = {"name": "phone_known", "pages": 1, "clicks": 0, "keys": 22, "klm_s": 14.7, "budget_s": 15}


def test_the_table_alone_is_written_again():
    text = f"before\n{ux.BEGIN}\nold\n{ux.END}\nafter\n"
    once = ux.with_table(text, [KNOWN])
    assert once.startswith(f"before\n{ux.BEGIN}\n| journey")
    assert once.endswith(f"| `phone_known` | 1 | 0 | 22 | **14.7** | 15 |\n{ux.END}\nafter\n")
    assert ux.with_table(once, [KNOWN]) == once


def test_the_journeys_come_in_the_order_of_the_document():
    lines = ['{"name": "web_booking"}', '{"name": "phone_known"}']
    assert [journey["name"] for journey in ux.in_order(lines)] == ["phone_known", "web_booking"]
    with pytest.raises(ValueError, match="not in tuple"):
        ux.in_order(['{"name": "somebody_else"}'])


def test_the_document_holds_the_nine_journeys_within_their_budgets():
    table = ux.DOCUMENT.read_text().partition(ux.BEGIN)[2].partition(ux.END)[0]
    rows = [[cell.strip(" `*") for cell in line.strip("|").split("|")] for line in table.strip().splitlines()[2:]]
    assert tuple(cells[0] for cells in rows) == ux.NAMES
    assert [cells for cells in rows if float(cells[4]) > float(cells[5])] == []
