"""PostgreSQL and Valkey out of the wheels, in a directory of their own: the engines of the demo and of the tests.

Room: the roof. Called by rdv.config.demo, the test settings, the tests that kill servers, and the Makefile
(`python -m rdv.config.embedded run -- COMMAND`). Production never comes here: it points DATABASE_URL and REDIS_URL
at servers of its own.

    directory/
      lock            held while somebody uses the directory; freed by the system even after kill -9
      secret          password of both servers (any account of the machine can reach a loopback port)
      postgres/       data (in a refuge when root's directory is closed to the account that runs PostgreSQL)
      valkey/         data and configuration
      *.log
"""

import argparse
import atexit
import contextlib
import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from rdv.config.engines import Postgres, Valkey
from rdv.config.ground import forget_refuge


class DirectoryBusyError(RuntimeError):
    """Another live process already runs servers in this directory."""


class Servers:
    """Both servers of a directory. `postgres` and `valkey` can also be stopped, killed and restarted alone.

    durable: what a commit wrote survives a power cut. Off for tests only: nobody keeps their data.
    A port that is not given is chosen free at the first start and kept over restarts of this object.
    """

    def __init__(
        self, directory: Path, *, durable: bool = True, postgres_port: int | None = None, redis_port: int | None = None
    ) -> None:
        self.directory = directory.resolve()
        self.directory.mkdir(parents=True, exist_ok=True)
        password = kept_secret(self.directory / "secret")
        self.postgres = Postgres(self.directory, password=password, durable=durable, port=postgres_port)
        self.valkey = Valkey(self.directory, password=password, durable=durable, port=redis_port)
        self._lock: IO[str] | None = None

    @property
    def database_url(self) -> str:
        return self.postgres.url

    @property
    def redis_url(self) -> str:
        return self.valkey.url

    @property
    def environment(self) -> dict[str, str]:
        """What the settings read."""
        return {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url}

    def claim(self) -> None:
        """Hold the directory against everybody else. Raises DirectoryBusyError when somebody holds it."""
        if self._lock is None:
            self._lock = _take_lock(self.directory / "lock")

    def start(self) -> None:
        self.claim()
        try:
            self.postgres.start()
            self.valkey.start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """The broker first: PostgreSQL is what must have the last word."""
        self.valkey.stop()
        self.postgres.stop()
        self._release()

    def forget(self) -> None:
        """Stop, and remove the directory with all its data (also what a killed process left running in it)."""
        self.claim()
        for server in (self.valkey, self.postgres):
            server.stop()
            server.clear_leftover()
        forget_refuge(self.directory)
        shutil.rmtree(self.directory, onerror=_unless_gone)
        self._release()

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _unless_gone(_remove: object, _path: str, problem: tuple[type[BaseException], BaseException, object]) -> None:
    """A process that ends takes its own files away meanwhile: that is no error."""
    if not isinstance(problem[1], FileNotFoundError):
        raise problem[1]


def servers_for_tests() -> Servers | None:
    """Servers of this test process, thrown away at its end; their addresses are put in the environment.

    Called where the test settings are read, before Django looks at DATABASE_URL. None when the variable is already
    there: in the workers of a parallel run (they inherit it, and share the servers), or with servers of your own.
    """
    if "DATABASE_URL" in os.environ and "REDIS_URL" in os.environ:
        return None
    servers = _claimed_for_tests()
    servers.start()
    os.environ.update(servers.environment)
    owner = os.getpid()
    atexit.register(lambda: servers.forget() if os.getpid() == owner else None)  # a forked child leaves them alone
    return servers


def redis_url_for_worker(url: str, worker: str) -> str:
    """The Redis database of one worker of a parallel test run: 'gw3' has number 4, a run without workers 0."""
    number = int(worker.removeprefix("gw")) + 1 if worker.startswith("gw") else 0
    return f"{url.rpartition('/')[0]}/{number}"


def _claimed_for_tests() -> Servers:
    """Servers in a new directory, after clearing those of test runs that were killed before they could do it."""
    home = Path(tempfile.gettempdir()) / f"rdv-mds-tests-{os.geteuid()}"
    home.mkdir(mode=0o711, exist_ok=True)
    if home.stat().st_uid != os.geteuid():
        raise DirectoryBusyError(f"{home} was made by another account: remove it, or set TMPDIR.")
    with _take_lock(home / "lock", is_patient=True):
        for left in home.glob("run-*"):
            with contextlib.suppress(DirectoryBusyError):  # a test run going on beside us
                Servers(left).forget()
        servers = Servers(Path(tempfile.mkdtemp(prefix="run-", dir=home)), durable=False)
        servers.claim()
    return servers


def _take_lock(path: Path, *, is_patient: bool = False) -> IO[str]:
    lock = path.open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX if is_patient else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise DirectoryBusyError(f"Another process already runs the servers of {path.parent}: stop it first.") from None
    return lock


def kept_secret(path: Path) -> str:
    """Made once per directory: letters and digits only, as it goes into addresses and configuration files."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(24))
    return path.read_text()


def main(arguments: Sequence[str] | None = None) -> int:
    """`run -- COMMAND`: the command with throw-away servers in its environment; ends with its exit status."""
    parser = argparse.ArgumentParser(prog="python -m rdv.config.embedded", description=main.__doc__)
    parser.add_argument("action", choices=["run"])
    parser.add_argument("command", nargs="+")
    command: list[str] = parser.parse_args(arguments).command
    signal.signal(signal.SIGTERM, _leave)
    servers = _claimed_for_tests()
    try:
        servers.start()
        return subprocess.run(command, env=os.environ | servers.environment, check=False).returncode  # noqa: S603  # the caller's own command line
    finally:
        servers.forget()


def _leave(number: int, frame: object) -> None:
    """SIGTERM as an exception, so that `finally` stops the servers."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
