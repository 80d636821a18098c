"""Points lapse by the clock, and people hear of it before and after, as the pack has it."""

import datetime as dt
import json
from typing import Any

import pytest

from citycard.flows import lapsing
from citycard.infra.database import rows
from citycard.infra.journal import pump_until_idle
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from citycard.notify import api as notify

pytestmark = pytest.mark.usefixtures("city")
UNIT = "taipei-points"
LAST = dt.date(2026, 12, 31)
BEFORE = dt.datetime(2026, 11, 20, 4, tzinfo=dt.UTC)
THIRTY_DAYS_AHEAD = dt.datetime(2026, 12, 1, 0, 4, tzinfo=dt.UTC)
THREE_DAYS_LATE = dt.datetime(2027, 1, 4, 1, 4, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def people(city: Any) -> None:
    """Give 100 people 30 points that last until the end of the year."""
    with unit_of_work():
        fund = ledger.open_fund(
            agency="health", campaign_ref="x", unit=UNIT, actor=SYSTEM, now=BEFORE
        )
        key = fact_key(BEFORE, "budget")
        ledger.raise_budget(fund_id=fund, amount=3000, key=key, at=BEFORE, actor=SYSTEM, now=BEFORE)
        moves = [
            ledger.Move(
                key=fact_key(BEFORE, n),
                kind="award",
                at=BEFORE,
                transfers=[
                    ledger.Transfer(
                        source=ledger.budget(fund_id=fund, unit=UNIT),
                        target=ledger.member(holder=n, unit=UNIT, fund=fund, expires_on=LAST),
                        amount=30,
                    )
                ],
            )
            for n in range(1, 101)
        ]
        ledger.move_many(moves=moves, actor=SYSTEM, now=BEFORE)


def messages(code: str) -> list[dict[str, Any]]:

    found = rows("SELECT params::text AS p FROM notify_message WHERE code = %s ORDER BY id", [code])
    return [json.loads(row.p) for row in found]


def test_people_are_told_ahead_then_their_points_lapse_and_nothing_happens_twice(
    people: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lapsing, "A_BATCH", 33)
    lapsing.run(BEFORE)
    assert messages("ledger.points.lapsing") == []

    for _ in range(2):
        lapsing.run(THIRTY_DAYS_AHEAD)
    told = messages("ledger.points.lapsing")
    assert told == [{"points": 30, "unit": UNIT, "last_day": "2026-12-31"}] * 100
    text = notify.render_message(code="ledger.points.lapsing", params=told[0], language="en")
    assert text.title == "30 points lapse on 31 December 2026"
    zh = notify.render_message(code="ledger.points.lapsing", params=told[0], language="zh-Hant")
    assert zh.title == "30 點將於 2026 年 12 月 31 日 到期"
    assert "台北點" in zh.body

    for _ in range(2):
        lapsing.run(THREE_DAYS_LATE)
    pump_until_idle()
    assert messages("ledger.points.lapsed") == told
    on = dt.date(2027, 1, 4)
    left = ledger.balances(holders=list(range(1, 101)), unit=UNIT, on=on, access=None)
    assert {balance.available for balance in left.values()} == {0}
    assert ledger.verify() == []
