"""Bodies: packed or plain, whole or broken, never larger than the limit once unpacked."""

import asyncio
import gzip
import zlib
from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest

from citycard.portals.gate import bodies
from citycard.portals.gate.bodies import LARGEST_BODY, read_body
from citycard.portals.gate.problems import GateProblem

PLAIN = b'{"epoch":1,"seq":1}' * 40
# Without the time of packing: tests are named by their values, and names must be the same
# in every program that collects them.
GZIPPED = gzip.compress(PLAIN, mtime=0)
PACKED = {
    b"": PLAIN,
    b"identity": PLAIN,
    b"gzip": GZIPPED,
    b"GZIP": GZIPPED,
    b"deflate": zlib.compress(PLAIN),
}


def read(
    *parts: bytes, encoding: bytes = b"", length: bytes = b"", hangs_up: bool = False
) -> bytes:
    coming: Iterator[MutableMapping[str, Any]] = iter(
        [
            {"type": "http.request", "body": part, "more_body": hangs_up or n < len(parts)}
            for n, part in enumerate(parts, 1)
        ]
    )

    async def receive() -> MutableMapping[str, Any]:
        return next(coming, {"type": "http.disconnect"})

    return asyncio.run(read_body(receive, length, encoding))


def refused(*parts: bytes, **how: Any) -> tuple[int, str]:
    with pytest.raises(GateProblem) as why:
        read(*parts, **how)
    assert why.value.detail.endswith(".")
    return why.value.status, why.value.code


@pytest.mark.parametrize("encoding", PACKED)
def test_a_body_comes_plain_or_packed(encoding: bytes) -> None:
    packed = PACKED[encoding]
    assert read(packed, encoding=encoding) == PLAIN
    assert read(packed[:7], packed[7:9], packed[9:], encoding=encoding) == PLAIN


def test_deflate_without_zlib_s_header_is_read_too() -> None:
    bare = zlib.compressobj(wbits=-15)
    assert read(bare.compress(PLAIN) + bare.flush(), encoding=b"deflate") == PLAIN


@pytest.mark.parametrize("encoding", [b"br", b"zstd", b"gzip, gzip", b"compress"])
def test_other_packings_are_refused(encoding: bytes) -> None:
    assert refused(PLAIN, encoding=encoding) == (415, "unknown_encoding")


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_a_bomb_is_refused_by_what_it_unpacks_to(pack: Any) -> None:
    bomb = pack(bytes(200 * LARGEST_BODY))
    assert len(bomb) < LARGEST_BODY
    encoding = b"gzip" if pack is gzip.compress else b"deflate"
    assert refused(bomb, encoding=encoding) == (413, "too_large")
    exact = pack(b" " * LARGEST_BODY)
    assert len(read(exact, encoding=encoding)) == LARGEST_BODY


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(GZIPPED[:-9], id="cut short"),
        pytest.param(GZIPPED[:-1] + b"x", id="wrong checksum"),
        pytest.param(GZIPPED + b"more", id="more after it"),
        pytest.param(PLAIN, id="not packed"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_a_badly_packed_body_is_refused(broken: bytes) -> None:
    assert refused(broken, encoding=b"gzip") == (400, "badly_packed")
    assert refused(b"\x78\x9cno", encoding=b"deflate") == (400, "badly_packed")


def test_a_body_is_refused_for_what_it_says_of_its_size_or_for_its_size() -> None:
    assert refused(b"x", length=b"%d" % (LARGEST_BODY + 1)) == (413, "too_large")
    assert refused(b"x" * (LARGEST_BODY + 1)) == (413, "too_large")
    assert refused(*[b"x" * 1000] * 300) == (413, "too_large")
    assert read(b"x" * LARGEST_BODY) == b"x" * LARGEST_BODY


@pytest.mark.parametrize("parts", [0, 1])
def test_who_hangs_up_or_dawdles_is_refused(parts: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(*[b"{"] * parts, hangs_up=True) == (400, "hung_up")
    monkeypatch.setattr(bodies, "SLOWEST_S", 0.01)

    async def never() -> MutableMapping[str, Any]:
        if len(sent) == parts:
            await asyncio.Event().wait()
        sent.append(1)
        return {"type": "http.request", "body": b"{", "more_body": True}

    sent: list[int] = []
    with pytest.raises(GateProblem) as why:
        asyncio.run(read_body(never, b"", b""))
    assert (why.value.status, why.value.code) == (408, "too_slow")
