"""A policy may be tried where no rides are stored: on invented ones, of people as the register has
them."""

import datetime as dt

import numpy as np
import pytest

from citycard.fares import api as fares
from citycard.infra.packs import find_pack, proposed
from citycard.simulation import inventing_months

MONTH = dt.date(2026, 9, 1)
PACK = find_pack("taoyuan")
NOBODY = fares.Guess("low", {})


def trial(changes: dict[str, str], people: int = 3_000, **more: int) -> fares.PolicyTrial:
    return inventing_months.try_on_invented(
        city=PACK,
        proposal=proposed(city=PACK, changes=changes),
        month=MONTH,
        people=people,
        guesses=[NOBODY],
        shown=lambda groups: dict.fromkeys(groups, True),
        **more,
    )


def test_the_same_rules_change_nothing_and_the_same_seed_invents_the_same() -> None:
    found = trial({})
    assert found.rides > 5_000
    assert found.all.before_ntd == found.all.after_ntd
    assert (found.gain, found.lose) == (0, 0)
    assert trial({}) == found
    assert trial({}, seed=2) != found


def test_modes_are_in_the_seeds_proportions() -> None:
    month = inventing_months.invent(pack=PACK, month=MONTH, people=5_000, seed=1)
    share = np.mean([mode == "bus" for mode in month.mode])
    assert 0.86 < share < 0.91


@pytest.mark.parametrize(("changes", "dearer"), [
    ("senior-rides: {gives: {subsidy_points_each_month:"
     " [{from: 2015-09-01, amount: 60, source: s}]}}", False),
    ("senior-rides: {who: {any: [{age_at_least: 60}], all: null}}", True),
    ("senior-rides: {who: {all: [{age_at_least: 75}]}}", False),
])  # fmt: skip
def test_amounts_and_holders_may_be_changed(changes: str, dearer: bool) -> None:
    found = trial({"entitlements": changes})
    change = (found.all.after_ntd or 0) - (found.all.before_ntd or 0)
    assert change > 0 if dearer else change < 0
    ages = {line.code: (line.after_ntd or 0) - (line.before_ntd or 0) for line in found.by_age}
    assert ages["18"] == 0  # the young are not touched
    assert sum(ages.values()) == change
