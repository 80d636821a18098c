"""Taps of people who were identified by somebody, and held no card to anything."""

from collections.abc import Mapping

import numpy as np

from citycard.infra.database import rows, statement
from citycard.taps.columns import Whole
from citycard.taps.deciding import GOOD, Found
from citycard.taps.service_table import ServiceTable

ISSUER, NUMBER_KIND = "city", "identified"
"""What stands in place of a card's issuer and kind of number."""


def stand_in(found: Found, identified: Mapping[int, int], days: Whole, table: ServiceTable) -> None:
    """Let whoever was identified stand where a card's holder would, with the right that the
    service asks for on that day; for the places named alone."""
    places = np.array(sorted(identified), np.int64)
    codes = [""] + [one.entitlement or "" for one in table.in_order]
    asked = {
        "members": [identified[i] for i in places.tolist()],
        "rights": [codes[service] for service in found.service[places].tolist()],
        "days": days[places].astype("M8[D]").tolist(),
    }
    right = [one.right_id for one in rows(statement(__file__, "rights_of_identified"), asked)]
    found.member_id[places] = asked["members"]
    found.right_id[places] = right
    found.standing[places] = GOOD
    for column in (found.card_id, found.binding_id, found.kind, found.classes):
        column[places] = 0
