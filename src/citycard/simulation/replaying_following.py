"""Following a replay: what a city's worker does, at the replay's time.

Every subscriber takes what is announced; once a day of the city, what the timetable starts is
started: months ahead, statistics, allowances, rights that are due, points that lapse.
"""

import datetime as dt
import time

from django.db import OperationalError

from citycard.flows import allowances, keeping_rights, lapsing
from citycard.infra import clock, journal, partitions
from citycard.infra.database import durable_at_the_end, scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.simulation.replaying_plan import Plan
from citycard.simulation.replaying_writing import Tells

_IDLE_S = 0.02
_ANALYZED = frozenset({2, 6, 16})
"""Days of a month on which its partitions are looked at anew."""
_LAPSE_ON = 25
"""What a month left lapses when no writer can be within the days any more in which late taps of the
month are heard: one may be some days behind the other.
"""


def follow(*, plan: Plan, line: Tells, first: bool) -> None:
    """Follow until told to finish and nothing is left; a subscriber that stops ends it.

    :param first: this one also starts what the timetable does
    :raises SubscriberStopped: one stopped at an event; the journal says at which
    """
    today = plan.pack.time.day(_city_now(plan)) - dt.timedelta(days=1)
    while True:
        finish = bool(line.heard.get("finish"))
        now = _city_now(plan)
        while first and today < plan.pack.time.day(now):
            today += dt.timedelta(days=1)
            _begin_day(plan, today)
        taken = _pump_each(plan)
        if taken and not line.is_time():
            continue
        now = _city_now(plan)
        behind = _behind(now)
        followed = now - dt.timedelta(seconds=behind)
        line.tell(followed_us=int(followed.timestamp() * 1e6), all_followed=not behind)
        if not taken:
            if finish and not behind:
                return
            time.sleep(_IDLE_S)


def _pump_each(plan: Plan) -> int:
    """Let each subscriber take a batch, at the time of the newest that was announced."""
    taken = 0
    for subscriber in journal.subscribers():
        with clock.stopped_at(_city_now(plan)):
            taken += _pump(subscriber)
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


def _begin_day(plan: Plan, today: dt.date) -> None:
    """Do what the timetable does by the city's clock, in the early morning of a day."""
    now = plan.pack.time.midnight(today) + dt.timedelta(minutes=9)
    with clock.stopped_at(now):
        if today.day in _ANALYZED:
            with unit_of_work():
                partitions.analyze_month(today)
        keeping_rights.look_again(now)
        tomorrow = today + dt.timedelta(days=1)
        if tomorrow.day == 1:
            allowances.grant_ahead(plan.pack.time.midnight(tomorrow) - dt.timedelta(hours=2))
        if today.day == _LAPSE_ON:
            lapsing.run(now)


def _behind(now: dt.datetime) -> float:
    """Return how many seconds of the city's time the slowest subscriber is behind.

    :raises SubscriberStopped: one stopped at an event
    """
    waiting = []
    present = dt.datetime.now(dt.UTC)
    for lag in journal.lag():
        if lag.stopped_at is not None:
            raise SubscriberStopped(f"{lag.subscriber} stopped at an event: {lag.stopped_why}")
        if lag.events:
            waiting.append(present - dt.timedelta(seconds=lag.seconds))
    return max((now - min(waiting)).total_seconds(), 1.0) if waiting else 0.0


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
            if not taken and finish and not _behind(_city_now(plan)):
                return
            if not taken:
                time.sleep(_IDLE_S)
