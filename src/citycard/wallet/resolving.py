"""From a scanned code to its card: good once, and known for what it was afterwards."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from citycard.infra.database import execute, rows, statement
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.wallet import codes as writing
from citycard.wallet.signing import keys
from citycard.wallet.values import Resolved

KEPT = dt.timedelta(days=100)
_UNKNOWN, _EXPIRED, _REPLAYED = Resolved("unknown"), Resolved("expired"), Resolved("replayed")


def resolve(
    *,
    codes: Sequence[str],
    ats: Sequence[dt.datetime],
    uses: Sequence[str],
    now: dt.datetime,
) -> list[Resolved]:
    """Return the card behind each code that scanners read, and use the codes up; set-based.

    A code is right when it holds at the city's own present or at the scanner's time; whoever uses
    it first has it, and who names the same use again gets the same answer, however late.

    :param ats: the scanner's own time of each, aware
    :param uses: a text that names each use, such as ``reader:epoch:sequence``; never personal
    :raises UnitOfWorkMisused: called outside a unit of work
    """
    require_unit_of_work()
    read = [
        writing.read(code, at=at, now=now, keys=keys()) for code, at in zip(codes, ats, strict=True)
    ]
    cards = _cards(read, ats)
    fresh = [
        (reading.key, at, use)
        for n, (reading, at, use) in enumerate(zip(read, ats, uses, strict=True))
        if reading is not None and reading.judged_at is not None and n in cards
    ]
    _use_up(fresh, now)
    used = _used([reading.key for reading in read if reading is not None])
    return [
        _outcome(reading, cards.get(n), used, use)
        for n, (reading, use) in enumerate(zip(read, uses, strict=True))
    ]


def clear_uses(*, now: dt.datetime) -> int:
    """Forget codes that were used long ago, and that nothing can send again; returns how many."""
    require_unit_of_work()
    return execute("DELETE FROM wallet_use WHERE used_at < %s", [now - KEPT])


def _cards(
    read: Sequence[writing.Reading | None], ats: Sequence[dt.datetime]
) -> dict[int, Resolved]:
    """Return place → the card, for codes whose token stood when they were read."""
    named = [(n, reading) for n, reading in enumerate(read) if reading is not None]
    if not named:
        return {}
    found = rows(
        statement(__file__, "find"),
        {
            "pseudonyms": [reading.pseudonym for _, reading in named],
            "tokens": [reading.line_token for _, reading in named],
            "ats": [reading.judged_at or ats[n] for n, reading in named],
        },
    )
    return {
        named[card.n - 1][0]: Resolved("good", card.issuer, card.number_kind, card.number)
        for card in found
    }


def _use_up(fresh: Sequence[tuple[bytes, dt.datetime, str]], now: dt.datetime) -> None:
    """Note the first use of each code: of two in one batch, the earlier. In the order of their
    keys, so that two batches never wait for each other in a circle."""
    first: dict[bytes, str] = {}
    for key, _, use in sorted(fresh, key=lambda one: (one[1], one[2])):
        first.setdefault(key, use)
    if first:
        execute(
            """
            INSERT INTO wallet_use (code_key, use, used_at)
            SELECT key, use, %s FROM unnest(%s::bytea[], %s::text[]) AS u(key, use) ORDER BY key
            ON CONFLICT DO NOTHING
            """,
            [now, list(first), list(first.values())],
        )


def _used(code_keys: list[bytes]) -> dict[bytes, str]:
    # A statement of its own, so that it sees what whoever was first has just committed.
    found: list[Any] = (
        rows("SELECT code_key, use FROM wallet_use WHERE code_key = ANY(%s::bytea[])", [code_keys])
        if code_keys
        else []
    )
    return {bytes(one.code_key): one.use for one in found}


def _outcome(
    reading: writing.Reading | None,
    card: Resolved | None,
    used: Mapping[bytes, str],
    use: str,
) -> Resolved:
    if reading is None or card is None:
        return _UNKNOWN
    if reading.key not in used:
        return _EXPIRED
    return card if used[reading.key] == use else _REPLAYED
