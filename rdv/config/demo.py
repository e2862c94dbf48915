"""`make demo`: the whole platform on one machine, from an empty directory to an address to open, and back to nothing.

Room: the roof. Called by the Makefile (`python -m rdv.config.demo [run|reset|codes]`) and by the test of the demo.

    DEMO_DIR (.demo)/
      servers/         the embedded servers (rdv.config.embedded)
      secret_key       made once
      accounts.json    what seed_demo wrote: role, name, email, password, totp_secret
      seeded           there once the data are loaded
      demo.json        address, port, accounts: for whoever drives the demo by program
      exports/         files prepared for the agents
      logs/ run/       a log and a pid file per process
"""

import argparse
import base64
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn, TypedDict

from django_otp.oath import totp

from rdv.config import processes
from rdv.config.children import Child, children, readiness_problem, worker_answers
from rdv.config.embedded import DirectoryBusyError, Servers, kept_secret
from rdv.config.engines import Server
from rdv.config.ground import GroundRefusedError
from rdv.config.processes import LOOPBACK, ProcessFailedError

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_PORT = 8000
MAILBOX_PATH = "/boite-d-envoi/"
READY_SECONDS = 120.0
WATCH_SECONDS = 0.5


class Account(TypedDict):
    """`totp_secret` in base 32, as an authenticator wants it; '' for a person without second factor."""

    role: str
    name: str
    email: str
    password: str
    totp_secret: str


class Demo:
    """What runs for one demo directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        for folder in ("logs", "run"):
            (directory / folder).mkdir(parents=True, exist_ok=True)
        self.servers = Servers(directory / "servers")
        self.children: tuple[Child, ...] = ()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def environment(self) -> Mapping[str, str]:
        """Ours in front: a DATABASE_URL of the terminal must never receive the data of a demo."""
        return os.environ | self.servers.environment | {
            "DJANGO_SETTINGS_MODULE": "rdv.config.settings.dev",
            "SECRET_KEY": kept_secret(self.directory / "secret_key"),
            "BASE_URL": self.url,
            "EXPORT_DIR": str(self.directory / "exports"),
            "PYTHONUNBUFFERED": "1",
        }  # fmt: skip

    def start(self) -> None:
        """Servers, data, processes; returns when the platform answers."""
        say("Démarrage de PostgreSQL et de Valkey…")
        self.servers.start()
        self.clear_leftovers()  # a killed demo may still hold the port
        self.port = _choose_port()
        self._prepare_data()
        say("Démarrage du site, des tâches et de l’horloge…")
        self.children = children(self.directory, self.port)
        for child in self.children:
            child.start(root=ROOT, environment=self.environment)
        self._wait_until_ready()
        self._write_card()

    def clear_leftovers(self) -> None:
        for child in children(self.directory, self.port):
            child.clear_leftover()

    def watch(self) -> NoReturn:
        """Stay until a process dies by itself (or until Ctrl-C)."""
        while True:
            self._check_alive()
            time.sleep(WATCH_SECONDS)

    def stop(self) -> None:
        """The processes that use the servers first, the clock before the workers that it wakes."""
        for child in reversed(self.children):
            child.stop()
        self.servers.stop()

    def _prepare_data(self) -> None:
        seeded = self.directory / "seeded"
        say("Mise à jour de la base de données…")
        self._manage("migrate", "--noinput")
        if seeded.exists():
            return
        say("Chargement des communes et d’un département d’exemple (la première fois seulement)…")
        self._manage("load_communes")
        self._manage("seed_demo", "--accounts-file", str(self.directory / "accounts.json"))
        seeded.touch()

    def _manage(self, *arguments: str) -> None:
        log = self.directory / "logs" / "manage.log"
        command = [sys.executable, "manage.py", *arguments]
        process = processes.spawn(command, log=log, cwd=ROOT, env=self.environment)
        try:
            process.wait()
        finally:
            processes.stop(process)
        if process.returncode != 0:
            raise ProcessFailedError(f"« manage.py {arguments[0]} » a échoué :\n{processes.last_lines(log)}")

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        problem = "…"
        while problem and time.monotonic() < deadline:
            self._check_alive()
            time.sleep(processes.POLL_SECONDS)
            problem = readiness_problem(self.url)
            if not problem and not worker_answers(self.servers.redis_url):
                problem = "no Celery worker answers"
        if problem:
            raise ProcessFailedError(f"La plateforme ne répond pas : {problem}")

    def _check_alive(self) -> None:
        """Raises ProcessFailedError with the last words of what died."""
        parts: tuple[Child | Server, ...] = (*self.children, self.servers.postgres, self.servers.valkey)
        for part in parts:
            if not part.is_running:
                raise ProcessFailedError(f"{part.name} s’est arrêté :\n{processes.last_lines(part.log)}")

    def _write_card(self) -> None:
        card = {
            "url": self.url,
            "port": self.port,
            "mailbox": self.url + MAILBOX_PATH,
            "accounts": accounts_of(self.directory),
        }
        (self.directory / "demo.json").write_text(json.dumps(card, ensure_ascii=False, indent=2) + "\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo, forget its data, or show the codes of the second factor that count right now."""
    parser = argparse.ArgumentParser(prog="python -m rdv.config.demo", description=main.__doc__)
    parser.add_argument("action", nargs="?", choices=["run", "reset", "codes"], default="run")
    action: str = parser.parse_args(arguments).action
    directory = Path(os.environ.get("DEMO_DIR") or ".demo").resolve()
    try:
        return {"run": run, "reset": reset, "codes": codes}[action](directory)
    except DirectoryBusyError:
        say(f"La démo tourne déjà dans {directory} : arrêtez-la d’abord (ou choisissez un autre DEMO_DIR).")
        return 1
    except (GroundRefusedError, ProcessFailedError) as problem:
        say(f"\n{problem}")
        return 1


def run(directory: Path) -> int:
    """Stay until Ctrl-C or SIGTERM (0), or until a process dies by itself (1)."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    demo = Demo(directory)
    demo.servers.claim()
    try:
        demo.start()
        _present(demo)
        demo.watch()
    except KeyboardInterrupt:
        return 0
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):  # once is enough: the stop below is bounded in time
            signal.signal(number, signal.SIG_IGN)
        say("\nArrêt de la démo…")
        demo.stop()
        say("Tout est arrêté. « make demo » retrouvera les données, « make demo-reset » les oublie.")


def reset(directory: Path) -> int:
    """Forget the data. Refuses while the demo runs."""
    if directory.exists():
        demo = Demo(directory)
        demo.servers.claim()
        demo.clear_leftovers()
        demo.servers.forget()
        shutil.rmtree(directory)
    say("Les données de la démo sont effacées.")
    return 0


def codes(directory: Path) -> int:
    """The six digits that an authenticator would show now, for those who try the demo without one."""
    for account in accounts_of(directory):
        if account["totp_secret"]:
            key = base64.b32decode(account["totp_secret"])
            say(f"{totp(key):06d}  {account['email']}  ({account['role']})")
    return 0


def accounts_of(directory: Path) -> list[Account]:
    path = directory / "accounts.json"
    accounts: list[Account] = json.loads(path.read_text())["accounts"] if path.exists() else []
    return accounts


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _present(demo: Demo) -> None:
    say(f"\nLa plateforme       {demo.url}")
    say(f"La boîte d’envoi    {demo.url}{MAILBOX_PATH}   (les SMS et e-mails qui seraient partis)")
    for account in accounts_of(demo.directory):
        say(f"  {account['role']:<22} {account['email']:<44} {account['password']}")
    say("Codes du second facteur : « make demo-codes » dans un autre terminal.")
    say("Ctrl-C arrête tout.\n")
    say(f"READY {demo.url}")


def _choose_port() -> int:
    wanted = int(os.environ.get("DEMO_PORT") or DEFAULT_PORT)
    if processes.is_port_free(wanted):
        return wanted
    port = processes.free_port()
    say(f"Le port {wanted} est déjà pris : la démo utilise le port {port}.")
    return port


if __name__ == "__main__":
    sys.exit(main())
