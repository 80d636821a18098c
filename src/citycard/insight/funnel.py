"""From the right to a regular: how far the people came who may use a service in a month. Pure.

Each step is part of the one before. What the steps leave behind (has the right and no card, has a
card and never came) is no figure of its own, and yet anybody subtracts: where so few are left
behind that they should be hidden, the first steps aren't offered at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass

HOLDERS, CARDED, ANYWHERE = "holders", "carded", "anywhere"
CAME, AGAIN, REGULAR = "came", "again", "regular"


@dataclass(frozen=True, kw_only=True)
class Reach:
    """How many could use services that ask for one right; never shown as it is.

    :ivar holders: people who had the right
    :ivar carded: of these, people who had a card
    """

    holders: int
    carded: int


@dataclass(frozen=True, kw_only=True)
class StepFigure:
    """How many people came as far as a step; None where hidden.

    :ivar of: of the first steps: the right that is held; empty where a card will do
    :ivar days: of regulars: from how many days on
    """

    step: str
    people: int | None
    of: str = ""
    days: int = 0


def offered_reach(
    reach: Mapping[str, Reach], *, people: Mapping[str, int], needs: Mapping[str, str], least: int
) -> dict[str, Reach]:
    """Return for which rights the first steps may be told: nowhere are fewer than `least` left
    behind.

    All of them may have a card; that all of them came would be told of each.

    :param people: different people by service
    """
    most: dict[str, int] = {}
    for service, came in people.items():
        need = needs.get(service)
        if need is not None:
            most[need] = max(most.get(need, 0), came)
    return {
        need: reach[need]
        for need, came in most.items()
        if need in reach
        and reach[need].carded - came >= least
        and not 0 < reach[need].holders - reach[need].carded < least
    }
