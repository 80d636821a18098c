"""Taps: what readers saw, taken once, judged once, kept with the answer that was given.

A tap's identity is (reader, epoch, sequence). One write path uses this face:
``flows.tapping``, which opens a batch (``open_batch``: lock, de-duplicate, attribute, judge),
lets others add points and the agency's number, and stores it (``store``). What a reader answered is
a fact and never changes: a tap sent again gets the stored answer; the same identity with another
content is kept as a conflict; an impossible time is kept in quarantine.

A tap of a vehicle, a gate or a dock carries a ride part (``RidePart``): part of its content, kept
by ``fares``.

A tap of somebody whom a clerk identified has a member and no card; ``note_counter_use`` says why,
and under which number.

A tap that a device answered by itself, cut off, carries what it answered (``AnsweredPart``).

A tap is judged by what held at its own time (card, binding, right), so the order of arrival does
not matter.

Published for other contexts' SQL (schema ``pub``):

* ``pub.taps(local_month, batch_id, reader_id, epoch, seq, at, received_at, late, card_id,
  member_id, service, agency, place, code, points, campaign_id, site_id)``; name ``local_month`` and
  ``batch_id`` to read what an event announced
* ``pub.offline_losses(reader_id, epoch, seq, at, card_id, service, agency, why, snapshot, report,
  reader_knew, bears, unit, amount)``
* ``pub.tap_sites(site_id, service, agency, place)``
* ``pub.tap_batches(batch_id, received_at, taps)``

``code`` is a number of ``Code``; ``codes.MEANINGS`` says in English what each tells a reader.
"""

from citycard.taps.accepted import AcceptedRange, accepted_ranges
from citycard.taps.batch_counts import BatchCount, batch_counts
from citycard.taps.codes import MEANINGS, Code
from citycard.taps.columns import AnswerColumns, TapColumns, columns_of
from citycard.taps.counter_uses import REASONS as REASONS_AT_COUNTER
from citycard.taps.counter_uses import CounterUse, UseOfAnother, note_counter_use
from citycard.taps.counting_people import MOST_GROUPS, count_people
from citycard.taps.device_answers import (
    DeviceAnswer,
    Loss,
    device_answers,
    keep_device_answers,
    losses,
    losses_of,
    losses_of_card,
    set_borne,
    set_losses,
    set_posted,
)
from citycard.taps.device_answers import Identity as TapIdentity
from citycard.taps.identified import ISSUER as IDENTIFIED_ISSUER
from citycard.taps.identified import NUMBER_KIND as IDENTIFIED
from citycard.taps.judging import judge
from citycard.taps.judging_services import ServiceJudged, judge_for_service
from citycard.taps.keeping_apart import Took
from citycard.taps.lost_cards import LostCardTap, lost_card_taps
from citycard.taps.lost_counts import LostCount, lost_counts
from citycard.taps.numbers import candidates
from citycard.taps.opened import OpenBatch, Outcomes, State
from citycard.taps.opening import open_batch
from citycard.taps.queries import ambiguous, reader_health, recent, tap_of, whose
from citycard.taps.reader_reports import (
    Gap,
    KeptApart,
    ambiguous_counts,
    kept_apart,
    reader_gaps,
    taps_by_day,
)
from citycard.taps.service_table import Service, ServiceTable, service_table
from citycard.taps.storing import store
from citycard.taps.values import (
    AmbiguousTap,
    AnsweredPart,
    CardRead,
    Judged,
    Leg,
    PaidPart,
    ReaderHealth,
    RidePart,
    SalePart,
    TapAnswer,
    TapRead,
    TapView,
)
from citycard.taps.verifying import verify

__all__ = [
    "IDENTIFIED",
    "IDENTIFIED_ISSUER",
    "MEANINGS",
    "MOST_GROUPS",
    "REASONS_AT_COUNTER",
    "AcceptedRange",
    "AmbiguousTap",
    "AnswerColumns",
    "AnsweredPart",
    "BatchCount",
    "CardRead",
    "Code",
    "CounterUse",
    "DeviceAnswer",
    "Gap",
    "Judged",
    "KeptApart",
    "Leg",
    "Loss",
    "LostCardTap",
    "LostCount",
    "OpenBatch",
    "Outcomes",
    "PaidPart",
    "ReaderHealth",
    "RidePart",
    "SalePart",
    "Service",
    "ServiceJudged",
    "ServiceTable",
    "State",
    "TapAnswer",
    "TapColumns",
    "TapIdentity",
    "TapRead",
    "TapView",
    "Took",
    "UseOfAnother",
    "accepted_ranges",
    "ambiguous",
    "ambiguous_counts",
    "batch_counts",
    "candidates",
    "columns_of",
    "count_people",
    "device_answers",
    "judge",
    "judge_for_service",
    "keep_device_answers",
    "kept_apart",
    "losses",
    "losses_of",
    "losses_of_card",
    "lost_card_taps",
    "lost_counts",
    "note_counter_use",
    "open_batch",
    "reader_gaps",
    "reader_health",
    "recent",
    "service_table",
    "set_borne",
    "set_losses",
    "set_posted",
    "store",
    "tap_of",
    "taps_by_day",
    "verify",
    "whose",
]
