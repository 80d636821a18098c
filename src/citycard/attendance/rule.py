"""How a city pairs comings with goings: the pack's table, read once for each content of it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from citycard.infra.packs import current_pack
from citycard.kernel.pairing import Direction

Kind = Literal["school", "staff"]


class StayRule(NamedTuple):
    """How stays that begin on a day are paired, in minutes (see ``kernel.pairing``)."""

    longest: int
    same_tap: int


class Gate(NamedTuple):
    """What a service's readers see: whom, and whether coming, leaving or either; and how soon a
    guardian's message is handed to the carrier, in seconds."""

    kind: Kind
    direction: Direction
    told_seconds: int = 0


@dataclass(frozen=True, kw_only=True)
class AttendanceTable:
    """A city's table of comings and goings.

    :ivar tell_within: a tap that arrives later than this is told to nobody any more
    :ivar text_price_ntd: what a guardian pays for a text message that was sent
    """

    services: Mapping[str, Gate]
    rules: Mapping[str, Sequence[tuple[dt.date, StayRule]]]
    tell_within: dt.timedelta
    text_price_ntd: int

    def rule(self, kind: str, day: dt.date) -> StayRule:
        """Return the rule of a day; before the first date the first rule holds."""
        begun = [rule for since, rule in self.rules[kind] if since <= day]
        return begun[-1] if begun else self.rules[kind][0][1]


_read: dict[str, AttendanceTable] = {}


def attendance_table() -> AttendanceTable:
    """Return the city's table; a city without one has no service in it."""
    pack = current_pack()
    if pack.hash not in _read:
        _read[pack.hash] = read_table(pack.table("attendance"))
    return _read[pack.hash]


def read_table(table: Mapping[str, Any]) -> AttendanceTable:
    """Read the pack's table."""
    notices = table.get("notices", {})
    return AttendanceTable(
        services={
            code: Gate(row["kind"], row["direction"], row.get("told_seconds", 0))
            for code, row in table.get("services", {}).items()
        },
        rules={
            kind: [
                (row["from"], StayRule(row["longest_minutes"], row["same_tap_minutes"]))
                for row in rows
            ]
            for kind, rows in table.get("rules", {}).items()
        },
        tell_within=dt.timedelta(minutes=notices.get("tell_within_minutes", 0)),
        text_price_ntd=notices.get("sms_price_ntd", 0),
    )
