"""Figures that a policy may change: found in the pack, set, and laid over it."""

import datetime as dt

import pytest

from citycard.fares import api as fares
from citycard.infra.packs import find_pack, proposed

ON = dt.date(2026, 10, 1)
PACK = find_pack("taoyuan")


def test_the_rows_in_force_are_found_with_their_conditions() -> None:
    found = {lever.code: lever for lever in fares.levers(pack=PACK, on=ON)}
    fuxing = found["entitlements:senior-rides:gives:subsidy_points_each_month:0:amount"]
    assert (fuxing.value, fuxing.number) == (1000, "amount")
    assert fuxing.when is not None
    assert "復興區" in fuxing.when.zh
    assert found["entitlements:senior-rides:gives:subsidy_points_each_month:1:amount"].value == 800
    caps = [one.value for one in found.values() if one.what == "tra" and one.number == "cap"]
    assert set(caps) == {70}
    assert found["fares:concessions:secondary:rows:0:percent"].value == 75


def test_a_set_lever_is_a_proposal_that_loads_and_changes_nothing_else() -> None:
    code = "entitlements:senior-rides:gives:subsidy_points_each_month:1:amount"
    changes = fares.proposal_of(pack=PACK, on=ON, settings={code: 600})
    pack = proposed(city=PACK, changes=changes)
    after = {lever.code: lever.value for lever in fares.levers(pack=pack, on=ON)}
    before = {lever.code: lever.value for lever in fares.levers(pack=PACK, on=ON)}
    assert {name: n for name, n in after.items() if n != before[name]} == {code: 600}
    assert set(after) == set(before)


def test_a_lever_left_where_it_is_proposes_nothing() -> None:
    code = "fares:concessions:secondary:rows:0:percent"
    assert fares.proposal_of(pack=PACK, on=ON, settings={code: 75}) == {}


@pytest.mark.parametrize(("settings", "refusal"), [
    ({"entitlements:nothing": 5}, fares.LeverUnknown),
    ({"fares:concessions:secondary:rows:0:percent": -1}, fares.LeverOutOfRange),
])  # fmt: skip
def test_what_can_not_be_set_is_refused(settings: dict[str, int], refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        fares.proposal_of(pack=PACK, on=ON, settings=settings)
