"""Moves as they stand in the books: by key, wherever they were booked."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from citycard.infra.database import rows
from citycard.ledger import booking
from citycard.ledger.accounts import AccountRef
from citycard.ledger.moves import Part, Transfer

_ACCOUNTS = """
SELECT account_id, class AS account_class, unit, holder, fund, expires_on, code
FROM pub.ledger_accounts WHERE account_id = ANY (%s)
"""
# The limit keeps the planner on the index, also in a month that has no statistics yet.
_LINES = """
SELECT t.key, t.from_account, t.to_account, t.amount
FROM unnest(%s::uuid[], %s::date[]) AS k(key, month)
CROSS JOIN LATERAL (
    SELECT * FROM pub.ledger_transfers f WHERE f.booked_month = k.month AND f.key = k.key
    ORDER BY f.line LIMIT 1000) t
ORDER BY t.key, t.line
"""


_YEAR_9000_MS = 221_845_392_000_000


def where_booked(keys: Iterable[uuid.UUID]) -> tuple[list[uuid.UUID], list[Any]]:
    """Return keys with the months in which their moves stand, if they do; strange keys are left
    out.
    """
    plausible = [key for key in dict.fromkeys(keys) if _has_time(key)]
    return plausible, booking.booked_months(plausible)


def _has_time(key: uuid.UUID) -> bool:
    """Tell whether a key could be a fact's: anything may be typed into a file."""
    return int.from_bytes(key.bytes[:6], "big") < _YEAR_9000_MS


def accounts_by_id(ids: Iterable[int]) -> dict[int, AccountRef]:
    """Return the names of accounts by number."""
    found = rows(_ACCOUNTS, [sorted(set(ids))])
    return {
        row.account_id: AccountRef(
            account_class=row.account_class,
            unit=row.unit,
            holder=row.holder,
            fund=row.fund,
            expires_on=row.expires_on,
            code=row.code,
        )
        for row in found
    }


def transfers_of(keys: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Transfer]]:
    """Return what moves moved, line by line; keys that nothing was posted under are left out."""
    lines = rows(_LINES, list(where_booked(keys)))
    names = accounts_by_id(n for line in lines for n in (line.from_account, line.to_account))
    found: dict[uuid.UUID, list[Transfer]] = {}
    for line in lines:
        found.setdefault(line.key, []).append(transfer(line, line.amount, names))
    return found


def transfer(line: Any, amount: int, names: Mapping[int, AccountRef]) -> Transfer:
    """Return a line of the books, or part of it, by the names of its accounts."""
    return Transfer(source=names[line.from_account], target=names[line.to_account], amount=amount)


def lots_of(transfers: Iterable[Transfer]) -> tuple[Part, ...]:
    """Return what some transfers move into or out of people's lots."""
    parts = []
    for one in transfers:
        lot = one.target if one.target.account_class == "member" else one.source
        if lot.fund is not None:
            parts.append(Part(fund=lot.fund, expires_on=lot.expires_on, amount=one.amount))
    return tuple(parts)
