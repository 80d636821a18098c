"""Unnamed cards: handed out once a person, of whom only a keyed one-way mark stays."""

import datetime as dt
import json
from dataclasses import dataclass, field

from citycard.cards import api as cards
from citycard.infra.crypto import blind
from citycard.infra.database import rows
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.issuing import states, stock
from citycard.issuing.printing import NoBlankLeft, NoCounter, first_medium
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.kernel.taiwan import national_id


class NotUnnamed(Refused):
    """Cards of kind {kind} carry a name; they are applied for."""

    code = "issuing.not_unnamed"


class AlreadyPickedUp(Refused):
    """This person picked their card up already; a lost one is not replaced."""

    code = "issuing.already_picked_up"


@dataclass(frozen=True, kw_only=True)
class HandedOut:
    """A blank that became a card in somebody's hand; whose it is nobody writes down."""

    card_kind: str
    medium: str
    numbers: dict[str, str] = field(repr=False)


def unnamed_kinds() -> list[str]:
    """Return the kinds of card that are handed out without a name."""
    kinds = current_pack().table("cards")["kinds"]
    return [code for code, row in kinds.items() if row.get("unnamed")]


def hand_out_unnamed(
    *, card_kind: str, id_number: str, passport: bool = False, actor: Actor, now: dt.datetime
) -> HandedOut:
    """Take a blank of the actor's counter for somebody who never had one of this kind.

    Of two counters that serve one person in the same second, one waits for the other's mark and is
    refused. The flow has seen that the person may have it, and registers the card.

    Source: 花博卡不記名發放 (已領取但遺失者不重複發放).

    :raises NotUnnamed: the kind is a named one
    :raises AlreadyPickedUp: at this or any other counter
    :raises cards.ProgrammeClosed: no more are issued
    :raises NoCounter, NoBlankLeft: as they say
    :raises BadIdNumber: the number is not valid
    """
    require_unit_of_work()
    kind = current_pack().table("cards")["kinds"].get(card_kind, {})
    if not kind.get("unnamed"):
        raise NotUnnamed(kind=card_kind)
    cards.require_open(act="issue", card_kind=card_kind, now=now)
    if actor.counter is None:
        raise NoCounter()
    _leave_a_mark(card_kind, national_id.parse(id_number, passport=passport))
    medium = first_medium(kind)
    blank = stock.take_blank(counter=actor.counter, medium=medium)
    if blank is None:
        raise NoBlankLeft()
    for state in (states.LOADED, states.ISSUED):
        stock.move(blank, state, print_id=None, reason="unnamed", actor=actor, now=now)
        blank = stock.locked_blank(blank.id)
    return HandedOut(card_kind=card_kind, medium=medium, numbers=json.loads(blank.numbers))


def _leave_a_mark(card_kind: str, number: national_id.IdNumber) -> None:
    # the label keeps the marks of two programmes apart: no one can join them
    mark = blind(f"issuing.unnamed.{card_kind}", number.text)
    left = rows(
        "INSERT INTO issuing_unnamed_pickup (card_kind, mark) VALUES (%s, %s)"
        " ON CONFLICT DO NOTHING RETURNING 1 AS new",
        [card_kind, mark],
    )
    if not left:
        raise AlreadyPickedUp()
