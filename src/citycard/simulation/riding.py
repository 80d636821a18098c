"""Rides of a demo city: buses, trains and taxis of people with cards, in the weeks before today.

Devices charge by the city's own fares, and a few of them wrongly: so that there is something to
settle, to look into and to give back.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from citycard.agencies import api as agencies
from citycard.cards import api as cards
from citycard.entitlements import api as entitlements
from citycard.fares import api as fares
from citycard.flows import tapping
from citycard.infra import clock
from citycard.infra.unit_of_work import unit_of_work
from citycard.simulation.inventing_months import EPOCH, KILOMETRES, SHARES, of_age, told_ntd
from citycard.simulation.world import BUILDER, WEEKS_OF_LIFE, HeldCard, World
from citycard.taps import api as taps

RIDERS, RIDES_A_RIDER = 160, 9
CHARGED_WRONGLY = 0.02
SERVICE = "concession-ride"
_BATCH = 400


class _Ride(NamedTuple):
    card: HeldCard
    day: dt.date
    boarded: dt.datetime
    line: int
    metres: int
    told_ntd: int


def ride(world: World) -> None:
    """Let some people ride, and the city decide what each ride costs; nothing where the pack has
    no fares or no readers for them."""
    if not world.pack.table("fares") or SERVICE not in world.pack.table("services")["services"]:
        return
    book = fares.book(pack=world.pack)
    rides = list(_draw(world, book))
    if not rides:
        return
    devices = _enrol(world, book)
    sequence: dict[int, int] = defaultdict(int)
    reads = [
        read
        for one, priced in zip(rides, _priced(world, book, rides), strict=True)
        for read in _read(world, book, one, priced, devices, sequence)
    ]
    reads.sort(key=lambda read: read.at)
    for begin in range(0, len(reads), _BATCH):
        some = reads[begin : begin + _BATCH]
        tapping.take(reads=some, now=some[-1].at + dt.timedelta(seconds=5))


def _draw(world: World, book: fares.Book) -> Iterator[_Ride]:
    """Yield rides person after person, each person's in order: seniors first, who ride most."""
    chance = world.chance
    lines = [n for n, line in enumerate(book.lines) if book.line_is_ride[n] and not line.named]
    weights = [SHARES.get(book.modes[book.lines[n].mode], 5) for n in lines]
    shown, own = _shown(world), {world.member_ids[place] for place in world.persona_of.values()}
    riders = [card for card in world.cards if card.issuer in shown and card.member_id in own]
    others = [card for card in world.cards if card.issuer in shown and card.member_id not in own]
    riders += sorted(others, key=lambda card: (card.kind == "general", chance.random()))[:RIDERS]
    once = {card.member_id: card for card in riders}
    for card in once.values() if lines else ():
        days = sorted(
            chance.randrange(WEEKS_OF_LIFE * 7) for _ in range(chance.randint(1, RIDES_A_RIDER * 2))
        )
        for n, later in enumerate(days):
            day = world.first_day + dt.timedelta(days=later)
            line = chance.choices(lines, weights)[0]
            mode = book.modes[book.lines[line].mode]
            metres = int(max(500, KILOMETRES.get(mode, 5.0) * 1000 * chance.lognormvariate(0, 0.5)))
            boarded = world.at(day, 7 + 12 * ((n * 37 + later * 11) % 24) / 24)
            yield _Ride(card, day, boarded, line, metres, told_ntd(mode, metres))


def _shown(world: World) -> dict[str, str]:
    """Return which number of a card with stored value devices see, by issuer."""
    media = world.pack.table("cards")["media"].values()
    return {row["issuer"]: row["shown"] for row in media if row.get("stored_value")}


def _enrol(world: World, book: fares.Book) -> Mapping[tuple[str, str], int]:
    """Enrol a vehicle's device for each operator and issuer of cards."""
    agency = world.pack.table("services")["services"][SERVICE]["agency"]
    shown = _shown(world)
    wanted = [(line.operator, issuer) for line in book.lines for issuer in shown]
    pairs = list(dict.fromkeys(wanted))
    new = [
        agencies.NewDevice(
            code=f"{operator}-{issuer}".upper(), kind="reader", agency=agency, place="",
            service=SERVICE, number_profile=f"{issuer}_{shown[issuer]}",
        )
        for operator, issuer in pairs
    ]  # fmt: skip
    with unit_of_work():
        made = agencies.enrol_devices(devices=new, actor=BUILDER, now=clock.now())
    return {pair: one.device_id or 0 for pair, one in zip(pairs, made, strict=True)}


def _priced(world: World, book: fares.Book, rides: Sequence[_Ride]) -> Iterator[tuple[int, int]]:
    """Yield the points and the money that a device that knows the city's fares would take."""
    members = list(dict.fromkeys(one.card.member_id for one in rides))
    place = {member: n for n, member in enumerate(members)}
    marks, points = _marks(world, book, rides), _points(world, book, members)
    nothing, zero = np.full(len(rides), fares.NONE), np.zeros(len(rides), np.int64)
    at = np.array([int(one.boarded.timestamp()) for one in rides])
    person = np.array([place[one.card.member_id] for one in rides])
    month = np.array([one.day.year * 12 + one.day.month for one in rides])
    metres = np.array([one.metres for one in rides])
    columns = fares.RideColumns(
        person=np.cumsum(np.append(0, (person[1:] != person[:-1]) | (month[1:] != month[:-1]))),
        boarded_at=at, alighted_at=at + 120 + metres // 6,
        day=np.array([(one.day - EPOCH).days for one in rides]),
        line=np.array([one.line for one in rides]), origin=nothing, destination=nothing,
        metres=metres, told_ntd=np.array([one.told_ntd for one in rides]), marks=marks,
        medium=nothing, ended=zero, points_open=points[person], purse_ntd=nothing,
        charged_ntd=nothing, date=nothing, before=zero,
    )  # fmt: skip
    found = fares.price(book=book, rides=columns)
    wrong = [world.chance.random() < CHARGED_WRONGLY for _ in rides]
    rest = found.stored_ntd + found.cash_ntd + np.where(wrong, 10, 0)
    yield from zip(found.points.tolist(), rest.tolist(), strict=True)


def _marks(world: World, book: fares.Book, rides: Sequence[_Ride]) -> Any:
    kinds = cards.card_table().kinds
    who = dict(zip(world.member_ids, world.people, strict=True))
    members = sorted({one.card.member_id for one in rides})
    held = entitlements.machine_rights_of(member_ids=members, on=world.first_day)
    gifts = {
        mark.code: entitlements.gifts_of(
            member_ids=members, entitlement=mark.entitlement, gifts=sorted(mark.gift),
            on=world.first_day,
        )
        for mark in book.marks
        if mark.entitlement is not None
    }  # fmt: skip

    def holds(mark: fares.Mark, one: _Ride) -> bool:
        member, kind = one.card.member_id, kinds[one.card.kind]
        if mark.entitlement is not None and any(
            right.entitlement == mark.entitlement for right in held[member]
        ):
            code = mark.entitlement
            carried = code in kind.carries and kind.opens(code, one.day)
            if (carried or not mark.carried) and gifts[mark.code].get(member, {}) == mark.gift:
                return True
        return one.card.kind in mark.card_kinds or of_age(mark, who[member].age(one.day))

    return np.array([sum(1 << n for n, mark in enumerate(book.marks) if holds(mark, one))
                     for one in rides])  # fmt: skip


def _points(world: World, book: fares.Book, members: Sequence[int]) -> Any:
    found = entitlements.month_amounts(
        member_ids=members, month=world.on.replace(day=1), on=world.on
    )
    return np.array(
        [
            sum(one.amount for one in found[member] if one.unit == book.points.unit)
            for member in members
        ]
    )


def _read(
    world: World,
    book: fares.Book,
    one: _Ride,
    priced: tuple[int, int],
    devices: Mapping[tuple[str, str], int],
    sequence: dict[int, int],
) -> Iterator[taps.TapRead]:
    line, (points, charged) = book.lines[one.line], priced
    device = devices[line.operator, one.card.issuer]
    shown = _shown(world)[one.card.issuer]

    def read(at: dt.datetime, leg: taps.Leg, **said: Any) -> taps.TapRead:
        sequence[device] += 1
        part = taps.RidePart(leg=leg, operator=line.operator, route=line.route, **said)
        return taps.TapRead(
            device, 1, sequence[device], at, one.card.issuer, shown, one.card.number,
            part,
        )  # fmt: skip

    paid = {"metres": one.metres, "charged_ntd": charged, "points_taken": points}
    if book.modes[line.mode] == "taxi":
        yield read(one.boarded, "whole", fare_ntd=one.told_ntd, **paid)
        return
    yield read(one.boarded, "in")
    out = one.boarded + dt.timedelta(seconds=120 + one.metres // 6)
    yield read(out, "out", fare_ntd=one.told_ntd, **paid)
