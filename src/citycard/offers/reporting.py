"""How an offer was used, and what came to light when the venues' entries were put together."""

import json
from typing import Any

from citycard.cards import api as cards
from citycard.infra.database import row, rows, scalar, statement
from citycard.offers.table import offer as offer_of
from citycard.offers.values import DoubleDay, FreeDay, Report, VenueTotal

_TOTALS = """
SELECT venue, price_class, count(*) AS entries, count(DISTINCT card_id) AS cards,
       sum(charged_ntd)::bigint AS charged_ntd
FROM offers_entry WHERE offer = %s GROUP BY venue, price_class ORDER BY venue, price_class
"""

_FREE_DAYS = """
SELECT c.issuer, f.day, f.changed_at, f.change,
       (SELECT jsonb_object_agg(n.number_kind, n.number)::text FROM pub.card_numbers n
        WHERE n.card_id = f.card_id) AS numbers
FROM offers_first_day f JOIN pub.cards c ON c.card_id = f.card_id
WHERE f.offer = %s AND f.change > %s
ORDER BY f.change FETCH FIRST %s ROWS WITH TIES
"""


def report(*, offer: str) -> Report:
    """Add an offer up: entries by venue and price class, double free days, what is due back.

    :raises NotFound: the city has no such offer
    """
    known = offer_of(code=offer)
    classes = {
        "offer": offer,
        "first": known.classes("first"),
        "later": known.classes("later"),
    }
    one = row(statement(__file__, "report"), classes)
    assert one is not None, "an aggregate has one row"
    conflicts = scalar(
        "SELECT count(*) FROM offers_entry_conflict WHERE said->>'offer' = %s", [offer]
    )
    return Report(
        offer=offer,
        totals=tuple(VenueTotal(**each._asdict()) for each in rows(_TOTALS, [offer])),
        conflicts=conflicts,
        **one._asdict(),
    )


def double_days(*, offer: str, limit: int = 200) -> list[DoubleDay]:
    """Return the cards that were let in free on two days, newest first: which venues, and when.

    They name no one: the number is masked, and unnamed cards are nobody's.

    :raises NotFound: the city has no such offer
    """
    known = offer_of(code=offer)
    asked = {"offer": offer, "first": known.classes("first"), "limit": limit}
    return [_double(one) for one in rows(statement(__file__, "double_days"), asked)]


def free_days(*, offer: str, after: int = 0, limit: int = 5000) -> list[FreeDay]:
    """Return cards' first days that changed after a change, oldest first: what a venue that is
    connected again learns of the others. Whoever goes on after the last one misses none.

    :param limit: about so many; what one upload changed stays together
    :raises NotFound: the city has no such offer
    """
    offer_of(code=offer)
    found = rows(_FREE_DAYS, [offer, after, limit])
    return [
        FreeDay(
            issuer=one.issuer,
            numbers=json.loads(one.numbers or "{}"),
            day=one.day,
            changed_at=one.changed_at,
            change=one.change,
        )
        for one in found
    ]


def _double(one: Any) -> DoubleDay:
    numbers = json.loads(one.numbers or "{}")
    return DoubleDay(
        card_id=one.card_id,
        masked_number=cards.card_table().masked(one.medium, numbers, ""),
        first_day=one.first_day,
        free_at=tuple(zip(one.free_venues, one.free_times, strict=True)),
        day=one.day,
        double_at=tuple(zip(one.double_venues, one.double_times, strict=True)),
    )
