"""The house keeps its shape: who points at whom, what the database guards, what a file may be."""

import ast
import subprocess
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection, models

ROOT = Path(__file__).parents[2]
APPS = ["notifications", "agents", "usagers", "rdv"]  # from the foundations to the roof
SOURCES = [path for app in APPS for path in sorted((ROOT / app).rglob("*.py")) if "migrations" not in path.parts]
ours = [model for app in APPS for model in apps.get_app_config(app).get_models()]


def foreign_keys():
    return [
        (model, field) for model in ours for field in model._meta.get_fields() if isinstance(field, models.ForeignKey)
    ]


@pytest.mark.parametrize(("model", "field"), foreign_keys(), ids=lambda part: getattr(part, "__name__", str(part)))
def test_foreign_keys_go_down_only(model, field):
    target = field.related_model._meta.app_label
    if target in APPS:
        assert APPS.index(target) <= APPS.index(model._meta.app_label)


def tenant_references():
    """Foreign keys between two rows that both belong to a département."""
    for model, field in foreign_keys():
        names = {f.name for f in model._meta.get_fields()}
        target = field.related_model
        target_names = {f.name for f in target._meta.get_fields()}
        if field.name != "departement" and "departement" in names and "departement" in target_names:
            yield model, field


@pytest.mark.django_db
def test_no_reference_can_link_two_departements():
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname FROM pg_constraint WHERE contype = 'f'")
        kept = {name for (name,) in cursor.fetchall()}
    missing = [
        f"{model._meta.db_table}.{field.column}"
        for model, field in tenant_references()
        if f"{model._meta.db_table}_{field.column}_same_departement" not in kept
    ]
    assert not missing


def test_every_tenant_reference_leaves_its_key_to_the_composite_one():
    doubled = [f"{m.__name__}.{f.name}" for m, f in tenant_references() if f.db_constraint]
    assert not doubled


def test_the_settings_package_is_reached_through_an_empty_door():
    assert (ROOT / "rdv" / "__init__.py").read_text() == ""


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_say_what_they_are_and_stay_small(path):
    text = path.read_text()
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), "a module says which room it is"
    assert len(text.splitlines()) <= 500


def test_views_reach_rows_through_doors_only():
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SOURCES
        if "views" in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in ("objects", "_default_manager")
    ]
    assert not found


def test_nothing_committed_names_a_registry_or_a_place_of_a_machine():
    words = ["pypi" + ".org", "python" + "hosted", "npm" + "js.", "deb.debian" + ".org", "/ro" + "ot/", "/wo" + "rk/"]
    pattern = "|".join(word.replace(".", r"\.") for word in words)
    found = subprocess.run(
        ["git", "grep", "-nIE", pattern, "--", ".", ":!static/vendor"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout == ""


@pytest.mark.django_db
def test_the_journal_only_grows():
    from django.db import DatabaseError, transaction

    from rdv.core import journal
    from tests.factories import NOW

    line = journal.write("test.done", subject=("test", 1), departement_code="62", author=journal.SYSTEM, now=NOW)
    for attack in (lambda: type(line).objects.update(kind="x"), line.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            attack()


def test_templates_are_all_used():
    texts = [p.read_text() for p in SOURCES] + [p.read_text() for p in (ROOT / "templates").rglob("*") if p.is_file()]
    together = "\n".join(texts)
    known = {"400.html", "403.html", "403_csrf.html", "404.html", "429.html", "500.html", "django/forms/field.html"}
    names = {str(p.relative_to(ROOT / "templates")) for p in (ROOT / "templates").rglob("*") if p.is_file()}
    assert not {name for name in names - known if name not in together}
