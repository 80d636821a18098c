"""A demo's comings and goings: the personas' children at school gates, some staff at the office."""

import datetime as dt
from collections.abc import Iterator

from citycard.attendance import api as attendance
from citycard.simulation.world import HeldCard, Reader, World

STAFF = 12
_FORGETS = 0.06
"""How often somebody leaves without a tap."""
_HOURS = {"school": (7.4, 16.1), "staff": (8.3, 17.5)}


def passing(world: World, day: dt.date) -> Iterator[tuple[dt.datetime, HeldCard, Reader]]:
    """Yield who came and who left on a day; nobody does at a weekend."""
    if day.weekday() >= 5:
        return
    for kind, cards in (("school", _pupils(world)), ("staff", _staff(world))):
        came, left = _HOURS[kind]
        for card in cards:
            readers = [it for it in gates(world, kind) if it.issuer == card.issuer]
            if readers:
                yield world.at(day, came + world.chance.random() / 2), card, readers[0]
                if world.chance.random() >= _FORGETS:
                    yield world.at(day, left + world.chance.random()), card, readers[0]


def gates(world: World, kind: str = "") -> list[Reader]:
    """Return the readers that see people come and leave, of one kind or of all."""
    services = attendance.attendance_table().services
    return [
        it
        for it in world.readers
        if it.service in services and kind in ("", services[it.service].kind)
    ]


def _pupils(world: World) -> list[HeldCard]:
    """Return the cards of the personas' children who go to school."""
    pupils = {
        world.member_ids[place]
        for parent in world.persona_of.values()
        for place in range(parent + 1, len(world.people))
        if world.people[place].household == world.people[parent].household
        and world.people[place].school
    }
    return [card for card in world.cards if card.member_id in pupils]


def _staff(world: World) -> list[HeldCard]:
    return [card for card in world.cards if card.kind == "staff"][:STAFF]
