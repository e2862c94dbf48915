"""`make demo` as a person lives it: start, look, stop, start again on one's data, and what is said when a part dies."""

import os
import re
import signal
import socket
import urllib.request
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from rdv.config import processes
from rdv.config.embedded import Servers
from tests.ops.running import RunningDemo, ask_demo

pytestmark = pytest.mark.slow

TABLES = ("agents_agent", "usagers_usager", "agents_commune")


@pytest.fixture
def directory(tmp_path):
    directory = tmp_path / "demo"
    yield directory
    ask_demo(directory, "reset")
    assert not directory.exists()


def rows_in(directory: Path) -> dict[str, int]:
    with Servers(directory / "servers") as servers, psycopg.connect(servers.database_url) as connection:
        question = SQL("SELECT count(*) FROM {}")
        return {table: connection.execute(question.format(Identifier(table))).fetchone()[0] for table in TABLES}


def test_start_look_stop_and_start_again(directory):
    demo = RunningDemo(directory, processes.free_port())
    assert f"READY {demo.card['url']}" in demo.said
    assert set(demo.pids) == {"web", "worker", "beat"}
    see_pages(demo)
    see_accounts(demo)

    assert demo.end_by(signal.SIGTERM) == 0
    assert demo.is_everything_gone()
    kept = rows_in(directory)
    assert all(kept.values())

    with socket.create_server((processes.LOOPBACK, demo.card["port"])):
        again = RunningDemo(directory, demo.card["port"])
        assert f"Le port {demo.card['port']} est déjà pris" in again.said
        assert again.card["port"] != demo.card["port"]
        assert again.card["accounts"] == demo.card["accounts"]
        os.kill(again.pids["worker"], signal.SIGKILL)
        assert again.wait() == 1
        assert "worker s’est arrêté" in again.said
        assert again.is_everything_gone()
    assert rows_in(directory) == kept


def see_pages(demo: RunningDemo) -> None:
    for address in (demo.card["url"], demo.card["mailbox"]):
        with urllib.request.urlopen(address) as page:
            assert "<h1" in page.read().decode()


def see_accounts(demo: RunningDemo) -> None:
    """Every account is shown, and those with a second factor have a code to type."""
    accounts = demo.card["accounts"]
    assert len({account["role"] for account in accounts}) >= 4
    assert [account["email"] for account in accounts if account["email"] not in demo.said] == []
    with_second_factor = [account for account in accounts if account["totp_secret"]]
    assert with_second_factor
    codes = re.findall(r"^\d{6}  (\S+)", ask_demo(demo.directory, "codes"), re.MULTILINE)
    assert codes == [account["email"] for account in with_second_factor]
