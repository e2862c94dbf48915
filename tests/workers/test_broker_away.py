"""A request never waits for the broker: one try to open the connection, then the sweep has the message.

Counted, not timed: a port that hangs up on everybody counts who knocks. Left to itself Kombu knocks for 6 seconds.
"""

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SEND = """
import django; django.setup()
import rdv.config.celery
from django.conf import settings
from notifications.tasks import deliver
from rdv.core import commit
if {left_to_itself}:
    for name in ("max_retries", "interval_start", "interval_step", "interval_max"):
        del rdv.config.celery.app.conf.broker_transport_options[name]
commit._send(deliver, (1,))
print("the request goes on")
"""


@pytest.fixture
def port():
    """Hangs up on everybody. `knocks` says how many came."""
    knocks = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            while True:
                try:
                    visitor, address = server.accept()
                except OSError:
                    return
                knocks.append(address)
                visitor.close()

        thread = threading.Thread(target=answer)
        thread.start()
        yield server.getsockname()[1], knocks
        server.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=10)


def knocks_of_one_message(port, *, left_to_itself):
    number, knocks = port
    given = os.environ | {
        "DJANGO_SETTINGS_MODULE": "rdv.config.settings.dev",
        "DATABASE_URL": "postgres://nobody:nothing@127.0.0.1:1/none",
        "REDIS_URL": f"redis://127.0.0.1:{number}/0",
        "PYTHONPATH": str(ROOT),
    }
    script = SEND.format(left_to_itself=left_to_itself)
    done = subprocess.run(
        [sys.executable, "-c", script], env=given, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "the request goes on" in done.stdout
    assert "task_not_queued" in done.stdout + done.stderr
    return len(knocks)


@pytest.mark.slow
def test_one_message_knocks_once(port):
    assert knocks_of_one_message(port, left_to_itself=False) == 1


@pytest.mark.slow
def test_control_left_to_itself_it_knocks_again_and_again(port):
    assert knocks_of_one_message(port, left_to_itself=True) > 1
