"""What a card costs its holder, day by day, as the city pack says it."""

import datetime as dt
from dataclasses import dataclass

from citycard.infra.packs import current_pack


@dataclass(frozen=True, kw_only=True)
class Fee:
    """What a kind of card costs: the first one, and one in its stead."""

    first_ntd: int
    replacement_ntd: int


def fee_of(*, kind: str, on: dt.date) -> Fee | None:
    """Return what a kind of card costs on a day; None where the city doesn't say it.

    :param kind: as the pack names it; one that it doesn't know costs nothing that is known
    """
    rows = current_pack().table("cards")["kinds"].get(kind, {}).get("fee", ())
    begun = [row for row in rows if row["from"] <= on]
    if not begun:
        return None
    row = max(begun, key=lambda one: one["from"])
    return Fee(first_ntd=int(row["first_ntd"]), replacement_ntd=int(row["replacement_ntd"]))
