"""Building a demo city, step by step, through the same faces that a real one is filled through."""

import datetime as dt
import random
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from citycard.flows import allowances
from citycard.infra import clock, journal, outbox, partitions
from citycard.infra.packs import Pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.insight import api as insight
from citycard.simulation import (
    applying,
    campaigning,
    carding,
    equipping,
    living,
    redeeming,
    registering,
    riding,
    settling,
)
from citycard.simulation.drawing import Person, draw, draw_personas
from citycard.simulation.world import WEEKS_OF_LIFE, World

NEWCOMERS = 400
"""People on the household register who are no members yet: whoever tries the log-in page is one."""


class Progress(Protocol):
    """Shows how far long work is: rich's ``Progress``."""

    def add_task(self, description: str, *, total: float | None) -> int:
        """Begin a bar."""
        ...

    def advance(self, task: int, advance: float = 1) -> None:
        """Move a bar along."""
        ...


Step = Callable[[World, dt.datetime], object]


def build(
    *, pack: Pack, residents: int, on: dt.date, seed: int, keys: Path, progress: Progress
) -> World:
    """Build a city of so many residents, with weeks of life behind it.

    :param keys: the file that takes the keys of the demo's readers and kiosks
    """
    world = World(
        pack=pack,
        on=on,
        seed=seed,
        chance=random.Random(f"{pack.code}:{seed}:life"),  # noqa: S311 - a repeatable city
    )
    newcomers = _draw(world, residents)
    with clock.stopped_at(world.opening):
        _in_turn(world, progress, "people", _settle_steps(keys))
        settling.fill_registers(world, [*world.people, *newcomers])
        carding.fill_library(world)
        _settle_reactions()
    task = progress.add_task("weeks of life", total=WEEKS_OF_LIFE * 7)
    living.live(world, lambda days: progress.advance(task, days))
    with clock.stopped_at(world.at(on, 9)):
        allowances.grant_ahead(clock.now())
        applying.live_applications(world, newcomers)
        redeeming.redeem(world)
        registering.tell_changes(world, clock.now())
        riding.ride(world)
        _settle_reactions()
        insight.count_reach(now=clock.now())
        insight.count_city_people(now=clock.now())
        insight.keep_editions(now=clock.now())
    return world


def _draw(world: World, residents: int) -> list[Person]:
    drawn = draw(pack=world.pack, count=residents + NEWCOMERS, on=world.on, seed=world.seed)
    world.chance.shuffle(drawn)
    newcomers, world.people = drawn[:NEWCOMERS], sorted(drawn[NEWCOMERS:], key=lambda p: p.n)
    families = draw_personas(pack=world.pack, on=world.on, seed=world.seed, first=len(drawn))
    for code, family in families.items():
        world.persona_of[code] = len(world.people)
        world.people += family
    return newcomers


def _settle_steps(keys: Path) -> list[Step]:
    kind_of: dict[int, str] = {}

    def approve(world: World, now: dt.datetime) -> None:
        kind_of.update(carding.approve(world, now))

    return [
        lambda world, now: partitions.ensure_months(
            world.first_day - dt.timedelta(days=31), world.on + dt.timedelta(days=95)
        ),
        lambda world, now: equipping.equip(world, keys, now),
        equipping.hire,
        settling.settle,
        settling.record_guardians,
        settling.open_accounts,
        approve,
        lambda world, now: carding.hand_out(world, kind_of, now),
        carding.link_agencies,
        campaigning.open_campaigns,
        applying.stock_counters,
    ]


def _in_turn(world: World, progress: Progress, name: str, steps: list[Step]) -> None:
    """Take each step in a unit of work of its own."""
    task = progress.add_task(name, total=len(steps))
    for step in steps:
        with unit_of_work():
            step(world, clock.now())
        progress.advance(task)


def _settle_reactions() -> None:
    """Let every subscriber and every outbox finish."""
    while journal.pump_until_idle() + outbox.drain_until_idle(now=clock.now):
        pass
