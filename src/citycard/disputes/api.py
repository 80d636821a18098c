"""Disputes: a resident says that a fare, a refusal or a move of points is wrong, and is answered.

``open_dispute`` keeps it (one open dispute a thing; said twice it is one), ``queue`` shows what
waits, ``explain`` ends it with the reason, ``correct`` with what was posted: nothing is ever
edited. Who looks the thing up, posts the correction and tells the resident is
``flows.disputing``. The resident's own words are sealed; ``said_in`` needs an access.

Events: ``disputes.dispute.opened``, ``disputes.dispute.ended``.
"""

from citycard.disputes.answering import (
    DisputeEnded,
    OwnDispute,
    WhyMissing,
    check_why,
    correct,
    explain,
    lock,
    withdraw,
)
from citycard.disputes.opening import ReasonUnknown, SaidTooLong, open_dispute
from citycard.disputes.queries import FIELD, dispute, disputes_of, open_count, queue, said_in
from citycard.disputes.states import REASONS
from citycard.disputes.values import Dispute
from citycard.disputes.verifying import verify

__all__ = [
    "FIELD",
    "REASONS",
    "Dispute",
    "DisputeEnded",
    "OwnDispute",
    "ReasonUnknown",
    "SaidTooLong",
    "WhyMissing",
    "check_why",
    "correct",
    "dispute",
    "disputes_of",
    "explain",
    "lock",
    "open_count",
    "open_dispute",
    "queue",
    "said_in",
    "verify",
    "withdraw",
]
