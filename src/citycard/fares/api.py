"""The door of fares.

A city's tariffs and concessions are compiled once: ``book = fares.book(pack=…)``. Rides go in as
columns (``RideColumns``, a person-month after the other, in canonical order) and come out priced:
``fares.price(book=…, rides=…)``. ``fares.explain_ride`` prices the same rides again and says every
step of one of them in Chinese and in English.
"""

from citycard.fares.book import Book, Line, Mark, Stop
from citycard.fares.books import book
from citycard.fares.checking import check_fares
from citycard.fares.deciding import Decided, decide_months
from citycard.fares.differing import Difference
from citycard.fares.explaining import explain_ride
from citycard.fares.point_uses import PointUse, point_uses, points_unit
from citycard.fares.pricing import price
from citycard.fares.readings import keep_readings
from citycard.fares.touching import (
    touched_by_cards,
    touched_by_facts,
    touched_by_readings,
    touched_by_rights,
)
from citycard.fares.values import (
    MICRO,
    NONE,
    Ended,
    Explained,
    PricedColumns,
    Ride,
    RideColumns,
)
from citycard.fares.verifying import verify
from citycard.fares.working_out import Grant

__all__ = [
    "MICRO",
    "NONE",
    "Book",
    "Decided",
    "Difference",
    "Ended",
    "Explained",
    "Grant",
    "Line",
    "Mark",
    "PointUse",
    "PricedColumns",
    "Ride",
    "RideColumns",
    "Stop",
    "book",
    "check_fares",
    "decide_months",
    "explain_ride",
    "keep_readings",
    "point_uses",
    "points_unit",
    "price",
    "touched_by_cards",
    "touched_by_facts",
    "touched_by_readings",
    "touched_by_rights",
    "verify",
]
