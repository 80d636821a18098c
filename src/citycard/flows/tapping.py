"""A tap, from the reader's upload to its answer: the one write path for taps.

One transaction a batch: taps are opened (locked, de-duplicated, attributed, judged), the agency's
own numbers are looked up for services that answer one, activities give points, the ledger posts
them, a month's points pay at tills, what devices said of rides is kept, and each tap is stored once
with its answer. Each step takes the whole batch by columns, and asks nothing for what no tap of the
batch uses. What the answer doesn't need (rides, figures, messages) follows by event.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import numpy as np

from citycard.activities import api as activities
from citycard.cards import api as cards
from citycard.fares import api as fares
from citycard.flows import paying, reading_codes
from citycard.infra import failpoints
from citycard.infra.journal import announced_together
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.taps import api as taps

_NOBODY: Final[Mapping[int, int]] = MappingProxyType({})


def take(*, reads: Sequence[taps.TapRead], now: dt.datetime) -> list[taps.TapAnswer]:
    """Take a batch of taps that stands in rows; see ``take_columns``.

    :raises PointsNotPosted: nothing of the batch was kept
    """
    if not reads:
        return []
    return take_columns(columns=taps.columns_of(reads=reads), now=now).rows()


def take_columns(*, columns: taps.TapColumns, now: dt.datetime) -> taps.AnswerColumns:
    """Take a batch of taps, one to some thousands, and return their answers in order; the answers
    hold once this returns.

    A reader learns a public code, the points given, its own agency's number of the member, and the
    class of fare where its service tells one; a tap sent again gets the answer it got. Opens its
    own unit of work; a single tap is a batch of one.

    :raises PointsNotPosted: nothing of the batch was kept
    """
    with unit_of_work(), announced_together():
        answers = take_open(columns=columns, now=now)
        failpoints.reach("tap.take.before_commit")
    failpoints.reach("tap.take.after_commit")
    return answers


def take_open(
    *, columns: taps.TapColumns, now: dt.datetime, identified: Mapping[int, int] = _NOBODY
) -> taps.AnswerColumns:
    """Take a batch of taps within the caller's unit of work; see ``take_columns``.

    :param identified: by place, a member whom a clerk identified, in place of a card
    :raises PointsNotPosted: nothing of the batch may be kept
    """
    resolved = reading_codes.resolve(columns=columns, now=now)
    classes = fares.card_classes(pack=current_pack())
    batch = taps.open_batch(
        columns=columns, now=now, resolved=resolved, classes=classes, identified=identified
    )
    outcomes = taps.Outcomes.of(batch)
    _link(batch, outcomes)
    _award(batch, outcomes, now)
    outcomes.paid.update(paying.pay(batch=batch, codes=outcomes.code, now=now))
    fares.keep_readings(batch=batch)
    taps.keep_device_answers(batch=batch, outcomes=outcomes, now=now)
    answers = taps.store(batch=batch, outcomes=outcomes, now=now)
    return paying.told_again(batch=batch, answers=answers)


def _link(batch: taps.OpenBatch, outcomes: taps.Outcomes) -> None:
    """Look up the numbers of members that each agency's readers ask for: once an agency."""
    needs = batch.serves([one.needs_link for one in batch.services])
    answers = batch.serves([one.answers_number for one in batch.services])
    asked: dict[str, list[int]] = {}
    for i in np.flatnonzero(batch.going & (needs | answers)).tolist():
        asked.setdefault(batch.site_of(i).agency, []).append(i)
    for agency, places in asked.items():
        members = batch.member_id[places].tolist()
        found = cards.agency_numbers(agency=agency, member_ids=members)
        for i, number in zip(places, found, strict=True):
            if number is None and needs[i]:
                outcomes.code[i] = taps.Code.NOT_LINKED
            if number is not None and answers[i]:
                outcomes.link_id[i] = number.link_id
                outcomes.agency_numbers[i] = number.number


def _award(batch: taps.OpenBatch, outcomes: taps.Outcomes, now: dt.datetime) -> None:
    """Give points at readers that serve activities, in the taps' own order."""
    c = batch.columns
    going = np.flatnonzero(batch.new & (outcomes.code == taps.Code.ACCEPTED))
    giving = activities.giving(device_ids=np.unique(c.device_id[going]).tolist())
    if not giving:
        return
    asked = batch.in_order(going[np.isin(c.device_id[going], np.array(list(giving)))])
    facts = activities.TapsToAward(
        member_id=batch.member_id[asked],
        device_id=c.device_id[asked],
        at_us=c.at_us[asked],
        day=batch.day[asked],
        epoch=c.epoch[asked],
        seq=c.seq[asked],
    )
    given = activities.award_taps(asked=facts, giving=giving, actor=SYSTEM, now=now)
    outcomes.points[asked] = given.points
    outcomes.campaign_id[asked] = given.campaign_id
    outcomes.code[asked[given.points > 0]] = taps.Code.ACCEPTED_POINTS
    outcomes.code[asked[given.limited]] = taps.Code.NO_POINTS_LEFT
