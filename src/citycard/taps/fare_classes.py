"""Which classes of fare a batch's readers are told: what the rights of each card's holder name.

Few people have such a right, so a batch's statement asks once who does; whose rights are other
things on one of its days than on another, or go with one card alone, is asked for tap by tap.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from citycard.cards import api as cards
from citycard.infra import columns as wire
from citycard.infra.database import statement
from citycard.taps.columns import Whole
from citycard.taps.deciding import GOOD, Found
from citycard.taps.service_table import ServiceTable


class Holders(NamedTuple):
    """People of a batch who have a right that names a class of fare, by number.

    :ivar bits: the classes that their rights name, a bit each
    :ivar always: that is so on all days of the batch, and with any card
    """

    member_id: Whole
    bits: Whole
    always: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, member_id: Whole, bits: Whole, always: Whole) -> "Holders":
        """Put them in order."""
        order = np.argsort(member_id)
        return cls(member_id[order], bits[order], always[order] > 0)


def asked(table: ServiceTable, classes: Mapping[str, str]) -> dict[str, Any]:
    """Return what is asked for classes of fare: by which rights, and for which services.

    :param classes: class → right, in the order of their bits
    """
    single = cards.card_table().single_rights
    return {
        "tell_class": [service.answers_profile for service in table.in_order],
        "class_rights": list(classes.values()),
        "class_one_card": [right in single for right in classes.values()],
    }


def tell(
    found: Found, holders: Holders, at_us: Whole, days: Whole, named: Mapping[str, Any]
) -> None:
    """Set the classes of good cards whose readers are told one.

    :param named: as ``asked`` gives it
    """
    if not len(holders.member_id):
        return
    tells = np.array([False, *named["tell_class"]])
    places = np.flatnonzero((found.standing == GOOD) & tells[found.service])
    at = np.searchsorted(holders.member_id, found.member_id[places])
    at[at == len(holders.member_id)] = 0
    has = holders.member_id[at] == found.member_id[places]
    places, at = places[has], at[has]
    found.classes[places] = holders.bits[at]
    unsure = places[~holders.always[at]]
    if len(unsure):
        found.classes[unsure] = _on_days(found, at_us, days, unsure, named)


def _on_days(
    found: Found, at_us: Whole, days: Whole, places: Whole, named: Mapping[str, Any]
) -> Whole:
    parameters = {
        "members": wire.array(wire.INT8, found.member_id[places]),
        "cards": wire.array(wire.INT8, found.card_id[places]),
        "days": wire.array(wire.DATE, wire.days_2000(days[places])),
        "ats": wire.array(wire.INSTANT, wire.us_2000(at_us[places])),
        **{name: named[name] for name in ("class_rights", "class_one_card")},
    }
    bits: Whole
    [bits] = wire.ask(statement(__file__, "classes_on_days"), parameters, [">i4"])
    return bits
