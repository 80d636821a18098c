"""The life of a redemption."""

from typing import Literal

State = Literal["reserved", "writing", "settled", "released", "disputed"]

MAY_BECOME: dict[State, frozenset[State]] = {
    "reserved": frozenset({"writing", "released"}),
    "writing": frozenset({"settled", "released", "disputed"}),
    "disputed": frozenset({"settled", "released"}),
    "settled": frozenset(),
    "released": frozenset(),
}
ENDS: frozenset[State] = frozenset({"settled", "released"})
