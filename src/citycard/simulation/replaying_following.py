"""Following a replay: what a city's workers do, at the replay's time.

Every subscriber takes what is announced; once a day of the city, what the timetable starts is
started: months ahead, statistics, allowances, rights that are due, points that lapse.
"""

import datetime as dt
import time
from collections.abc import Mapping

from django.db import OperationalError

from citycard.flows import allowances, keeping_rights, lapsing
from citycard.infra import clock, journal, partitions
from citycard.infra.database import durable_at_the_end, scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.simulation.replaying_plan import Plan
from citycard.simulation.replaying_writing import Tells

A_DAY = dt.timedelta(days=1)
_IDLE_S, _LONGEST_IDLE_S = 0.1, 0.5
_ANALYZED = frozenset({2, 6, 16})
"""Days of a month on which its partitions are looked at anew."""
_LAPSE_ON = 25
"""What a month left lapses when no writer can be within the days any more in which late taps of the
month are heard: one may be some days behind the other.
"""
_EVERYBODY_S = 5.0
_GATHERED = dt.timedelta(days=10)
"""Taps are followed some days of the city at once, as by a worker that catches up: whose month
changes is decided again once for all of them."""
_FIRST = frozenset({"taps.batch.stored", "fares.readings.kept"})
"""What writers announce; all else follows from it."""


def follow(*, plan: Plan, line: Tells, first: bool) -> None:
    """Follow until told to finish and nothing is left; a subscriber that stops ends it.

    :param first: this one also starts what the timetable does
    :raises SubscriberStopped: one stopped at an event; the journal says at which
    """
    days, idle_s, took_all_at = Timetable(plan), _IDLE_S, 0.0
    while True:
        finish = bool(line.heard.get("finish"))
        if first:
            line.heard["begun_us"] = days.catch_up()
        waiting = _waiting()
        _tell(plan, waiting, line)
        if finish and not waiting:
            return
        every = time.monotonic() - took_all_at >= _EVERYBODY_S
        took_all_at = time.monotonic() if every else took_all_at
        all_of_it = finish or bool(line.heard.get("held_up"))
        if _pump_each(plan, None if every else waiting, all_of_it=all_of_it):
            idle_s = _IDLE_S
            continue
        time.sleep(idle_s)
        idle_s = min(2 * idle_s, _LONGEST_IDLE_S)


def keep_time(*, plan: Plan, line: Tells) -> None:
    """Start what the timetable starts, day after day of the city, until told to finish."""
    days, told_us = Timetable(plan), 0
    while True:
        finish = bool(line.heard.get("finish"))
        begun_us = days.catch_up()
        if begun_us != told_us:
            line.tell(begun_us=begun_us)
            told_us = begun_us
        elif finish:
            return
        time.sleep(_LONGEST_IDLE_S / 2)


class Timetable:
    """Begins the city's days, each once and in order."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.today = plan.pack.time.day(_city_now(plan)) - A_DAY

    def catch_up(self) -> int:
        """Begin the days up to the city's present one; returns the last one's midnight."""
        present = self.plan.pack.time.day(_city_now(self.plan))
        while self.today < present and _begin_day(self.plan, self.today + A_DAY):
            self.today += A_DAY
        return _us(self.plan.pack.time.midnight(self.today))


def _us(at: dt.datetime) -> int:
    return int(at.timestamp() * 1e6)


Names = Mapping[str, dt.datetime]
"""Subscribers for whom something waits: since when."""


def _waiting() -> Names:
    """Return for whom something waits.

    :raises SubscriberStopped: one stopped at an event
    """
    found = journal.waiting()
    for one in found:
        if one.stopped_why is not None:
            raise SubscriberStopped(f"{one.subscriber.name} stopped: {one.stopped_why}")
    return {one.subscriber.name: one.since for one in found if one.since is not None}


def _tell(plan: Plan, waiting: Names, line: Tells) -> None:
    """Tell up to when everything was followed: what was announced in another order than it
    happened lies no more than a writer's lead before what waits first."""
    followed = min(waiting.values()) - A_DAY if waiting else _city_now(plan)
    line.tell(
        followed_us=_us(followed),
        all_followed=not waiting,
        begun_us=line.heard.get("begun_us", 0),
    )


def _pump_each(plan: Plan, waiting: Names | None = None, *, all_of_it: bool = True) -> int:
    """Let each subscriber take a batch, at the time of the newest that was announced.

    :param waiting: for whom something waits; None: everybody is asked, so that the cursors of those
        who wait for what is rare move along, too
    :param all_of_it: even what could still be gathered
    """
    taken, now = 0, _city_now(plan)
    for subscriber in journal.subscribers():
        since = None if waiting is None else waiting.get(subscriber.name)
        if waiting is not None and since is None:
            continue
        gathers = not all_of_it and bool(subscriber.codes & _FIRST)
        if gathers and (since is None or now - since < _GATHERED):
            continue
        with clock.stopped_at(now):
            took = _pump(subscriber)
        if took:  # which takes a while, and others write meanwhile
            taken, now = taken + took, _city_now(plan)
    return taken


def _pump(subscriber: journal.Subscriber) -> int:
    try:
        return journal.pump_once(subscriber)
    except OperationalError:  # chosen in a deadlock with another's: it comes again
        return 0


_NEWEST = """
SELECT max(received_at) FROM (
    SELECT received_at FROM pub.tap_batches ORDER BY batch_id DESC LIMIT 64) AS t
"""


def has_taps() -> bool:
    """Tell whether taps have reached the city."""
    return scalar(_NEWEST) is not None


def _city_now(plan: Plan) -> dt.datetime:
    """Return when taps reached the city last: its present."""
    newest: dt.datetime | None = scalar(_NEWEST)
    return max(newest or plan.opening, plan.opening)


def _begin_day(plan: Plan, today: dt.date) -> bool:
    """Do what the timetable does by the city's clock, in the early morning of a day; tell whether
    all of it was done. Done again it changes nothing."""
    try:
        _do_days_work(plan, today)
    except OperationalError:  # chosen in a deadlock with another's: it is begun again
        return False
    return True


def _do_days_work(plan: Plan, today: dt.date) -> None:
    now = plan.pack.time.midnight(today) + dt.timedelta(minutes=9)
    with clock.stopped_at(now):
        if today.day in _ANALYZED:
            with unit_of_work():
                partitions.analyze_month(today)
        keeping_rights.look_again(now)
        tomorrow = today + A_DAY
        if tomorrow.day == 1:
            allowances.grant_ahead(plan.pack.time.midnight(tomorrow) - dt.timedelta(hours=2))
        if today.day == _LAPSE_ON:
            lapsing.run(now)


class SubscriberStopped(RuntimeError):
    """One who follows stopped at an event; nothing after it would be counted."""


def react(*, plan: Plan, line: Tells) -> None:
    """Let everybody who follows take what people's settling announces, until told that it is over
    and nothing is left.

    :raises SubscriberStopped: one stopped at an event
    """
    with durable_at_the_end():
        while True:
            finish = bool(line.heard.get("finish"))
            taken = _pump_each(plan)
            if not taken and finish and not _waiting():
                return
            if not taken:
                time.sleep(_IDLE_S)
