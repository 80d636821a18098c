"""Volunteers' hours: worked out when readers' taps have been stored, never while a reader waits."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from citycard.activities import api as activities
from citycard.cards import api as cards
from citycard.infra import clock
from citycard.infra.journal import Announced
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM, Actor
from citycard.kernel.errors import Refused

STORED = "taps.batch.stored"


class HolderUnknown(Refused):
    """There is no card in use with this number that belongs to somebody."""

    code = "volunteering.holder_unknown"


@dataclass(frozen=True, kw_only=True)
class ListedShift:
    """A line of an organiser's list.

    :ivar card_number: as it stands on the volunteer's card
    """

    organiser: str
    place: str
    card_number: str = field(repr=False)
    words: activities.ShiftWords


def follow_taps(batch: Sequence[Announced]) -> None:
    """Work out hours from stored batches of taps; a subscriber's handler."""
    months = {dt.date.fromisoformat(month) for event in batch for month in event.body["months"]}
    activities.follow_volunteer_taps(
        batch_ids=[event.body["batch_id"] for event in batch],
        months=sorted(months),
        actor=SYSTEM,
        now=clock.now(),
    )


def enter(*, listed: ListedShift, key: uuid.UUID, actor: Actor, now: dt.datetime) -> int:
    """Enter a shift of an organiser's list; return its number.

    :raises HolderUnknown: the card tells nobody
    :raises Refused: what ``activities.add_shift`` refuses
    """
    member_id = holder_of(listed.card_number)
    with unit_of_work():
        return activities.add_shift(
            member_id=member_id,
            organiser=listed.organiser,
            place=listed.place,
            words=listed.words,
            key=key,
            actor=actor,
            now=now,
        ).id


def correct(
    *,
    shift_id: int,
    version: int,
    words: activities.ShiftWords,
    key: uuid.UUID,
    actor: Actor,
    now: dt.datetime,
) -> activities.Shift:
    """Say what a shift really was, or strike it out; the volunteer sees it and why.

    :raises Refused: what ``activities.correct_shift`` refuses
    """
    with unit_of_work():
        return activities.correct_shift(
            shift_id=shift_id, version=version, words=words, key=key, actor=actor, now=now
        )


def give(
    *, card_number: str, minutes: int, key: uuid.UUID, actor: Actor, now: dt.datetime
) -> activities.HoursGift:
    """Give the actor's minutes to the holder of a card.

    :raises HolderUnknown: the card tells nobody
    :raises Refused: what ``activities.give_hours`` refuses
    """
    assert actor.member_id is not None, "a page of own data needs a route that asks for a member"
    receiver_id = holder_of(card_number)
    with unit_of_work():
        return activities.give_hours(
            giver_id=actor.member_id,
            receiver_id=receiver_id,
            minutes=minutes,
            key=key,
            actor=actor,
            now=now,
        )


def holder_of(card_number: str) -> int:
    """Return whose card a typed number is, by id only.

    :raises HolderUnknown: no card in use, nobody's, or one of two that the number could mean
    """
    typed = "".join(card_number.split()).replace("-", "").upper()
    found = cards.find_by_any_number(number=typed) if typed else None
    if found is None or found.state != "active" or found.member_id is None:
        raise HolderUnknown()
    return found.member_id
