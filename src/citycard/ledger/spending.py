"""Spending a person's points: earliest lapse first, then oldest fund, each part naming who owes."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from citycard.infra.database import rows
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.ledger import booking
from citycard.ledger.accounts import AccountRef
from citycard.ledger.batches import pot_of
from citycard.ledger.moves import (
    LARGEST,
    AmountWrong,
    KeyUsed,
    NotEnoughPoints,
    Part,
    Posted,
    Spend,
    hash_of_spend,
)


def spend_many(*, spends: Sequence[Spend], actor: Actor, now: dt.datetime) -> list[Posted]:
    """Spend people's points in order, each amount whole or not at all.

    Lots whose last day has passed on the local day of ``at`` are left alone. A repeated key is
    answered with the lots that it was given the first time, whatever the balance is now.

    :returns: one answer a spend, in order, with the parts taken from each lot
    """
    require_unit_of_work()
    answers: dict[int, Posted] = {}
    for turn in _turns(spends, answers, now):
        answers |= _spend(turn, actor, now)
    return [answers[n] for n in range(len(spends))]


@dataclass(slots=True)
class _Turn:
    """Spends that are decided together: of each person on one day, and no key twice."""

    places: list[int] = field(default_factory=list)
    spends: list[Spend] = field(default_factory=list)
    days: list[dt.date] = field(default_factory=list)


def _turns(spends: Sequence[Spend], answers: dict[int, Posted], now: dt.datetime) -> list[_Turn]:
    """Answer what is wrong in itself, and put the rest into as few turns as keep the order."""
    turns: list[_Turn] = []
    of_person: dict[tuple[int, str], tuple[int, dt.date]] = {}
    of_key: dict[Any, int] = {}
    days = booking.local_days(spend.at for spend in spends)
    for n, (spend, day) in enumerate(zip(spends, days, strict=True)):
        if refusal := _wrong(spend, now):
            answers[n] = _refused(spend, refusal)
            continue
        person = (spend.holder, spend.unit)
        turn, its_day = of_person.get(person, (0, day))
        turn = max(turn + (day != its_day), of_key.get(spend.key, -1) + 1)
        of_person[person] = (turn, day)
        of_key[spend.key] = turn
        if turn == len(turns):
            turns.append(_Turn())
        turns[turn].places.append(n)
        turns[turn].spends.append(spend)
        turns[turn].days.append(day)
    return turns


def _wrong(spend: Spend, now: dt.datetime) -> Refused | None:
    if type(spend.amount) is not int or not 0 < spend.amount <= LARGEST:
        return AmountWrong(amount=spend.amount)
    if isinstance(spend.into, AccountRef) and spend.into.unit != spend.unit:
        return AmountWrong(amount=spend.amount)
    return booking.wrong_time(spend.key, spend.at, now)


def _refused(spend: Spend, refusal: Refused) -> Posted:
    return Posted(key=spend.key, outcome="refused", refusal=refusal)


_SPEND = """
SELECT outcome, had, part_spend, part_fund, part_expires_on, part_amount FROM ledger_spend(
    %s::text[], %s::text[], %s::bigint[], %s::date[], %s::text[], %s::bigint[],
    %s::uuid[], %s::date[], %s::timestamptz[], %s::text[], %s::text[], %s::uuid[],
    %s::bigint[], %s::text[], %s::bigint[], %s::date[], %s::int[], %s::text, %s::timestamptz)
"""


def _spend(turn: _Turn, actor: Actor, now: dt.datetime) -> dict[int, Posted]:
    columns = _columns(turn)
    answer = rows(_SPEND, [*columns, actor.id, now], prepare=True)[0]
    parts: list[list[Part]] = [[] for _ in turn.spends]
    for n, fund, expires_on, amount in zip(
        answer.part_spend or (),
        answer.part_fund or (),
        answer.part_expires_on or (),
        answer.part_amount or (),
        strict=True,
    ):
        parts[n - 1].append(Part(fund=fund, expires_on=expires_on, amount=amount))
    told = zip(turn.spends, answer.outcome, answer.had, parts, strict=True)
    return dict(zip(turn.places, (_answer(*one) for one in told), strict=True))


def _columns(turn: _Turn) -> list[list[Any]]:
    spends = turn.spends
    into: dict[AccountRef, int] = {}
    for spend in spends:
        if isinstance(spend.into, AccountRef) and spend.into not in into:
            into[spend.into] = len(into) + 1
    own = booking.own_months([spend.key for spend in spends])
    return [
        *_accounts(list(into)),
        [spend.key for spend in spends],
        own * len(spends) if len(own) == 1 else own,
        [spend.at for spend in spends],
        [spend.kind for spend in spends],
        [spend.ref for spend in spends],
        [hash_of_spend(spend) for spend in spends],
        [spend.holder for spend in spends],
        [spend.unit for spend in spends],
        [spend.amount for spend in spends],
        turn.days,
        [into[spend.into] if isinstance(spend.into, AccountRef) else 0 for spend in spends],
    ]


def _accounts(accounts: Sequence[AccountRef]) -> list[list[Any]]:
    pots = [pot_of(account) for account in accounts]
    named = [list(column) for column in zip(*pots, strict=True)] or [[]] * 5
    return [*named, [account.holder for account in accounts]]


def _answer(spend: Spend, outcome: int, had: int | None, parts: Sequence[Part]) -> Posted:
    if outcome == 3:
        assert had is not None
        return _refused(spend, NotEnoughPoints(balance=had, wanted=spend.amount, unit=spend.unit))
    if outcome == 2:
        return _refused(spend, KeyUsed(key=str(spend.key)))
    return Posted(key=spend.key, outcome="duplicate" if outcome else "posted", parts=tuple(parts))
