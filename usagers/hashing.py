"""Keyed hashes of what people type. Room: foundations of the app; called by usagers/services only.

Keyed, never plain: there are so few phone numbers that a plain hash of each fits on a disk. Each use has its own name
inside the hash, so that a value of one table says nothing about another.
"""

import hashlib
import hmac
import ipaddress

from django.conf import settings

_IPV6_HOME = 64  # bits: one home or one phone holds a whole /64


def keyed_hash(use: str, *parts: str) -> str:
    """64 hexadecimal characters. The parts are told apart: ("ab", "c") and ("a", "bc") differ."""
    message = "\x1f".join([use, *parts]).encode("utf-8", "surrogatepass")
    return hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).hexdigest()


def network_of(address: str) -> str:
    """What is counted as one place: an IPv4 address, or the /64 an IPv6 address lives in. Unreadable text as it is."""
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(read, ipaddress.IPv6Address):
        if read.ipv4_mapped:
            return str(read.ipv4_mapped)
        return str(ipaddress.IPv6Network((read, _IPV6_HOME), strict=False))
    return str(read)
