"""Whatever a document's header says, a reader takes it or says that it isn't to be trusted."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from citycard_reader import NotTrusted, Offline
from citycard_reader.documents import joined, parsed
from tests.offline.signing import CITY_KEY, SERVICE, base, with_header

AT = dt.datetime(2026, 11, 21, 9, 0, tzinfo=dt.UTC)
NUMBER = "1234567890123452"
SUCCESSOR = {"kid": "k2", "public": "0a" * 32, "until": None, "by": "k1", "by_until": 4e9}
ODD: list[Any] = [None, True, -1, 0, 1, 2**70, 1.5, float("nan"), "", "x", "\ud800", [], [1], {}]


def odd_keys() -> list[Any]:
    """Return lists of keys as nobody should write them; the reader knows ``k1``."""
    whole = SUCCESSOR | {"proof": "00" * 64}
    return [
        [1],
        [SUCCESSOR],
        *([whole | {name: odd}] for name in whole for odd in ODD),
        *([{n: v for n, v in whole.items() if n != left_out}] for left_out in whole),
    ]


def odd_headers() -> Iterator[dict[str, Any]]:
    header = dict(parsed(base([NUMBER], at=AT))[0])
    for name in header:
        yield {n: v for n, v in header.items() if n != name}
        yield from (header | {name: odd} for odd in ODD if repr(odd) != repr(header[name]))
    for kind in ("delta", "fresh"):
        yield header | {"type": kind}
    yield from (header | {"keys": keys} for keys in odd_keys())


def offline() -> Offline:
    return Offline(":memory:", service=SERVICE, key=CITY_KEY, now=lambda: AT)


def test_nothing_that_is_not_proven_is_taken_however_odd_it_is() -> None:
    document = base([NUMBER], at=AT)
    held = offline()
    for header in odd_headers():
        with pytest.raises(NotTrusted):
            held.take(joined([with_header(document, header, signed=False)]))
    for deep in (b"[" * 100_000, b'{"keys":' * 100_000):
        with pytest.raises(NotTrusted):
            held.take(joined([with_header(document, deep, signed=False)]))
    assert (held.version, set(held._chain.keys)) == (0, {"k1"})
    held.take(joined([document]))
    assert held.version == 1


def test_what_the_city_signed_by_mistake_ends_no_reader() -> None:
    document = base([NUMBER], at=AT)
    refused = 0
    for header in odd_headers():
        held = offline()
        try:
            held.take(joined([with_header(document, header, signed=True)]))
        except NotTrusted:
            refused += 1
            assert held.version == 0
    assert refused > 100
