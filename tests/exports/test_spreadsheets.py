"""The two formats, read back by another reader than the writer; cells that would be formulas; files of any length."""

import csv
import datetime as dt
import re
import zipfile

import pytest
from defusedxml import ElementTree

from rdv.core import spreadsheets
from rdv.core.spreadsheets import open_sheet, plain

SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def write(path, format_, rows, header=("A", "B")):
    with open_sheet(path, format_, title="Rendez-vous", header=header) as sheet:
        for row in rows:
            sheet.write(row)


def cells_of(path, number=1):
    """Rows of a sheet: (style, text or number) of each cell."""
    with zipfile.ZipFile(path) as book:
        assert book.testzip() is None
        tree = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))
    return [
        [(cell.get("s"), "".join(cell.itertext())) for cell in row.iter(f"{SPACE}c")]
        for row in tree.iter(f"{SPACE}row")
    ]


@pytest.mark.parametrize("start", ["=1+1", "+33639984521", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "\u00a0+1"])
def test_no_cell_starts_a_formula(start):
    assert plain(start) == f"'{start}"


@pytest.mark.parametrize("text", ["Benali", "06 39 98 45 21", "a=1", "", "n@example.net", "l’été"])
def test_other_texts_stay_as_they_are(text):
    assert plain(text) == text


def test_what_xml_cannot_hold_and_what_a_cell_cannot_hold():
    assert plain("a\x00b\x0bc\ufffe") == "abc"
    assert len(plain("é" * 40_000)) < 32_767
    assert plain("é" * 40_000).endswith("texte coupé ici")


def test_csv_opens_in_a_french_spreadsheet(tmp_path):
    path = tmp_path / "a.csv"
    write(path, "csv", [["=1", dt.date(2027, 1, 12)], ["dit « a;b »\nsuite", dt.time(9, 5)], [None, 12]])
    assert path.read_bytes().startswith(b"\xef\xbb\xbfA;B\r\n")
    with path.open(encoding="utf-8-sig", newline="") as written:
        rows = list(csv.reader(written, delimiter=";"))
    assert rows == [["A", "B"], ["'=1", "12/01/2027"], ["dit « a;b »\nsuite", "09:05"], ["", "12"]]


def test_xlsx_holds_real_dates_hours_and_numbers(tmp_path):
    path = tmp_path / "a.xlsx"
    write(path, "xlsx", [["=1 & <b>", dt.date(2027, 1, 12)], ["  Zoé ", dt.time(9, 45)], [None, 12]])
    rows = cells_of(path)
    assert rows[0] == [("1", "A"), ("1", "B")]
    assert rows[1] == [(None, "'=1 & <b>"), ("2", "46399")]  # 46 399 days since 30 December 1899
    assert rows[2] == [(None, "  Zoé "), ("3", "0.4062500000")]
    assert rows[3] == [(None, ""), (None, "12")]


def test_every_part_of_the_xlsx_is_declared_and_there(tmp_path):
    path = tmp_path / "a.xlsx"
    write(path, "xlsx", [["a", "b"]])
    with zipfile.ZipFile(path) as book:
        names = set(book.namelist())
        declared = set(re.findall(r'PartName="/([^"]+)"', book.read("[Content_Types].xml").decode()))
        assert declared == {name for name in names if not name.endswith(".rels") and name != "[Content_Types].xml"}
        for name in names:
            ElementTree.fromstring(book.read(name))


def test_rows_that_one_sheet_cannot_hold_go_on_in_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(spreadsheets, "ROWS_PER_SHEET", 3)
    path = tmp_path / "a.xlsx"
    write(path, "xlsx", [[n, n] for n in range(5)])
    found = [[text for _, text in row[:1]] for number in (1, 2, 3) for row in cells_of(path, number)]
    assert found == [["A"], ["0"], ["1"], ["A"], ["2"], ["3"], ["A"], ["4"]]
    with zipfile.ZipFile(path) as book:
        assert re.findall(r'<sheet name="([^"]+)"', book.read("xl/workbook.xml").decode()) == [
            "Rendez-vous",
            "Rendez-vous (2)",
            "Rendez-vous (3)",
        ]


def test_the_file_is_closed_to_other_accounts(tmp_path):
    path = tmp_path / "a.csv"
    write(path, "csv", [])
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_an_error_in_the_middle_comes_out(format_, tmp_path):
    def rows():
        yield ["a", "b"]
        raise RuntimeError("the database is away")

    with pytest.raises(RuntimeError, match="away"):
        write(tmp_path / "a", format_, rows())
