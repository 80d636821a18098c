"""Spending a person's points: earliest lapse first, then oldest fund, each part naming who owes."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from citycard.infra.database import execute, rows
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.ledger import booking, deciding
from citycard.ledger.accounts import AccountRef, held, member
from citycard.ledger.deciding import Lot
from citycard.ledger.moves import (
    AmountWrong,
    KeyUsed,
    Move,
    NotEnoughPoints,
    Part,
    Posted,
    Spend,
    Transfer,
    hash_of_spend,
)
from citycard.ledger.posting import LARGEST, Asked, post


def spend_many(*, spends: Sequence[Spend], actor: Actor, now: dt.datetime) -> list[Posted]:
    """Spend people's points in order, each amount whole or not at all.

    Lots whose last day has passed on the local day of ``at`` are left alone. A repeated key is
    answered with the lots that it was given the first time, whatever the balance is now.

    :returns: one answer a spend, in order, with the parts taken from each lot
    """
    require_unit_of_work()
    purses = _locked_lots(spends)
    stored = _stored(spends)
    answers: list[Posted | None] = []
    asked: list[Asked] = []
    parts_of: dict[uuid.UUID, tuple[Part, ...]] = {}
    days = booking.local_days(spend.at for spend in spends)
    for spend, on in zip(spends, days, strict=True):
        answer = _answered(spend, stored, now)
        if answer is None:
            parts = _take(spend, purses.get((spend.holder, spend.unit), ()), on)
            if isinstance(parts, Refused):
                answer = _refused(spend, parts)
            else:
                content = hash_of_spend(spend)
                asked.append(Asked(move=_as_move(spend, parts), content=content))
                stored[spend.key] = (content, parts)
                parts_of[spend.key] = parts
        answers.append(answer)
    posted = iter(post(asked, actor=actor, now=now))
    done = [answer or _with_parts(next(posted), parts_of) for answer in answers]
    _keep_holds(spends, done)
    return done


def _answered(
    spend: Spend,
    stored: Mapping[uuid.UUID, tuple[uuid.UUID, tuple[Part, ...]]],
    now: dt.datetime,
) -> Posted | None:
    """Answer what needs no balance: a wrong request, a known key."""
    if type(spend.amount) is not int or not 0 < spend.amount <= LARGEST:
        return _refused(spend, AmountWrong(amount=spend.amount))
    if wrong := booking.wrong_time(spend.key, spend.at, now):
        return _refused(spend, wrong)
    known = stored.get(spend.key)
    if known is None:
        return None
    content, parts = known
    if content != hash_of_spend(spend):
        return _refused(spend, KeyUsed(key=str(spend.key)))
    return Posted(key=spend.key, outcome="duplicate", parts=parts)


def _take(spend: Spend, lots: Sequence[Lot], on: dt.date) -> tuple[Part, ...] | Refused:
    there = deciding.spendable(lots, on)
    if there < spend.amount:
        return NotEnoughPoints(balance=there, wanted=spend.amount, unit=spend.unit)
    return tuple(deciding.take(lots, spend.amount, on))


def _as_move(spend: Spend, parts: Iterable[Part]) -> Move:
    transfers = []
    for part in parts:
        source = member(
            holder=spend.holder, unit=spend.unit, fund=part.fund, expires_on=part.expires_on
        )
        target = held(
            holder=spend.holder, unit=spend.unit, fund=part.fund, expires_on=part.expires_on
        )
        if isinstance(spend.into, AccountRef):
            target = spend.into
        transfers.append(Transfer(source=source, target=target, amount=part.amount))
    return Move(key=spend.key, kind=spend.kind, at=spend.at, transfers=transfers, ref=spend.ref)


def _with_parts(answer: Posted, parts_of: Mapping[uuid.UUID, tuple[Part, ...]]) -> Posted:
    assert answer.outcome == "posted", (
        "lots were locked and keys looked up, yet a spend was refused"
    )
    return Posted(key=answer.key, outcome=answer.outcome, parts=parts_of[answer.key])


def _refused(spend: Spend, refusal: Refused) -> Posted:
    return Posted(key=spend.key, outcome="refused", refusal=refusal)


def _locked_lots(spends: Sequence[Spend]) -> dict[tuple[int, str], list[Lot]]:
    holders, units = {s.holder for s in spends}, {s.unit for s in spends}
    found: dict[tuple[int, str], list[Lot]] = {}
    for row in rows(
        "SELECT * FROM ledger_lock_lots(%s::bigint[], %s::text[])", [list(holders), list(units)]
    ):
        lot = Lot(fund=row.fund, expires_on=row.expires_on, amount=row.amount)
        found.setdefault((row.holder, row.unit), []).append(lot)
    return {whose: deciding.in_spending_order(lots) for whose, lots in found.items()}


# The limit keeps the planner on the index, also in a month that has no statistics yet.
_STORED = """
SELECT t.key, t.content_hash, a.fund, nullif(a.expires_on, 'infinity') AS expires_on, t.amount
FROM unnest(%s::uuid[], %s::date[]) AS k(key, month)
CROSS JOIN LATERAL (
    SELECT * FROM ledger_transfer WHERE booked_month = k.month AND key = k.key
    ORDER BY line LIMIT 1000) t
JOIN ledger_account a ON a.id = t.from_account
ORDER BY t.key, t.line
"""


def _stored(
    spends: Sequence[Spend],
) -> dict[uuid.UUID, tuple[uuid.UUID, tuple[Part, ...]]]:
    keys = sorted({spend.key for spend in spends})
    found: dict[uuid.UUID, tuple[uuid.UUID, tuple[Part, ...]]] = {}
    for row in _lines(keys):
        part = Part(fund=row.fund, expires_on=row.expires_on, amount=row.amount)
        _, before = found.get(row.key, (row.content_hash, ()))
        found[row.key] = (row.content_hash, (*before, part))
    return found


def _lines(keys: Sequence[uuid.UUID]) -> list[Any]:
    return rows(_STORED, [list(keys), booking.booked_months(keys)])


def _keep_holds(spends: Sequence[Spend], answers: Sequence[Posted]) -> None:
    kept = [
        spend
        for spend, answer in zip(spends, answers, strict=True)
        if spend.into == "held" and answer.outcome == "posted"
    ]
    if not kept:
        return
    keys = [spend.key for spend in kept]
    execute(
        """
        INSERT INTO ledger_hold (key, booked_month, holder, unit, amount)
        SELECT * FROM unnest(%s::uuid[], %s::date[], %s::bigint[], %s::text[], %s::bigint[])
        """,
        [
            keys,
            booking.booked_months(keys),
            [spend.holder for spend in kept],
            [spend.unit for spend in kept],
            [spend.amount for spend in kept],
        ],
    )
