"""The moves of uses: what is spent out of people's lots, and what comes back.

A use's first move bears the use's own key: what is one move, and all of it, needs no words.
"""

import uuid
from collections import defaultdict
from collections.abc import Sequence

from citycard.entitlements.allowances_posting import TAKEN_BACK, USED, last_day
from citycard.entitlements.allowances_taking import spread_back
from citycard.entitlements.allowances_work import Work
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger

Moves = dict[int, tuple[list[uuid.UUID], list[int]]]
"""Place of a use that was stored before → its moves, and what is left of each."""


def mark_of(into: ledger.AccountRef, unit: str) -> str:
    """Return what tells who got a use's points from all others."""
    plain = into.holder is None and into.fund is None and into.expires_on is None
    return f"{into.account_class}|{into.code}" if plain and into.unit == unit else into.mark


def moves_of(work: Work, changed: Sequence[int]) -> Moves:
    """Return the moves of uses that are stored."""
    moves: Moves = {}
    for n in changed if work.stored else ():
        stored = work.stored.get(work.uses.key[n])
        if stored is not None:
            whole = ([stored.key], [stored.points]) if stored.points else ([], [])
            kept = stored.moves is not None
            moves[n] = (list(stored.moves), list(stored.moved)) if kept else whole
    return moves


def take_back(work: Work, changed: Sequence[int], moves: Moves) -> None:
    """Take back what uses no longer come to, from what was spent last."""
    reversals = []
    for n in moves:
        back = work.had[n] - work.points[n]
        for place, points in spread_back(moves[n][1], back) if back > 0 else ():
            moves[n][1][place] -= points
            name, at = work.uses.key[n], work.uses.at[n]
            reversals.append(
                ledger.Reversal(
                    key=fact_key(at, TAKEN_BACK, name, _revision(work, n), place),
                    of=moves[n][0][place],
                    kind=TAKEN_BACK,
                    at=at,
                    amount=points,
                    ref=_ref(work, n),
                )
            )
    if reversals:
        posted = ledger.reverse_many(reversals=reversals, actor=work.actor, now=work.now)
        refused = next((one.refusal for one in posted if one.outcome != "posted"), None)
        assert refused is None, f"what a use gives back was refused by the ledger: {refused}"


def _revision(work: Work, n: int) -> int:
    """Return the number of the revision that this batch makes of a stored use."""
    return int(work.stored[work.uses.key[n]].revision) + 1


def _ref(work: Work, n: int) -> str:
    return work.uses.ref[n] or f"allowance:{work.uses.category[n]}"


def spend(work: Work, changed: Sequence[int], moves: Moves) -> bool:
    """Spend what uses take more; tell whether a lot turned out to have lapsed already.

    Then the days of grace are over by the clock of whoever let it lapse: such a use keeps what it
    had and gets no more (``too_late``), and the others go on.
    """
    more: dict[str, list[int]] = defaultdict(list)
    for n in changed:
        if work.points[n] > work.had[n]:
            more[work.uses.unit[n]].append(n)
    lapsed = [n for unit, places in sorted(more.items()) for n in _spend(work, unit, places, moves)]
    for n in lapsed:
        work.purses[work.keys[n]].used -= work.points[n] - work.had[n]
        work.points[n], work.why[n] = work.had[n], "too_late"
    return bool(lapsed)


def _spend(work: Work, unit: str, places: Sequence[int], moves: Moves) -> list[int]:
    """Spend of one unit; returns those whose lot has too little."""
    uses, keys = work.uses, [work.keys[n] for n in places]
    days = {month: last_day(month) for month in {key[0] for key in keys}}
    into = [uses.into[n] for n in places]
    assert all(one.unit == unit for one in into), "points go to an account of their own unit"
    columns = ledger.MoveColumns(
        key=[_next_key(work, n, moves) for n in places],
        at=[uses.at[n] for n in places],
        source=ledger.AccountColumns(
            account_class="member",
            unit=unit,
            holder=[key[2] for key in keys],
            fund=[work.stands[key].fund for key in keys],
            expires_on=[days[key[0]] for key in keys],
        ),
        target=ledger.AccountColumns(
            account_class=[one.account_class for one in into],
            unit=unit,
            holder=[one.holder for one in into],
            fund=[one.fund for one in into],
            expires_on=[one.expires_on for one in into],
            code=[one.code for one in into],
        ),
        amount=[work.points[n] - work.had[n] for n in places],
        kind=USED,
        ref=[_ref(work, n) for n in places],
    )
    outcomes = ledger.move_columns(columns=columns, actor=work.actor, now=work.now).outcomes
    wrong = set(outcomes) - {ledger.Outcome.POSTED, ledger.Outcome.SHORT}
    assert not wrong, f"what an allowance decided was refused by the ledger: {wrong}"
    for n, key, points, one in zip(places, columns.key, columns.amount, outcomes, strict=True):
        if n in moves and one == ledger.Outcome.POSTED:
            moves[n][0].append(key)
            moves[n][1].append(points)
    return [n for n, one in zip(places, outcomes, strict=True) if one == ledger.Outcome.SHORT]


def _next_key(work: Work, n: int, moves: Moves) -> uuid.UUID:
    name = work.uses.key[n]
    if n not in moves or not moves[n][0]:
        return name
    return fact_key(work.uses.at[n], USED, name, _revision(work, n))
