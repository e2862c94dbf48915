"""The database of a scale: made, loaded and kept between runs, in `.bench/`. Room: bench; called by __main__.

A database that was loaded by other rows than today's (their fingerprint is its comment) is made again. A migration
that came since is only applied. The load runs without fsync; the questions run on a server with default settings.
"""

import hashlib
import io
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import django
import psycopg
from psycopg import sql

from rdv.bench.scales import BENCH_VERSION, Scale
from rdv.config.embedded import Servers

DIRECTORY = Path(__file__).resolve().parents[2] / ".bench"
LOAD_WORKERS = 2

Say = Callable[[str], None]


@contextmanager
def database_of(scale: Scale, *, say: Say) -> Iterator[None]:
    """Django set up on the loaded database of this scale, both servers running."""
    servers = Servers(DIRECTORY)
    servers.start()
    try:
        _set_up_django(servers, scale)
        if _is_loaded(servers, scale):
            _migrate()
        else:
            servers = _reload(servers, scale, say)
        yield
    finally:
        _close_connections()
        servers.stop()


def _name(scale: Scale) -> str:
    return f"rdv_bench_{scale.name}"


def fingerprint() -> str:
    """What the rows of a database are made by."""
    found = hashlib.sha256(str(BENCH_VERSION).encode())
    for name in ("institution", "rows", "scales"):
        found.update((Path(__file__).parent / f"{name}.py").read_bytes())
    return found.hexdigest()[:16]


def _address(servers: Servers, name: str) -> str:
    return f"{servers.database_url.rpartition('/')[0]}/{name}"


def _set_up_django(servers: Servers, scale: Scale) -> None:
    """The settings of the demo, on this database. Everything that imports models is imported after this."""
    os.environ |= servers.environment | {
        "DATABASE_URL": _address(servers, _name(scale)),
        "DJANGO_SETTINGS_MODULE": "rdv.config.settings.dev",
    }
    django.setup()
    logging.getLogger().setLevel(logging.WARNING)  # a line of log per booking is not what is read here


def _is_loaded(servers: Servers, scale: Scale) -> bool:
    with psycopg.connect(servers.database_url) as found:
        row = found.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [_name(scale)]
        ).fetchone()
    return row is not None and row[0] == fingerprint()


def _reload(servers: Servers, scale: Scale, say: Say) -> Servers:
    """Another server on the same directory, that does not wait for the disk; then the usual one again."""
    postgres_port, redis_port = servers.postgres.port, servers.valkey.port
    servers.stop()
    hasty = Servers(DIRECTORY, durable=False, postgres_port=postgres_port, redis_port=redis_port)
    hasty.start()
    made_by = fingerprint()  # read now: a source changed while the load runs must not vouch for it
    try:
        before = perf_counter()
        say(f"Loading {scale.name}: {len(scale.sites)} départements, {scale.agents} agents")
        _make_database(hasty, scale)
        _migrate()
        _fill(scale, say)
        _mark(hasty, scale, made_by)
        say(f"Loaded {scale.name} in {perf_counter() - before:.0f} s")
    finally:
        _close_connections()
        hasty.stop()
    os.sync()
    servers = Servers(DIRECTORY, postgres_port=postgres_port, redis_port=redis_port)
    servers.start()
    return servers


def _make_database(servers: Servers, scale: Scale) -> None:
    name = sql.Identifier(_name(scale))
    with psycopg.connect(servers.database_url, autocommit=True) as found:
        found.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(name))
        found.execute(sql.SQL("CREATE DATABASE {}").format(name))


def _mark(servers: Servers, scale: Scale, made_by: str) -> None:
    with psycopg.connect(servers.database_url, autocommit=True) as found:
        found.execute(
            sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(_name(scale)), sql.Literal(made_by))
        )


def _migrate() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def _fill(scale: Scale, say: Say) -> None:
    from django.core.management import call_command

    from rdv.bench.cleaning import mark_loaded
    from rdv.bench.loading import load, vacuum

    call_command("load_communes", stdout=io.StringIO())
    load(scale, say=say, workers=LOAD_WORKERS)
    vacuum()
    mark_loaded()


def _close_connections() -> None:
    from django.db import connections

    connections.close_all()
