"""`make demo`: the whole platform on one machine, from an empty directory to an address to open, and back to nothing.

Room: the roof. Called by the Makefile (`python -m rdv.config.demo [run|reset|codes]`) and by the test of the demo.

    DEMO_DIR (.demo)/
      servers/                the embedded servers (rdv.config.embedded)
      secret_key              made once
      accounts.json           what seed_demo wrote: role, name, email, password, totp_secret
      seeded                  present once the data are loaded
      demo.json               address, port, accounts: for whoever drives the demo by program
      logs/, run/             one log and one pid file per process
"""

import argparse
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rdv.config import processes
from rdv.config.children import Child, readiness_problem, worker_answers
from rdv.config.embedded import DirectoryBusyError, Servers
from rdv.config.ground import GroundRefusedError
from rdv.config.processes import LOOPBACK, ProcessFailedError

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_PORT = 8000
READY_SECONDS = 120.0
WATCH_SECONDS = 0.5
QUEUES = "codes,messages,planning,exports,celery"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo, forget its data, or print the codes of the second factor that count right now."""
    parser = argparse.ArgumentParser(prog="python -m rdv.config.demo", description=main.__doc__)
    parser.add_argument("action", nargs="?", choices=["run", "reset", "codes"], default="run")
    action: str = parser.parse_args(arguments).action
    directory = Path(os.environ.get("DEMO_DIR") or ".demo").resolve()
    try:
        return {"run": run, "reset": reset, "codes": codes}[action](directory)
    except (DirectoryBusyError, GroundRefusedError, ProcessFailedError) as problem:
        say(f"\n{problem}")
        return 1


def run(directory: Path) -> int:
    """Start everything, stay until Ctrl-C or SIGTERM, stop everything. 1 when a process died by itself."""
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    (directory / "logs").mkdir(parents=True, exist_ok=True)
    (directory / "run").mkdir(exist_ok=True)
    say("Démarrage de PostgreSQL et de Valkey…")
    with Servers(directory / "servers") as servers:
        for child in _children(directory, 0, {}):
            child.clear_leftover()  # before the port is looked at: a killed demo may still hold it
        port = _choose_port()
        environment = _environment(directory, servers, port)
        _prepare_data(directory, environment)
        children = _children(directory, port, environment)
        try:
            return _serve(directory, servers, children, port, stopping)
        finally:
            say("\nArrêt de la démo…")
            for child in reversed(children):
                child.stop()
            say("Tout est arrêté. Les données restent : « make demo » les retrouve, « make demo-reset » les oublie.")


def reset(directory: Path) -> int:
    """Forget the data; refuses while the demo runs."""
    if (directory / "servers").exists():
        Servers(directory / "servers").forget()
    shutil.rmtree(directory, ignore_errors=True)
    say("Les données de la démo sont effacées.")
    return 0


def codes(directory: Path) -> int:
    """The six digits that an authenticator would show now for each account of the demo."""
    from rdv.config.totp import code_at  # Django is needed only here

    for account in _accounts(directory):
        if account.get("totp_secret"):
            say(f"{code_at(account['totp_secret'])}  {account['email']}  ({account['role']})")
    return 0


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
