"""The file of the communes: its columns, written by make_communes and read by load_communes. No Django here.

A tab-separated file, compressed. Lines beginning with "#" tell sources and licences; then one commune a line:

    code  name  postcodes ("62300 62301")  departement  population  latitude  longitude      (unknown: empty)
"""

import dataclasses
import lzma
from collections.abc import Iterable, Iterator
from pathlib import Path

COMMUNES_FILE = Path(__file__).with_name("communes-2026.tsv.xz")


@dataclasses.dataclass(frozen=True, slots=True)
class CommuneRow:
    code: str
    name: str
    postcodes: tuple[str, ...]
    departement_code: str
    population: int | None
    latitude: float | None
    longitude: float | None


def read_communes(path: Path = COMMUNES_FILE) -> Iterator[CommuneRow]:
    with lzma.open(path, "rt", encoding="utf-8", newline="\n") as lines:
        for line in lines:
            if not line.startswith("#"):
                yield parse_row(line)


def write_communes(rows: Iterable[CommuneRow], path: Path, *, header: Iterable[str]) -> None:
    """Same rows, same bytes: sorted by code, no date inside, one compression setting."""
    lines = [f"# {line}" for line in header]
    lines += [format_row(row) for row in sorted(rows, key=lambda row: row.code)]
    content = "\n".join(lines) + "\n"
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME}]
    path.write_bytes(lzma.compress(content.encode(), check=lzma.CHECK_CRC32, filters=filters))


def parse_row(line: str) -> CommuneRow:
    code, name, postcodes, departement_code, population, latitude, longitude = line.rstrip("\n").split("\t")
    return CommuneRow(
        code=code,
        name=name,
        postcodes=tuple(postcodes.split()),
        departement_code=departement_code,
        population=int(population) if population else None,
        latitude=float(latitude) if latitude else None,
        longitude=float(longitude) if longitude else None,
    )


def format_row(row: CommuneRow) -> str:
    values = (
        row.code,
        row.name,
        " ".join(row.postcodes),
        row.departement_code,
        row.population,
        row.latitude,
        row.longitude,
    )
    return "\t".join("" if value is None else str(value) for value in values)
