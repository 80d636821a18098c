"""A proposal is laid over the city's own tables, tried, and leaves nothing behind."""

import pytest

from citycard.infra.packs import (
    PackError,
    current_pack,
    find_pack,
    instead_of_the_citys,
    proposed,
)

HIGHER = """
senior-rides:
  gives:
    subsidy_points_each_month:
      - {from: 2015-09-01, amount: 1200}
"""


def test_what_is_not_named_stays_as_it_is() -> None:
    city = find_pack("taoyuan")
    proposal = proposed(city=city, changes={"entitlements": HIGHER})
    rule, before = (pack.table("entitlements")["senior-rides"] for pack in (proposal, city))
    assert [row["amount"] for row in rule["gives"]["subsidy_points_each_month"]] == [1200]
    assert rule["who"] == before["who"]
    assert proposal.table("fares") == city.table("fares")
    assert proposal.hash != city.hash


def test_within_its_context_it_is_the_citys_pack_and_afterwards_not() -> None:
    city = current_pack()
    proposal = proposed(city=find_pack("taoyuan"), changes={"entitlements": HIGHER})
    with instead_of_the_citys(proposal):
        assert current_pack() is proposal
    assert current_pack() is city


@pytest.mark.parametrize(("changes", "said"), [
    ({"cards": "kinds: {}"}, "can't be proposed"),
    ({"entitlements": "senior-rides: {gives: [}"}, "proposal/entitlements.yaml"),
    ({"entitlements": "senior-rides: {granted_by: wish}"}, "proposal/entitlements.yaml"),
])  # fmt: skip
def test_mistakes_name_the_place(changes: dict[str, str], said: str) -> None:
    with pytest.raises(PackError) as refused:
        proposed(city=find_pack("taoyuan"), changes=changes)
    assert said in str(refused.value)
