"""Whose address counts behind a proxy: the one that our own proxy saw, never the one that a person sends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdv.config.proxy import BehindProxies


def address_seen(hops: int, forwarded: str | None) -> str:
    environ = {"REMOTE_ADDR": "10.0.0.9"} | ({} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded})
    seen = []
    BehindProxies(lambda environ, _: seen.append(environ["REMOTE_ADDR"]) or [], hops=hops)(environ, None)
    return seen[0]


@pytest.mark.parametrize(
    ("hops", "forwarded", "expected"),
    [
        (0, None, "10.0.0.9"),
        (0, "198.51.100.7", "10.0.0.9"),  # no proxy: anybody can write this header
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "203.0.113.1, 198.51.100.7", "198.51.100.7"),  # the left part is what the person sent
        (2, "203.0.113.1, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        (2, "198.51.100.7", "10.0.0.9"),  # came past the outer proxy
        (1, None, "10.0.0.9"),
        (1, "", "10.0.0.9"),
        (1, "2001:db8::7", "2001:db8::7"),
    ],
)
def test_address(hops, forwarded, expected):
    assert address_seen(hops, forwarded) == expected


@given(forged=st.text(alphabet="0123456789., :abf", max_size=60), hops=st.integers(1, 3))
def test_what_a_person_sends_never_changes_whose_address_counts(forged, hops):
    written_by_ours = ["198.51.100.7", "10.0.0.2", "10.0.0.3"][:hops]
    honest = ", ".join(written_by_ours)
    assert address_seen(hops, f"{forged}, {honest}") == address_seen(hops, honest) == "198.51.100.7"
