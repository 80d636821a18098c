"""What a reader says of itself beside its taps: its firmware, its backlog, and its clock. Pure.

All of it is optional. ``User-Agent: box/1.4`` names the firmware, ``Backlog: 120`` how many taps
still wait in the reader, ``Date`` when it sent the request by its own clock. Without a ``Date`` the
last tap of a request that is not held back speaks for the clock.
"""

import datetime as dt
import re
import statistics
from collections.abc import Iterable
from email.utils import parsedate_to_datetime
from typing import Any

from citycard.agencies import api as agencies
from citycard.taps.api import TapRead

Headers = Iterable[tuple[bytes, bytes]]

SAMPLES = 9
"""So many uploads between two notes speak for a reader's clock; their median does."""

FRESH_S = 15 * 60
"""A tap that arrives later than this was held back: it says nothing of the clock."""

AHEAD_S = 400 * 86_400
_FIRMWARE = re.compile(rb"[A-Za-z0-9_.-]{1,40}/[A-Za-z0-9_.-]{1,24}")
_MOST = 2**31 - 1


class Said:
    """What one reader said since the last note."""

    __slots__ = ("headers", "sent")

    def __init__(self) -> None:
        self.headers: Headers = ()
        self.sent: list[tuple[float, Any]] = []

    def add(self, headers: Headers, received_at: float, last: Any) -> None:
        """Keep a request's headers and last tap; they are read when they are noted."""
        self.headers = headers
        if len(self.sent) < SAMPLES:
            self.sent.append((received_at, (headers, last)))

    def heard(self, device_id: int) -> agencies.Heard:
        """Return what is noted of the reader."""
        lags = [lag for at, of in self.sent if (lag := _lag(at, *of)) is not None]
        return agencies.Heard(
            device_id=device_id,
            firmware=firmware_of(self.headers) or None,
            backlog=_backlog(self.headers),
            skew_ms=round(statistics.median(lags) * 1000) if lags else None,
        )


def firmware_of(headers: Headers) -> str:
    """Return a reader's firmware as ``product/version``; empty where it names none."""
    found = _FIRMWARE.match(_header(headers, b"user-agent"))
    return found[0].decode() if found else ""


def _backlog(headers: Headers) -> int | None:
    said = _header(headers, b"backlog").strip()
    return min(int(said), _MOST) if said.isdigit() and len(said) < 20 else None


def _lag(received_at: float, headers: Headers, last: Any) -> float | None:
    """Return by how many seconds a reader's clock was behind; None: it can't be told."""
    sent_at = _date(_header(headers, b"date"))
    if sent_at is not None:
        return received_at - sent_at
    if not isinstance(last, TapRead):
        return None
    lag = received_at - last.at.timestamp()
    return lag if -AHEAD_S < lag < FRESH_S else None


def _date(said: bytes) -> float | None:
    try:
        at = parsedate_to_datetime(said.decode("latin-1"))
        return (at if at.tzinfo else at.replace(tzinfo=dt.UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _header(headers: Headers, wanted: bytes) -> bytes:
    return next((value for name, value in headers if name == wanted), b"")
