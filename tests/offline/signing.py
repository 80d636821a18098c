"""Signed documents of an invented city, for what a reader does with them; no database is asked."""

import datetime as dt
import json
import struct
from collections.abc import Iterable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from citycard.cards.api import snapshot_format as shape
from citycard_reader import Key
from citycard_reader.documents import parsed

SERVICE = "sports-visit"
SALT, SIZE = bytes(32), 6
PRIVATE = Ed25519PrivateKey.from_private_bytes(b"7" * 32)
PUBLIC = PRIVATE.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
CITY_KEY = Key("k1", PUBLIC)
LIMITS = {
    "asks": "snapshot",
    "taps_per_card_each_day": 20,
    "points_per_card_each_month": 100,
    "points_in_all_each_month": 1000,
    "max_age_minutes": 1440,
    "without_snapshot": "refuse",
}


def base(numbers: Iterable[str], *, at: dt.datetime) -> bytes:
    """Return the first document of a service that accepts these numbers."""
    header = {
        "type": "base",
        "city": "invented",
        "service": SERVICE,
        "version": 1,
        "previous": None,
        "at": shape.instant(at),
        "salt": SALT.hex(),
        "mark_bytes": SIZE,
        "false_accept": 0.0,
        "reads": [["easycard", "printed"]],
        "classes": [],
        "limits": LIMITS,
        "poll_seconds": 60,
        "kid": "k1",
        "keys": [
            {
                "kid": "k1",
                "public": PUBLIC.hex(),
                "until": None,
                "by": "",
                "by_until": 0,
                "proof": "",
            }
        ],
    }
    marks = frozenset(shape.mark(SALT, SIZE, "easycard", "printed", one) for one in numbers)
    return shape.write(header, added={"accept": marks}, removed={}, sign=PRIVATE.sign)


def with_header(document: bytes, header: Mapping[str, Any] | bytes, *, signed: bool) -> bytes:
    """Return a document under another header: signed by the city, or with the old signature."""
    told = header if isinstance(header, bytes) else json.dumps(header).encode()
    body = parsed(document)[1]
    content = b"".join([shape.MAGIC, struct.pack(">I", len(told)), told, body])
    signature = PRIVATE.sign(content) if signed else document[-shape.SIGNATURE_BYTES :]
    return content + signature
