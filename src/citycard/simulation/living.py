"""Weeks of life: people tap at libraries, sports centres and health centres, through the tapping
flow."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator

from citycard.flows import tapping
from citycard.simulation.world import HeldCard, Reader, World
from citycard.taps import api as taps

TAPS_A_DAY_PER_CARD = 0.12
_BATCH = 500
_SENT_WITHIN = dt.timedelta(minutes=12)
_OPENS, _CLOSES = 8, 21
_SHARE_NEARBY = 0.8


def live(world: World, tell: Callable[[int], None]) -> int:
    """Live through the weeks before today, day by day; returns how many taps were taken."""
    nearby = _readers_by_district(world)
    sequence: dict[int, int] = defaultdict(int)
    taken = 0
    day = world.first_day
    while day < world.on:
        reads = sorted(_day(world, day, nearby), key=lambda tap: tap[0])
        batch = [_read(at, card, reader, sequence) for at, card, reader in reads]
        for some in _together(batch):
            tapping.take(reads=some, now=some[-1].at + dt.timedelta(seconds=5))
            taken += len(some)
        day += dt.timedelta(days=1)
        tell(1)
    return taken


def _together(batch: list[taps.TapRead]) -> Iterator[list[taps.TapRead]]:
    """Cut a day's taps where a reader would have sent them: within a few minutes."""
    some: list[taps.TapRead] = []
    for read in batch:
        if some and (read.at - some[0].at > _SENT_WITHIN or len(some) == _BATCH):
            yield some
            some = []
        some.append(read)
    if some:
        yield some


def _day(
    world: World, day: dt.date, nearby: dict[tuple[str, str], list[Reader]]
) -> Iterator[tuple[dt.datetime, HeldCard, Reader]]:
    weekend = 1.4 if day.weekday() >= 5 else 1.0
    for card in world.cards:
        if world.chance.random() >= TAPS_A_DAY_PER_CARD * weekend:
            continue
        home = world.chance.random() < _SHARE_NEARBY
        readers = nearby.get((card.issuer, card.district if home else ""))
        readers = readers or nearby.get((card.issuer, ""))
        if readers:
            hour = world.chance.triangular(_OPENS, _CLOSES, 16)
            yield world.at(day, hour), card, world.chance.choice(readers)


def _read(
    at: dt.datetime, card: HeldCard, reader: Reader, sequence: dict[int, int]
) -> taps.TapRead:
    sequence[reader.device_id] += 1
    return taps.TapRead(
        device_id=reader.device_id,
        epoch=1,
        seq=sequence[reader.device_id],
        at=at,
        issuer=reader.issuer,
        number_kind=reader.number_kind,
        number=card.number,
    )


def _readers_by_district(world: World) -> dict[tuple[str, str], list[Reader]]:
    """Return readers by (issuer, district); all of an issuer's under an empty district."""
    found: dict[tuple[str, str], list[Reader]] = defaultdict(list)
    for reader in world.readers:
        found[reader.issuer, reader.district].append(reader)
        found[reader.issuer, ""].append(reader)
    return found
