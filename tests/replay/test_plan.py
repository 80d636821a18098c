"""What a replay makes adds up: at full scale to the source's table, at any scale to its share."""

import datetime as dt
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycard.infra.packs import find_pack
from citycard.simulation import replaying
from citycard.simulation.replaying_days import HELD_BACK_DAYS, WINDOW, Days, batches
from citycard.simulation.replaying_plan import FOREIGN, WRITERS, Plan, plan_of, shared
from citycard.simulation.replaying_tables import CannotReplay

SEED = {
    "tra-ride": 3_022_484, "taipei-metro-ride": 2_610_650, "bus-ride": 47_403_809,
    "bike-hire": 468_787, "love-taxi": 61_028, "library-loan": 2_884_033,
    "small-purchase": 3_602_056, "parking": 54_297, "city-fees": 27_985,
    "staff-attendance": 10_358, "activity": 266_137,
}  # fmt: skip


@pytest.fixture(scope="module")
def small() -> Plan:
    return plan_of(pack=find_pack("taoyuan"), scale=0.004, days=70)


def test_at_full_scale_every_line_is_the_sources() -> None:
    plan = plan_of(pack=find_pack("taoyuan"))
    assert {line.service: int(line.by_day.sum()) for line in plan.lines} == SEED
    assert plan.uses == 60_411_624
    assert plan.cards == 726_678
    assert plan.taps - plan.uses == round(plan.uses / 1000), "unknown cards come on top"


@given(st.integers(0, 10**8), st.lists(st.integers(1, 10**6), min_size=1, max_size=20))
def test_what_is_shared_out_adds_up(total: int, weights: list[int]) -> None:
    parts = shared(total, weights)
    assert parts.sum() == total
    exact = np.array(weights) * (total / sum(weights))
    assert (np.abs(parts - exact) < 1 + 1e-6 * total).all()


@given(st.floats(0.0003, 1))
def test_a_scale_keeps_the_proportions(scale: float) -> None:
    plan = plan_of(pack=find_pack("taoyuan"), scale=scale)
    assert plan.uses == round(60_411_624 * scale)
    for line in plan.lines:
        assert abs(line.uses - line.counted * scale) <= 1
        assert int(line.by_day.sum()) == line.uses


@pytest.mark.parametrize("scale", [0, -1, 1.01])
def test_other_scales_are_refused(scale: float) -> None:
    with pytest.raises(CannotReplay, match="above 0"):
        plan_of(pack=find_pack("taoyuan"), scale=scale)


def test_a_pack_without_counts_is_refused() -> None:
    with pytest.raises(CannotReplay, match=r"replay\.yaml"):
        plan_of(pack=find_pack("taipei"))


def test_readers_number_their_taps_without_a_gap_and_each_comes(small: Plan) -> None:
    for writer in range(WRITERS):
        taps = _all(small, writer)
        once = np.unique(taps[["line", "reader", "seq", "at_us", "number", "ride", "price_ntd"]])
        identities = np.unique(once[["line", "reader", "seq"]])
        assert len(once) == len(identities) == sum(x.taps[:, writer].sum() for x in small.lines)
        for line in small.lines:
            for reader in range(line.readers):
                own = identities[(identities["line"] == line.place)]
                own = np.sort(own[own["reader"] == reader]["seq"])
                assert (own == np.arange(1, len(own) + 1)).all()


def test_the_mix_is_as_the_pack_says(small: Plan) -> None:
    taps = np.concatenate([_all(small, writer) for writer in range(WRITERS)])
    served = int((taps["number"] < FOREIGN).sum()) / 1.01
    kind = (taps["ride"] - 1) // 100
    paying = [list(small.kinds).index(code) for code in small.allowance]
    assert np.isin(kind, paying).sum() / 1.01 / served == pytest.approx(0.105, abs=0.004)
    assert len(taps) / small.taps == pytest.approx(1.01, abs=0.004)


def test_taps_are_late_or_on_time(small: Plan) -> None:
    days = Days(plan=small, writer=0)
    ends = days.starts_us + WINDOW
    late = 0
    for window, batch in batches(days):
        assert (batch["at_us"] < ends[window]).all(), "a tap came before it happened"
        waited = ends[window] - batch["at_us"]
        assert (waited <= (HELD_BACK_DAYS + 2) * 86_400_000_000).all()
        late += int((waited > WINDOW).sum())
    assert late / small.taps * 2 == pytest.approx(0.03, abs=0.004)  # held back, and sent again


def test_the_same_seed_draws_the_same_day_by_itself(small: Plan) -> None:
    one, other = Days(plan=small, writer=1).day(40), Days(plan=small, writer=1).day(40)
    assert (one == other).all()
    another = Days(plan=plan_of(pack=small.pack, scale=0.004, days=70, seed=2), writer=1).day(40)
    assert len(one) != len(another) or not (one == another).all()


def test_going_on_at_a_day_brings_what_is_left(small: Plan) -> None:
    days = Days(plan=small, writer=0)
    whole = {(w, *tap) for w, batch in batches(days) for tap in batch.tolist() if w >= 40}
    rest = {(w, *tap) for w, batch in batches(days, 40) for tap in batch.tolist()}
    assert rest == whole


def _all(plan: Plan, writer: int) -> np.ndarray:
    return np.concatenate([batch for _, batch in batches(Days(plan=plan, writer=writer))])


def test_no_month_is_closed_before_its_rides_are_decided(small: Plan) -> None:
    """However far behind those who follow are: what came by the fifth day of a month is followed
    before the city's time passes the tenth."""
    plan, time = small, small.pack.time
    for n in range(2 * 366):
        followed = time.midnight(plan.day(n)) + dt.timedelta(hours=n % 24)
        until = replaying.followed_until(plan, followed)
        assert dt.timedelta(days=5) < until - followed <= replaying.MOST_BEHIND
        day = time.day(until)
        closed = day.replace(day=1) if day.day > replaying.HEARD_UNTIL else None
        if closed is not None:
            assert followed >= time.midnight(closed.replace(day=replaying.LATE_UNTIL))


def test_no_month_begins_before_its_allowances_are_granted(small: Plan) -> None:
    plan, time = small, small.pack.time
    for n in range(2 * 366):
        begun = time.midnight(plan.day(n))
        until = replaying.begun_until(plan, begun)
        assert begun + dt.timedelta(days=1) < until <= begun + replaying.TIMETABLE_BEHIND
        last = time.day(until - dt.timedelta(microseconds=1))
        if last.month != plan.day(n).month:  # its eve has begun
            assert plan.day(n + 1).day == 1


def test_what_has_no_room_is_refused_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = plan_of(pack=find_pack("taoyuan"))
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=20 * 2**30))
    with pytest.raises(CannotReplay, match=r"needs about 4\d GB and .* has 20 GB free"):
        replaying.require_room(whole, tmp_path / "not" / "made" / "yet")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=60 * 2**30))
    replaying.require_room(whole, tmp_path)
