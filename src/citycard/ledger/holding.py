"""Ending holds: what was held goes where it was meant for, or back to the lots that it came
from.
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from citycard.infra.database import execute, rows
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.ledger import booking
from citycard.ledger.accounts import held, member
from citycard.ledger.moves import (
    HoldEnd,
    HoldEnded,
    HoldUnknown,
    KeyUsed,
    Move,
    Part,
    Posted,
    Transfer,
    hash_of_end,
)
from citycard.ledger.posting import Asked, post


def settle_held_many(*, ends: Sequence[HoldEnd], actor: Actor, now: dt.datetime) -> list[Posted]:
    """Hand what is held to the accounts that it was held for.

    A hold ends once: settling a settled one under the same key is a ``duplicate``, under another
    key, or after a release, it is refused.

    :returns: one answer an end, in order, with the parts by fund
    """
    assert all(end.into is not None for end in ends), (
        "settling needs an account that gets the points"
    )
    return _end_many(ends, actor=actor, now=now)


def release_held_many(*, ends: Sequence[HoldEnd], actor: Actor, now: dt.datetime) -> list[Posted]:
    """Give what is held back to its lots; a lot whose last day has passed gets ``grace_until``.

    :returns: one answer an end, in order, with the parts by fund
    """
    assert all(end.into is None for end in ends), "releasing gives back to the lots"
    return _end_many(ends, actor=actor, now=now)


def _end_many(ends: Sequence[HoldEnd], *, actor: Actor, now: dt.datetime) -> list[Posted]:
    require_unit_of_work()
    holds = _locked_holds(ends)
    lines = _lines_of(list(holds.values()))
    said = _contents([hold.ended_key for hold in holds.values() if hold.ended_key])
    ended: dict[uuid.UUID, HoldEnd] = {}
    answers: list[Posted | None] = []
    asked: list[Asked] = []
    days = booking.local_days(end.at for end in ends)
    for end, on in zip(ends, days, strict=True):
        hold = holds.get(end.hold)
        first = ended.get(end.hold)
        refusal = _why_not(end, hold, first, said) or booking.wrong_time(end.key, end.at, now)
        answers.append(Posted(key=end.key, outcome="refused", refusal=refusal) if refusal else None)
        if refusal is None and hold is not None and hold.state == "held" and first is None:
            ended[end.hold] = end
            asked.append(Asked(move=_as_move(end, lines[end.hold], on), content=hash_of_end(end)))
    posted = dict(zip(ended, post(asked, actor=actor, now=now), strict=True))
    _close({hold: end for hold, end in ended.items() if posted[hold].outcome == "posted"}, now)
    return [answer or _ended(end, posted, lines) for end, answer in zip(ends, answers, strict=True)]


def _why_not(
    end: HoldEnd, hold: Any, first: HoldEnd | None, said: Mapping[uuid.UUID, uuid.UUID]
) -> Refused | None:
    if hold is None:
        return HoldUnknown(key=str(end.hold))
    content: uuid.UUID | None
    if first is not None:
        key, state, content = first.key, "settled" if first.into else "released", hash_of_end(first)
    elif hold.state != "held":
        key, state, content = hold.ended_key, hold.state, said.get(hold.ended_key)
    else:
        return None
    if key != end.key:
        return HoldEnded(key=str(end.hold), state=state)
    if content != hash_of_end(end):  # the same key must not say that it went another way
        return KeyUsed(key=str(end.key))
    return None


def _ended(
    end: HoldEnd, posted: dict[uuid.UUID, Posted], lines: dict[uuid.UUID, list[Any]]
) -> Posted:
    parts = tuple(
        Part(fund=line.fund, expires_on=line.expires_on, amount=line.amount)
        for line in lines.get(end.hold, ())
    )
    answer = posted.get(end.hold)
    if answer is None:
        return Posted(key=end.key, outcome="duplicate", parts=parts)
    if answer.refusal is not None:
        return answer
    posted.pop(end.hold)  # who asks for the same again in one batch meets the first
    return Posted(key=end.key, outcome=answer.outcome, parts=parts)


def _contents(keys: Sequence[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """Return what ends of holds stood for when they were posted."""
    found = rows(
        """
        SELECT k.key, t.content_hash
        FROM unnest(%s::uuid[], %s::date[]) AS k(key, month)
        CROSS JOIN LATERAL (
            SELECT content_hash FROM ledger_transfer
            WHERE booked_month = k.month AND key = k.key LIMIT 1) t
        """,
        [list(keys), booking.booked_months(keys)],
    )
    return {row.key: row.content_hash for row in found}


def _as_move(end: HoldEnd, lines: Sequence[Any], on: dt.date) -> Move:
    transfers = []
    for line in lines:
        source = held(
            holder=line.holder, unit=line.unit, fund=line.fund, expires_on=line.expires_on
        )
        lapsed = line.expires_on is not None and line.expires_on < on
        until = end.grace_until if lapsed and end.grace_until else line.expires_on
        back = member(holder=line.holder, unit=line.unit, fund=line.fund, expires_on=until)
        transfers.append(Transfer(source=source, target=end.into or back, amount=line.amount))
    return Move(key=end.key, kind=end.kind, at=end.at, transfers=transfers, ref=end.ref)


def _locked_holds(ends: Sequence[HoldEnd]) -> dict[uuid.UUID, Any]:
    found = rows(
        """
        SELECT key, booked_month, state, ended_key FROM ledger_hold
        WHERE key = ANY (%s::uuid[]) ORDER BY key FOR UPDATE
        """,
        [list({end.hold for end in ends})],
    )
    return {hold.key: hold for hold in found}


def _lines_of(holds: Sequence[Any]) -> dict[uuid.UUID, list[Any]]:
    found: dict[uuid.UUID, list[Any]] = {}
    for line in rows(
        """
        SELECT t.key, t.amount, a.holder, a.unit, a.fund,
               nullif(a.expires_on, 'infinity') AS expires_on
        FROM unnest(%s::uuid[], %s::date[]) AS k(key, month)
        CROSS JOIN LATERAL (
            SELECT * FROM ledger_transfer WHERE booked_month = k.month AND key = k.key
            ORDER BY line LIMIT 1000) t
        JOIN ledger_account a ON a.id = t.to_account
        ORDER BY t.key, t.line
        """,
        [[hold.key for hold in holds], [hold.booked_month for hold in holds]],
    ):
        found.setdefault(line.key, []).append(line)
    return found


def _close(ended: dict[uuid.UUID, HoldEnd], now: dt.datetime) -> None:
    if not ended:
        return
    execute(
        """
        UPDATE ledger_hold h SET state = e.state, ended_key = e.key, ended_at = %s
        FROM unnest(%s::uuid[], %s::uuid[], %s::text[]) AS e(hold, key, state)
        WHERE h.key = e.hold
        """,
        [
            now,
            list(ended),
            [end.key for end in ended.values()],
            ["settled" if end.into else "released" for end in ended.values()],
        ],
    )
