"""A month of what registers say: births, deaths, weddings, moves, certificates, at real rates.

The city's real figures of a month are scaled to its invented residents; each kind happens at least
once, so that nothing on the pages is empty.
"""

import datetime as dt
import random
from collections.abc import Callable, Iterator, Mapping, Sequence

from citycard.flows import following_register
from citycard.infra.ports import use
from citycard.people.ports import DemoRegisters
from citycard.simulation.drawing import Person
from citycard.simulation.world import BUILDER, World

DAYS = 28
FIRST_NUMBER = 100_001
_OLD, _ADULT, _PARENT_BELOW = 75, 18, 45
_ELSEWHERE = (("65000", "板橋區"), ("68000", "桃園區"), ("66000", "西屯區"), ("64000", "三民區"))
Row = dict[str, str]
_Wanted = Callable[[Person], bool]


def tell_changes(world: World, now: dt.datetime) -> int:
    """Let the demo registers tell a month of changes, and follow them; returns how many.

    Outside any unit of work: registers are asked.
    """
    month: Mapping[str, float] | None = (
        world.pack.table("pack").get("register_feed", {}).get("month")
    )
    if month is None:
        return 0
    chance = random.Random(f"{world.pack.code}:{world.seed}:registers")  # noqa: S311 - repeatable
    spared = set(world.persona_of.values())
    others = [one for place, one in enumerate(world.people) if place not in spared]
    told: dict[str, list[Row]] = {}
    for register, row in _month(world, month, others, chance):
        told.setdefault(register, []).append(row)
    for register, rows in told.items():
        rows.sort(key=lambda row: row["on"])
        numbered = [{"change_no": str(FIRST_NUMBER + n), **row} for n, row in enumerate(rows)]
        use(DemoRegisters).enter_changes(register, numbered)
        following_register.fetch_from(register=register, actor=BUILDER, now=now)
    return sum(map(len, told.values()))


def _month(
    world: World, month: Mapping[str, float], others: Sequence[Person], chance: random.Random
) -> Iterator[tuple[str, Row]]:
    left = list(others)
    chance.shuffle(left)
    household = _household(world)
    for kind, count, wanted in _kinds(world, month):
        for one in _some(left, count, wanted):
            says: Row = {}
            if kind == "moved":
                says["city"], says["district"] = chance.choice(_ELSEWHERE)
            yield household, _row(world, one, kind, chance, **says)
    for status, row in world.pack.table("statuses")["statuses"].items():
        if row["expires"]:
            for one in _some(left, 1, _holding(status)):
                said = _row(world, one, "certificate_expired", chance, code=status)
                yield str(row["register"]), said


def _holding(status: str) -> _Wanted:
    return lambda one: status in one.statuses


def _kinds(world: World, month: Mapping[str, float]) -> Iterator[tuple[str, float, _Wanted]]:
    """Yield what happens, how often, and to whom."""
    share = len(world.people) / month["population"]
    on = world.on
    yield "died", month["deaths"] * share, lambda it: it.age(on) >= _OLD
    yield "moved", month["moves_out_per_10000"] * len(world.people) / 10_000, lambda it: True
    yield "born", month["births"] * share, lambda it: _ADULT <= it.age(on) < _PARENT_BELOW
    yield "married", month["marriages"] * share, lambda it: it.age(on) >= _ADULT
    yield "divorced", month["divorces"] * share, lambda it: it.age(on) >= _ADULT


def _some(left: list[Person], count: float, wanted: _Wanted) -> list[Person]:
    """Take people out of those who are left: as many as count says, and at least one."""
    drawn = [one for one in left if wanted(one)][: max(1, round(count))]
    for one in drawn:
        left.remove(one)
    return drawn


def _household(world: World) -> str:
    registers = world.pack.table("statuses")["registers"]
    return next(str(code) for code, row in registers.items() if "died_on" in row["answers"])


def _row(world: World, one: Person, kind: str, chance: random.Random, **says: str) -> Row:
    on = world.on - dt.timedelta(days=chance.randrange(1, DAYS))
    return {
        "kind": kind,
        "on": max(on, one.birth_on).isoformat(),
        "id_number": one.id_number,
        "birth_on": one.birth_on.isoformat(),
        **says,
    }
