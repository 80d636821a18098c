"""The programs of a replay, each a process: those that settle people, those that write taps, and
those that follow as a city's workers do.

``python -m citycard.simulation.replaying_program`` reads its orders as a line of JSON on stdin,
tells how far it is in lines of JSON on stdout, and ends with whoever started it.
"""

import datetime as dt
import gc
import json
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import django

Orders = Mapping[str, Any]
TELL_EVERY_S = 0.2
_COLLECT_AFTER = 50_000
"""Objects made until it is looked which are unused: a batch's rows are many, and none refers to
itself."""


@dataclass
class Line:
    """The way to whoever started this program.

    :ivar heard: what was told last, by name
    """

    heard: dict[str, Any] = field(default_factory=dict)
    _told_at: float = 0.0

    def listen(self) -> None:
        """Take what is told from now on, beside the work."""
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for line in sys.stdin:
            self.heard |= json.loads(line)

    def tell(self, **said: Any) -> None:
        """Tell how far the work is."""
        self._told_at = time.monotonic()
        said["cpu_s"] = time.process_time()
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()

    def is_time(self) -> bool:
        """Tell whether nothing was told for a while."""
        return time.monotonic() - self._told_at >= TELL_EVERY_S


def settle(orders: Orders, line: Line) -> None:
    """Make every so many-th chunk of people members, unless they are."""
    from citycard.infra.database import durable_at_the_end
    from citycard.simulation import replaying_people

    plan = _plan(orders)
    with durable_at_the_end(), _clock(plan.opening):
        for chunk in replaying_people.chunks(plan)[orders["part"] :: orders["parts"]]:
            if not replaying_people.is_settled(plan=plan, chunk=chunk):
                replaying_people.settle(plan=plan, chunk=chunk)
            line.tell(people=chunk[2] - chunk[1])


def react(orders: Orders, line: Line) -> None:
    """Let everybody who follows take what settling announces, until told that it is over."""
    from citycard.simulation import replaying_following

    replaying_following.react(plan=_plan(orders), line=line)


def write(orders: Orders, line: Line) -> None:
    """Write one writer's taps, from what the city has not accepted yet."""
    from citycard.simulation import replaying_writing

    replaying_writing.write(plan=_plan(orders), orders=orders, line=line)


def follow(orders: Orders, line: Line) -> None:
    """Let everybody who follows take what is announced, and run what the clock starts."""
    from citycard.simulation import replaying_following

    replaying_following.follow(plan=_plan(orders), line=line, first=orders["first"])


def keep_time(orders: Orders, line: Line) -> None:
    """Run what the clock starts."""
    from citycard.simulation import replaying_following

    replaying_following.keep_time(plan=_plan(orders), line=line)


def _plan(orders: Orders) -> Any:
    from citycard.infra.packs import current_pack
    from citycard.simulation.replaying_plan import plan_of

    return plan_of(pack=current_pack(), **orders["plan"])


def _clock(instant: dt.datetime) -> Any:
    from citycard.infra import clock

    return clock.stopped_at(instant)


WORK: dict[str, Callable[[Orders, Line], None]] = {
    "settle": settle,
    "react": react,
    "write": write,
    "follow": follow,
    "keep time": keep_time,
}


def main() -> None:
    """Take orders, work, and end; a profile of the work is written where the orders name a file."""
    django.setup()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)
    orders = json.loads(sys.stdin.readline())
    line = Line()
    line.listen()
    work = WORK[orders["work"]]
    line.tell(ready=True)
    if orders.get("profile"):
        _profiled(lambda: work(orders, line), Path(orders["profile"]))
    else:
        work(orders, line)
    line.tell(ended=True)


def _profiled(work: Callable[[], None], file: Path) -> None:
    import cProfile

    profile = cProfile.Profile()
    profile.runcall(work)
    profile.dump_stats(file)


if __name__ == "__main__":
    main()
