"""A right that one card of a person carries counts on that card, while it carries it."""

import numpy as np

from citycard.fares.book import Mark
from citycard.fares.holding import Periods
from citycard.fares.marking import Carriers, Riders, Rights, marks_of
from citycard.fares.values import NONE
from citycard.infra.packs.texts import Text

RIGHT = "resident-bus"
MARK = Mark(
    code="resident", name=Text("居民", "Resident"), entitlement=RIGHT, gift={}, carried=False,
    profiles=(), card_kinds=(), age_from=None, age_below=None, tickets=(),
)  # fmt: skip


def column(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def marks(*rides: tuple[int, int, int], single: bool = True) -> list[int]:
    """What holds of rides (member, card, time) on day 5, with the right held from day 0 to 9."""
    member, card, at = (column(*each) for each in zip(*rides, strict=True))
    nothing = np.zeros(len(rides), np.int64)
    riders = Riders(
        member=member, card=card, at=at, day=nothing + 5, kind=nothing, ticket=nothing,
        born=nothing + NONE, kinds=["bus"], tickets={},
    )  # fmt: skip
    held = Periods(column(1, 2), column(0, 0), column(9, 9))
    # card 71 carries it until 100, card 72 from then on; both are member 1's
    carriers = Carriers(Periods(column(71, 72), column(0, 100), column(100, 999)), column(1, 1))
    rights = Rights(held={RIGHT: held}, given={}, carriers={RIGHT: carriers} if single else {})
    found = marks_of(marks=[MARK], riders=riders, rights=rights, opens=lambda *_: True)
    return found.tolist()


def test_only_the_card_that_carries_it_and_while_it_does() -> None:
    assert marks((1, 71, 99), (1, 72, 99), (1, 71, 100), (1, 72, 100)) == [1, 0, 0, 1]


def test_another_persons_card_or_an_unknown_one_carries_nothing() -> None:
    assert marks((2, 71, 50), (1, 80, 50)) == [0, 0]


def test_a_right_that_any_card_carries_is_not_asked_for_its_card() -> None:
    assert marks((1, 71, 50), (1, 72, 50), (1, 80, 50), single=False) == [1, 1, 1]
