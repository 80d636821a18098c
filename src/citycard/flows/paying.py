"""Paying at tills, clinics and venues with a month's points: one step of a batch of taps.

A batch in which no tap names a price at a service that spends points goes by without a question to
the database.
"""

import datetime as dt
import uuid
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from citycard.entitlements import api as entitlements
from citycard.kernel.actors import SYSTEM
from citycard.kernel.ids import fact_key
from citycard.taps import api as taps


def pay(
    *, batch: taps.OpenBatch, codes: npt.NDArray[np.int16], now: dt.datetime
) -> dict[int, taps.PaidPart]:
    """Take from month's points what they pay, in the taps' own order; by place in the batch."""
    sales = batch.columns.sales
    if not sales:
        return {}
    good = batch.new & (codes == taps.Code.ACCEPTED) & _spends(batch)
    alone = batch.columns.answered  # what a device took by itself is settled by event
    places = [
        i
        for i in np.flatnonzero(good).tolist()
        if sales[i] is not None and not (alone and alone[i])
    ]
    if not places:
        return {}
    asked = batch.in_order(np.array(places)).tolist()
    asks = [_ask(batch, i) for i in asked]
    paid = entitlements.pay_at_tills(asks=asks, actor=SYSTEM, now=now)
    return {i: _part(one) for i, one in zip(asked, paid, strict=True)}


def told_again(*, batch: taps.OpenBatch, answers: taps.AnswerColumns) -> taps.AnswerColumns:
    """Give taps that came before the part of their stored answer that says what paid."""
    if not batch.told:
        return answers
    duplicates = (batch.state == taps.State.DUPLICATE) & _spends(batch)
    again = np.flatnonzero(duplicates).tolist()
    if not again:
        return answers
    keys = {i: _key(batch.read(i)) for i in again}
    ats = [batch.columns.at(i) for i in again]
    before = entitlements.paid_before(keys=list(keys.values()), ats=ats)
    paid = {i: _part(before[key]) for i, key in keys.items() if key in before}
    return replace(answers, paid={**answers.paid, **paid})


def _spends(batch: taps.OpenBatch) -> npt.NDArray[np.bool_]:
    return batch.serves([service.spends_on is not None for service in batch.services])


def _ask(batch: taps.OpenBatch, i: int) -> entitlements.TillAsk:
    read, service, site = batch.read(i), batch.service_of(i), batch.site_of(i)
    assert read.sale is not None, "only taps that name a price pay"
    assert service is not None, "an accepted tap is of a service"
    assert service.spends_on is not None, "only services that spend are asked"
    return entitlements.TillAsk(
        key=_key(read),
        at=read.at,
        member_id=int(batch.member_id[i]),
        category=service.spends_on,
        price_ntd=read.sale.price_ntd,
        quantity=read.sale.quantity,
        purse_ntd=read.sale.purse_ntd,
        agency=site.agency,
        service=site.service,
    )


def _key(read: taps.TapRead) -> uuid.UUID:
    return fact_key(read.at, "till", read.device_id, read.epoch, read.seq)


def _part(paid: entitlements.Paid) -> taps.PaidPart:
    return taps.PaidPart(paid.points, paid.stored_value_ntd, paid.cash_ntd)
