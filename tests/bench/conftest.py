"""What the tests of the bench share."""

import pytest
from django.db import connection


@pytest.fixture
def without_prepared_statements(db, monkeypatch):
    """This connection as behind PgBouncer."""
    connection.ensure_connection()
    monkeypatch.setattr(connection.connection, "prepare_threshold", None)
