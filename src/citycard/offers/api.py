"""Offers at venues: what a card or a right opens, for how much, and what was let in.

``price_at`` answers a reader with a public code, a price class and an amount. Venues that are cut
off from each other decide with what they know (``free_days`` is what they may learn) and send what
they let in: ``merge_entries`` takes it in any order, any number of times. ``report`` and
``double_days`` are the organiser's view. Offers are the pack's table ``offers``; attaching one to
another kind of card is a dated row there.

Events: ``offers.events``.
"""

from citycard.offers.auditing import verify
from citycard.offers.entering import merge_entries, price_at
from citycard.offers.reporting import double_days, free_days, report
from citycard.offers.table import FULL, Offer, Term, agencies_of, offer, offers
from citycard.offers.values import (
    CardNumber,
    DoubleDay,
    FreeDay,
    Merged,
    NewEntry,
    Price,
    Report,
    VenueTotal,
)

__all__ = [
    "FULL",
    "CardNumber",
    "DoubleDay",
    "FreeDay",
    "Merged",
    "NewEntry",
    "Offer",
    "Price",
    "Report",
    "Term",
    "VenueTotal",
    "agencies_of",
    "double_days",
    "free_days",
    "merge_entries",
    "offer",
    "offers",
    "price_at",
    "report",
    "verify",
]
