"""What readers carry: marks of cards that open a service, and the documents that were signed."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from citycard.cards import snapshot_format
from citycard.infra.database import execute, row, rows, scalar, statement
from citycard.infra.unit_of_work import require_unit_of_work

NumberKinds = Sequence[tuple[str, str]]
"""Issuer and number kind of the numbers that a service's readers read."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A signed document of a service.

    :ivar kind: ``base`` or ``delta``
    :ivar head: its hash; ``salt``, ``mark_bytes`` and ``shape`` are of a base
    """

    service: str
    version: int
    kind: str
    at: dt.datetime
    head: bytes
    document: bytes = field(repr=False)
    salt: bytes | None = field(default=None, repr=False)
    mark_bytes: int | None = None
    shape: str = ""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What a reader said that it holds."""

    reader_id: int
    service: str
    version: int
    at: dt.datetime


def holding_marks(
    *,
    entitlement: str | None,
    kinds: NumberKinds,
    on: dt.date,
    salt: bytes,
    size: int,
    card_ids: Sequence[int] | None = None,
) -> frozenset[bytes]:
    """Return the marks of the cards in force that open a right on a day; of any bound card where no
    right is asked.

    :param card_ids: only these cards; None: all
    """
    asked = _asked(kinds, card_ids) | {"entitlement": entitlement, "on": on}
    return _marks("snapshot_marks", asked, salt, size)


def hotlist_marks(
    *,
    kinds: NumberKinds,
    since: dt.datetime,
    salt: bytes,
    size: int,
    card_ids: Sequence[int] | None = None,
) -> frozenset[bytes]:
    """Return the marks of cards that are stopped, or ended after an instant."""
    return _marks("snapshot_lost", _asked(kinds, card_ids) | {"since": since}, salt, size)


def card_marks(
    *, kinds: NumberKinds, salt: bytes, size: int, card_ids: Sequence[int]
) -> frozenset[bytes]:
    """Return all marks of some cards, whatever state they are in."""
    found = rows(
        "SELECT n.issuer, n.number_kind, n.number FROM cards_card_number n"
        " JOIN unnest(%s::text[], %s::text[]) AS k(issuer, number_kind)"
        " ON k.issuer = n.issuer AND k.number_kind = n.number_kind"
        " WHERE n.card_id = ANY(%s::bigint[])",
        [[issuer for issuer, _ in kinds], [kind for _, kind in kinds], list(card_ids)],
    )
    return frozenset(snapshot_format.mark(salt, size, *one) for one in found)


def keep_snapshot(*, snapshot: Snapshot) -> None:
    """Store a document as its service's newest; a base lets those before the last base go."""
    require_unit_of_work()
    execute(
        "INSERT INTO cards_snapshot"
        " (service, version, kind, at, head, salt, mark_bytes, shape, document)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            snapshot.service,
            snapshot.version,
            snapshot.kind,
            snapshot.at,
            snapshot.head,
            snapshot.salt,
            snapshot.mark_bytes,
            snapshot.shape,
            snapshot.document,
        ],
    )
    if snapshot.kind == "base":
        execute(
            "DELETE FROM cards_snapshot WHERE service = %s AND version < ("
            " SELECT max(version) FROM cards_snapshot"
            " WHERE service = %s AND kind = 'base' AND version < %s)",
            [snapshot.service, snapshot.service, snapshot.version],
        )


def unlisted_lost(
    *,
    service: str,
    kinds: NumberKinds,
    since: dt.datetime,
    card_ids: Sequence[int] | None = None,
) -> list[int]:
    """Return lost cards that belong on a service's list and of which nothing is noted there. Asked
    before ``hotlist_marks``, by the same kinds and instant: those name them all.

    :param card_ids: only these cards; None: all
    """
    asked = _asked(kinds, card_ids) | {"service": service, "since": since}
    return [one.id for one in rows(statement(__file__, "unlisted_lost"), asked)]


def note_listed(*, newest: Snapshot, card_ids: Sequence[int], at: dt.datetime) -> None:
    """Note that a service's newest document is the first that is known to name some lost cards."""
    require_unit_of_work()
    if card_ids:
        named = {"service": newest.service, "version": newest.version, "at": at}
        execute(statement(__file__, "note_listed"), {**named, "cards": list(card_ids)})


def keep_fresh(*, service: str, at: dt.datetime, document: bytes) -> None:
    """Store the city's word that a service's newest version still is the newest."""
    require_unit_of_work()
    execute(
        "INSERT INTO cards_snapshot_fresh (service, at, document) VALUES (%s, %s, %s)"
        " ON CONFLICT (service) DO UPDATE SET at = EXCLUDED.at, document = EXCLUDED.document",
        [service, at, document],
    )


def lock_snapshots(*, service: str, now: dt.datetime) -> dt.datetime:
    """Let nobody else add to a service's documents until the unit of work ends.

    :returns: the instant that the next document says: now, or what the last one said where that is
        later, because it was signed while this one waited. Readers refuse a base that is older than
        what they hold
    """
    require_unit_of_work()
    execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"cards_snapshot:{service}"])
    at: dt.datetime = scalar(
        "SELECT greatest(%s, (SELECT max(at) FROM cards_snapshot WHERE service = %s),"
        " (SELECT at FROM cards_snapshot_fresh WHERE service = %s))",
        [now, service, service],
    )
    return at


_COLUMNS = "service, version, kind, at, head, document, salt, mark_bytes, shape"


def latest_snapshots(*, service: str) -> list[Snapshot]:
    """Return a service's newest base and the deltas after it, in order; empty: none was built."""
    found = rows(
        f"SELECT {_COLUMNS} FROM cards_snapshot WHERE service = %s AND version >= ("  # noqa: S608 - names of columns
        " SELECT max(version) FROM cards_snapshot WHERE service = %s AND kind = 'base')"
        " ORDER BY version",
        [service, service],
    )
    return [_snapshot(one) for one in found]


def newest_snapshot(*, service: str) -> Snapshot | None:
    """Return a service's newest document without what stands in it, or None."""
    found = row(
        "SELECT service, version, kind, at, head, ''::bytea AS document, salt, mark_bytes, shape"
        " FROM cards_snapshot WHERE service = %s ORDER BY version DESC LIMIT 1",
        [service],
    )
    return _snapshot(found) if found else None


def latest_base(*, service: str) -> Snapshot | None:
    """Return a service's newest base without what stands in it, or None."""
    found = row(
        "SELECT service, version, kind, at, head, ''::bytea AS document, salt, mark_bytes, shape"
        " FROM cards_snapshot WHERE service = %s AND kind = 'base' ORDER BY version DESC LIMIT 1",
        [service],
    )
    return _snapshot(found) if found else None


def snapshots_after(*, known: Mapping[str, int]) -> list[Snapshot]:
    """Return all documents that are newer than the versions that a gate knows, by service and
    version; of a service that it doesn't know, from the newest base on."""
    found = rows(
        f"""
        SELECT {_COLUMNS} FROM cards_snapshot s
        LEFT JOIN unnest(%s::text[], %s::integer[]) AS k(known_service, known_version)
               ON k.known_service = s.service
        WHERE s.version > coalesce(k.known_version, -1)
          AND s.version >= (SELECT max(b.version) FROM cards_snapshot b
                            WHERE b.service = s.service AND b.kind = 'base')
        ORDER BY s.service, s.version
        """,  # noqa: S608 - names of columns
        [list(known), list(known.values())],
    )
    return [_snapshot(one) for one in found]


def fresh_documents() -> dict[str, bytes]:
    """Return the city's word of freshness for each service."""
    found = rows("SELECT service, document FROM cards_snapshot_fresh")
    return {one.service: bytes(one.document) for one in found}


def note_reader_versions(*, heard: Sequence[Heard]) -> None:
    """Note which versions readers say that they hold, one row a reader."""
    require_unit_of_work()
    ordered = sorted(heard, key=lambda one: one.reader_id)
    execute(
        statement(__file__, "note_versions"),
        {
            "readers": [one.reader_id for one in ordered],
            "services": [one.service for one in ordered],
            "versions": [one.version for one in ordered],
            "ats": [one.at for one in ordered],
        },
    )


def _asked(kinds: NumberKinds, card_ids: Sequence[int] | None) -> dict[str, object]:
    return {
        "issuers": [issuer for issuer, _ in kinds],
        "kinds": [kind for _, kind in kinds],
        "cards": None if card_ids is None else list(card_ids),
    }


def _marks(name: str, asked: dict[str, object], salt: bytes, size: int) -> frozenset[bytes]:
    mark = snapshot_format.mark
    return frozenset(mark(salt, size, *one) for one in rows(statement(__file__, name), asked))


def _snapshot(one: Any) -> Snapshot:
    said = one._asdict()
    for name in ("head", "document", "salt"):
        said[name] = None if said[name] is None else bytes(said[name])
    return Snapshot(**said)
