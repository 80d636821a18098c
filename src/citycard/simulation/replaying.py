"""A replay: a programme lived again through the city's own write path, from its first day to its
last, and counted at the end.

People, cards and readers are made once (`settle`); then two programs write taps, each those of its
own readers, while others follow as a city's workers do (`run`). Whatever is interrupted goes
on from what the city holds.
"""

import datetime as dt
import heapq
import itertools
import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from citycard.infra import clock, partitions
from citycard.infra.database import scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.periods import next_month
from citycard.simulation import (
    replaying_counts,
    replaying_files,
    replaying_following,
    replaying_people,
    replaying_readers,
)
from citycard.simulation.replaying_crew import Crew, crew
from citycard.simulation.replaying_plan import WRITERS, Plan
from citycard.simulation.replaying_tables import CannotReplay, writing
from citycard.simulation.replaying_writing import drawn

_LARGE, FOLLOWERS = 5_000, 2
"""Taps a day from which several workers follow side by side, as a larger city runs them, and a
program of its own keeps the timetable."""
SETTLERS = 2
A_DAY_US = 86_400_000_000
MOST_BEHIND = dt.timedelta(days=20)
"""Writers go no further beyond what everybody has followed, in the city's time."""
LATE_UNTIL, HEARD_UNTIL = 5, 10
"""Days of a month: by the one the last taps of the month before have come, on the other its points
are still heard of. No writer goes beyond the second before everybody has followed to the first."""
TIMETABLE_BEHIND = dt.timedelta(days=3)
"""Nor further beyond the last day whose timetable has run, or into a month without allowances."""
MOST_AHEAD_US = A_DAY_US
"""A writer goes no further beyond the other."""
BYTES_A_PERSON, BYTES_A_TAP, BYTES_OF_LOG = 5_500, 550, 9 * 2**30
"""What a replay takes of the disk: rows with their indexes, and the server's write-ahead log."""
_ENOUGH_TO_ASK = 1_000_000
"""Taps from which it is looked whether there is room."""
_AFTER = 3
_SAMPLE_S = 1.0

Tell = Callable[[int], None]


@dataclass
class Ran:
    """How a run went.

    :ivar seconds: since all programs had started, which takes some seconds of each
    :ivar samples: such seconds, and taps that had been written and followed by then
    :ivar cpu_s: processor time by program, its start left out
    """

    seconds: float = 0.0
    taps: int = 0
    sent: int = 0
    samples: list[tuple[float, int]] = field(default_factory=list)
    cpu_s: dict[str, float] = field(default_factory=dict)

    def rate(self, first: float, last: float) -> float:
        """Return taps a second between two shares of the run's taps."""
        low, high = first * self.taps, last * self.taps
        begin = next((at for at, taps in self.samples if taps >= low), 0.0)
        end = next((at for at, taps in self.samples if taps >= high), self.seconds)
        return (high - low) / max(end - begin, 1e-9)


def begin(plan: Plan, keep: Path) -> None:
    """Note which replay this city is for.

    :param keep: the directory in which it keeps what it needs to go on
    :raises CannotReplay: the city has residents of its own, or another replay's
    """
    wanted = {"scale": plan.scale, "seed": plan.seed}
    noted = keep / "replay.json"
    if noted.exists():
        known = json.loads(noted.read_text())
        if known != wanted:
            raise CannotReplay(
                f"This city is being replayed with scale {known['scale']:g} and seed"
                f" {known['seed']}: go on with these, or name another directory with --state."
            )
        return
    if scalar("SELECT EXISTS (SELECT FROM pub.members)"):
        raise CannotReplay(
            "This city has residents; a replay makes its own: name another directory with --state."
        )
    keep.mkdir(parents=True, exist_ok=True)
    noted.write_text(json.dumps(wanted))


def require_room(plan: Plan, directory: Path) -> None:
    """Look whether a disk holds what a replay will make, before anything of it is made.

    :param directory: where the city's database lies
    :raises CannotReplay: it doesn't, with how much is needed and how much is free
    """
    needed = plan.members * BYTES_A_PERSON + plan.taps * BYTES_A_TAP + BYTES_OF_LOG
    there = next(one for one in (directory, *directory.parents) if one.exists())
    free = shutil.disk_usage(there).free
    if plan.taps > _ENOUGH_TO_ASK and free < needed:
        raise CannotReplay(
            f"A replay of {plan.taps:,} taps needs about {needed / 2**30:.0f} GB and {there} has"
            f" {free / 2**30:.0f} GB free: make room, name another directory with --state, or take"
            " a smaller --scale."
        )


def settle(plan: Plan, *, tell: Tell, told: Callable[[str], None] = lambda _: None) -> None:
    """Make the people, their cards and the readers, unless they are there; rights and first
    allowances follow as they always do.

    :param tell: is told of people as they are settled
    :param told: is told which step begins
    """
    with clock.stopped_at(plan.opening):
        with unit_of_work():
            last = plan.months()[-1]
            for _ in range(_AFTER):
                last = next_month(last)
            partitions.ensure_months(plan.opening.date().replace(day=1), last)
        if not _has_readers(plan):
            replaying_readers.enrol(plan)
    _settle_people(plan, tell, told)


def _settle_people(plan: Plan, tell: Tell, told: Callable[[str], None]) -> None:
    if replaying_following.has_taps():  # which come when everything else has followed
        tell(plan.members)
        return
    parts = min(SETTLERS, -(-plan.members // replaying_people.A_CHUNK))
    orders = [_orders(plan) | {"work": "react"}]
    orders += [_orders(plan) | {"work": "settle", "part": n, "parts": parts} for n in range(parts)]
    left = parts
    with crew(orders) as settlers:
        for program, what in settlers.hear():
            tell(what.get("people", 0))
            left -= program > 0 and "ended" in what
            if program > 0 and "ended" in what and not left:
                told("rights and first allowances")
                settlers.say(0, finish=True)


def _has_readers(plan: Plan) -> bool:
    return len(replaying_readers.readers_of(plan)) == len(plan.lines)


def run(
    plan: Plan, *, keep: Path, tell: Tell, taps: Path | None = None, profile: Path | None = None
) -> Ran:
    """Write what the city has not accepted yet, with everybody following, until all is counted.

    :param tell: is told of taps as they are written
    :param taps: a checked file to take taps from, instead of drawing them
    :param profile: a directory for the programs' profiles
    """
    orders: list[dict[str, Any]] = [
        _orders(plan) | {"work": "write", "writer": n, "keep": str(keep), "taps": str(taps or "")}
        for n in range(WRITERS)
    ]
    orders += _those_who_follow(plan)
    if profile is not None:
        for n, one in enumerate(orders):
            one["profile"] = str(profile / f"{one['work']}-{n}.prof")
    with crew(orders) as programs:
        ran = _Watch(programs, _names(orders), plan, tell).until_done()
    ran.sent = sum(
        json.loads(file.read_text())["sent"] for file in sorted(keep.glob("sent-*.json"))
    )
    return ran


def _those_who_follow(plan: Plan) -> list[dict[str, Any]]:
    """Return the orders of those who follow; in a small city one does all of it."""
    if plan.a_day < _LARGE:
        return [_orders(plan) | {"work": "follow", "first": True}]
    followers = [_orders(plan) | {"work": "follow", "first": False} for _ in range(FOLLOWERS)]
    return [*followers, _orders(plan) | {"work": "keep time"}]


def _names(orders: Sequence[Mapping[str, Any]]) -> list[str]:
    works = [str(one["work"]) for one in orders]
    return [f"{work} {works[:n].count(work)}" for n, work in enumerate(works)]


class _Watch:
    """Hears what the programs tell, and tells each writer until when it may go.

    A writer goes no further than some days beyond what everybody has followed, and than the other
    writer: however fast one is, those who follow work while a month's points are still heard of.
    Those who follow are told when all writers wait for them.
    """

    def __init__(self, programs: Crew, names: Sequence[str], plan: Plan, tell: Tell) -> None:
        self.programs, self.names, self.plan, self.tell = programs, names, plan, tell
        self.ran, self.began = Ran(), time.perf_counter()
        self.started_s: dict[int, float] = {}
        self.followed_us = 0
        self.begun_us = 0
        self.all_followed = False
        self.held_up = False
        self.now_us: dict[int, int] = {}
        self.until_us: dict[int, int] = {}
        self.ended: set[int] = set()

    def until_done(self) -> Ran:
        """Return how the run went, once every program has ended."""
        for program, what in self.programs.hear():
            if "ready" in what:
                self.started_s[program] = what["cpu_s"]
                self.began = time.perf_counter()  # of the last one at last
            self.ran.cpu_s[self.names[program]] = what["cpu_s"] - self.started_s[program]
            if program >= WRITERS:
                self.followed_us = max(self.followed_us, what.get("followed_us", 0))
                self.begun_us = max(self.begun_us, what.get("begun_us", 0))
                self.all_followed = what.get("all_followed", self.all_followed)
            else:
                self._wrote(program, what)
            self._let_go()
        self.ran.seconds = time.perf_counter() - self.began
        self.ran.samples.append((self.ran.seconds, self.ran.taps))
        return self.ran

    def _wrote(self, program: int, what: Mapping[str, Any]) -> None:
        self.ran.taps += what.get("taps", 0)
        self.tell(what.get("taps", 0))
        at = time.perf_counter() - self.began
        if not self.ran.samples or at - self.ran.samples[-1][0] >= _SAMPLE_S:
            self.ran.samples.append((at, self.ran.taps))
        if "now_us" in what:
            self.now_us[program] = what["now_us"]
        if "ended" in what:
            self.ended.add(program)
            if len(self.ended) == WRITERS:
                self._say_to_those_who_follow(finish=True)

    def _let_go(self) -> None:
        going = {n: us for n, us in self.now_us.items() if n not in self.ended}
        if not self.followed_us or not self.begun_us or not going:
            return
        slowest, most = min(going.values()), self._most_us()
        for writer in going:
            until = min(most, slowest + MOST_AHEAD_US)
            if until != self.until_us.get(writer):
                self.until_us[writer] = until
                self.programs.say(writer, until_us=until)
        held_up = all(self.until_us[writer] < us for writer, us in going.items())
        if held_up != self.held_up:
            self.held_up = held_up
            self._say_to_those_who_follow(held_up=held_up)

    def _most_us(self) -> int:
        """Return how far the city's time may go by what was followed, and by the timetable."""
        followed, begun = _at(self.followed_us), _at(self.begun_us)
        most = _us(min(followed_until(self.plan, followed), begun_until(self.plan, begun)))
        if self.all_followed:  # over a gap without any taps, too
            most = max(most, min(us for n, us in self.now_us.items() if n not in self.ended))
        return most

    def _say_to_those_who_follow(self, **what: Any) -> None:
        for program in range(WRITERS, len(self.programs.programs)):
            self.programs.say(program, **what)


def followed_until(plan: Plan, followed: dt.datetime) -> dt.datetime:
    """Return until when taps may be written when everything was followed up to an instant."""
    time_, day = plan.pack.time, plan.pack.time.day(followed)
    month = day.replace(day=1) if day.day < LATE_UNTIL else next_month(day.replace(day=1))
    return min(followed + MOST_BEHIND, time_.midnight(month.replace(day=HEARD_UNTIL)))


def begun_until(plan: Plan, begun: dt.datetime) -> dt.datetime:
    """Return until when taps may be written when the timetable has run up to a day: the one of a
    month's last day grants the next month's allowances."""
    tomorrow = plan.pack.time.day(begun) + dt.timedelta(days=1)
    granted = plan.pack.time.midnight(next_month(tomorrow.replace(day=1)))
    return min(begun + TIMETABLE_BEHIND, granted)


def _at(us: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(us / 1e6, dt.UTC)


def _us(at: dt.datetime) -> int:
    return int(at.timestamp() * 1e6)


def check_file(plan: Plan, file: Path, tell: Tell) -> int:
    """Read a file of taps through before anything of it is sent; returns its rows.

    :raises CannotReplay: with the first wrong line, why, and what to do
    """
    readers = itertools.chain.from_iterable(
        own.tolist() for of_line in replaying_readers.readers_of(plan).values() for own in of_line
    )
    known = replaying_files.known_of(readers=readers, media=plan.pack.table("cards")["media"])
    return replaying_files.check(file, known, tell)


def save(plan: Plan, file: Path, tell: Tell) -> int:
    """Write the replay's taps to a file instead of sending them; returns how many rows it has."""
    readers, rows = replaying_readers.readers_of(plan), 0
    streams = [drawn(plan=plan, writer=n, readers=readers) for n in range(WRITERS)]
    names = [*replaying_files.NEEDED, *replaying_files.RIDE, *replaying_files.SALE]
    with writing(file, names) as put:
        for upload in heapq.merge(*streams, key=lambda one: one.now):
            put(replaying_files.rows_of(upload.columns))
            rows += len(upload.columns)
            tell(len(upload.columns))
    return rows


def _orders(plan: Plan) -> dict[str, Any]:
    return {"plan": {"scale": plan.scale, "seed": plan.seed, "days": plan.days}}


def left(plan: Plan) -> int:
    """Return how many taps the city has not stored yet."""
    return plan.taps - replaying_counts.stored_taps(plan)
