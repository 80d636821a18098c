"""Exchanging one unit of a person's for another: an explicit move through the city's exchange.

What is given goes to the city's exchange account of its unit, what is got comes out of the one of
the other; each transfer stays within its unit, so each unit adds up to zero by itself.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from citycard.infra.database import rows
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.ledger import booking, deciding, recalling
from citycard.ledger.accounts import city, member
from citycard.ledger.deciding import Lot
from citycard.ledger.moves import (
    LARGEST,
    AmountWrong,
    Move,
    NotEnoughPoints,
    Posted,
    Transfer,
    content_hash,
)
from citycard.ledger.posting import Asked, post

KIND = "points.exchanged"
ACCOUNT = "exchange"


@dataclass(frozen=True, kw_only=True, slots=True)
class Exchange:
    """So much of one unit of a person for so much of another.

    :ivar fund: who answers for what is got; a fund of the unit ``gets``
    :ivar expires_on: the last local day of what is got; None never lapses
    """

    key: uuid.UUID
    at: dt.datetime
    holder: int
    gives: str
    gives_amount: int
    gets: str
    gets_amount: int
    fund: int
    expires_on: dt.date | None
    ref: str = ""


def exchange_many(*, exchanges: Sequence[Exchange], actor: Actor, now: dt.datetime) -> list[Posted]:
    """Exchange units of people in order, each whole or not at all.

    What is given comes from the lots that lapse first. A repeated key is answered ``duplicate``,
    whatever the balance is now. Which amounts go together is the caller's: ``exchange_terms``.

    :returns: one answer an exchange, in order, with the lots that gave and the one that got
    """
    require_unit_of_work()
    purses = _locked_purses(exchanges)
    before = recalling.transfers_of([one.key for one in exchanges])
    answers: dict[int, Posted] = {}
    asked: list[tuple[int, Asked]] = []
    for n, one in enumerate(exchanges):
        transfers = before.get(one.key) or _decide(one, purses, now)
        if isinstance(transfers, Refused):
            answers[n] = Posted(key=one.key, outcome="refused", refusal=transfers)
        else:
            before[one.key] = transfers
            asked.append((n, Asked(move=_as_move(one, transfers), content=_hash(one))))
    posted = post([each for _, each in asked], actor=actor, now=now)
    for (n, each), answer in zip(asked, posted, strict=True):
        answers[n] = _with_parts(answer, each.move)
    return [answers[n] for n in range(len(exchanges))]


Purses = dict[tuple[int, str], list[Lot]]


def _decide(one: Exchange, purses: Purses, now: dt.datetime) -> list[Transfer] | Refused:
    for amount in (one.gives_amount, one.gets_amount):
        if type(amount) is not int or not 0 < amount <= LARGEST or one.gives == one.gets:
            return AmountWrong(amount=amount)
    if wrong := booking.wrong_time(one.key, one.at, now):
        return wrong
    (on,) = booking.local_days([one.at])
    lots = deciding.in_spending_order(purses.get((one.holder, one.gives), []))
    there = deciding.spendable(lots, on)
    if there < one.gives_amount:
        return NotEnoughPoints(balance=there, wanted=one.gives_amount, unit=one.gives)
    return _transfers(one, lots, on)


def _transfers(one: Exchange, lots: Sequence[Lot], on: dt.date) -> list[Transfer]:
    given = [
        Transfer(
            source=member(
                holder=one.holder, unit=one.gives, fund=part.fund, expires_on=part.expires_on
            ),
            target=city(code=ACCOUNT, unit=one.gives),
            amount=part.amount,
        )
        for part in deciding.take(lots, one.gives_amount, on)
    ]
    lot = member(holder=one.holder, unit=one.gets, fund=one.fund, expires_on=one.expires_on)
    source = city(code=ACCOUNT, unit=one.gets)
    return [*given, Transfer(source=source, target=lot, amount=one.gets_amount)]


def _as_move(one: Exchange, transfers: Sequence[Transfer]) -> Move:
    return Move(key=one.key, kind=KIND, at=one.at, transfers=transfers, ref=one.ref)


def _with_parts(answer: Posted, move: Move) -> Posted:
    if answer.refusal is not None:
        return answer
    parts = recalling.lots_of(move.transfers)
    return Posted(key=answer.key, outcome=answer.outcome, parts=parts)


def _hash(one: Exchange) -> uuid.UUID:
    """Return the hash of what is asked; from which lots it is taken is decided once, not asked."""
    gives, gets = (one.gives, one.gives_amount), (one.gets, one.gets_amount)
    return content_hash(KIND, one.at.timestamp(), one.holder, *gives, *gets, one.fund, one.ref)


def _locked_purses(exchanges: Sequence[Exchange]) -> Purses:
    """Lock what people have of both units, so that what is got waits for nobody else."""
    holders = {one.holder for one in exchanges}
    units = {unit for one in exchanges for unit in (one.gives, one.gets)}
    found: Purses = {}
    for row in rows(
        "SELECT holder, unit, fund, expires_on, amount"
        " FROM ledger_lock_purses(%s::bigint[], %s::text[])",
        [sorted(holders), sorted(units)],
    ):
        lot = Lot(fund=row.fund, expires_on=row.expires_on, amount=row.amount)
        found.setdefault((row.holder, row.unit), []).append(lot)
    return found
