"""Refresh the third-party files served from static/vendor/. Standard library only; needs the `npm` client.

Run by hand, only to change a version:  python static/vendor/fetch_vendor.py
Every package is named with its version and the sha512 of its archive: a different archive is refused.
MANIFEST.json records what came from where, with the sha256 of each committed file (tests/house/test_vendor.py
compares them, so that a vendored file is never edited by hand).

What is changed on the way, and nothing else:
- the DSFR component sheets of one side (public, back-office) are joined into one file: one request instead of
  twelve, and about 9 kB less over the wire;
- `@font-face` rules are left out: the neutral skin uses system fonts, and the State's typeface may only be
  served by sites of the State;
- the State's typefaces are not named either: a device that has them installed would show them;
- `url()` of icons point to the copies beside the sheet, so that hashing storages find every file.
"""

import base64
import hashlib
import io
import json
import re
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Package:
    name: str
    version: str
    licence: str
    sha512: str

    @property
    def folder(self) -> str:
        return f"{self.name.rpartition('/')[2]}-{self.version}"


DSFR = Package(
    name="@gouvfr/dsfr",
    version="1.15.3",
    licence="etalab-2.0",
    sha512="R9AALZc1LfZjtytWZMOaUIOHWTkllBZ/sZlsL8TpKZVgF3qUKXt/uNYh+L1D1Fh4p92ZqWxbtNcebsigBZe5pQ==",
)
HTMX = Package(
    name="htmx.org",
    version="2.0.11",
    licence="0BSD",
    sha512="Thx/WtpeOQqSrqBCw/A1cwGJGg4UrVa3+sW0GmrM3p4gJgO89ecH4qtbnyzDDWFvBTqjnIMCgELTNt636dtamA==",
)

# Order matters: the sheets of the DSFR are meant to be loaded core first.
SHEETS = {
    "public": [
        *["core", "link", "button", "skiplink", "header", "footer", "stepper"],
        *["form", "input", "select", "radio", "checkbox", "alert"],
    ],
    "backoffice": ["core", "button", "link", "input", "select", "checkbox", "form", "skiplink"],
}

FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}")
STATE_FONT = re.compile(r"font-family:\s*(?:Marianne|Spectral)[^;}!]*")
CHARSET = re.compile(r'@charset "[^"]*";')
RELATIVE_URL = re.compile(r"""url\((?!["']?(?:data:|#))["']?([^"')]+)["']?\)""")


def fetch(package: Package) -> dict[str, bytes]:
    """The files of the package's archive, by path inside it, once its sha512 is the expected one."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["npm", "pack", f"{package.name}@{package.version}", "--silent", "--pack-destination", folder],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        (archive,) = Path(folder).glob("*.tgz")
        content = archive.read_bytes()
    found = base64.b64encode(hashlib.sha512(content).digest()).decode()
    if found != package.sha512:
        raise SystemExit(f"{package.name}@{package.version}: sha512 is {found}, expected {package.sha512}")
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        return {
            member.name.removeprefix("package/"): tar.extractfile(member).read()
            for member in tar.getmembers()
            if member.isfile()
        }


def sheet_path(component: str) -> PurePosixPath:
    folder = "dist/core" if component == "core" else f"dist/component/{component}"
    return PurePosixPath(folder) / f"{component}.main.min.css"


def resolve(base: PurePosixPath, link: str) -> str:
    """`../../icons/x.svg` seen from `dist/component/a` is `dist/icons/x.svg`."""
    parts = list(base.parts)
    for part in PurePosixPath(link).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def join_sheets(package: dict[str, bytes], components: list[str]) -> tuple[str, set[str]]:
    """One sheet out of many, and the icons (paths in the package) that it needs."""
    icons: set[str] = set()
    texts = []
    for component in components:
        path = sheet_path(component)

        def rewrite(match: re.Match[str], base: PurePosixPath = path.parent) -> str:
            target = resolve(base, match[1])
            icons.add(target)
            return f'url("{target.removeprefix("dist/")}")'

        text = STATE_FONT.sub("font-family:inherit", FONT_FACE.sub("", package[str(path)].decode()))
        texts.append(RELATIVE_URL.sub(rewrite, CHARSET.sub("", text)))
    return '@charset "UTF-8";' + "\n".join(texts) + "\n", icons


def dsfr_files() -> dict[str, bytes]:
    package = fetch(DSFR)
    files = {"LICENSE.md": package["LICENSE.md"]}
    for side, components in SHEETS.items():
        sheet, icons = join_sheets(package, components)
        files[f"dsfr-{side}.css"] = sheet.encode()
        files |= {icon.removeprefix("dist/"): package[icon] for icon in icons}
    return files


def htmx_files() -> dict[str, bytes]:
    package = fetch(HTMX)
    return {"LICENSE": package["LICENSE"], "htmx.min.js": package["dist/htmx.min.js"]}


def record(package: Package, files: dict[str, bytes]) -> dict[str, object]:
    """Write the files in the package's own folder and say what was written."""
    for path, content in files.items():
        target = HERE / package.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return {
        "name": package.name,
        "version": package.version,
        "licence": package.licence,
        "archive_sha512": package.sha512,
        "files": {f"{package.folder}/{path}": hashlib.sha256(files[path]).hexdigest() for path in sorted(files)},
    }


def main() -> None:
    packages = [record(DSFR, dsfr_files()), record(HTMX, htmx_files())]
    manifest = {"packages": packages, "dsfr_sheets": SHEETS}
    (HERE / "MANIFEST.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
