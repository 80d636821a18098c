"""Whatever comes first of job, use, late upload, correction and lapse: the same balances."""

import datetime as dt
import threading
from dataclasses import replace

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citycard.entitlements import allowances_table
from citycard.entitlements import api as entitlements
from citycard.infra.database import execute, give_back_connection
from citycard.infra.packs import current_pack
from citycard.infra.partitions import ensure_months
from citycard.infra.unit_of_work import unit_of_work
from citycard.ledger import api as ledger
from tests.entitlements.allowance_town import (
    D,
    decide,
    grant,
    lapse,
    local,
    lots,
    partner_has,
    put,
    say,
    senior,
    use,
)
from tests.entitlements.allowance_town import given as answered
from tests.harness.cities import City

MARCH = D(2017, 3, 1)
LAST = D(2017, 3, 31)


@pytest.fixture(autouse=True)
def _taoyuan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYCARD_CITY", "taoyuan")


STEPS = ("job", "correction", "first", "second", "second", "late", "more", "job", "lapse")
AT = {
    "first": (local, (2017, 3, 5, 10), "taxi", 300),
    "second": (local, (2017, 3, 12, 10), "tra", 30),
    "late": (local, (2017, 3, 31, 23), "taxi", 200),
}


def _step(member: int, step: str, uploaded: dt.datetime) -> None:
    if step == "job":
        grant(MARCH, now=uploaded)
    elif step == "correction":
        say(member, "registered_district", "fuxing", since=D(2017, 2, 1), now=uploaded)
        grant(MARCH, member, now=uploaded)
    elif step == "lapse":
        lapse(uploaded)
    elif step == "more":  # the first use turns out to be worth less
        put(use(member, 250, local(2017, 3, 5, 10), "first"), now=uploaded)
    else:
        _, when, category, points = AT[step]
        put(use(member, points, local(*when), step, category=category), now=uploaded)


@pytest.mark.django_db
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(STEPS))
def test_any_order_ends_in_the_same_balances(order: list[str]) -> None:
    with transaction.atomic():
        member = senior()
        for n, step in enumerate(order):
            _step(member, step, local(2017, 4, 2 + n // 2, 1 + n))
        # what FARES decides last is what stands; then everything is over
        put(use(member, 250, local(2017, 3, 5, 10), "first"), now=local(2017, 4, 9))
        assert lots(member) == {LAST: 1000 - 480}
        assert lapse(local(2017, 4, 11, 1)) == 520
        assert (lots(member), partner_has()) == ({}, 480)
        assert ledger.verify() == []
        assert entitlements.verify(now=local(2017, 4, 11, 2)) == []
        transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rule", "moved_on", "points"),
    [("first_day", D(2017, 3, 2), 800), ("first_day", D(2017, 3, 1), 1000),
     ("highest", D(2017, 3, 31), 1000), ("highest", D(2017, 4, 1), 800)],
)  # fmt: skip
def test_who_moves_to_fuxing_within_the_month(
    rule: str, moved_on: dt.date, points: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    _count(monkeypatch, district=rule)
    member = senior()
    say(member, "registered_district", "fuxing", since=moved_on)
    assert grant(MARCH, member, now=local(2017, 4, 1, 12)).points == points


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rule", "points"), [("full", 800), ("prorated", 413), ("next_month", 0)]
)  # 16 of 31 days of 800, rounded up
def test_a_right_that_begins_within_the_month(
    rule: str, points: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    _count(monkeypatch, begun=rule)
    member = senior(since=D(2017, 3, 16))
    assert grant(MARCH, member, now=local(2017, 3, 16, 13)).points == points
    assert grant(D(2017, 4, 1), member).points == 800


@pytest.mark.django_db
@pytest.mark.parametrize(("rule", "left"), [("keep", 790), ("return", 0)])
@pytest.mark.parametrize("why", ["died", "ended"])
def test_a_right_that_ends_within_the_month(
    rule: str, left: int, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _count(monkeypatch, **{why: rule})
    member = senior()
    put(use(member, 10, local(2017, 3, 5, 10)))
    today = local(2017, 3, 20, 9)
    if why == "died":
        execute("UPDATE people_member SET died_on = %s WHERE id = %s", [D(2017, 3, 19), member])
    else:
        say(member, "registered_city", "elsewhere", since=D(2017, 3, 20), now=today)
    decide(member, on=D(2017, 1, 1), today=D(2017, 3, 20))
    grant(MARCH, member, now=today)
    assert lots(member) == ({LAST: left} if left else {})
    # a use from before the end still counts, however late it is told; one from after it never
    before, after = local(2017, 3, 19, 10), local(2017, 3, 20, 10)
    told = put(use(member, 5, before), use(member, 7, after), now=local(2017, 3, 21))
    late = (7, "") if rule == "keep" else (0, "after_right")
    assert answered(told) == [(5, ""), late]
    assert ledger.verify() == []
    assert entitlements.verify(now=local(2017, 3, 21)) == []


def _count(monkeypatch: pytest.MonkeyPatch, **counting: str) -> None:
    table = allowances_table.allowance_table()
    other = replace(table, counting=replace(table.counting, **counting))
    monkeypatch.setitem(allowances_table._tables, current_pack().hash, other)


def _shops(monkeypatch: pytest.MonkeyPatch) -> None:
    """A month in which farmers' shops and pharmacies together take 100 points, 200 from April."""
    table = allowances_table.allowance_table()
    unit = table.units["ride-points"]
    shops = allowances_table.Limit(
        "shops",
        {"zh-Hant": "農漁會超市及藥局", "en": "Farmers’ shops and pharmacies"},
        frozenset({"shop", "pharmacy"}),
        ((D(2015, 9, 1), 100), (D(2017, 4, 1), 200)),
    )
    limited = replace(
        unit, limits={"shops": shops}, limit_of=dict.fromkeys(("shop", "pharmacy"), shops)
    )
    other = replace(table, units={"ride-points": limited})
    monkeypatch.setitem(allowances_table._tables, current_pack().hash, other)


@pytest.mark.django_db
def test_a_part_of_the_month_is_not_exceeded(monkeypatch: pytest.MonkeyPatch) -> None:
    _shops(monkeypatch)
    member, at = senior(), local(2017, 3, 5, 10)
    found = put(
        use(member, 60, at, 1, category="shop"),
        use(member, 60, at, 2, category="pharmacy"),
        use(member, 60, at, 3),
    )
    assert answered(found) == [(60, ""), (40, "limit"), (60, "")]
    # what comes back of one is there for the other
    again = put(
        use(member, 60, at, 2, category="pharmacy"), use(member, 30, at, 1, category="shop")
    )
    assert answered(again) == [(60, ""), (30, "")]
    april = local(2017, 4, 1)
    assert answered(put(use(member, 250, april, category="shop"))) == [(200, "limit")]
    assert entitlements.verify(now=april) == []


@pytest.mark.django_db
def test_the_auditor_sees_what_the_books_and_the_uses_don_t_say() -> None:
    member = senior()
    put(use(member, 10, local(2017, 3, 5, 10)))
    now = local(2017, 3, 6)
    assert entitlements.verify(now=now) == []
    for harm, check in (
        ("UPDATE entitlements_allowance SET used = used + 1", "entitlements.allowance_moves"),
        ("UPDATE entitlements_allowance_use SET points = points - 1",
         "entitlements.allowance_moves"),
        ("UPDATE entitlements_allowance SET amount = 700, granted = 700",
         "entitlements.allowance_rule"),
    ):  # fmt: skip
        with transaction.atomic():
            execute(harm)
            assert check in {one.check for one in entitlements.verify(now=now)}
            transaction.set_rollback(True)


def test_many_at_once_grant_and_use_no_more_than_the_month(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITYCARD_CITY", "taoyuan")
    member = senior()
    at = local(2017, 3, 5, 10)
    with unit_of_work():  # as the job of the months ahead does
        ensure_months(MARCH, LAST)

    def one(n: int) -> None:
        if n % 4 == 0:
            grant(MARCH, now=at)
        put(use(member, 90, at + dt.timedelta(minutes=n), n), now=at + dt.timedelta(hours=1))
        give_back_connection()

    threads = [threading.Thread(target=one, args=[n]) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (lots(member), partner_has()) == ({}, 800)
    assert ledger.verify() == []
    assert entitlements.verify(now=at) == []


@pytest.fixture
def taipei(monkeypatch: pytest.MonkeyPatch, _taoyuan: None) -> None:
    monkeypatch.setenv("CITYCARD_CITY", "taipei")


@pytest.mark.django_db
def test_480_until_june_and_600_from_july(taipei: None) -> None:
    member = senior(district="daan", since=D(2026, 1, 5))
    june, july = D(2026, 6, 1), D(2026, 7, 1)
    assert [grant(month, member).points for month in (june, july)] == [480, 600]
    last, first = local(2026, 6, 30, 23, 59, 59), local(2026, 7, 1)
    put(use(member, 80, last), use(member, 80, first), now=local(2026, 7, 2))
    assert lots(member) == {D(2026, 6, 30): 400, D(2026, 7, 31): 520}
