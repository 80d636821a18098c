"""The door of fares.

A city's tariffs and concessions are compiled once: ``book = fares.book(pack=…)``. Rides go in as
columns (``RideColumns``, a person-month after the other, in canonical order) and come out priced:
``fares.price(book=…, rides=…)``. ``fares.explain_ride`` prices the same rides again and says every
step of one of them in Chinese and in English. ``fares.explain_stored`` executes the decision of a
stored ride again, by the pack and grant that it had, and says whether the same came out.

Operators are told of a month with the closing of the books: ``freeze_statements`` keeps what it
tells, ``operator_statement`` returns it, or what an open month would tell now, and ``since_told``
what is other since.
"""

from citycard.fares.book import Book, Line, Mark, Stop
from citycard.fares.books import book
from citycard.fares.card_classes import card_classes
from citycard.fares.checking import check_fares
from citycard.fares.comparing import BANDS, PolicyLine, PolicyTrial, Shown, compare_policies
from citycard.fares.counting import RideCounts, count_rides
from citycard.fares.deciding import Decided, decide_months
from citycard.fares.differing import Difference
from citycard.fares.estimating import Estimate, Guess, after_guess, estimates
from citycard.fares.explaining import explain_ride
from citycard.fares.freezing_statements import freeze_statements
from citycard.fares.giving_back import (
    RefundOutdated,
    end_by_refund_run,
    put_on_refund_run,
    take_off_refund_run,
)
from citycard.fares.levers import Lever, LeverOutOfRange, LeverUnknown, levers, proposal_of
from citycard.fares.point_uses import PointUses, point_uses, points_unit
from citycard.fares.pricing import price
from citycard.fares.queue import (
    DifferenceEnded,
    DifferenceSum,
    NoteMissing,
    OpenDifference,
    difference_sums,
    differences,
    end_differences,
)
from citycard.fares.re_executing import RideId, RideWhy, explain_stored, unexplained
from citycard.fares.readings import keep_readings
from citycard.fares.rides import RIDES_FIELD, RideView, is_ride, ride_of, rides_of
from citycard.fares.settling import COLUMNS, OperatorLine, operator_month, ride_months
from citycard.fares.statements import (
    Booking,
    Statement,
    frozen_statement,
    operator_statement,
    since_told,
)
from citycard.fares.touching import (
    touched_by_cards,
    touched_by_facts,
    touched_by_readings,
    touched_by_rights,
)
from citycard.fares.trials import (
    NewTrial,
    StoredTrial,
    ask_trial,
    finish_trial,
    note_progress,
    take_trial,
    trial,
    trial_months,
    trials,
)
from citycard.fares.trying import (
    Booked,
    Groups,
    TriedMonth,
    groups_of,
    joined,
    riders_of,
    sum_rides,
    try_month,
)
from citycard.fares.values import (
    MICRO,
    NONE,
    Column,
    Ended,
    Explained,
    PricedColumns,
    Ride,
    RideColumns,
)
from citycard.fares.verifying import verify
from citycard.fares.working_out import Grant

__all__ = [
    "BANDS",
    "COLUMNS",
    "MICRO",
    "NONE",
    "RIDES_FIELD",
    "Book",
    "Booked",
    "Booking",
    "Column",
    "Decided",
    "Difference",
    "DifferenceEnded",
    "DifferenceSum",
    "Ended",
    "Estimate",
    "Explained",
    "Grant",
    "Groups",
    "Guess",
    "Lever",
    "LeverOutOfRange",
    "LeverUnknown",
    "Line",
    "Mark",
    "NewTrial",
    "NoteMissing",
    "OpenDifference",
    "OperatorLine",
    "PointUses",
    "PolicyLine",
    "PolicyTrial",
    "PricedColumns",
    "RefundOutdated",
    "Ride",
    "RideColumns",
    "RideCounts",
    "RideId",
    "RideView",
    "RideWhy",
    "Shown",
    "Statement",
    "Stop",
    "StoredTrial",
    "TriedMonth",
    "after_guess",
    "ask_trial",
    "book",
    "card_classes",
    "check_fares",
    "compare_policies",
    "count_rides",
    "decide_months",
    "difference_sums",
    "differences",
    "end_by_refund_run",
    "end_differences",
    "estimates",
    "explain_ride",
    "explain_stored",
    "finish_trial",
    "freeze_statements",
    "frozen_statement",
    "groups_of",
    "is_ride",
    "joined",
    "keep_readings",
    "levers",
    "note_progress",
    "operator_month",
    "operator_statement",
    "point_uses",
    "points_unit",
    "price",
    "proposal_of",
    "put_on_refund_run",
    "ride_months",
    "ride_of",
    "riders_of",
    "rides_of",
    "since_told",
    "sum_rides",
    "take_off_refund_run",
    "take_trial",
    "touched_by_cards",
    "touched_by_facts",
    "touched_by_readings",
    "touched_by_rights",
    "trial",
    "trial_months",
    "trials",
    "try_month",
    "unexplained",
    "verify",
]
