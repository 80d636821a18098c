"""The face of a card as the resident's pages draw it."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from citycard.cards import api as cards
from citycard.entitlements import api as entitlements
from citycard.infra import clock
from citycard.infra.packs import current_pack
from citycard.infra.web.parts import CardFace
from citycard.portals.naming import in_language, name_of

SHOWN_STATES = ("active", "suspended", "issued")


def face_of(
    card: cards.CardView,
    *,
    holder: str,
    rights: Sequence[entitlements.Right],
    elsewhere: Collection[str] = (),
) -> CardFace:
    """Return what stands on a card: its kind and number, and the rights that it carries.

    :param elsewhere: rights that one card alone carries, and this one doesn't
    """
    functions = functions_of(card, rights=rights, on=clock.today())
    return CardFace(
        title=in_language(current_pack().table("pack")["programme"]),
        kind=card.kind,
        kind_name=name_of("card_kind", card.kind),
        masked_number=card.masked_number,
        state=card.state,
        holder=holder,
        valid_until=card.expires_on.isoformat() if card.expires_on else "",
        fresh_at=clock.now(),
        features=[each.name for each in functions if each.is_on and each.code not in elsewhere],
        is_virtual=card.medium == "virtual",
    )


def issuer_of(card: cards.CardView) -> str:
    """Name the agency that answers for a card's kind; empty where the pack names none."""
    kind = current_pack().table("cards")["kinds"].get(card.kind, {})
    return name_of("agency", kind["issued_by"]) if "issued_by" in kind else ""


@dataclass(frozen=True, kw_only=True)
class Function:
    """Something that a card does for its holder, or will.

    :ivar code: the right
    :ivar since: the first day on cards of this kind, where it came later than the card
    """

    code: str
    name: str
    is_on: bool
    since: dt.date | None


def functions_of(
    card: cards.CardView, *, rights: Sequence[entitlements.Right], on: dt.date
) -> list[Function]:
    """Return what a card does for a holder with these rights: now, and from a day to come."""
    kind = cards.card_table().kinds.get(card.kind)
    held = {right.entitlement for right in rights}
    return [
        Function(code=code, name=name_of("entitlement", code), is_on=on in days, since=days.start)
        for code, days in (kind.functions if kind else {}).items()
        if code in held and (on in days or (days.start is not None and days.start > on))
    ]
