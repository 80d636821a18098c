"""A demo's comings and goings: the personas' children at school gates."""

import datetime as dt
from collections.abc import Iterator

from citycard.attendance import api as attendance
from citycard.simulation.world import HeldCard, Reader, World

_CAME, _LEFT = 7.4, 16.1
_FORGETS = 0.06
"""How often somebody leaves without a tap."""


def passing(world: World, day: dt.date) -> Iterator[tuple[dt.datetime, HeldCard, Reader]]:
    """Yield who came and who left on a day; nobody does at a weekend."""
    if day.weekday() >= 5:
        return
    schools = gates(world, "school")
    for card in _pupils(world):
        reader = next((it for it in schools if it.issuer == card.issuer), None)
        if reader is not None:
            yield world.at(day, _CAME + world.chance.random() / 2), card, reader
            if world.chance.random() >= _FORGETS:
                yield world.at(day, _LEFT + world.chance.random()), card, reader


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
