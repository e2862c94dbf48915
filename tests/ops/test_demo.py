"""`make demo` as a person lives it: start, look, stop, start again on one's data, and what is said when a part dies."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from rdv.config import processes
from rdv.config.embedded import Servers
from rdv.config.ground import find_ground

pytestmark = pytest.mark.slow

HANG_SECONDS = 300  # a guard against waiting for ever, not a measure


class RunningDemo:
    """A demo in a process of its own, read until it says READY."""

    def __init__(self, directory: Path, port: int) -> None:
        environment = os.environ | {"DEMO_DIR": str(directory), "DEMO_PORT": str(port)}
        self.directory = directory
        self.process = subprocess.Popen(
            [sys.executable, "-m", "rdv.config.demo"], env=environment, stdout=subprocess.PIPE, text=True
        )
        self.said = ""
        for line in self.process.stdout:
            self.said += line
            if line.startswith("READY"):
                break
        else:
            pytest.fail(f"The demo never became ready:\n{self.said}")
        self.card = json.loads((directory / "demo.json").read_text())
        self.pids = {path.stem: int(path.read_text()) for path in (directory / "run").glob("*.pid")}
        servers = directory / "servers"
        pid_files = [find_ground(servers).data / "postmaster.pid", servers / "valkey" / "valkey.pid"]
        self.server_pids = [processes.first_number(path) for path in pid_files]
        assert all(self.server_pids)

    def end_by(self, sign: signal.Signals) -> int:
        self.process.send_signal(sign)
        return self.wait()

    def wait(self) -> int:
        rest, _ = self.process.communicate(timeout=HANG_SECONDS)
        self.said += rest
        return self.process.returncode

    def is_everything_gone(self) -> bool:
        pids = [*self.pids.values(), *self.server_pids]
        return not any(processes.command_of(pid) for pid in pids) and processes.is_port_free(self.card["port"])


@pytest.fixture
def directory(tmp_path):
    directory = tmp_path / "demo"
    yield directory
    subprocess.run(
        [sys.executable, "-m", "rdv.config.demo", "reset"], env=os.environ | {"DEMO_DIR": str(directory)}, check=True
    )
    assert not directory.exists()


def rows_of(directory: Path, table: str) -> int:
    with Servers(directory / "servers") as servers, psycopg.connect(servers.database_url) as connection:
        return connection.execute(SQL("SELECT count(*) FROM {}").format(Identifier(table))).fetchone()[0]


def test_start_look_stop_and_start_again(directory):
    demo = RunningDemo(directory, processes.free_port())
    assert f"READY {demo.card['url']}" in demo.said
    for address in (demo.card["url"], demo.card["mailbox"]):
        with urllib.request.urlopen(address) as page:  # noqa: S310  # our own loopback address
            assert "<h1" in page.read().decode()
    assert set(demo.pids) == {"web", "worker", "beat"}
    roles = {account["role"] for account in demo.card["accounts"]}
    assert len(roles) >= 4
    for account in demo.card["accounts"]:
        assert account["email"] in demo.said

    codes = subprocess.run(
        [sys.executable, "-m", "rdv.config.demo", "codes"],
        env=os.environ | {"DEMO_DIR": str(directory)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    with_second_factor = [account for account in demo.card["accounts"] if account["totp_secret"]]
    assert with_second_factor
    assert len(re.findall(r"^\d{6}  ", codes, re.MULTILINE)) == len(with_second_factor)

    assert demo.end_by(signal.SIGTERM) == 0
    assert demo.is_everything_gone()
    tables = ("agents_agent", "usagers_usager", "agents_commune")
    kept = {table: rows_of(directory, table) for table in tables}
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
    assert {table: rows_of(directory, table) for table in tables} == kept
