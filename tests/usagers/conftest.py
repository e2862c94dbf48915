"""What the tests of people share: authors, codes read out of the post, jobs run at the same instant."""

import re

import pytest

import rdv.config.celery  # noqa: F401 - the task queue, as in the web processes
from notifications.models import Message
from rdv.core.journal import Author
from tests.factories import make_departement

AGENT = Author("agent", 7, "Isabelle Fontaine", "secretaire")
PERSON = Author("usager", None, "Usager")


@pytest.fixture
def departement(db):
    return make_departement("62")


@pytest.fixture
def elsewhere(db):
    return make_departement("59")


def code_in_post(login_code):
    """The six digits, as the person reads them in the message."""
    message = Message.objects.get(subject_type="code", subject_id=str(login_code.uuid))
    return "".join(re.search(r"(\d{3}) (\d{3})", message.body).groups())


def wrong_code(login_code):
    return f"{(int(code_in_post(login_code)) + 1) % 1_000_000:06d}"
