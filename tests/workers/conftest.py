"""A broker of one's own, and real Celery worker processes on the test database: things to kill and to restart."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection
from kombu import Connection

from rdv.config import celery as celery_app
from rdv.config.engines import Valkey
from tests.notifications.conftest import letter, mail, now, posted, twilio
from tests.notifications.twilio_server import ACCOUNT, TOKEN, wait_until

__all__ = ["celery_app", "letter", "mail", "now", "posted", "twilio"]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def broker(tmp_path):
    server = Valkey(tmp_path, password="motdepasse", durable=True, port=None)
    server.start()
    yield server
    server.stop()


def database_url():
    """The database of this test, for another process."""
    values = connection.settings_dict
    account = f"{values['USER']}:{quote(values['PASSWORD'])}"
    return f"postgres://{account}@{values['HOST']}:{values['PORT']}/{values['NAME']}"


@pytest.fixture
def environment(broker, settings, transactional_db):
    """What a process of the platform reads, with the providers that this test asked for."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    return lambda: (
        kept
        | {
            "DJANGO_SETTINGS_MODULE": "rdv.config.settings.test",
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": database_url(),
            "REDIS_URL": broker.url,
            "BASE_URL": settings.BASE_URL,
            "EXPORT_DIR": settings.EXPORT_DIR,
            "SMS_CHANNEL": settings.SMS_CHANNEL,
            "TWILIO_API_BASE": settings.TWILIO_API_BASE,
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "EMAIL_CHANNEL": settings.EMAIL_CHANNEL,
            "EMAIL_BACKEND": settings.EMAIL_BACKEND,
            "EMAIL_HOST": settings.EMAIL_HOST,
            "EMAIL_PORT": str(settings.EMAIL_PORT),
        }
    )


class Worker:
    """A Celery worker in its own session, so that kill -9 takes its children too."""

    def __init__(self, environment, log, concurrency, queues):
        command = [
            *(sys.executable, "-m", "celery", "-A", "rdv.config.celery", "worker", "-Q", queues),
            *("--concurrency", str(concurrency), "--loglevel", "INFO", "--without-gossip", "--without-mingle"),
        ]
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
            )
        wait_until(lambda: " ready." in self.said, what=f"a ready worker: {self.said}")

    @property
    def said(self):
        return self._log.read_text(errors="replace")

    def kill(self):
        """-9, the worker and its children."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


@pytest.fixture
def start_worker(environment, tmp_path):
    started = []

    def start(concurrency=1, queues="codes,messages"):
        worker = Worker(environment(), tmp_path / f"worker-{len(started)}.log", concurrency, queues)
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.kill()


@pytest.fixture
def queue(broker):
    """Queue a task on the test's own broker."""

    def send(task, *args):
        with Connection(broker.url) as line:
            task.apply_async(args=args, connection=line, retry=False)

    return send
