"""Which addresses a message may go to: public ones, and networks that the operator names.

A receiver's address comes from outside. Without this, whoever may name one could have the city's
own host call what only it can reach. The name is looked up once and the connection goes to what was
found, so that a name can't mean one host when it is checked and another when it is called.
"""

import ipaddress
import socket
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_PORTS = {"https": 443, "http": 80}


class NotAllowed(ValueError):
    """Messages don't go to this address; the text is a word for whoever looks."""


class Target(NamedTuple):
    """Where a message goes: the address to connect to, and the host it is meant for."""

    url: str
    host: str
    host_header: str


def target_of(url: str, *, networks: Sequence[Network], plain: bool) -> Target:
    """Return where a message for a URL goes.

    :param networks: private networks that receivers may stand in
    :param plain: ``http`` to these networks is allowed
    :raises NotAllowed: the address is none, can't be found, or is one that only we can reach
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
    if not host or not port:
        raise NotAllowed("not-an-address")
    found = _looked_up(host, port)
    if not all(_is_allowed(one, networks) for one in found):
        raise NotAllowed("private-address")
    named = any(found[0] in network for network in networks)
    if parts.scheme != "https" and not (plain and named):
        raise NotAllowed("not-https")
    return Target(_with_address(parts, found[0], port), host, parts.netloc.rpartition("@")[2])


def _looked_up(host: str, port: int) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotAllowed("unknown-host") from None
    return [_unmapped(ipaddress.ip_address(str(one[4][0]).partition("%")[0])) for one in found]


def _unmapped(address: Address) -> Address:
    return getattr(address, "ipv4_mapped", None) or address


def _is_allowed(address: Address, networks: Sequence[Network]) -> bool:
    if any(address in network for network in networks):
        return True
    return address.is_global and not address.is_multicast


def _with_address(parts: SplitResult, address: Address, port: int) -> str:
    shown = f"[{address}]" if address.version == 6 else str(address)
    return parts._replace(netloc=f"{shown}:{port}").geturl()
