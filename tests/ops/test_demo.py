"""`make demo` as a person lives it: start, look, stop, start again on one's data, and what is said when a part dies."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import psycopg
import pytest

from rdv.config import processes
from rdv.config.embedded import Servers

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
        self.server_pids = [
            processes.first_number(path) for path in directory.rglob("*.pid") if path.parent.name != "run"
        ]

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
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_start_look_stop_and_start_again(directory):
    demo = RunningDemo(directory, processes.free_port())
    assert f"READY {demo.card['url']}" in demo.said
    for address in (demo.card["url"], demo.card["mailbox"]):
        with urllib.request.urlopen(address) as page:
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

    again = RunningDemo(directory, demo.card["port"])
    assert again.card == demo.card
    os.kill(again.pids["worker"], signal.SIGKILL)
    assert again.wait() == 1
    assert "worker s’est arrêté" in again.said
    assert again.is_everything_gone()
    assert {table: rows_of(directory, table) for table in tables} == kept


def test_a_port_that_is_taken_is_said_and_another_one_used(directory):
    first = RunningDemo(directory, processes.free_port())
    second_directory = directory.with_name("second")
    second = RunningDemo(second_directory, first.card["port"])
    try:
        assert f"Le port {first.card['port']} est déjà pris" in second.said
        assert second.card["port"] != first.card["port"]
    finally:
        assert [first.end_by(signal.SIGINT), second.end_by(signal.SIGINT)] == [0, 0]
        subprocess.run(
            [sys.executable, "-m", "rdv.config.demo", "reset"],
            env=os.environ | {"DEMO_DIR": str(second_directory)},
            check=True,
        )
