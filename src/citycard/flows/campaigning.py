"""Points for happenings, and the end of campaigns.

A campaign that waits for an event gives when it is told of one; what is left of a budget goes back
once late uploads are no longer waited for.
"""

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence

from citycard.activities import api as activities
from citycard.infra.clock import now
from citycard.infra.journal import Announced
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger

BOUND = "cards.card.bound"
FOLLOWED = frozenset({BOUND})


def reward(batch: Sequence[Announced]) -> None:
    """Give points for a batch of happenings, in the unit of work of the cursor.

    Source: 台北卡整合服務 肆五「卡證歸戶贈點」: once a person, not once a card.
    """
    present = now()
    asked = [one for event in batch for one in _bindings(event)]
    if not asked:
        return
    awards = activities.award_for(trigger=BOUND, requests=asked, actor=SYSTEM, now=present)
    moves = [award.move for award in awards if award.move is not None]
    posted = ledger.move_many(moves=moves, actor=SYSTEM, now=present)
    assert all(one.refusal is None for one in posted), "an award was not covered by its budget"


def settle_ended(now: dt.datetime) -> None:
    """Give back what is left of the budgets of campaigns that are over; a timed job."""
    with unit_of_work():
        activities.settle_campaigns(actor=SYSTEM, now=now)


def _bindings(event: Announced) -> Iterator[activities.TriggerRequest]:
    at = event.at.astimezone(dt.UTC)
    pairs = zip(event.body["card_ids"], event.body["member_ids"], strict=True)
    for n, (card_id, member_id) in enumerate(pairs):
        yield activities.TriggerRequest(
            n=n, member_id=member_id, at=at, key=_key(at, event.id, card_id)
        )


def _key(at: dt.datetime, event_id: int, card_id: int) -> uuid.UUID:
    return fact_key(at, BOUND, event_id, card_id)
