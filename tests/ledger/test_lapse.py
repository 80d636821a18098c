"""Lapsing: once, to where the pack says, never what is held; and who is told ahead."""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection

from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from citycard.ledger import lapsing
from tests.ledger.conftest import NOW, UNIT, Books

LAST = dt.date(2026, 12, 31)
LATER = dt.date(2027, 12, 31)
NEW_YEAR = dt.datetime(2026, 12, 31, 16, 5, tzinfo=dt.UTC)  # five past midnight in Taipei
AFTER = dt.date(2027, 1, 1)
EASYCARD = ledger.partner(code="easycard", unit=UNIT)


def lapse(now: dt.datetime = NEW_YEAR, **more: Any) -> ledger.LapseBatch:
    on = current_pack().time.day(now)
    with unit_of_work():
        return ledger.lapse_many(on=on, now=now, actor=SYSTEM, **more)


def lots_of(holder: int, on: dt.date = AFTER) -> list[tuple[dt.date | None, int]]:
    found = ledger.balances(holders=[holder], unit=UNIT, on=on, access=None)[holder]
    return [(lot.expires_on, lot.amount) for lot in found.lots]


def totals(books: Books) -> ledger.FundTotals:
    return ledger.fund_totals(fund_ids=[books.fund])[books.fund]


@pytest.fixture
def lots(books: Books) -> Books:
    books.post(
        books.award(1, 30, "soon", expires_on=LAST),
        books.award(1, 7, "later", expires_on=LATER),
        books.award(2, 20, "soon 2", expires_on=LAST),
        books.award(3, 5, "never"),
    )
    return books


@contextmanager
def lapsed_to(where: str, monkeypatch: pytest.MonkeyPatch, **more: Any) -> Iterator[None]:
    rule = {"lapsed_to": where, **more}
    with monkeypatch.context() as patch:
        patch.setattr(lapsing, "expiry_rule", lambda unit: rule)
        yield


def test_on_their_last_day_points_are_there_and_on_the_next_they_are_not(lots: Books) -> None:
    eve = dt.datetime(2026, 12, 31, 15, 59, tzinfo=dt.UTC)
    assert lapse(eve).lapsed == ()

    done = lapse()

    assert [(one.holder, one.amount, one.last_day) for one in done.lapsed] == [
        (1, 30, LAST),
        (2, 20, LAST),
    ]
    assert done.after is None
    assert [lots_of(n) for n in (1, 2, 3)] == [[(LATER, 7)], [], [(None, 5)]]
    assert ledger.verify() == []


def test_what_lapses_goes_back_to_its_fund(lots: Books) -> None:
    assert lots.left() == 938
    lapse()
    assert lots.left() == 988
    assert (totals(lots).lapsed, totals(lots).awarded) == (50, 62)  # given stays given
    [fund] = {lots.fund}
    days = ledger.fund_days(fund_id=fund)
    assert (sum(day.given for day in days), sum(day.lapsed for day in days)) == (62, 50)


def test_or_to_nobody_where_the_pack_says_so(lots: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    with lapsed_to("city", monkeypatch):
        lapse()
    assert lots.left() == 938
    assert (totals(lots).lapsed, totals(lots).awarded) == (50, 62)
    lines = {line.account_class: line.amount for line in ledger.trial_balance(on=AFTER)}
    assert lines["breakage"] == 50
    assert ledger.verify() == []


def test_a_second_run_posts_nothing(lots: Books) -> None:
    lapse()
    before = _transfers()
    assert lapse().lapsed == ()
    assert lapse(NEW_YEAR + dt.timedelta(days=3)).lapsed == ()
    assert _transfers() == before


def test_a_lapse_belongs_to_the_last_day_however_late_it_is_done(lots: Books) -> None:
    lapse(NEW_YEAR + dt.timedelta(days=5))
    for day, left in ((dt.date(2026, 12, 30), 62), (LAST, 12)):
        lines = {line.account_class: line.amount for line in ledger.trial_balance(on=day)}
        assert lines["member"] == left, day


def test_what_is_held_is_left_alone_and_lapses_when_it_comes_back_without_grace(
    lots: Books,
) -> None:
    hold = lots.spend(1, 12)
    lots.post_spends(hold)
    assert [one.amount for one in lapse().lapsed] == [18, 20]
    back_at = NEW_YEAR + dt.timedelta(days=9)
    _release(hold, back_at)

    revived = lapse(back_at + dt.timedelta(hours=1))
    assert [(one.holder, one.amount) for one in revived.lapsed] == [(1, 12)]
    # it was held over the turn of the year and lapsed when it came back
    lines = {line.account_class: line.amount for line in ledger.trial_balance(on=AFTER)}
    assert (lines["held"], lines["member"]) == (12, 12)
    assert ledger.verify() == []


def test_what_comes_back_with_grace_lapses_after_it(lots: Books) -> None:
    hold = lots.spend(1, 12)
    lots.post_spends(hold)
    lapse()
    back_at = NEW_YEAR + dt.timedelta(days=9)
    grace = dt.date(2027, 2, 10)
    _release(hold, back_at, grace_until=grace)
    assert lapse(back_at + dt.timedelta(days=1)).lapsed == ()
    end = dt.datetime(2027, 2, 10, 16, 1, tzinfo=dt.UTC)
    assert [(one.last_day, one.amount) for one in lapse(end).lapsed] == [(grace, 12)]
    assert ledger.verify() == []


def test_what_is_uploaded_late_lapses_again_and_again(lots: Books) -> None:
    lapse()
    for n in range(3):
        award = lots.award(1, 4, "late", n, expires_on=LAST)
        lots.post(award)
        assert [(one.holder, one.amount) for one in lapse().lapsed] == [(1, 4)]
    assert lots_of(1) == [(LATER, 7)]
    assert ledger.verify() == []


def test_a_lapse_can_be_taken_back_with_grace(lots: Books) -> None:
    lapse()
    (key,) = _keys_of_lapses(1)
    back = ledger.Reversal(key=fact_key(NEW_YEAR, "back"), of=key, kind="back", at=NEW_YEAR)
    with unit_of_work():
        (answer,) = ledger.reverse_many(reversals=[back], actor=SYSTEM, now=NEW_YEAR)
    assert answer.outcome == "posted"
    assert lots_of(1) == [(AFTER + dt.timedelta(days=31), 30), (LATER, 7)]
    assert lapse().lapsed == ()


def test_batches_go_on_where_the_last_one_ended(
    books: Books, fund_of: Callable[[str], int]
) -> None:
    other = fund_of("campaign-2")
    for n in range(1, 6):
        books.post(
            books.award(n, 10, n, expires_on=LAST),
            books.award(n, 1, n, 2, expires_on=LAST, fund=other),
        )
    seen: list[tuple[int, int]] = []
    after = None
    for _ in range(10):
        batch = lapse(limit=3, after=after)
        seen += [(one.holder, one.amount) for one in batch.lapsed]
        after = batch.after
        assert ledger.has_lapsed(on=AFTER) == (after is None)
        if after is None:
            break
    assert sorted(seen) == sorted([(n, 10) for n in range(1, 6)] + [(n, 1) for n in range(1, 6)])


def test_people_are_told_only_where_the_pack_says_so(
    lots: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    with lapsed_to("fund", monkeypatch):
        lapse()
    assert _announced() == []
    lots.post(lots.award(1, 4, "late", expires_on=LAST), lots.award(1, 2, "l", expires_on=LAST))
    with lapsed_to("fund", monkeypatch, tell_lapsed=True):
        lapse()
    (body,) = _announced()
    assert body == {
        "unit": UNIT,
        "last_day": "2026-12-31",
        "member_ids": [1],
        "points": [6],
    }


def test_people_are_told_ahead_once_in_batches(lots: Books) -> None:
    def take(limit: int = 1) -> list[tuple[int, int]]:
        with unit_of_work():
            found = ledger.take_lapsing(unit=UNIT, last_day=LAST, now=NOW, limit=limit)
        return [(one.holder, one.amount) for one in found]

    assert [take(), take(), take(), take()] == [[(1, 30)], [(2, 20)], [], []]
    lots.post(lots.award(9, 1, "afterwards", expires_on=LAST))
    assert take() == []


def test_a_day_on_which_nobody_has_anything_yet_is_asked_again(books: Books) -> None:
    with unit_of_work():
        assert list(ledger.take_lapsing(unit=UNIT, last_day=LAST, now=NOW)) == []
    books.post(books.award(1, 3, expires_on=LAST))
    with unit_of_work():
        assert len(ledger.take_lapsing(unit=UNIT, last_day=LAST, now=NOW)) == 1


def _release(hold: ledger.Spend, at: dt.datetime, **more: Any) -> None:
    end = ledger.HoldEnd(key=fact_key(at, "end"), hold=hold.key, kind="end", at=at)
    with unit_of_work():
        (answer,) = ledger.release_held_many(ends=[replace(end, **more)], actor=SYSTEM, now=at)
    assert answer.outcome == "posted"


def _sql(statement: str, *values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def _transfers() -> int:
    return int(_sql("SELECT count(*) FROM pub.ledger_transfers")[0][0])


def _keys_of_lapses(holder: int) -> list[Any]:
    sql = "SELECT key FROM pub.ledger_transfers WHERE kind = 'points.lapsed' AND from_holder = %s"
    return [key for (key,) in _sql(sql, holder)]


def _announced() -> list[Any]:

    found = _sql("SELECT body::text FROM infra_journal WHERE code = 'ledger.points.lapsed'")
    return [json.loads(body) for (body,) in found]
