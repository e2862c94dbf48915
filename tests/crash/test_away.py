"""The database restarts and the broker is down while people book: no 500, nothing lost, nothing twice.

Servers of its own, because they are stopped: `gunicorn` runs as in production, on a loopback port.
"""

import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from rdv.config.embedded import Servers

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
SETTINGS = {"DJANGO_SETTINGS_MODULE": "rdv.config.settings.dev", "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    with Servers(tmp_path_factory.mktemp("crash"), durable=True) as running:
        yield running


@pytest.fixture(scope="module")
def env(servers):
    found = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")}
    found |= SETTINGS | servers.environment
    for command in (["migrate", "-v0"], ["load_communes", "--if-empty"], ["seed_demo", "--scale", "small"]):
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=found, check=True, capture_output=True)
    return found


@pytest.fixture(scope="module")
def address(env, tmp_path_factory):
    command = [sys.executable, "-m", "gunicorn", "rdv.config.wsgi", "--bind", "127.0.0.1:0", "--threads", "4"]
    log = tmp_path_factory.mktemp("web") / "web.log"
    with log.open("w") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stderr=out)
    try:
        yield _listening_at(log)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _listening_at(log, tries=120):
    for _ in range(tries):
        if found := re.search(r"Listening at: (http://127\.0\.0\.1:\d+)", log.read_text()):
            return found.group(1)
        time.sleep(0.25)
    pytest.fail(log.read_text())


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


def until(url, status, tries=60):
    for _ in range(tries):
        found, body = get(url)
        if found == status:
            return body
        time.sleep(0.25)
    pytest.fail(f"{url} answered {found}")


def test_a_database_away_is_a_503_in_words_and_its_return_is_unnoticed(servers, address):
    assert get(f"{address}/pas-de-calais/")[0] == 200
    servers.postgres.stop()
    status, page = get(f"{address}/pas-de-calais/")
    assert status == 503
    assert "Nous revenons dans un instant" in page
    assert get(f"{address}/healthz")[0] == 200
    assert get(f"{address}/readyz")[0] == 503
    servers.postgres.start()
    assert "Prendre rendez-vous" in until(f"{address}/pas-de-calais/", 200)


def test_a_restart_between_two_pages_is_not_seen_at_all(servers, address):
    assert get(f"{address}/pas-de-calais/")[0] == 200  # the process now has an open connection
    servers.postgres.restart()
    assert get(f"{address}/pas-de-calais/")[0] == 200


BOOK = """
import django; django.setup()
from agents.models import Site
from rdv.core import clock
from rdv.core.journal import Author
from rdv.models import Motif, MotifSite, Origin, Rdv
from rdv.services import availability as av
from rdv.services.booking import Booking, book_option
from rdv.services.holding import hold_creneau
from rdv.services.questions import EVERYBODY
from notifications.models import Message
from usagers.models import Usager
now = clock.now()
author = Author("usager", None, "Usager")
for switch in MotifSite.objects.filter(
    motif__who_books="everyone", motif__is_collective=False, motif__modality="public_office", departement="62"
).select_related("motif__departement", "site"):
    shown = av.public_creneaux(switch.motif, site=switch.site, window=av.usager_window(switch.motif, now), now=now)
    if shown:
        break
option = hold_creneau(motif=switch.motif, site=switch.site, starts_at=shown[-1], agents=EVERYBODY, author=author,
                      opened_at=now, now=now)
usager = Usager.objects.filter(departement="62").exclude(phone="").exclude(participations__starts_at__gt=now).first()
rdv = book_option(token=option.token, booking=Booking(usager=usager, origin=Origin.WEB), author=author, now=now)
print("booked", Message.objects.about("participation", rdv.participations.get().uuid).count())
"""


def test_a_broker_down_turns_no_booking_into_an_error_and_its_messages_wait(servers, env):
    servers.valkey.stop()
    try:
        run = subprocess.run(
            [sys.executable, "-c", BOOK], cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=120
        )
    finally:
        servers.valkey.start()
    assert re.search(r"booked [1-9]", run.stdout), run.stderr[-2000:]
