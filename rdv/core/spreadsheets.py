"""Spreadsheets written as a stream: one row in memory at a time, whatever their length.

Room: core. Called by rdv/services/export_run. Two formats:

    CSV     UTF-8 with its mark, semicolons: opens by a double click in a French spreadsheet
    XLSX    a zip of XML, written with the standard library (docs/decisions/0014)

No cell ever starts a formula: a text that begins like one gets an apostrophe in front (CSV injection).
"""

import csv
import datetime as dt
import html
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol, Self

Cell = str | int | dt.date | dt.time | None

# What spreadsheets take for the beginning of a formula, wide forms included, whatever space is before.
FORMULA_STARTS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
SPACES = " \t\r\n\u00a0\u200b\ufeff"
# XML has no way to write these.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
LONGEST_TEXT = 32_000  # a cell of XLSX holds 32,767 characters
CUT = " […] texte coupé ici"
ROWS_PER_SHEET = 1_048_576
# Day 0 of a spreadsheet's calendar, as every day after February 1900 counts it.
EPOCH = dt.date(1899, 12, 30)


class Sheet(Protocol):
    def write(self, cells: Sequence[Cell]) -> None: ...


@contextmanager
def open_sheet(path: Path, format_: str, *, title: str, header: Sequence[str]) -> Iterator[Sheet]:
    """The file is whole once the block ends without error. Nobody else than our account reads it."""
    path.touch(mode=0o600)
    makers = {"csv": _csv_sheet, "xlsx": _xlsx_sheet}
    with makers[format_](path, title, header) as sheet:
        yield sheet


def plain(text: str) -> str:
    """The text as a cell that can start no formula, holds no control character, and is not too long for one."""
    kept = _FORBIDDEN.sub("", text)
    if len(kept) > LONGEST_TEXT:
        kept = kept[:LONGEST_TEXT] + CUT
    return f"'{kept}" if kept.lstrip(SPACES).startswith(FORMULA_STARTS) or kept.startswith(("\t", "\r")) else kept


# --- CSV


class _CsvSheet:
    def __init__(self, output: IO[str]) -> None:
        self._writer = csv.writer(output, delimiter=";", lineterminator="\r\n")

    def write(self, cells: Sequence[Cell]) -> None:
        self._writer.writerow([_csv_cell(cell) for cell in cells])


@contextmanager
def _csv_sheet(path: Path, title: str, header: Sequence[str]) -> Iterator[Sheet]:
    with path.open("w", encoding="utf-8-sig", newline="") as output:
        sheet = _CsvSheet(output)
        sheet.write(header)
        yield sheet


def _csv_cell(cell: Cell) -> str | int:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return plain(cell)
    if isinstance(cell, dt.date):
        return f"{cell:%d/%m/%Y}"
    return f"{cell:%H:%M}" if isinstance(cell, dt.time) else cell


# --- XLSX

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_WORKBOOK = f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
# The numbers of the styles below.
_HEAD, _DAY, _HOUR = 1, 2, 3
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="2"><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/>'
    '<numFmt numFmtId="165" formatCode="hh:mm"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


class _XlsxSheet(AbstractContextManager["_XlsxSheet"]):
    """Sheets one after the other in the zip; a new one when the format allows no more rows in the last."""

    def __init__(self, path: Path, title: str, header: Sequence[str]) -> None:
        self._title, self._header = title, header
        self._stack = ExitStack()
        self._zip = self._stack.enter_context(
            zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1, allowZip64=True)
        )
        self._count = 0
        self._rows = 0
        self._out: IO[str] | None = None

    def __enter__(self) -> Self:
        self._begin()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._stack:
            self._end()
            if kind is None:
                self._write_frame()

    def write(self, cells: Sequence[Cell]) -> None:
        if self._rows >= ROWS_PER_SHEET:
            self._end()
            self._begin()
        self._row("".join(map(_xlsx_cell, cells)))

    def _begin(self) -> None:
        self._count += 1
        self._rows = 0
        entry = self._zip.open(f"xl/worksheets/sheet{self._count}.xml", "w", force_zip64=True)
        self._out = io.TextIOWrapper(entry, encoding="utf-8", write_through=False)
        self._out.write(
            f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
            '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
            f'<cols><col min="1" max="{len(self._header)}" width="18" customWidth="1"/></cols><sheetData>'
        )
        self._row(
            "".join(f'<c s="{_HEAD}" t="inlineStr"><is><t>{html.escape(name)}</t></is></c>' for name in self._header)
        )

    def _row(self, cells: str) -> None:
        if self._out is not None:
            self._out.write(f"<row>{cells}</row>")
            self._rows += 1

    def _end(self) -> None:
        if self._out is not None:
            self._out.write("</sheetData></worksheet>")
            self._out.close()
            self._out = None

    def _write_frame(self) -> None:
        """What says that these entries are a workbook; last, once the number of sheets is known."""
        numbers = range(1, self._count + 1)
        sheets = "".join(
            f'<sheet name="{html.escape(self._name(number))}" sheetId="{number}" r:id="rId{number}"/>'
            for number in numbers
        )
        relations = [_relation(n, "worksheet", f"worksheets/sheet{n}.xml") for n in numbers]
        parts = [_part(f"/xl/worksheets/sheet{n}.xml", "worksheet") for n in numbers]
        frame = {
            "xl/styles.xml": _STYLES,
            "xl/workbook.xml": f"{_WORKBOOK}<sheets>{sheets}</sheets></workbook>",
            "xl/_rels/workbook.xml.rels": _relations(*relations, _relation(self._count + 1, "styles", "styles.xml")),
            "_rels/.rels": _relations(_relation(1, "officeDocument", "xl/workbook.xml")),
            "[Content_Types].xml": _types(
                *parts, _part("/xl/workbook.xml", "sheet.main"), _part("/xl/styles.xml", "styles")
            ),
        }
        for name, text in frame.items():
            self._zip.writestr(name, text)

    def _name(self, number: int) -> str:
        return self._title if number == 1 else f"{self._title} ({number})"


def _xlsx_sheet(path: Path, title: str, header: Sequence[str]) -> _XlsxSheet:
    return _XlsxSheet(path, title, header)


def _xlsx_cell(cell: Cell) -> str:
    if isinstance(cell, str):
        if not cell:
            return "<c/>"
        return f'<c t="inlineStr"><is><t xml:space="preserve">{html.escape(plain(cell), quote=False)}</t></is></c>'
    if cell is None:
        return "<c/>"
    if isinstance(cell, dt.date):
        return f'<c s="{_DAY}"><v>{(cell - EPOCH).days}</v></c>'
    if isinstance(cell, dt.time):
        return f'<c s="{_HOUR}"><v>{(cell.hour * 60 + cell.minute) / 1440:.10f}</v></c>'
    return f"<c><v>{cell}</v></c>"


def _relation(number: int, kind: str, target: str) -> str:
    return f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'


def _relations(*found: str) -> str:
    return f'{_XML}<Relationships xmlns="{_RELATIONS}">{"".join(found)}</Relationships>'


def _part(name: str, kind: str) -> str:
    return f'<Override PartName="{name}" ContentType="{_CONTENT}.{kind}+xml"/>'


def _types(*parts: str) -> str:
    return (
        f'{_XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f"{''.join(parts)}</Types>"
    )
