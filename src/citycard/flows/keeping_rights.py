"""Rights follow facts and days: after every change of a fact, and on the eve of every boundary."""

import datetime as dt
from collections.abc import Sequence

from citycard.applications import api as applications
from citycard.cards import api as cards
from citycard.entitlements import api as entitlements
from citycard.flows import asking_registers
from citycard.infra import clock
from citycard.infra.journal import Announced
from citycard.infra.unit_of_work import unit_of_work
from citycard.issuing import api as issuing
from citycard.kernel.actors import SYSTEM

A_BATCH = 2000


def follow_facts(batch: Sequence[Announced]) -> None:
    """Decide the rights of members whose facts changed; a subscriber's handler."""
    members = sorted({member for event in batch for member in event.body["member_ids"]})
    # more than a handful at once is an import or a feed: nobody is told one by one
    quiet = len(members) > A_BATCH // 10
    entitlements.decide_again(
        member_ids=members, quiet=quiet, answer=False, actor=SYSTEM, now=clock.now()
    )


def stop_cards(batch: Sequence[Announced]) -> None:
    """Stop the cards of those who died; a subscriber's handler."""
    members = sorted({member for event in batch for member in event.body["member_ids"]})
    cards.follow_deaths(member_ids=members, actor=SYSTEM, now=clock.now())


def stop_questions(batch: Sequence[Announced]) -> None:
    """Go on without the questions whose consent was withdrawn; a subscriber's handler."""
    stopped = sorted({query for event in batch for query in event.body["query_ids"]})
    asking_registers.stop(stopped, now=clock.now())


def look_again(now: dt.datetime) -> None:
    """Decide everybody for whom time alone changes something by today; a late run moves no
    boundary. What changed rules mean for everybody is weighed first (``braking_rules``)."""
    while True:
        with unit_of_work():
            left = entitlements.due(on=clock.city_time().day(now), time_only=True)
            entitlements.decide_due(now=now, actor=SYSTEM, limit=A_BATCH, time_only=True)
        if len(left) < A_BATCH:
            return


def erase_papers(now: dt.datetime) -> None:
    """Erase papers whose application ended longer ago than the pack keeps them, the faces of cards
    handed over as long ago, and old drafts."""
    with unit_of_work():
        applications.discard_old_drafts(now=now)
        applications.erase_old_papers(now=now)
        issuing.erase_old_faces(now=now)
