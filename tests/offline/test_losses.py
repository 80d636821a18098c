"""What devices gave while they were cut off: borne by the month in the taps' own order, or lost."""

import datetime as dt
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycard.agencies import api as agencies
from citycard.cards import api as cards
from citycard.flows import bearing_losses, bearing_rules, tapping
from citycard.infra.journal import Announced
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.ledger import api as ledger
from citycard.taps import api as taps
from tests.offline.merging import merged, settle, taken_back
from tests.taps.test_paying import senior
from tests.taps.town import NOW, Town, tap

MINUTE = dt.timedelta(minutes=1)
LATER = NOW + dt.timedelta(days=1)


@pytest.fixture
def town(db: None) -> Town:
    return Town()


def taking(
    reader: agencies.EnrolledDevice,
    seq: int,
    number: str,
    minute: int,
    *,
    points: int = 60,
    snapshot: int = 3,
) -> taps.TapRead:
    """Return a sale that a till settled by itself."""
    read = tap(reader, seq, number, at=NOW + minute * MINUTE)
    return read._replace(
        sale=taps.SalePart(90), answered=taps.AnsweredPart("accepted", points, snapshot)
    )


def passing(
    reader: agencies.EnrolledDevice, seq: int, number: str, *, at: dt.datetime, snapshot: int = 3
) -> taps.TapRead:
    """Return a passage that a reader allowed by itself."""
    answered = taps.AnsweredPart("accepted", 0, snapshot)
    return tap(reader, seq, number, at=at)._replace(answered=answered)


def upload(reads: Sequence[taps.TapRead]) -> list[taps.TapAnswer]:
    return tapping.take(reads=reads, now=LATER)


def losses() -> list[taps.Loss]:
    found = taps.losses(since=NOW - dt.timedelta(days=40), until=LATER)
    return sorted(found, key=lambda one: one.at)


def test_a_month_bears_what_it_has_and_the_rest_is_a_loss_in_any_order(town: Town) -> None:
    [member] = senior(town)
    number = town.card(member)
    tills = [town.reader("hot-spring", "sports") for _ in range(3)]
    reads = [taking(tills[n % 3], n // 3 + 1, number, n) for n in range(12)]
    uploads = [[read for read in reads if read.device_id == t.device_id] for t in tills]
    found, answered = [], []
    for seed in range(5):
        order = [read for some in random.Random(seed).sample(uploads, 3) for read in some]
        if seed > 2:
            order = random.Random(seed).sample(reads, 12)
        with taken_back():
            told: dict[tuple[int, int, int], taps.TapAnswer] = {}
            settled = 0
            for read in order:
                told |= {read[:3]: upload([read])[0]}
                settled = settle(after=settled)
            found.append(merged())
            answered.append(told)
    assert all(one == found[0] for one in found)
    assert all(one == answered[0] for one in answered)
    lost = found[0]["losses"]
    assert [(one.at, one.amount, one.posted) for one in lost] == [  # type: ignore[attr-defined]
        (NOW + 10 * MINUTE, 60, 60),
        (NOW + 11 * MINUTE, 60, 60),
    ]
    assert {one.bears for one in lost} == {"city"}  # type: ignore[attr-defined]


def test_a_device_that_took_more_than_the_rule_gives_loses_the_difference(town: Town) -> None:
    [member] = senior(town)
    number, till = town.card(member), town.reader("hot-spring", "sports")
    upload([taking(till, 1, number, 0, points=90)])
    settle()
    [loss] = losses()
    assert (loss.why, loss.amount, loss.unit) == ("overspent", 30, "ride-points")
    assert loss.card_id == town.card_id(number)
    settle()  # once is once
    assert losses() == [loss]
    owed = ledger.positions(month=dt.date(2026, 11, 1))
    assert sorted(one.amount for one in owed if one.unit == "ride-points") == [30, 60]


def test_online_tills_keep_what_they_were_answered(town: Town) -> None:
    [member] = senior(town)
    number, till = town.card(member), town.reader("hot-spring", "sports")
    online = tap(till, 1, number, at=NOW + 30 * MINUTE)._replace(sale=taps.SalePart(90))
    assert upload([online])[0].paid == taps.PaidPart(60, 0, 30)
    upload([taking(till, n, number, n) for n in range(2, 13)])
    settle()
    assert [one.amount for one in losses()] == [60, 60]
    assert upload([online])[0].paid == taps.PaidPart(60, 0, 30)


def lose(town: Town, number: str, at: dt.datetime) -> None:
    with unit_of_work():
        cards.report_lost(card_id=town.card_id(number), actor=SYSTEM, now=at)


def test_a_loss_says_before_or_after_the_report_and_who_bears_it(town: Town) -> None:
    [member] = town.residents(1)
    number, reader = town.card(member), town.reader()
    lose(town, number, NOW)
    reads = [
        passing(reader, 1, number, at=NOW - MINUTE),
        passing(reader, 2, number, at=NOW + MINUTE),
        passing(reader, 3, number, at=NOW + 2 * MINUTE, snapshot=0),
    ]
    assert [one.code.word for one in upload(reads)] == ["accepted", "blocked", "blocked"]
    settle()
    assert [(one.seq, one.why, one.report, one.bears) for one in losses()] == [
        (2, "blocked", "after", "city"),
        (3, "blocked", "after", "operator"),
    ]


def test_what_was_taken_before_a_late_report_is_looked_at_again(town: Town) -> None:
    number, till = town.card(senior(town)[0]), town.reader("hot-spring", "sports")
    upload([taking(till, 1, number, 0, points=90)])
    settle()
    assert [one.report for one in losses()] == ["none"]
    lose(town, number, NOW + 5 * MINUTE)
    event = Announced(
        id=1,
        code="cards.card.reported_lost",
        body={"card_id": town.card_id(number)},
        at=NOW,
    )
    with unit_of_work():
        bearing_losses.follow([event])
    assert [(one.report, one.bears) for one in losses()] == [("before", "holder")]


def test_an_answer_is_part_of_what_was_said(town: Town) -> None:
    number, reader = town.card(town.residents(1)[0]), town.reader()
    alone = passing(reader, 1, number, at=NOW)
    assert upload([alone])[0].code == taps.Code.ACCEPTED
    assert upload([alone])[0].code == taps.Code.ACCEPTED
    assert upload([alone._replace(answered=None)])[0].code == taps.Code.CONFLICT


RULE = {"holder_minutes": 180, "then": "company"}


@pytest.mark.parametrize(
    ("minutes", "bears"), [(-1, "holder"), (0, "holder"), (179, "holder"), (180, "company")]
)
def test_the_holder_bears_the_rule_s_minutes(minutes: int, bears: str) -> None:
    at = NOW + minutes * MINUTE
    found = bearing_rules.liability(at=at, snapshot=3, reported=NOW, published=4, rule=RULE)
    assert found == ("before" if minutes < 0 else "after", False, bears)


def test_a_reader_that_knew_bears_it() -> None:
    at = NOW + MINUTE
    found = bearing_rules.liability(at=at, snapshot=4, reported=NOW, published=4, rule=RULE)
    assert found == ("after", True, "operator")


@given(
    left=st.integers(-50, 500),
    asks=st.lists(st.tuples(st.integers(0, 200), st.booleans()), max_size=12),
)
def test_shares_never_exceed_what_is_left_nor_what_was_taken(
    left: int, asks: list[tuple[int, bool]]
) -> None:
    day = NOW.date()
    wanted = [bearing_rules.Ask(day, points, whole) for points, whole in asks]
    shares = bearing_rules.shares(left=left, asks=wanted, starts_on=day, ends_on=None)
    assert sum(shares) <= max(left, 0)
    for share, (points, whole) in zip(shares, asks, strict=True):
        assert 0 <= share <= points
        assert not whole or share in (0, points)
