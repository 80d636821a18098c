"""Bodies of requests: read up to a size and a time, and unpacked up to the same size."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from citycard.portals.gate.problems import GateProblem

LARGEST_BODY = 256 * 1024
"""In bytes, as it comes and unpacked: 500 taps with rides take half of it."""

SLOWEST_S = 15.0
"""A reader that sends its body more slowly is hung up on."""

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


async def read_body(receive: Receive, length: bytes, encoding: bytes) -> bytes:
    """Return the body of a request, unpacked.

    :param length: what the request says of its size, if it does
    :raises GateProblem: too large, packed or unpacked (413), too slow (408), broken off or badly
        packed (400), or packed in a way that the gate does not read (415)
    """
    unpack = _unpacking(encoding)
    if length.isdigit() and int(length) > LARGEST_BODY:
        raise _too_large()
    try:
        async with asyncio.timeout(SLOWEST_S):
            body = await _whole(receive)
    except TimeoutError:
        detail = f"The body did not come within {SLOWEST_S:.0f} seconds; send it again."
        raise GateProblem(408, "too_slow", detail) from None
    return body if unpack is None else unpack(body)


async def _whole(receive: Receive) -> bytes:
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise GateProblem(400, "hung_up", "The reader hung up before the end of its request.")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > LARGEST_BODY:
            raise _too_large()
        more = bool(message.get("more_body"))
    return b"".join(parts)


def _unpacking(encoding: bytes) -> Callable[[bytes], bytes] | None:
    if not encoding:
        return None
    named = encoding.strip().lower()
    if named not in _UNPACK:
        detail = "Send the body plain, or with Content-Encoding gzip or deflate."
        raise GateProblem(415, "unknown_encoding", detail)
    return _UNPACK[named]


def _gunzip(body: bytes) -> bytes:
    return _unpacked(body, 31)


def _inflate(body: bytes) -> bytes:
    """Unpack ``deflate``: with zlib's header as the standard says, or bare as some send it."""
    bare = len(body) < 2 or body[0] & 0x0F != 8 or (body[0] << 8 | body[1]) % 31
    return _unpacked(body, -15 if bare else 15)


def _unpacked(body: bytes, form: int) -> bytes:
    """Unpack up to the largest size, so that a bomb costs no more than an honest body."""
    unpacking = zlib.decompressobj(form)
    try:
        plain = unpacking.decompress(body, LARGEST_BODY + 1)
    except zlib.error:
        raise _badly_packed() from None
    if len(plain) > LARGEST_BODY:
        raise _too_large()
    if not unpacking.eof or unpacking.unused_data:
        raise _badly_packed()
    return plain


_UNPACK: dict[bytes, Callable[[bytes], bytes] | None] = {
    b"identity": None,
    b"gzip": _gunzip,
    b"x-gzip": _gunzip,
    b"deflate": _inflate,
}


def _badly_packed() -> GateProblem:
    return GateProblem(400, "badly_packed", "The packed body is broken; send it again, or plain.")


def _too_large() -> GateProblem:
    detail = f"A request has at most {LARGEST_BODY} bytes; send the taps in several."
    return GateProblem(413, "too_large", detail)
