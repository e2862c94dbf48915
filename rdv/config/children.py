"""The platform's own processes in the demo: the same three as in production, found ready and stopped one by one.

Room: the roof. Called by rdv.config.demo only.
"""

import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from celery import Celery

from rdv.config import processes
from rdv.config.processes import LOOPBACK

QUEUES = "codes,messages,planning,exports"
ANSWER_SECONDS = 5.0


@dataclass
class Child:
    """A process with a log and a pid file. `command` names the pid file: that is how a leftover is known as ours."""

    name: str
    directory: Path
    module: Sequence[str]
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def log(self) -> Path:
        return self.directory / "logs" / f"{self.name}.log"

    @property
    def pid_file(self) -> Path:
        return self.directory / "run" / f"{self.name}.pid"

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self, *, root: Path, environment: Mapping[str, str]) -> None:
        self.process = processes.spawn([sys.executable, "-m", *self.module], log=self.log, cwd=root, env=environment)

    def stop(self) -> None:
        if self.process is not None:
            processes.stop(self.process)

    def clear_leftover(self) -> None:
        processes.stop_leftover(self.pid_file, str(self.pid_file))
        self.pid_file.unlink(missing_ok=True)  # both gunicorn and Celery believe a number that was given again


def children(directory: Path, port: int) -> tuple[Child, ...]:
    """In the order in which they start: web, worker, beat. They stop in the other order."""
    run = directory / "run"
    celery = ("celery", "--app", "rdv.config.celery:app")
    return (
        Child("web", directory, [
            "gunicorn", "rdv.config.wsgi:application", "--bind", f"{LOOPBACK}:{port}", "--pid", str(run / "web.pid"),
            "--worker-class", "gthread", "--workers", "2", "--threads", "4", "--graceful-timeout", "10",
            "--keep-alive", "150",  # longer than a proxy keeps its side: it never writes to one that was just closed
            "--no-control-socket",  # it would be made in the person's home, the same one for every demo
        ]),
        Child("worker", directory, [
            *celery, "worker", "--concurrency", "2", "--queues", QUEUES, "--pidfile", str(run / "worker.pid"),
            "--loglevel", "INFO", "--without-gossip", "--without-mingle",
        ]),
        Child("beat", directory, [
            *celery, "beat", "--pidfile", str(run / "beat.pid"), "--schedule", str(run / "beat-schedule"),
            "--loglevel", "INFO",
        ]),
    )  # fmt: skip


def readiness_problem(url: str) -> str:
    """'' once /readyz says that everything behind the web answers, else what it says."""
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=ANSWER_SECONDS):  # noqa: S310  # our own loopback address
            return ""
    except urllib.error.HTTPError as refusal:
        return f"/readyz {refusal.code}: {refusal.read(2000).decode(errors='replace')}"
    except OSError as silence:
        return f"/readyz: {silence}"


def worker_answers(redis_url: str) -> bool:
    with Celery("demo", broker=redis_url) as app:
        return bool(app.control.ping(timeout=1.0, limit=1))
