"""Whatever order a month's taps arrive in, and whatever is learnt in between, it ends the same.

Two people live through the same month: their taps arrive in different orders, some twice, and their
cards change hands and their rights end at other moments of the telling.
"""

import datetime as dt
import random
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from citycard.entitlements import api as entitlements
from citycard.fares import api as fares
from citycard.infra import clock
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.taps import api as taps
from tests.fares.riding_town import MONTH, NOW, Town, at

pytestmark = pytest.mark.django_db
APRIL = dt.date(2026, 4, 1)


@pytest.fixture(autouse=True)
def _taoyuan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYCARD_CITY", "taoyuan")


class Leg(NamedTuple):
    """A tap of the script, by minutes since the month began."""

    minute: int
    leg: taps.Leg
    ride: dict[str, Any]


def _bus(minute: int, metres: int, missing: str) -> list[Leg]:
    missed = minute % 2 * 9
    legs = [
        Leg(minute, "in", {"ticket": "senior", "charged_ntd": missed, "missed_ntd": missed}),
        Leg(minute + 25, "out", {"metres": metres, "charged_ntd": 3, "points_taken": 6}),
    ]
    return [one for one in legs if one.leg != missing]


def _gate(minute: int, fare: int, missing: str) -> list[Leg]:
    said = {"operator": "airport-metro", "route": ""}
    legs = [
        Leg(minute, "in", said),
        Leg(minute + 40, "out", said | {"fare_ntd": fare, "points_taken": fare, "charged_ntd": 0}),
    ]
    return [one for one in legs if one.leg != missing]


def _taxi(minute: int, fare: int, _missing: str) -> list[Leg]:
    said = {"operator": "love-taxi", "route": "", "fare_ntd": fare, "charged_ntd": fare}
    return [Leg(minute, "whole", said)]


# a few half hours of the month's first days, and its last night with the first hours of the next:
# rides meet, overlap, and change over midnight
MINUTES = st.one_of(
    st.integers(0, 40).map(lambda n: 8 * 60 + n * 19),
    st.integers(0, 20).map(lambda n: 44_520 + n * 10),
)
HOW = ("", "", "in", "out")
RIDES = st.one_of(
    st.builds(_bus, MINUTES, st.sampled_from((4_000, 12_000, 30_000)), st.sampled_from(HOW)),
    st.builds(_gate, MINUTES, st.sampled_from((35, 300, 420)), st.sampled_from(HOW)),
    st.builds(_taxi, MINUTES, st.sampled_from((100, 101)), st.just("")),
)


class World:
    """One telling of the script: whose rides, in which order."""

    def __init__(self, town: Town, script: list[Leg], hands_over: int, ends_on: int) -> None:
        self.town = town
        self.people = [town.resident("senior-rides"), town.resident("senior-rides")]
        self.number = town.card(self.people[0])
        began = at(1, 0)
        self.reads = [
            town.tap(self.number, began + dt.timedelta(minutes=one.minute), one.leg, **one.ride)
            for one in script
        ]
        self.hands_over, self.ends_on = hands_over, ends_on

    def hand_over(self) -> None:
        """Give the card to the other person, at the script's moment."""
        moment = at(1, 0) + dt.timedelta(minutes=self.hands_over)
        self.town.unbind(self.number, at_=moment)
        self.town.bind(self.number, self.people[1], at_=moment)
        self.town.settle()

    def end_right(self) -> None:
        """Let the city learn that the first person's right ended within the month."""
        end = dt.date(2026, 3, self.ends_on)
        self.town.say(self.people[0], "approval.senior-rides", True, to=end)
        self.town.decide_rights(self.people[0], on=MONTH)
        self.town.settle()

    def tell(self, chance: random.Random) -> None:
        """Tell it all, in some order, some of it twice."""
        reads = [*self.reads, *chance.sample(self.reads, len(self.reads) // 3)]
        chance.shuffle(reads)
        cut = sorted(chance.sample(range(len(reads) + 1), min(2, len(reads))))
        parts: list[Any] = [reads[i:j] for i, j in zip([0, *cut], [*cut, None], strict=True)]
        for happening in (self.hand_over, self.end_right):
            parts.insert(chance.randint(0, len(parts)), happening)
        for part in parts:
            if callable(part):
                part()
            elif part:
                self.town.take(*part)

    def outcome(self) -> Any:
        """Return rides, posted points and what is queued of both, without whose they are."""
        with clock.stopped_at(NOW), unit_of_work():
            for month in (MONTH, APRIL):
                entitlements.grant_month(month=month, member_ids=self.people, now=NOW, actor=SYSTEM)
        self.town.settle()
        found = []
        for member in [*self.people, -self.town.card_id(self.number)]:
            for month in (MONTH, APRIL):
                allowances = entitlements.machine_allowances(member_ids=[member], month=month)
                # nothing given and nothing used is the same as no allowance
                used = [
                    (one.used, one.left, {what: n for what, n in one.by_category.items() if n})
                    for one in allowances[member]
                    if one.used or one.left
                ]
                found.append((self.town.rides(member, month), used, self.town.queue(member)))
        return found


@settings(
    max_examples=12,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    rides=st.lists(RIDES, min_size=1, max_size=7),
    hands_over=st.integers(7 * 60, 24 * 60),
    ends_on=st.sampled_from((1, 2, 30, 31)),
    chance=st.randoms(use_true_random=False),
)
def test_any_order_of_arrival_ends_the_same(
    db: None, rides: list[list[Leg]], hands_over: int, ends_on: int, chance: random.Random
) -> None:
    town = Town()
    script = [leg for ride in rides for leg in ride]
    if not script:
        return
    told = [World(town, script, hands_over, ends_on) for _ in range(2)]
    for world in told:
        world.tell(chance)
    first, second = (world.outcome() for world in told)
    assert first == second
    before = town.counts()
    for world in told:
        world.town.decide_again(world.people)
    assert town.counts() == before, "deciding again changed something"
    assert fares.verify() == []
