"""What a replay makes: a pack's counts at a scale, shared out to whole cards, taps and days.

Whatever is shared out is shared by the largest remainder, so that at any scale the parts add up to
the whole, and at full scale every line of the pack's table comes out to the unit.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from citycard.infra.packs import Pack, Text
from citycard.simulation.replaying_tables import CannotReplay

Whole = npt.NDArray[np.int64]
WRITERS = 2
_A_DAY, _MOST_STRIDE = 400, 5
"""At small scales taps fall on every few days (never every seventh), so that a batch is no handful.
"""
FOREIGN = 9_990_000_000_000_000
"""Numbers of cards that the city doesn't know run from here on."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Cards of a kind; ``first`` is the place of its first card among all cards, and of its first
    holder among all members.

    :ivar beside: the kind whose holders hold it, too
    """

    code: str
    cards: int
    first: int
    first_member: int
    beside: str
    ages: tuple[int, int]
    at_school: bool
    facts: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of the table.

    :ivar counted: uses that the source counts; ``uses`` are those of this replay
    :ivar by_day: its uses by day and writer
    :ivar strange: taps of unknown cards on top of them, by day and writer
    :ivar readers: of each writer
    """

    place: int
    name: Text
    group: str
    service: str
    counted: int
    uses: int
    by_day: Whole
    strange: Whole
    readers: int
    riders: Mapping[str, int]
    hours: npt.NDArray[np.float64]
    rides: Mapping[str, Any] | None
    prices: Mapping[str, Any] | None
    points: Mapping[str, Any] | None

    @property
    def taps(self) -> Whole:
        """Taps of known and of unknown cards by day and writer."""
        return self.by_day + self.strange


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A replay of a city at a scale.

    :ivar days: how many of the counted days are replayed; lines hold the uses of these
    :ivar a_day: uses of an average day of all
    """

    pack: Pack
    scale: float
    seed: int
    first_day: dt.date
    days: int
    a_day: float
    kinds: Mapping[str, Kind]
    members: int
    lines: tuple[Line, ...]
    groups: Mapping[str, Text]
    mix: Mapping[str, float]
    first_number: int
    issuer: str
    number_kind: str
    linked_percent: Mapping[str, int]
    allowance: tuple[str, ...]

    @property
    def cards(self) -> int:
        """How many cards there are."""
        return sum(kind.cards for kind in self.kinds.values())

    @property
    def uses(self) -> int:
        """How many uses are to be counted at the end."""
        return sum(line.uses for line in self.lines)

    @property
    def taps(self) -> int:
        """How many different taps are made: the uses and those of unknown cards."""
        return int(sum(line.taps.sum() for line in self.lines))

    @property
    def opening(self) -> dt.datetime:
        """The instant at which the city opens: in the morning of the day before the first."""
        eve = self.first_day - dt.timedelta(days=1)
        return self.pack.time.midnight(eve) + dt.timedelta(hours=8)

    def day(self, n: int) -> dt.date:
        """Return the nth day."""
        return self.first_day + dt.timedelta(days=n)

    def months(self) -> list[dt.date]:
        """Return the first days of the months in which taps happen."""
        days = (self.day(n) for n in range(self.days))
        return sorted({day.replace(day=1) for day in days})


def plan_of(*, pack: Pack, scale: float = 1.0, seed: int = 1, days: int | None = None) -> Plan:
    """Return what a replay of a city makes at a scale.

    :param days: only so many of the counted days, from the first on
    :raises CannotReplay: the pack has no counts, or the scale is not above 0 and at most 1
    """
    table = pack.table("replay")
    if not table:
        raise CannotReplay(
            f"The pack of {pack.code} holds no counts to replay: they stand in replay.yaml."
        )
    if not 0 < scale <= 1:
        raise CannotReplay(f"A scale lies above 0 and goes up to 1; {scale:g} does not.")
    first, last = table["first_day"], table["last_day"]
    counted = (last - first).days + 1
    kinds = _kinds(table["cards"], scale)
    lines = _lines(table, scale, first, counted)
    return Plan(
        pack=pack,
        scale=scale,
        seed=seed,
        first_day=first,
        days=min(days or counted, counted),
        a_day=sum(line.uses for line in lines) / counted,
        kinds=kinds,
        members=sum(kind.cards for kind in kinds.values() if not kind.beside),
        lines=tuple(_cut(line, min(days or counted, counted)) for line in lines),
        groups={code: Text.read(name) for code, name in table.get("groups", {}).items()},
        mix=table["mix"],
        first_number=table["numbers"]["first"],
        issuer=table["numbers"]["issuer"],
        number_kind=table["numbers"]["kind"],
        linked_percent=table.get("members_with_numbers", {}),
        allowance=tuple(table.get("allowance", ())),
    )


def shared(total: int, weights: Sequence[float] | npt.NDArray[Any]) -> Whole:
    """Share a whole out by weights, by the largest remainder; equal remainders go in order."""
    share = np.asarray(weights, np.float64)
    exact = share * (total / share.sum())
    parts: Whole = np.floor(exact).astype(np.int64)
    left = total - int(parts.sum())
    parts[np.argsort(parts - exact, kind="stable")[:left]] += 1
    return parts


def spread(total: int, weights: npt.NDArray[Any]) -> Whole:
    """Spread a whole over days by weights so that it is right up to each day, not only at the end:
    of what is rare, as much comes early as late."""
    until = np.cumsum(weights, dtype=np.float64)
    parts: Whole = np.diff(np.rint(until * (total / until[-1])).astype(np.int64), prepend=0)
    return parts


def _kinds(rows: Mapping[str, Any], scale: float) -> dict[str, Kind]:
    counts = _scaled([int(row["cards"]) for row in rows.values()], scale)
    kinds: dict[str, Kind] = {}
    first = first_member = 0
    for (code, row), cards in zip(rows.items(), counts.tolist(), strict=True):
        beside = row.get("beside", "")
        ages = row.get("ages", (0, 0))
        kinds[code] = Kind(
            code=code,
            cards=min(cards, kinds[beside].cards) if beside else cards,
            first=first,
            first_member=kinds[beside].first_member if beside else first_member,
            beside=beside,
            ages=(ages[0], ages[1]),
            at_school=row.get("at_school", False),
            facts=row.get("facts", {}),
        )
        first += kinds[code].cards
        first_member += 0 if beside else cards
    return kinds


def _lines(table: Mapping[str, Any], scale: float, first: dt.date, days: int) -> tuple[Line, ...]:
    counted = [next(iter(row["uses"].values())) for row in table["lines"]]
    uses = _scaled(counted, scale)
    strange = shared(round(int(uses.sum()) * table["mix"]["unknown_permille"] / 1000), counted)
    stride = min(max(round(_A_DAY * days / int(uses.sum())), 1), _MOST_STRIDE)
    return tuple(
        _line(n, row, counted[n], int(uses[n]), int(strange[n]), scale, first, days, stride)
        for n, row in enumerate(table["lines"])
    )


def _line(
    n: int, row: Mapping[str, Any], counted: int, uses: int, strange: int, scale: float,
    first: dt.date, days: int, stride: int,
) -> Line:  # fmt: skip
    by_day = spread(uses, _day_weights(row["weekdays"], first, days, stride))
    hours = np.array(row["hours"], np.float64)
    return Line(
        place=n,
        name=Text.read(row["name"]),
        group=row.get("group", ""),
        service=next(iter(row["uses"])),
        counted=counted,
        uses=uses,
        by_day=_by_writer(by_day),
        strange=_by_writer(spread(strange, by_day)),
        readers=max(1, round(row["readers"] * scale**0.5) // WRITERS),
        riders=row["riders"],
        hours=hours / hours.sum(),
        rides=row.get("rides"),
        prices=row.get("prices"),
        points=row.get("points"),
    )


def _cut(line: Line, days: int) -> Line:
    by_day = line.by_day[:days]
    return replace(line, by_day=by_day, strange=line.strange[:days], uses=int(by_day.sum()))


def _scaled(counts: Sequence[int], scale: float) -> Whole:
    """Return counts at a scale; they add up to their scaled sum, and none is lost."""
    least: Whole = np.maximum(shared(round(sum(counts) * scale), counts), 1)
    return least


def _day_weights(
    weekdays: Sequence[int], first: dt.date, days: int, stride: int
) -> npt.NDArray[np.float64]:
    """Weigh days by weekday, and later ones more: cards are handed out all the while."""
    day = np.arange(days)
    weekday = np.array(weekdays, np.float64)[(first.weekday() + day) % 7]
    season = 1 + 0.08 * np.sin(day * (2 * np.pi / 365.25))
    return np.asarray(weekday * season * (0.7 + 0.6 * day / days) * (day % stride == 0))


def _by_writer(counts: Whole) -> Whole:
    """Halve each day's count between writers; the odd one goes to each in turn."""
    odd = np.cumsum(counts % WRITERS)
    first = counts // WRITERS + np.where(counts % WRITERS, odd % WRITERS, 0)
    return np.stack([first, counts - first], axis=1)
