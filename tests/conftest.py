"""Walls of the suite: embedded servers (started by the test settings), no network but loopback, warnings are errors."""

import socket
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

LOOPBACK = ("127.", "::1", "localhost")
_connect = socket.socket.connect


def _only_loopback(self, address):
    if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(LOOPBACK):
        raise RuntimeError(f"a test tried to reach {address[0]}")
    return _connect(self, address)


@pytest.fixture(autouse=True)
def _released_after_half_the_delay(monkeypatch):
    """Drawn in production: a draw of nothing, once in 900, would make an hour public at once."""
    monkeypatch.setattr("rdv.services.waitlist_hold.chance", SimpleNamespace(random=lambda: 0.5))


@pytest.fixture(autouse=True, scope="session")
def _no_network():
    socket.socket.connect = _only_loopback
    yield
    socket.socket.connect = _connect
