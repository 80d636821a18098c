"""What a replay ends with: the source's table read from the dashboards' figures, and its mix, both
as the city counted them."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from citycard.entitlements import api as entitlements
from citycard.fares import api as fares
from citycard.infra.database import rows
from citycard.infra.packs import Text
from citycard.insight import api as insight
from citycard.simulation.replaying_plan import Line, Plan
from citycard.taps import api as taps


@dataclass(frozen=True, kw_only=True)
class TableLine:
    """A line of the table, or a sum of lines.

    :ivar source: what the source counts; ``wanted`` is that at the replay's scale
    :ivar counted: uses in the city's figures
    :ivar shown: uses that the dashboards' tree shows over all months; the cells that it hides for
        few people are missing there
    """

    name: Text
    level: int
    source: int
    wanted: int
    counted: int
    shown: int
    hidden_months: int

    @property
    def is_equal(self) -> bool:
        """Tell whether what was counted is what was wanted, and nothing else is shown."""
        same = self.shown == self.counted if not self.hidden_months else True
        return self.counted == self.wanted and same


@dataclass(frozen=True, kw_only=True)
class MixLine:
    """A share of the mix.

    :ivar of: what it is a share of
    :ivar at_least: percent that an honest mix has
    """

    name: str
    taps: int
    of: int
    at_least: float

    @property
    def percent(self) -> float:
        """The share in percent."""
        return 100 * self.taps / self.of if self.of else 0.0

    @property
    def holds(self) -> bool:
        """Tell whether the share is reached."""
        return self.percent >= self.at_least


def table(plan: Plan) -> list[TableLine]:
    """Return the lines with their groups' sums and the sum of all, in the table's order."""
    seen = [_Seen.of(month) for month in plan.months()]
    single = [_line(line, seen) for line in plan.lines]
    found: list[TableLine] = []
    done: set[str] = set()
    for line, one in zip(plan.lines, single, strict=True):
        if line.group and line.group not in done:
            done.add(line.group)
            pairs = zip(plan.lines, single, strict=True)
            own = [each for other, each in pairs if other.group == line.group]
            found.append(_sum(plan.groups[line.group], 1, own))
        found.append(one)
    tops = [month.tree.uses for month in seen]
    whole = replace(
        _sum(Text("合計", "All uses"), 0, single),
        shown=sum(uses or 0 for uses in tops),
        hidden_months=tops.count(None),
    )
    return [*found, whole]


@dataclass(frozen=True)
class _Seen:
    """A month as the dashboards' tree shows it, and what was counted of each service."""

    tree: insight.Node
    counted: Mapping[str, tuple[int, int]]

    @classmethod
    def of(cls, month: dt.date) -> "_Seen":
        counted = insight.uses_by_service(first=month, last=month)
        return cls(insight.city_tree(month=month), counted)

    def shown(self, service: str) -> int | None:
        """Return a service's uses in the tree; None where it is hidden or left out."""
        found = [node.uses for node in _services(self.tree) if node.own_code == service]
        return found[0] if found else None


def _line(line: Line, seen: Sequence[_Seen]) -> TableLine:
    used = [month for month in seen if month.counted.get(line.service, (0, 0))[0]]
    shown = [month.shown(line.service) for month in used]
    return TableLine(
        name=line.name,
        level=2 if line.group else 1,
        source=line.counted,
        wanted=line.uses,
        counted=sum(month.counted[line.service][0] for month in used),
        shown=sum(uses or 0 for uses in shown),
        hidden_months=shown.count(None),
    )


def _sum(name: Text, level: int, lines: Sequence[TableLine]) -> TableLine:
    return TableLine(
        name=name,
        level=level,
        source=sum(one.source for one in lines),
        wanted=sum(one.wanted for one in lines),
        counted=sum(one.counted for one in lines),
        shown=sum(one.shown for one in lines),
        hidden_months=max(one.hidden_months for one in lines),
    )


def _services(node: insight.Node) -> Iterator[insight.Node]:
    if node.kind == "service":
        yield node
    for child in node.children:
        yield from _services(child)


def mix(plan: Plan, *, sent: int) -> list[MixLine]:
    """Return the mix as counted: rides and allowances from what was decided and posted, the rest
    from the stored taps.

    :param sent: taps that were sent, those that came again included
    """
    stored = _stored(plan)
    rides = [fares.count_rides(month=month) for month in plan.months()]
    served = stored["served"]
    paid = sum(one.with_points for one in rides) + _at_tills(plan)
    return [
        MixLine(name="spend a month's points", taps=paid, of=served, at_least=10),
        MixLine(
            name="are transfers", taps=sum(one.transfers for one in rides), of=served, at_least=5
        ),
        MixLine(
            name="of activities' taps award points", taps=stored["awarded"],
            of=stored["activities"], at_least=100 if stored["activities"] else 0,
        ),
        MixLine(name="came late", taps=stored["late"], of=served, at_least=1.9),
        MixLine(
            name="came twice, counted once", taps=sent - stored["all"], of=served, at_least=0.9
        ),
        MixLine(
            name="of unknown cards, refused: on top of the table", taps=stored["unknown"],
            of=served, at_least=0.09,
        ),
    ]  # fmt: skip


_STORED = """
SELECT count(*) AS "all", count(*) FILTER (WHERE code = ANY(%(served)s)) AS served,
       count(*) FILTER (WHERE late) AS late, count(*) FILTER (WHERE code = %(unknown)s) AS unknown,
       count(*) FILTER (WHERE service = ANY(%(activities)s) AND code = ANY(%(served)s))
           AS activities,
       count(*) FILTER (WHERE service = ANY(%(activities)s) AND points > 0) AS awarded
FROM pub.taps WHERE local_month = %(month)s
"""


def _stored(plan: Plan) -> Mapping[str, int]:
    found: Counter[str] = Counter()
    for month in plan.months():
        asked: dict[str, Any] = {
            "month": month,
            "served": [int(code) for code in taps.Code if code.is_accepted],
            "unknown": int(taps.Code.UNKNOWN_CARD),
            "activities": [line.service for line in plan.lines if line.points is not None],
        }
        [row] = rows(_STORED, asked)
        found.update(row._asdict())
    return found


def _at_tills(plan: Plan) -> int:
    """Count uses of allowances at tills and meters: those of categories that no ride has."""
    agencies = sorted(plan.pack.table("agencies")["agencies"])
    categories = {
        row["spends_on"]
        for row in plan.pack.table("services")["services"].values()
        if "spends_on" in row
    }
    return sum(
        part.uses
        for month in plan.months()
        for one in entitlements.allowance_figures(month=month, agencies=agencies)
        for part in one.categories
        if part.category in categories
    )


def stored_taps(plan: Plan) -> int:
    """Return how many taps the city holds of the replay's months."""
    return int(_stored(plan)["all"])
