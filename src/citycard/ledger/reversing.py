"""Taking back what was posted: in whole or in part, never more than it moved.

A reversal is a move of its own that points at what it takes back. Points return to the lot that
they came from, or, when its last day has passed, to one with the pack's days of grace. A reversal
can itself be taken back.
"""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from citycard.infra.database import rows, scalar
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.ledger import booking, recalling
from citycard.ledger.accounts import AccountRef, member
from citycard.ledger.lasting import grace_until
from citycard.ledger.moves import LARGEST, AmountWrong, Move, Posted, Transfer, content_hash
from citycard.ledger.posting import Asked, post


@dataclass(frozen=True, kw_only=True, slots=True)
class Reversal:
    """A posted move to be taken back.

    :ivar key: names the taking back itself, ``fact_key(at, …)``
    :ivar of: the key of the move that is taken back
    :ivar amount: how much of it; None takes back what is left
    :ivar grace_until: for lots whose last day has passed: the day until which what comes back may
        be spent; None asks the pack
    """

    key: uuid.UUID
    of: uuid.UUID
    kind: str
    at: dt.datetime
    amount: int | None = None
    grace_until: dt.date | None = None
    ref: str = ""


class MoveUnknown(Refused):
    """Nothing was posted under the key {key}."""

    code = "ledger.move_unknown"


class NotReversible(Refused):
    """The move {key} begins or ends a hold; end the hold instead."""

    code = "ledger.not_reversible"


class TakenBack(Refused):
    """Of this move {left} can still be taken back, {wanted} were asked for."""

    code = "ledger.taken_back"


class WholeOnly(Refused):
    """A move between two units can be taken back in whole only."""

    code = "ledger.whole_only"


def reverse_many(*, reversals: Sequence[Reversal], actor: Actor, now: dt.datetime) -> list[Posted]:
    """Take back posted moves, each whole or not at all; several of one move are decided in order.

    A part is taken from the lines in reverse order of spending. Points that a person has spent
    meanwhile are refused with what is there (``NotEnoughPoints``). A repeated key is answered
    ``duplicate`` with the lots of the first time.

    :returns: one answer a reversal, in order, with the lots that got or gave points
    """
    require_unit_of_work()
    answers: dict[int, Posted] = {}
    for turn in _turns(reversals):
        answers |= _take_back(turn, actor, now)
    return [answers[n] for n in range(len(reversals))]


Numbered = Sequence[tuple[int, Reversal]]


def _turns(reversals: Sequence[Reversal]) -> list[list[tuple[int, Reversal]]]:
    """Put what takes back the same thing into turns, so that each sees what the one before did."""
    roots = {line.key: line.root for line in _locked([one.of for one in reversals])}
    taken: defaultdict[uuid.UUID, int] = defaultdict(int)
    turns: list[list[tuple[int, Reversal]]] = []
    for n, one in enumerate(reversals):
        root = roots.setdefault(one.key, roots.get(one.of, one.of))
        turn, taken[root] = taken[root], taken[root] + 1
        if turn == len(turns):
            turns.append([])
        turns[turn].append((n, one))
    return turns


def _take_back(turn: Numbered, actor: Actor, now: dt.datetime) -> dict[int, Posted]:
    decided = _Turn(turn)
    answers: dict[int, Posted] = {}
    asked: list[tuple[int, Asked]] = []
    for n, one in turn:
        move = booking.wrong_time(one.key, one.at, now) or decided.move(one)
        if isinstance(move, Refused):
            answers[n] = Posted(key=one.key, outcome="refused", refusal=move)
        else:
            asked.append((n, Asked(move=move, content=_hash(one))))
    posted = post([each for _, each in asked], actor=actor, now=now)
    for (n, each), answer in zip(asked, posted, strict=True):
        answers[n] = _with_parts(answer, each.move)
    decided.note([answer.key for answer in posted if answer.outcome == "posted"])
    return answers


def _with_parts(answer: Posted, move: Move) -> Posted:
    if answer.refusal is not None:
        return answer
    parts = recalling.lots_of(move.transfers)
    return Posted(key=answer.key, outcome=answer.outcome, parts=parts)


def _hash(one: Reversal) -> uuid.UUID:
    """Return the hash of what is asked; which lots it comes to is decided once, not asked."""
    return content_hash(one.kind, one.at.timestamp(), "takes back", one.of, one.amount, one.ref)


@dataclass(slots=True)
class _Turn:
    """What one turn takes back: the lines of the moves, and what was answered before."""

    turn: Numbered
    lines: defaultdict[uuid.UUID, list[Any]] = field(init=False)
    names: dict[int, AccountRef] = field(init=False)
    before: dict[uuid.UUID, list[Transfer]] = field(init=False)
    taken: dict[uuid.UUID, list[int]] = field(init=False)
    days: dict[dt.datetime, dt.date] = field(init=False)

    def __post_init__(self) -> None:
        self.lines, self.taken = defaultdict(list), {}
        for line in _locked([one.of for _, one in self.turn]):
            self.lines[line.key].append(line)
        every = [line for lines in self.lines.values() for line in lines]
        self.names = recalling.accounts_by_id(
            n for line in every for n in (line.from_account, line.to_account)
        )
        instants = list({one.at for _, one in self.turn})
        self.days = dict(zip(instants, booking.local_days(instants), strict=True))
        self.before = recalling.transfers_of([one.key for _, one in self.turn])

    def move(self, one: Reversal) -> Move | Refused:
        """Return the move that takes something back, or why it can't be."""
        lines = self.lines[one.of]
        if one.key in self.before:  # answered before: the books say what it was, and if it is this
            return _as_move(one, self.before[one.key])
        if refusal := self._why_not(one, lines):
            return refusal
        wanted = sum(line.amount - line.reversed for line in lines)
        parts = _from_the_end(lines, wanted if one.amount is None else one.amount)
        self.taken[one.key] = [line.line for line, _ in parts]
        back = [self._back(line, part, self.days[one.at], one.grace_until) for line, part in parts]
        return _as_move(one, back)

    def _why_not(self, one: Reversal, lines: Sequence[Any]) -> Refused | None:
        if not lines:
            return MoveUnknown(key=str(one.of))
        if any(self._is_of_hold(line) for line in lines):
            return NotReversible(key=str(one.of))
        left = sum(line.amount - line.reversed for line in lines)
        wanted = max(left, 1) if one.amount is None else one.amount
        if type(wanted) is not int or not 0 < wanted <= LARGEST:
            return AmountWrong(amount=one.amount)
        if wanted > left:
            return TakenBack(left=left, wanted=wanted)
        if len({line.unit for line in lines}) > 1 and one.amount is not None:
            return WholeOnly()
        return None

    def _is_of_hold(self, line: Any) -> bool:
        source, target = self.names[line.from_account], self.names[line.to_account]
        ends_as_lot = source.account_class == "held" and target.account_class == "member"
        return target.account_class == "held" or ends_as_lot

    def _back(self, line: Any, amount: int, on: dt.date, until: dt.date | None) -> Transfer:
        source, target = self.names[line.from_account], self.names[line.to_account]
        if source.account_class in ("member", "held"):
            source = _lot_alive(source, on, until)
        return Transfer(source=target, target=source, amount=amount)

    def note(self, keys: Sequence[uuid.UUID]) -> None:
        """Note what was taken back; the database refuses more than a move moved."""
        places = [
            (key, month, line, of_line)
            for key, month in zip(*recalling.where_booked(keys), strict=True)
            for line, of_line in enumerate(self.taken[key])
        ]
        if places:
            columns = [list(column) for column in zip(*places, strict=True)]
            noted = scalar(
                "SELECT ledger_note_reversed(%s::uuid[], %s::date[], %s::smallint[],"
                " %s::smallint[])",
                columns,
            )
            assert noted == len(places), "a reversal was posted that the books don't show"


def _as_move(one: Reversal, transfers: Sequence[Transfer]) -> Move:
    return Move(
        key=one.key, kind=one.kind, at=one.at, transfers=transfers, reverses=one.of, ref=one.ref
    )


def _from_the_end(lines: Sequence[Any], amount: int) -> list[tuple[Any, int]]:
    """Take an amount from lines, the last one first: what was spent last comes back first."""
    parts = []
    for line in reversed(lines):
        part = min(line.amount - line.reversed, amount)
        if part:
            parts.append((line, part))
            amount -= part
    assert amount == 0, "more was taken back than is left"
    return parts


def _lot_alive(lot: AccountRef, on: dt.date, until: dt.date | None) -> AccountRef:
    """Return the lot that points came from, or one with grace when its last day has passed."""
    assert lot.holder is not None
    assert lot.fund is not None
    last = lot.expires_on
    if last is not None and last < on:
        last = until or grace_until(unit=lot.unit, on=on)
    return member(holder=lot.holder, unit=lot.unit, fund=lot.fund, expires_on=last)


def _locked(keys: Sequence[uuid.UUID]) -> list[Any]:
    return rows(
        "SELECT key, line, root, unit, amount, reversed, from_account, to_account"
        " FROM ledger_lock_reversed(%s::uuid[], %s::date[])",
        list(recalling.where_booked(keys)),
    )
