"""What makes a mass change wait: the pack's share, or three times what the last 30 days ended in.
Pure."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycard.entitlements import api as entitlements
from citycard.flows.weighing import Brake, figures_of, hash_of, samples_of

PACK = {"share_percent": 0.5, "times_mean": 3, "at_least_people": 50, "sample_people": 5}
BRAKE = Brake.read(PACK)


@pytest.mark.parametrize(
    ("holders", "mean", "days", "limit"),
    [
        (524_871, None, 30, 2_624),  # half a percent, nothing is known of the last 30 days
        (524_871, 21.0, 30, 1_890),  # 3 × 21 a day × 30 days is less
        (524_871, 21.0, 1, 63),  # a day's feed is measured by a day
        (524_871, 400.0, 30, 2_624),  # however many it was before, the share counts
        (524_871, 0.0, 30, 50),  # nothing was ever ended: only a few may
        (120, None, 1, 50),  # so few never wait
        (0, None, 1, 50),
    ],
)
def test_the_limit(holders: int, mean: float | None, days: int, limit: int) -> None:
    assert BRAKE.limit(holders, mean, days) == limit


def test_what_a_pack_leaves_out_has_defaults() -> None:
    assert Brake.read({}) == Brake(share_percent=0.5, at_least=0, times_mean=3.0, sample_people=5)


def ended(member: int, code: str = "rides") -> entitlements.Change:
    right = entitlements.Right(
        member_id=member,
        entitlement=code,
        valid_from=dt.date(2020, 1, 1),
        valid_to=None,
        because={},
    )
    return entitlements.Change(member_id=member, entitlement=code, before=right, after=None)


@given(st.sets(st.integers(1, 10_000), max_size=120), st.integers(0, 20_000))
def test_figures_count_everybody_once_and_hold_exactly_above_the_limit(
    members: set[int], left: int
) -> None:
    changes = [ended(one) for one in members]
    reasons = {one: ("died",) if one % 2 else ("moved", "renamed") for one in members}
    found = figures_of(
        changes, reasons=reasons, holders={"rides": left}, means=None, days=1, brake=BRAKE
    )
    assert sum(one.ended for one in found) == len(members)
    for one in found:
        assert sum(one.reasons.values()) == one.ended
        assert one.holders == left + one.ended
        assert one.is_held == (one.ended > max(50, int(one.holders * 0.005)))


@pytest.mark.parametrize(
    ("lost_on", "ends"),
    [
        (dt.date(2026, 12, 1), True),  # a move that the register tells ten days before
        (dt.date(2027, 1, 1), True),  # a rule that ends next year
        (dt.date(2026, 9, 1), True),  # a month in the past is paid back
        (None, False),  # prolonged, or begun earlier
    ],
)
def test_who_keeps_a_right_for_fewer_days_loses_it_for_the_brake(
    lost_on: dt.date | None, ends: bool
) -> None:
    changes = [kept(one, lost_on) for one in range(60)]
    (found,) = figures_of(
        changes, reasons={}, holders={"rides": 60}, means=None, days=1, brake=BRAKE
    )
    assert (found.ended, found.changed) == ((60, 0) if ends else (0, 60))
    assert (found.holders, found.is_held) == (60, ends)
    assert (found.first_on, found.last_on) == (lost_on, lost_on)
    assert (samples_of(changes, 5) != {}) == ends
    assert hash_of(changes) != hash_of([kept(one, None) for one in range(61)])


def kept(member: int, lost_on: dt.date | None) -> entitlements.Change:
    before = ended(member).before
    return entitlements.Change(
        member_id=member, entitlement="rides", before=before, after=before, lost_on=lost_on
    )


@given(st.permutations(range(1, 40)))
def test_the_order_of_changes_tells_nothing(order: list[int]) -> None:
    changes = [ended(one) for one in order]
    straight = [ended(one) for one in range(1, 40)]
    assert hash_of(changes) == hash_of(straight)
    assert samples_of(changes, 5) == samples_of(straight, 5)
    assert len(samples_of(changes, 5)["rides"]) == 5
    assert hash_of(changes[1:]) != hash_of(straight)
