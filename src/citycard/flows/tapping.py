"""A tap, from the reader's upload to its answer: the one write path for taps.

One transaction a batch: taps are opened (locked, de-duplicated, attributed, judged), the agency's
own numbers are looked up for services that answer one, activities give points, the ledger posts
them, a month's points pay at tills, what devices said of rides is kept, and each tap is stored once
with its answer. Each step takes the whole batch. What the answer doesn't need (rides, figures,
messages) follows by event.
"""

import datetime as dt
from collections.abc import Sequence

import numpy as np

from citycard.activities import api as activities
from citycard.cards import api as cards
from citycard.fares import api as fares
from citycard.flows import paying
from citycard.infra import failpoints
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from citycard.taps import api as taps

Numbers = dict[int, cards.AgencyNumber | None]
"""Place in the batch → the agency's own number of the member, where the service asks for one."""


_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class PointsNotPosted(RuntimeError):
    """Our own mistake: an activity awarded points that the ledger refused; the batch is undone."""


def take(*, reads: Sequence[taps.TapRead], now: dt.datetime) -> list[taps.TapAnswer]:
    """Take a batch of taps and return their answers in order; the answers hold once this returns.

    A reader learns a public code, the points given, and its own agency's number of the member; a
    tap sent again gets the answer it got. Opens its own unit of work; a single tap is a batch of
    one.

    :raises PointsNotPosted: nothing of the batch was kept
    """
    if not reads:
        return []
    with unit_of_work():
        batch = taps.open_batch(reads=reads, now=now)
        numbers = _agency_numbers(batch)
        codes = [_code(tap, i, numbers) for i, tap in enumerate(batch.taps)]
        awards = _award(batch, codes, now)
        paid = paying.pay(batch=batch, codes=codes, now=now)
        outcomes = [
            _outcome(tap, code, numbers.get(i), awards.get(i), paid.get(i))
            for i, (tap, code) in enumerate(zip(batch.taps, codes, strict=True))
        ]
        fares.keep_readings(batch=batch)
        answers = taps.store(batch=batch, outcomes=outcomes, now=now)
        answers = paying.told_again(batch=batch, answers=answers)
        failpoints.reach("tap.take.before_commit")
    failpoints.reach("tap.take.after_commit")
    return answers


def take_columns(*, columns: taps.TapColumns, now: dt.datetime) -> taps.AnswerColumns:
    """Take a batch of taps that stands in columns, 1 to some 5,000, as one transaction.

    :raises PointsNotPosted: nothing of the batch was kept
    """
    reads = [
        taps.TapRead(device, epoch, seq, _EPOCH + dt.timedelta(microseconds=at), *rest)
        for device, epoch, seq, at, *rest in zip(
            columns.device_id.tolist(),
            columns.epoch.tolist(),
            columns.seq.tolist(),
            columns.at_us.tolist(),
            columns.issuer,
            columns.number_kind,
            columns.number,
            columns.rides or [None] * len(columns),
            columns.sales or [None] * len(columns),
            columns.answered or [None] * len(columns),
            strict=True,
        )
    ]
    answers = take(reads=reads, now=now)
    return taps.AnswerColumns(
        code=np.array([answer.code for answer in answers], np.int16),
        points=np.array([answer.points for answer in answers], np.int32),
        agency_numbers={
            i: answer.agency_number for i, answer in enumerate(answers) if answer.agency_number
        },
        paid={i: answer.paid for i, answer in enumerate(answers) if answer.paid},
    )


def _agency_numbers(batch: taps.OpenBatch) -> Numbers:
    """Look up the numbers of members that each agency's readers ask for: once an agency."""
    places: dict[str, list[int]] = {}
    for i, tap in enumerate(batch.taps):
        if (tap.needs_link or tap.answers_number) and _goes_on(tap):
            places.setdefault(tap.agency, []).append(i)
    numbers: Numbers = {}
    for agency, asked in places.items():
        members = [batch.taps[i].member_id or 0 for i in asked]
        found = cards.agency_numbers(agency=agency, member_ids=members)
        numbers.update(zip(asked, found, strict=True))
    return numbers


def _goes_on(tap: taps.OpenedTap) -> bool:
    return tap.state == "new" and tap.code == taps.Code.ACCEPTED


def _code(tap: taps.OpenedTap, i: int, numbers: Numbers) -> taps.Code:
    if tap.needs_link and _goes_on(tap) and numbers.get(i) is None:
        return taps.Code.NOT_LINKED
    return tap.code


def _award(
    batch: taps.OpenBatch, codes: Sequence[taps.Code], now: dt.datetime
) -> dict[int, activities.Award]:
    """Ask activities for points, in the taps' own order, and post them."""
    asked = [
        i
        for i, (tap, code) in enumerate(zip(batch.taps, codes, strict=True))
        if tap.state == "new" and code == taps.Code.ACCEPTED
    ]
    asked.sort(key=lambda i: (batch.reads[i].at, *batch.reads[i][:3]))
    awards = activities.award(requests=[_request(batch, i) for i in asked], actor=SYSTEM, now=now)
    moves = [award.move for award in awards if award.move is not None]
    if moves:
        posted = ledger.move_many(moves=moves, actor=SYSTEM, now=now)
        if any(one.outcome == "refused" for one in posted):
            raise PointsNotPosted(next(one.refusal.code for one in posted if one.refusal))
    return {award.n: award for award in awards}


def _request(batch: taps.OpenBatch, i: int) -> activities.AwardRequest:
    read, tap = batch.reads[i], batch.taps[i]
    assert tap.member_id is not None, "an accepted tap has a member"
    return activities.AwardRequest(
        n=i,
        member_id=tap.member_id,
        device_id=read.device_id,
        at=read.at,
        tap_key=fact_key(read.at, "tap", read.device_id, read.epoch, read.seq),
    )


def _outcome(
    tap: taps.OpenedTap,
    code: taps.Code,
    number: cards.AgencyNumber | None,
    award: activities.Award | None,
    paid: taps.PaidPart | None,
) -> taps.Outcome | None:
    if tap.state != "new":
        return None
    link = number if number and tap.answers_number and code == taps.Code.ACCEPTED else None
    points = award.points if award else 0
    if points:
        code = taps.Code.ACCEPTED_POINTS
    elif award is not None and award.code == "limit":
        code = taps.Code.NO_POINTS_LEFT
    return taps.Outcome(
        taps.TapAnswer(code, points, link.number if link else None, paid),
        award.campaign_id if award else None,
        link.link_id if link else None,
    )
