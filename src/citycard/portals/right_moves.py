"""Rights that one card of a person carries, as doors offer to move them to another."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from citycard.cards import api as cards
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import Actor
from citycard.portals.naming import name_of


@dataclass(frozen=True, kw_only=True)
class Movable:
    """A right that a card could carry, and another does or none.

    :ivar seen: the public id of the card that carries it; empty for none
    :ivar seen_number: that card's number, masked
    """

    entitlement: str
    name: str
    seen: str
    seen_number: str


def carriers_of(member_id: int) -> Mapping[str, int]:
    """Return which card of a person's carries each right that one card alone may."""
    found = cards.cards_carrying(member_ids=[member_id])
    return {code: card_id for (_, code), card_id in found.items()}


def movable_to(
    card: cards.CardView,
    *,
    carriers: Mapping[str, int],
    held: Sequence[cards.CardView],
    rights: Collection[str],
) -> list[Movable]:
    """Return the rights of its holder that could be moved to a card that works.

    :param carriers: as ``carriers_of`` gives them
    :param held: all cards of the holder
    :param rights: what the holder has
    """
    if card.state != "active" or card.unbound_at is not None:
        return []
    by_id = {one.card_id: one for one in held}
    found = []
    for code in sorted(elsewhere(card, carriers=carriers, rights=rights)):
        carrier = by_id.get(carriers.get(code, 0))
        found.append(
            Movable(
                entitlement=code,
                name=name_of("entitlement", code),
                seen=str(carrier.public_id) if carrier else "",
                seen_number=carrier.masked_number if carrier else "",
            )
        )
    return found


def elsewhere(
    card: cards.CardView, *, carriers: Mapping[str, int], rights: Collection[str]
) -> frozenset[str]:
    """Return the rights of its holder that one card alone carries, and this one doesn't."""
    single = _single(card) & set(rights)
    return frozenset(code for code in single if carriers.get(code) != card.card_id)


def carried_by(card: cards.CardView, *, carriers: Mapping[str, int]) -> list[str]:
    """Name the rights that this card carries and no other may."""
    mine = [code for code, card_id in carriers.items() if card_id == card.card_id]
    return [name_of("entitlement", code) for code in sorted(mine)]


def move(
    card: cards.CardView,
    *,
    held: Sequence[cards.CardView],
    entitlement: str,
    seen: str,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Move a right to a card, from the one that its holder or a clerk saw.

    :param seen: as ``Movable`` has it
    :raises CannotCarry, RightMovedMeanwhile: as ``cards.move_right``
    """
    seen_id = next((one.card_id for one in held if str(one.public_id) == seen), None)
    with unit_of_work():
        cards.move_right(
            entitlement=entitlement,
            card_id=card.card_id,
            seen_card_id=seen_id,
            actor=actor,
            now=now,
        )


def _single(card: cards.CardView) -> frozenset[str]:
    table = cards.card_table()
    kind = table.kinds.get(card.kind)
    return table.single_rights & kind.carries if kind else frozenset()
