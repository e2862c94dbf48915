"""The test suite: embedded servers (tests/conftest.py gives their addresses), fast hashing, strict templates."""

import os

from rdv.config.embedded import redis_url_for_worker, servers_for_tests

# Before the shared settings read the environment: the servers put their addresses there.
servers_for_tests()
os.environ["REDIS_URL"] = redis_url_for_worker(os.environ["REDIS_URL"], os.environ.get("PYTEST_XDIST_WORKER", ""))

from rdv.config.settings.base import *  # noqa: E402, F403 - settings inherit by star import, Django's own idiom
from rdv.config.settings.base import ROOT  # noqa: E402 - as above

DEBUG = False
SECRET_KEY = "test-only-not-secret-test-only-not-secret-test-only-0123456789"  # noqa: S105 - a test value
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "testserver"]
OUTBOX_PAGE = True
EXPORT_DIR = os.environ.get("EXPORT_DIR") or str(
    ROOT / ".test" / f"exports-{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
