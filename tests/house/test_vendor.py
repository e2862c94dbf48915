"""What is served under /static/: third-party files as recorded, our own sheets within their budget."""

import hashlib
import json
import re
import runpy
from pathlib import Path

import brotli
import pytest
from django.core.management import call_command

STATIC = Path(__file__).resolve().parents[2] / "static"
VENDOR = STATIC / "vendor"
MANIFEST = json.loads((VENDOR / "MANIFEST.json").read_text(encoding="utf-8"))
RECORDED = {path: digest for package in MANIFEST["packages"] for path, digest in package["files"].items()}
OURS = {"MANIFEST.json", "fetch_vendor.py"}
PUBLIC_SHEETS = ["vendor/dsfr-1.15.3/dsfr-public.css", "css/public.css"]
PUBLIC_BUDGET_BYTES = 45_000
URL = re.compile(r"""url\(["']?(?!data:|#)([^"')]+)["']?\)""")


def sheets() -> list[Path]:
    return sorted(STATIC.rglob("*.css"))


@pytest.mark.parametrize("path", sorted(RECORDED))
def test_a_vendored_file_is_the_recorded_one(path: str) -> None:
    assert hashlib.sha256((VENDOR / path).read_bytes()).hexdigest() == RECORDED[path]


def test_nothing_is_vendored_without_a_record() -> None:
    found = {str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    assert found - set(RECORDED) == OURS


@pytest.mark.parametrize("package", MANIFEST["packages"], ids=lambda package: package["name"])
def test_a_package_comes_with_its_licence_and_its_version(package: dict) -> None:
    names = {Path(path).name for path in package["files"]}
    assert names & {"LICENSE", "LICENSE.md"}
    assert all(package["version"] in Path(path).parts[0] for path in package["files"])


def test_the_script_names_no_registry() -> None:
    assert "://" not in (VENDOR / "fetch_vendor.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("sheet", sheets(), ids=lambda sheet: sheet.name)
def test_a_sheet_serves_no_typeface_and_names_none_of_the_state(sheet: Path) -> None:
    text = sheet.read_text(encoding="utf-8")
    assert "@font-face" not in text
    assert "Marianne" not in text
    assert "Spectral" not in text


@pytest.mark.parametrize("sheet", sheets(), ids=lambda sheet: sheet.name)
def test_what_a_sheet_points_to_exists(sheet: Path) -> None:
    missing = [link for link in URL.findall(sheet.read_text(encoding="utf-8")) if not (sheet.parent / link).is_file()]
    assert missing == []


def test_names_with_hashes_can_be_made(tmp_path: Path, settings) -> None:
    """Production serves hashed names: every reference must be found when they are made."""
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    names = json.loads((tmp_path / "staticfiles.json").read_text(encoding="utf-8"))["paths"]
    hashed = (tmp_path / names["vendor/dsfr-1.15.3/dsfr-public.css"]).read_text(encoding="utf-8")
    assert re.search(r"icons/system/fr--error-fill\.[0-9a-f]{12}\.svg", hashed)


def test_the_public_styles_are_light() -> None:
    sizes = {path: len(brotli.compress((STATIC / path).read_bytes())) for path in PUBLIC_SHEETS}
    assert sum(sizes.values()) <= PUBLIC_BUDGET_BYTES, sizes


def test_the_grid_is_what_its_generator_writes() -> None:
    made = runpy.run_path(str(STATIC / "css" / "make_grid.py"))["sheet"]()
    assert (STATIC / "css" / "grid.css").read_text(encoding="utf-8") == made


@pytest.mark.parametrize("script", sorted((STATIC / "js").glob("*.js")), ids=lambda script: script.name)
def test_our_scripts_run_under_the_content_policy(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert not re.search(r"\beval\(|new Function|innerHTML|\.style\b|setAttribute\(.style|document\.write", text)
