"""The face of a card as the resident's pages draw it."""

from collections.abc import Sequence

from citycard.cards import api as cards
from citycard.entitlements import api as entitlements
from citycard.infra import clock
from citycard.infra.packs import current_pack
from citycard.infra.web.parts import CardFace
from citycard.portals.naming import in_language, name_of

SHOWN_STATES = ("active", "suspended", "issued")


def face_of(card: cards.CardView, *, holder: str, rights: Sequence[entitlements.Right]) -> CardFace:
    """Return what stands on a card: its kind and number, and the rights that it carries."""
    kind = cards.card_table().kinds.get(card.kind)
    carried = kind.carries if kind else frozenset()
    return CardFace(
        title=in_language(current_pack().table("pack")["programme"]),
        kind=card.kind,
        kind_name=name_of("card_kind", card.kind),
        masked_number=card.masked_number,
        state=card.state,
        holder=holder,
        valid_until=card.expires_on.isoformat() if card.expires_on else "",
        fresh_at=clock.now(),
        features=[
            name_of("entitlement", right.entitlement)
            for right in rights
            if right.entitlement in carried
        ],
        is_virtual=card.medium == "virtual",
    )
