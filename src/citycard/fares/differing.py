"""What differs between device and rule, by name. Pure columns."""

from enum import IntEnum

import numpy as np

from citycard.fares.pairing import BOARDING_MISSING
from citycard.fares.values import Column, Ended, PricedColumns


class Difference(IntEnum):
    """Why a ride is looked at by an officer. Numbers are stored and never change their meaning."""

    NONE = 0
    TOO_MUCH = 1
    TOO_LITTLE = 2
    UNKNOWN_TARIFF = 3
    UNKNOWN_DISTANCE = 4
    MISSING_OUT = 5
    MISSING_IN = 6
    POINTS = 7


def name_differences(
    *, priced: PricedColumns, has_line: Column, ended: Column, points_taken: Column
) -> Column:
    """Return the name of each ride's difference; of several that hold, what it comes from."""
    money = priced.difference_micro
    cases = [
        (~priced.priced & ~has_line, Difference.UNKNOWN_TARIFF),
        (~priced.priced & (ended == BOARDING_MISSING), Difference.MISSING_IN),
        (~priced.priced, Difference.UNKNOWN_DISTANCE),
        ((money != 0) & (ended == BOARDING_MISSING), Difference.MISSING_IN),
        (
            (money != 0) & ((ended == Ended.MISSING_CHARGED) | (ended == Ended.MISSING_LOCKED)),
            Difference.MISSING_OUT,
        ),
        (money < 0, Difference.TOO_MUCH),
        (money > 0, Difference.TOO_LITTLE),
        (priced.points != points_taken, Difference.POINTS),
    ]
    return np.asarray(
        np.select([case for case, _ in cases], [int(name) for _, name in cases], Difference.NONE)
    )
