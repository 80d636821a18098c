"""What leaks by policy: near what was reported, and less the more often one looks."""

from hypothesis import given
from hypothesis import strategies as st

from citycard.infra.packs import find_pack
from citycard.insight import api as insight

LOOKED_AT_TWICE_A_YEAR = 180


def inputs(**changes: int) -> insight.LeakInputs:
    row = find_pack("taipei").table("pack")["register_feed"]["leak"]
    return insight.LeakInputs.read({**row, **changes})


def test_a_look_twice_a_year_leaks_what_was_reported_in_order_of_magnitude() -> None:
    """5,035 movers in 8 months, NT$10.87 M a year: 629 × 12 × 480 × 3 months."""
    told = inputs()
    half_a_year, month, day = insight.leak_figures(inputs=told)
    assert (half_a_year.every_days, month.every_days, day.every_days) == (180, 30, 1)
    assert told.reported_ntd_a_year is not None
    assert 0.8 < half_a_year.ntd_possible / told.reported_ntd_a_year < 1.25
    assert 85 < half_a_year.delay_days < 96
    assert day.delay_days == 1.0
    assert half_a_year.ntd_possible > 5 * month.ntd_possible > 25 * day.ntd_possible
    assert half_a_year.ntd_used < half_a_year.ntd_possible / 2


def test_the_same_seed_gives_the_same_figures() -> None:
    assert insight.leak_figures(inputs=inputs()) == insight.leak_figures(inputs=inputs())


@given(st.integers(1, 400), st.integers(1, 400))
def test_looking_less_often_never_leaks_less_by_much_and_never_longer_than_the_pause(
    one: int, other: int
) -> None:
    often, seldom = sorted((one, other))
    found = insight.leak_figures(
        inputs=inputs(moves_out_a_month=60), policies=(often, seldom), share=0.2
    )
    assert all(it.longest_days <= it.every_days for it in found)
    assert found[1].delay_days >= found[0].delay_days - seldom * 0.15 - 1
