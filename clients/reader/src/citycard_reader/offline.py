"""What a reader answers while it is cut off: by its snapshot, within limits, each one noted.

It refuses what it knows to be out of use whatever its age; it accepts only by a snapshot that is
younger than the city's limit, only cards that stand in it, and of each card only so much.
"""

import datetime as dt
import hashlib
import json
import secrets
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from citycard_reader.documents import Chain, Key, NotTrusted, State, joined, parsed, split
from citycard_reader.numbers import candidates

ACCEPTED = "accepted"
SKEW = dt.timedelta(minutes=10)
"""How far a document's time may lie ahead of the reader's clock, and still count as young."""


class Decision(NamedTuple):
    """What a reader answers by itself.

    :ivar code: ``accepted``, or why not: ``blocked``, ``unknown_card``, ``limit_reached``,
        ``no_snapshot``
    :ivar points: points that it takes as payment
    :ivar snapshot: the version that it decided by; 0: it had none
    :ivar profile: the class of the card, such as ``senior``; empty: none
    """

    code: str
    points: int = 0
    snapshot: int = 0
    profile: str = ""

    @property
    def is_accepted(self) -> bool:
        """Tell whether the door opens, so to speak."""
        return self.code == ACCEPTED


class Offline:
    """A reader's snapshot and its counts, on disk.

    :param service: what the reader serves; documents of another service are refused
    :param key: the city's key that the reader was enrolled with; the next ones it learns
    """

    def __init__(
        self,
        path: str | Path,
        *,
        service: str,
        key: Key,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
        zone: dt.tzinfo = dt.timezone(dt.timedelta(hours=8)),
    ) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(
            "CREATE TABLE IF NOT EXISTS document (n INTEGER PRIMARY KEY, kind TEXT NOT NULL,"
            " content BLOB NOT NULL);"
            "CREATE TABLE IF NOT EXISTS used (card BLOB, span TEXT, taps INTEGER, points INTEGER,"
            " PRIMARY KEY (card, span)) WITHOUT ROWID;"
            "CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value BLOB)"
        )
        self._now, self._zone = now, zone
        self._chain = Chain(service=service, keys={key.kid: key} | self._learned())
        self._salt = self._own_salt()
        self._restore()

    @property
    def state(self) -> State | None:
        """What the reader holds, or None."""
        return self._chain.state

    @property
    def version(self) -> int:
        """The version that the reader holds; 0: none."""
        return self._chain.state.version if self._chain.state else 0

    @property
    def age(self) -> dt.timedelta | None:
        """How long ago the city said that this version is the newest; None: there is none."""
        return None if self._chain.state is None else self._now() - self._chain.state.at

    @property
    def stopped(self) -> str:
        """Why it accepts nothing by itself until it has a new key; empty: it does."""
        return self._stop()[1]

    def begin(self, epoch: int) -> None:
        """Serve under the key of an epoch: one that came after a stop ends it."""
        if epoch > self._stop()[0]:
            self._db.execute("DELETE FROM setting WHERE name = 'stop'")

    def stop(self, why: str, *, epoch: int) -> None:
        """Accept nothing by itself any more: something is wrong with this reader.

        It is kept on disk until ``begin`` names a later epoch; no power cut ends it.
        """
        said = json.dumps([epoch, why])
        self._db.execute("INSERT OR REPLACE INTO setting VALUES ('stop', ?)", [said])

    def take(self, stream: bytes) -> None:
        """Take what the gate sent.

        :raises NotTrusted: something of it isn't the city's, or is older than what is held
        """
        try:
            for document in split(stream):
                if self._chain.take(joined([document]), now=self._now()):
                    self._keep(document)
        finally:
            self._keep_keys()

    def decide(
        self,
        number: str,
        *,
        issuer: str,
        kind: str,
        at: dt.datetime,
        points: int = 0,
    ) -> Decision:
        """Answer a card without the city, and count what was given.

        :param points: points that are to be taken as payment
        """
        decision = self._decision(number, issuer, kind, at, points)
        if decision.is_accepted:
            self._count(self._card(issuer, kind, number), at, decision.points)
        return decision

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _decision(
        self, number: str, issuer: str, kind: str, at: dt.datetime, points: int
    ) -> Decision:
        state = self._chain.state
        if state is None or self.stopped:
            return Decision("no_snapshot")
        version, limits = state.version, state.header["limits"]
        meant = [(issuer, *one) for one in candidates(kind, number)]
        if any(state.holds("lost", *one) for one in meant):
            return Decision("blocked", 0, version)
        if limits["asks"] != "snapshot":
            return Decision("no_snapshot", 0, version)
        if not -SKEW <= at - state.at <= dt.timedelta(minutes=limits["max_age_minutes"]):
            if limits["without_snapshot"] != "accept" or points:
                return Decision("no_snapshot", 0, version)
        else:
            meant = [one for one in meant if state.holds("accept", *one)]
            if len(meant) != 1:  # of two that it can mean, none is guessed
                return Decision("ambiguous_card" if meant else "unknown_card", 0, version)
        if not self._has_room(self._card(issuer, kind, number), at, points, limits):
            return Decision("limit_reached", 0, version)
        classes = state.header.get("classes", ())
        profile = next((c for c in classes if any(state.holds(c, *one) for one in meant)), "")
        return Decision(ACCEPTED, points, version, profile)

    def _stop(self) -> tuple[int, str]:
        """Return the epoch in which it was stopped, and why; 0 and nothing: it wasn't."""
        found = self._db.execute("SELECT value FROM setting WHERE name = 'stop'").fetchone()
        epoch, why = json.loads(found[0]) if found else (0, "")
        return epoch, why

    def _has_room(
        self, card: bytes, at: dt.datetime, points: int, limits: Mapping[str, Any]
    ) -> bool:
        day, month = self._spans(at)
        if self._used(card, day)[0] >= limits["taps_per_card_each_day"]:
            return False
        if not points:
            return True
        if self._used(card, month)[1] + points > limits["points_per_card_each_month"]:
            return False
        return bool(self._used(b"", month)[1] + points <= limits["points_in_all_each_month"])

    def _used(self, card: bytes, span: str) -> tuple[int, int]:
        found = self._db.execute(
            "SELECT taps, points FROM used WHERE card = ? AND span = ?", [card, span]
        ).fetchone()
        return (found[0], found[1]) if found else (0, 0)

    def _count(self, card: bytes, at: dt.datetime, points: int) -> None:
        day, month = self._spans(at)
        self._db.execute("BEGIN IMMEDIATE")
        for key, span in ((card, day), (card, month), (b"", month)):
            self._db.execute(
                "INSERT INTO used VALUES (?, ?, 1, ?) ON CONFLICT (card, span)"
                " DO UPDATE SET taps = taps + 1, points = points + excluded.points",
                [key, span, points],
            )
        self._db.execute("COMMIT")

    def _spans(self, at: dt.datetime) -> tuple[str, str]:
        day = at.astimezone(self._zone).date().isoformat()
        return day, day[:7]

    def _card(self, issuer: str, kind: str, number: str) -> bytes:
        """Return what stands for a card in this reader's own counts: no number lies on its disk."""
        said = f"{issuer}|{kind}|{number}".encode()
        return hashlib.blake2b(said, key=self._salt, digest_size=16).digest()

    def _own_salt(self) -> bytes:
        self._db.execute(
            "INSERT OR IGNORE INTO setting VALUES ('salt', ?)", [secrets.token_bytes(32)]
        )
        found = self._db.execute("SELECT value FROM setting WHERE name = 'salt'").fetchone()
        return bytes(found[0])

    def _keep(self, document: bytes) -> None:
        """Keep a document; a new base takes the place of all before it."""
        kind = parsed(document)[0]["type"]
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute("DELETE FROM document WHERE kind = 'fresh' OR ? = 'base'", [kind])
        self._db.execute("INSERT INTO document (kind, content) VALUES (?, ?)", [kind, document])
        self._db.execute("COMMIT")

    def _keep_keys(self) -> None:
        keys = [
            [key.kid, key.public.hex(), key.until.isoformat() if key.until else None]
            for key in self._chain.keys.values()
        ]
        said = json.dumps(keys).encode()
        self._db.execute("INSERT OR REPLACE INTO setting VALUES ('keys', ?)", [said])

    def _learned(self) -> dict[str, Key]:
        """Return the city's keys that were learned from documents."""
        found = self._db.execute("SELECT value FROM setting WHERE name = 'keys'").fetchone()
        return {
            kid: Key(
                kid, bytes.fromhex(public), dt.datetime.fromisoformat(until) if until else None
            )
            for kid, public, until in (json.loads(found[0]) if found else ())
        }

    def _restore(self) -> None:
        """Take up what lay on disk; it is proven anew, and what doesn't fit is forgotten."""
        found = self._db.execute("SELECT content FROM document ORDER BY n").fetchall()
        try:
            for (document,) in found:
                self._chain.take(joined([document]), now=self._now())
        except NotTrusted:
            self._chain.state = None
            self._db.execute("DELETE FROM document")
