"""A trial: readers of a town that are cut off for minutes to days, with clocks of their own."""

import contextlib
import datetime as dt
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from citycard.agencies import api as agencies
from citycard.cards import api as cards
from citycard.flows import snapshotting, tapping
from citycard.infra.journal import Announced
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.portals.gate import wire
from citycard.portals.gate.snapshots import Shelves
from citycard.taps import api as taps
from citycard_reader import Journal, Key, Offline, Reader, Unreachable
from citycard_reader.reader import said
from tests.offline.lines import Line, city_key, gate_reader, reader
from tests.taps.test_paying import senior
from tests.taps.town import NOW, Town

HOUR, MINUTE = dt.timedelta(hours=1), dt.timedelta(minutes=1)
BEGIN = NOW - dt.timedelta(days=4)
DAYS = 3
PRICE_NTD, POINTS = 90, 60


class Clock:
    """The trial's time."""

    def __init__(self) -> None:
        self.at = BEGIN

    def __call__(self) -> dt.datetime:
        return self.at


class Given(NamedTuple):
    """What a reader answered by itself, and by which snapshot."""

    device_id: int
    number: str
    service: str
    snapshot: int
    accepted: bool


@dataclass
class Post:
    """A reader at its place."""

    device: agencies.EnrolledDevice
    line: Line
    reader: Reader
    offline: Offline
    journal: Journal
    skew: dt.timedelta
    down: list[tuple[dt.datetime, dt.datetime]] = field(default_factory=list)

    @property
    def is_till(self) -> bool:
        """Tell whether it takes points."""
        return self.line.reader.service == "hot-spring"

    def is_up(self, at: dt.datetime) -> bool:
        """Tell whether its line is up."""
        return not any(begin <= at < end for begin, end in self.down)


class Trial:
    """Readers, cards, some of them cloned, some lost, one reader flashed anew."""

    def __init__(self, clock: Clock, *, readers: int, residents: int, seed: int = 7) -> None:
        self.clock, self.random = clock, random.Random(seed)
        self.town = Town()
        members = senior(self.town, residents)
        self.numbers = self.town.cards(members)
        self.cloned = self.numbers[: max(1, residents // 20)]
        self.key: Key = city_key(BEGIN)
        self.shelves = Shelves()
        devices = [
            self.town.reader(*(("hot-spring", "sports") if n % 2 else ("sports-visit", "sports")))
            for n in range(readers)
        ]
        self.tick()
        self.posts = [self._post(device) for device in devices]
        self.given: list[Given] = []
        self.online = 0

    def _post(self, device: agencies.EnrolledDevice) -> Post:
        assert device.device_id is not None
        line = Line(self.shelves, gate_reader(device.device_id), self.clock)
        skew = dt.timedelta(seconds=self.random.uniform(-300, 300))
        made = reader(line, now=lambda: self.clock.at + skew, key=self.key)
        return Post(device, line, *made, skew, list(self._outages()))

    def _outages(self) -> Iterator[tuple[dt.datetime, dt.datetime]]:
        """Yield when a line is down: a few minutes, a few hours or days."""
        at = BEGIN + self.random.random() * 8 * HOUR
        while at < BEGIN + DAYS * 24 * HOUR:
            longest = self.random.choice([10 * MINUTE, 3 * HOUR, 60 * HOUR])
            end = at + self.random.uniform(0.3, 1) * longest
            yield at, end
            at = end + self.random.uniform(0.2, 6) * HOUR

    def tick(self) -> None:
        """Let the city's clock do what it does, and the gate see it."""
        snapshotting.build(self.clock.at)
        self.shelves._refresh()

    def lose(self, number: str) -> None:
        """Report a card lost; the event is followed at once."""
        card_id = self.town.card_id(number)
        with unit_of_work():
            cards.report_lost(card_id=card_id, actor=SYSTEM, now=self.clock.at)
        code = "cards.card.reported_lost"
        event = Announced(id=1, code=code, body={"card_id": card_id}, at=self.clock.at)
        with unit_of_work():
            snapshotting.follow_cards([event])
        self.shelves._refresh()

    def run(self, *, taps_each: int, losses: int) -> None:
        """Live through the days: polls, taps, losses, in order of time."""
        for at, what, n in self._happenings(taps_each, losses):
            self.clock.at = at
            if what == "tick":
                self.tick()
            elif what == "loss":
                # Cloned numbers are among them: those are used everywhere.
                pool = self.cloned if n % 3 == 0 else self.numbers[len(self.cloned) :]
                number = pool[(n // 3 if n % 3 == 0 else n) % len(pool)]
                if self.town.card_id(number) not in self._lost():
                    self.lose(number)
            elif what == "poll":
                self._poll(self.posts[n])
            else:
                self.tap(self.posts[n])
        self.clock.at = NOW

    def _happenings(self, taps_each: int, losses: int) -> list[tuple[dt.datetime, str, int]]:
        span = DAYS * 24 * HOUR
        found = [(BEGIN + h * 6 * HOUR, "tick", 0) for h in range(DAYS * 4)]
        found += [(BEGIN + self.random.random() * span, "loss", n) for n in range(losses)]
        for n in range(len(self.posts)):
            found += [(BEGIN + self.random.random() * span, "tap", n) for _ in range(taps_each)]
            found += [(BEGIN + self.random.random() * span, "poll", n) for _ in range(DAYS * 6)]
        return sorted(found)

    def _lost(self) -> set[int]:
        ids = [self.town.card_id(number) for number in self.numbers]
        return set(cards.lost_at(card_ids=ids))

    def _poll(self, post: Post) -> None:
        post.line.is_up = post.is_up(self.clock.at)
        with contextlib.suppress(Unreachable):
            post.reader.poll()

    def tap(self, post: Post, number: str | None = None) -> None:
        """Hold a card to a reader: often a cloned one."""
        post.line.is_up = post.is_up(self.clock.at)
        if number is None:
            pool = self.cloned if self.random.random() < 0.4 else self.numbers
            number = self.random.choice(pool)
        sale = {"price_ntd": PRICE_NTD} if post.is_till else None
        answer = post.reader.tap(number, sale=sale, points=POINTS if post.is_till else 0)
        if answer is None or answer.offline is None:
            self.online += 1
            return
        alone = answer.offline
        service = post.line.reader.service
        device_id = post.line.reader.device_id
        self.given.append(Given(device_id, number, service, alone.snapshot, alone.is_accepted))

    def flash(self, post: Post) -> Post:
        """Let a reader lose its memory; its key and epoch stay."""
        made = reader(post.line, now=lambda: self.clock.at + post.skew, key=self.key)
        fresh = Post(post.device, post.line, *made, post.skew, post.down)
        self.posts[self.posts.index(post)] = fresh
        return fresh

    def wrongly_accepted(self) -> list[Given]:
        """Return what readers accepted although the snapshot that they held named it as lost."""
        ids = {number: self.town.card_id(number) for number in self.numbers}
        first = cards.first_versions(card_ids=list(ids.values()))
        return [
            one
            for one in self.given
            if one.accepted
            and one.number in ids
            and one.snapshot >= first.get((ids[one.number], one.service), 2**31)
        ]

    def uploads(self) -> list[tuple[Post, bytes]]:
        """Return what waits in each reader, as it will be sent: up to three requests each."""
        found = []
        for post in self.posts:
            waiting = post.journal.waiting(10_000)
            size = max(1, -(-len(waiting) // self.random.choice([1, 2, 3])))
            for start in range(0, len(waiting), size):
                told = [said(one) for one in waiting[start : start + size]]
                found.append((post, json.dumps({"taps": told}).encode()))
        return found


def upload(post: Post, body: bytes, now: dt.datetime) -> dict[tuple[int, int, int], str]:
    """Send a request as the gate takes it; returns the code that each tap was answered."""
    found, _ = wire.read_taps(body, post.line.reader)
    reads = [one for one in found if isinstance(one, taps.TapRead)]
    answers = tapping.take(reads=reads, now=now)
    return {read[:3]: answer.code.word for read, answer in zip(reads, answers, strict=True)}
