"""A town with an activity: two sports centres, twenty-four residents, four days of taps."""

from dataclasses import dataclass

from citycard.activities import api as activities
from tests.portals import seeding


@dataclass(frozen=True, kw_only=True)
class Town:
    """What tests need to know of it."""

    members: list[int]
    readers: dict[str, int]
    campaign: activities.Campaign


def build(city) -> Town:
    """Build it in a fresh city, every subscriber drained."""
    seeding.activate()
    members = seeding.residents(24)
    readers = seeding.enrol_readers("sports-daan", "sports-xinyi")
    made = seeding.campaign("daan-sports", "sports", list(readers.values()))
    for day in (9, 6, 3, 1):
        seeding.take(
            *(seeding.tap(readers["sports-daan"], n, seeding.at_noon(day)) for n in range(20)),
            *(seeding.tap(readers["sports-xinyi"], n, seeding.at_noon(day)) for n in range(20, 24)),
        )
    city.settle()
    return Town(members=members, readers=readers, campaign=made)
