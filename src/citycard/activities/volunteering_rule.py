"""How the city counts volunteers' minutes: the pack's table, read once for each content of it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from citycard.infra.packs import current_pack
from citycard.kernel.errors import Refused
from citycard.kernel.pairing import Direction


class NoTimeBank(Refused):
    """This city has no time bank for volunteers."""

    code = "activities.no_time_bank"


@dataclass(frozen=True, kw_only=True)
class ShiftRule:
    """How a shift that begins on a day is counted, in minutes.

    :ivar step: minutes are rounded to whole steps, ``round`` says which way
    :ivar shortest: what comes to less counts nothing
    :ivar longest: two taps further apart are no shift: somebody forgot to sign out
    :ivar same_tap: a second tap this soon after the first is the same one
    """

    step: int
    round: Literal["down", "nearest", "up"]
    shortest: int
    longest: int
    same_tap: int

    def minutes(self, length: dt.timedelta) -> int:
        """Return what a shift of a length counts; 0 where it is too short."""
        whole = int(length.total_seconds() // 60)
        added = {"down": 0, "nearest": self.step // 2, "up": self.step - 1}[self.round]
        counted = (whole + added) // self.step * self.step
        return counted if counted >= self.shortest else 0


@dataclass(frozen=True, kw_only=True)
class TimeBank:
    """A city's time bank.

    :ivar services: which readers' services sign in or out
    :ivar members_may_give: may a member give minutes to another
    """

    unit: str
    services: Mapping[str, Direction]
    rules: Sequence[tuple[dt.date, ShiftRule]]
    members_may_give: bool

    def rule(self, day: dt.date) -> ShiftRule:
        """Return the rule of a day; before the first date the first rule holds."""
        begun = [rule for since, rule in self.rules if since <= day]
        return begun[-1] if begun else self.rules[0][1]

    @property
    def longest(self) -> dt.timedelta:
        """Return the longest shift that any rule allows."""
        return dt.timedelta(minutes=max(rule.longest for _, rule in self.rules))


_read: dict[str, TimeBank | None] = {}


def time_bank() -> TimeBank:
    """Return how this city counts volunteers' hours.

    :raises NoTimeBank: it doesn't
    """
    pack = current_pack()
    if pack.hash not in _read:
        table = pack.table("activities").get("volunteering")
        _read[pack.hash] = read_time_bank(table) if table else None
    found = _read[pack.hash]
    if found is None:
        raise NoTimeBank()
    return found


def has_time_bank() -> bool:
    """Tell whether this city counts volunteers' hours."""
    return "volunteering" in current_pack().table("activities")


def read_time_bank(table: Mapping[str, Any]) -> TimeBank:
    """Read the pack's ``volunteering`` table."""
    return TimeBank(
        unit=table["unit"],
        services=dict(table["services"]),
        rules=[
            (
                row["from"],
                ShiftRule(
                    step=row["step_minutes"],
                    round=row["round"],
                    shortest=row["shortest_minutes"],
                    longest=row["longest_minutes"],
                    same_tap=row["same_tap_minutes"],
                ),
            )
            for row in sorted(table["rules"], key=lambda row: row["from"])
        ],
        members_may_give=table["members_may_give"],
    )


def organiser_of(*, agency: str) -> str:
    """Return for whom a volunteer at an agency's reader works: it, or the first above that pays."""
    table = current_pack().table("agencies")["agencies"]
    found = agency
    while not table.get(found, {}).get("pays") and table.get(found, {}).get("under"):
        found = table[found]["under"]
    return str(found) if table.get(found, {}).get("pays") else agency
