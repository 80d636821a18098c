"""Paying at tills, clinics and venues with a month's points: one step of a batch of taps.

A batch in which no tap names a price at a service that spends points goes by without a question to
the database.
"""

import datetime as dt
import uuid
from collections.abc import Sequence

from citycard.entitlements import api as entitlements
from citycard.kernel.actors import SYSTEM
from citycard.kernel.ids import fact_key
from citycard.taps import api as taps


def pay(
    *, batch: taps.OpenBatch, codes: Sequence[taps.Code], now: dt.datetime
) -> dict[int, taps.PaidPart]:
    """Take from month's points what they pay, in the taps' own order; by place in the batch."""
    asked = [
        i
        for i, tap in enumerate(batch.taps)
        if tap.spends_on is not None
        and tap.state == "new"
        and codes[i] == taps.Code.ACCEPTED
        and batch.reads[i].sale is not None
    ]
    if not asked:
        return {}
    asked.sort(key=lambda i: (batch.reads[i].at, *batch.reads[i][:3]))
    asks = [_ask(batch, i) for i in asked]
    paid = entitlements.pay_at_tills(asks=asks, actor=SYSTEM, now=now)
    return {i: _part(one) for i, one in zip(asked, paid, strict=True)}


def told_again(*, batch: taps.OpenBatch, answers: Sequence[taps.TapAnswer]) -> list[taps.TapAnswer]:
    """Give taps that came before the part of their stored answer that says what paid."""
    again = [
        i
        for i, tap in enumerate(batch.taps)
        if tap.state == "duplicate" and tap.spends_on is not None
    ]
    told = list(answers)
    if again:
        keys = {i: _key(batch.reads[i]) for i in again}
        ats = [batch.reads[i].at for i in again]
        before = entitlements.paid_before(keys=list(keys.values()), ats=ats)
        for i, key in keys.items():
            if key in before:
                told[i] = told[i]._replace(paid=_part(before[key]))
    return told


def _ask(batch: taps.OpenBatch, i: int) -> entitlements.TillAsk:
    read, tap = batch.reads[i], batch.taps[i]
    assert read.sale is not None, "only taps that name a price pay"
    assert tap.member_id is not None, "an accepted tap has a member"
    assert tap.spends_on is not None, "only services that spend are asked"
    return entitlements.TillAsk(
        key=_key(read),
        at=read.at,
        member_id=tap.member_id,
        category=tap.spends_on,
        price_ntd=read.sale.price_ntd,
        quantity=read.sale.quantity,
        purse_ntd=read.sale.purse_ntd,
        agency=tap.agency,
        service=tap.service,
    )


def _key(read: taps.TapRead) -> uuid.UUID:
    return fact_key(read.at, "till", read.device_id, read.epoch, read.seq)


def _part(paid: entitlements.Paid) -> taps.PaidPart:
    return taps.PaidPart(paid.points, paid.stored_value_ntd, paid.cash_ntd)
