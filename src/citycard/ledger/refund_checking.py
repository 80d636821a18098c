"""Whether what a list says was wrongly charged can be given back, line by line."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from citycard.infra.database import rows
from citycard.kernel.errors import Refused
from citycard.ledger import recalling
from citycard.ledger.moves import AmountWrong, Transfer
from citycard.ledger.reversing import MoveUnknown, TakenBack


class NotACharge(Refused):
    """This entry took no points from a person for good."""

    code = "ledger.not_a_charge"


class StillUnderWay(Refused):
    """These points are still on their way; the redemption has not ended."""

    code = "ledger.still_under_way"


class NamedTwice(Refused):
    """Line {first} names the same entry."""

    code = "ledger.named_twice"


class OtherUnit(Refused):
    """This entry is of another kind of points than line {first}."""

    code = "ledger.other_unit"


@dataclass(frozen=True, kw_only=True, slots=True)
class RefundAsk:
    """A line of a list: what was charged, and how much of it is to be given back.

    :ivar reference: as the list has it
    :ivar key: of the move, or of the hold that it settled
    :ivar amount: None gives back all of it that is left
    :ivar problem: why the line could not be read so far
    """

    line: int
    reference: str
    key: uuid.UUID | None = None
    amount: int | None = None
    problem: Refused | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RefundLine:
    """A line as the ledger has it; ``refusal`` says why it can't be given back.

    :ivar key: of the move that charged
    """

    line: int
    reference: str
    key: uuid.UUID | None = None
    holder: int = 0
    unit: str = ""
    amount: int = 0
    refusal: Refused | None = None


def check_refunds(*, asks: Sequence[RefundAsk]) -> list[RefundLine]:
    """Look each line of a list up; writes nothing. All lines must be of one unit.

    :returns: one line a line, in order
    """
    keys = _settled([ask.key for ask in asks if ask.key is not None])
    moves = recalling.transfers_of([key for key in keys.values() if isinstance(key, uuid.UUID)])
    taken = _taken_back(list(moves))
    checked: list[RefundLine] = []
    firsts: dict[uuid.UUID, int] = {}
    unit: tuple[str, int] | None = None
    for ask in asks:
        line = _checked(ask, keys, moves, taken)
        if line.refusal is None and line.key is not None:
            unit = unit or (line.unit, line.line)
            first = firsts.setdefault(line.key, line.line)
            if first != line.line:
                line = _refused(ask, NamedTwice(first=first))
            elif unit[0] != line.unit:
                line = _refused(ask, OtherUnit(first=unit[1]))
        checked.append(line)
    return checked


def _checked(
    ask: RefundAsk,
    keys: Mapping[uuid.UUID, uuid.UUID | Refused],
    moves: Mapping[uuid.UUID, Sequence[Transfer]],
    taken: Mapping[uuid.UUID, int],
) -> RefundLine:
    if ask.problem is not None or ask.key is None:
        return _refused(ask, ask.problem or MoveUnknown(key=ask.reference))
    key = keys[ask.key]
    if isinstance(key, Refused):
        return _refused(ask, key)
    transfers = moves.get(key, ())
    if not transfers:
        return _refused(ask, MoveUnknown(key=ask.reference))
    if not _is_charge(transfers):
        return _refused(ask, NotACharge())
    left = sum(one.amount for one in transfers) - taken.get(key, 0)
    wanted = max(left, 1) if ask.amount is None else ask.amount
    if wanted <= 0:
        return _refused(ask, AmountWrong(amount=wanted))
    if wanted > left:
        return _refused(ask, TakenBack(left=left, wanted=wanted))
    return RefundLine(
        line=ask.line,
        reference=ask.reference,
        key=key,
        holder=transfers[0].source.holder or 0,
        unit=transfers[0].source.unit,
        amount=wanted,
    )


def _refused(ask: RefundAsk, refusal: Refused) -> RefundLine:
    return RefundLine(
        line=ask.line, reference=ask.reference, amount=ask.amount or 0, refusal=refusal
    )


def _is_charge(transfers: Sequence[Transfer]) -> bool:
    """Tell whether a move took one person's points of one unit, for good."""
    sources = {(one.source.holder, one.source.unit) for one in transfers}
    return len(sources) == 1 and all(
        one.source.account_class in ("member", "held")
        and one.target.account_class in ("partner", "city", "loss")
        for one in transfers
    )


def _settled(keys: Sequence[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID | Refused]:
    """Return for each key the move that charged: of a hold, the one that settled it."""
    found: dict[uuid.UUID, uuid.UUID | Refused] = {key: key for key in keys}
    for hold in rows(
        "SELECT key, state, ended_key FROM ledger_hold WHERE key = ANY (%s::uuid[])", [list(found)]
    ):
        found[hold.key] = _end_of(hold)
    return found


def _end_of(hold: Any) -> uuid.UUID | Refused:
    if hold.state == "held":
        return StillUnderWay()
    if hold.state == "released":
        return NotACharge()
    key: uuid.UUID = hold.ended_key
    return key


def _taken_back(keys: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    found = rows(
        "SELECT key, sum(reversed)::bigint AS reversed FROM ledger_reversed"
        " WHERE key = ANY (%s::uuid[]) GROUP BY key",
        [list(keys)],
    )
    return {row.key: row.reversed for row in found}
