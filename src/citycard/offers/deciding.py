"""Pure: what a visit costs, from what is known of the card on that day."""

import datetime as dt
from collections.abc import Collection

from citycard.offers.table import FULL, Offer, Term
from citycard.offers.values import Price


def price(
    offer: Offer,
    *,
    venue: str,
    on: dt.date,
    card_kind: str,
    rights: Collection[str],
    first_day: dt.date | None,
) -> Price:
    """Return the price of a visit: the first term that holds, else the full price.

    :param first_day: the card's first day at any venue as far as is known; None: none is known, so
        this day is it
    """
    if venue not in offer.venues or on not in offer.span:
        return Price(code="no_offer")
    for term in offer.terms:
        if _holds(term, on, card_kind, rights, first_day):
            return Price(code="ok", price_class=term.price_class, ntd=term.ntd)
    return Price(code="ok", price_class=FULL, ntd=offer.full_ntd)


def _holds(
    term: Term,
    on: dt.date,
    card_kind: str,
    rights: Collection[str],
    first_day: dt.date | None,
) -> bool:
    if on not in term.span or term.card_kind not in (None, card_kind):
        return False
    if term.right is not None and term.right not in rights:
        return False
    # a day before the first one that is known is the first one from now on
    is_first = first_day is None or on <= first_day
    return term.days == "every" or is_first == (term.days == "first")
