"""Weeks of life: people tap at libraries, sports centres and health centres, and those who have a
monthly allowance pay with it, through the tapping flow."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator

from citycard.entitlements import api as entitlements
from citycard.flows import tapping
from citycard.simulation import attending
from citycard.simulation.world import HeldCard, Reader, World
from citycard.taps import api as taps

TAPS_A_DAY_PER_CARD = 0.12
_BATCH = 500
_SENT_WITHIN = dt.timedelta(minutes=14)
_OPENS, _CLOSES = 8, 21
_SHARE_NEARBY = 0.8
SPENDS_A_DAY = 0.1
"""How often somebody with a monthly allowance pays with it on a day."""
_CLINIC_HOURS = (9.5, 11.0, 14.5, 16.0)
"""When they do: tills are busy at a few times of the day, so a batch of taps seldom holds sales."""
_PRICES = (30, 50, 50, 60, 80, 95, 100, 120, 150, 180)
_MOST_IN_PURSE = 400


def live(world: World, tell: Callable[[int], None]) -> int:
    """Live through the weeks before today, day by day; returns how many taps were taken."""
    nearby, tills = _readers_by_district(world), _tills(world)
    spenders = _spenders(world) if tills else []
    sequence: dict[int, int] = defaultdict(int)
    taken = 0
    day = world.first_day
    while day < world.on:
        reads = [*_day(world, day, nearby), *_spending(world, day, spenders, tills)]
        reads += attending.passing(world, day)
        reads.sort(key=lambda tap: tap[0])
        batch = [_read(world, at, card, reader, sequence) for at, card, reader in reads]
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


def _spending(
    world: World, day: dt.date, spenders: list[HeldCard], tills: dict[str, list[Reader]]
) -> Iterator[tuple[dt.datetime, HeldCard, Reader]]:
    for card in spenders:
        if card.issuer in tills and world.chance.random() < SPENDS_A_DAY:
            hour = world.chance.choice(_CLINIC_HOURS) + world.chance.random() / 4
            yield world.at(day, hour), card, world.chance.choice(tills[card.issuer])


def _spenders(world: World) -> list[HeldCard]:
    """Return the cards of people who have a monthly allowance."""
    members = sorted({card.member_id for card in world.cards})
    given = entitlements.rights_that_give_each_month()
    held = entitlements.machine_rights_of(member_ids=members, on=world.on)
    with_one = {m for m, rights in held.items() if any(r.entitlement in given for r in rights)}
    return [card for card in world.cards if card.member_id in with_one]


def _read(
    world: World, at: dt.datetime, card: HeldCard, reader: Reader, sequence: dict[int, int]
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
        sale=_sale(world) if _spends(reader) else None,
    )


def _sale(world: World) -> taps.SalePart:
    return taps.SalePart(
        price_ntd=world.chance.choice(_PRICES),
        purse_ntd=world.chance.randrange(_MOST_IN_PURSE),
    )


def _spends(reader: Reader) -> bool:
    service = taps.service_table().services.get(reader.service)
    return service is not None and service.spends_on is not None


def _tills(world: World) -> dict[str, list[Reader]]:
    """Return the readers that take a month's points, by issuer."""
    found: dict[str, list[Reader]] = defaultdict(list)
    for reader in world.readers:
        if _spends(reader):
            found[reader.issuer].append(reader)
    return found


def _readers_by_district(world: World) -> dict[tuple[str, str], list[Reader]]:
    """Return readers by (issuer, district); all of an issuer's under an empty district."""
    found: dict[tuple[str, str], list[Reader]] = defaultdict(list)
    gates = {it.device_id for it in attending.gates(world)}
    for reader in world.readers:
        if _spends(reader) or reader.device_id in gates:
            continue
        found[reader.issuer, reader.district].append(reader)
        found[reader.issuer, ""].append(reader)
    return found
