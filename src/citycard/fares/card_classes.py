"""Which classes of fare a card names by itself: what readers may be told, and nothing behind it."""

from collections.abc import Mapping
from types import MappingProxyType

from citycard.infra.packs import Pack


def card_classes(*, pack: Pack) -> Mapping[str, str]:
    """Return the classes that a right on a card names, by code: class → right.

    These are marks of the pack's fares. Marks that hang on more than the right (an age, what the
    right gives its holder) aren't among them: nobody can tell them by the card alone, and a reader
    isn't told a guess.
    """
    if pack.hash not in _classes:
        _classes[pack.hash] = MappingProxyType(
            {
                code: mark["entitlement"]
                for code, mark in sorted((pack.table("fares") or {}).get("marks", {}).items())
                if mark.get("entitlement") and mark.get("carried") and not mark.get("gift")
            }
        )
    return _classes[pack.hash]


_classes: dict[str, Mapping[str, str]] = {}
