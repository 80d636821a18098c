"""How many points facts give: columns, in the order in which shares and budgets are used up. Pure.

Bounds lie within one another: a person's day in their share, shares in a budget. What a bound cuts
is followed, within it, by nothing but noughts; so cutting by the innermost first and by the
outermost last gives what going through the facts one by one would.
"""

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]


def cut(wanted: Whole, group: Whole, room: Whole) -> Whole:
    """Give each as much of what it wants as its group has room for: the last gets a part.

    :param group: the place of each one's group in ``room``
    """
    order = np.argsort(group, kind="stable")
    asked, whose = wanted[order], group[order]
    before = np.cumsum(asked) - asked
    before -= before[np.searchsorted(whose, whose)]
    given = np.empty_like(wanted)
    given[order] = np.clip(room[whose] - before, 0, asked)
    return given


def occurrences(group: Whole) -> Whole:
    """Return for each how many of its group came before it."""
    order = np.argsort(group, kind="stable")
    sorted_ = group[order]
    found = np.empty_like(group)
    found[order] = np.arange(len(group)) - np.searchsorted(sorted_, sorted_)
    return found


def sums(values: Whole, group: Whole, groups: int) -> Whole:
    """Return the sum of each group."""
    found = np.zeros(groups, np.int64)
    np.add.at(found, group, values)
    return found
