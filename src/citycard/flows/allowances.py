"""Monthly allowances follow the clock and the facts: posted ahead of the month, and corrected when
a right, a district or the pack turns out otherwise."""

import datetime as dt
from collections.abc import Sequence

from citycard.entitlements import api as entitlements
from citycard.infra import clock, failpoints
from citycard.infra.journal import Announced
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM

A_BATCH = 5000

FOLLOWED = frozenset(
    {
        "people.facts.changed",
        "entitlements.right.granted",
        "entitlements.right.ended",
        "entitlements.right.changed",
    }
)


def grant_ahead(now: dt.datetime) -> None:
    """Grant the month that begins tomorrow, and what is open of this one and the last; for the
    clock. A run that stopped goes on where it was; one that comes twice finds nothing to do."""
    for month in entitlements.months_to_grant(now=now):
        grant(month, now)


def grant(month: dt.date, now: dt.datetime) -> int:
    """Grant a month to the whole city, a unit of work a batch; returns how many people got
    theirs, or a difference."""
    people = 0
    while True:
        with unit_of_work():
            done = entitlements.grant_month(month=month, now=now, actor=SYSTEM, limit=A_BATCH)
            failpoints.reach("allowances.batch.before_commit")
        people += done.people
        if done.finished:
            return people


def follow(batch: Sequence[Announced]) -> None:
    """Correct the months of members whose facts or rights changed; a subscriber's handler."""
    members = sorted({member for event in batch for member in event.body["member_ids"]})
    now = clock.now()
    for month in entitlements.months_to_grant(now=now):
        entitlements.grant_month(month=month, member_ids=members, now=now, actor=SYSTEM)
