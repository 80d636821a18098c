"""What happened to rights, by ids only. A long batch is announced as several events."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from citycard.kernel.events import Event

IDS_AN_EVENT = 500


@dataclass(frozen=True, kw_only=True)
class RightGranted(Event):
    """These members may use something that they couldn't before.

    :ivar on: the day from which the right counts for the announcement; its exact days stand in the
        right
    :ivar quiet: part of a mass change whose people are not told one by one
    """

    code: ClassVar[str] = "entitlements.right.granted"
    entitlement: str
    member_ids: tuple[int, ...]
    on: dt.date
    quiet: bool = False


@dataclass(frozen=True, kw_only=True)
class RightEnded(Event):
    """These members may no longer use something; ``on`` is the first day without it.

    :ivar weighed: by a mass change, which keeps itself who lost what
    """

    code: ClassVar[str] = "entitlements.right.ended"
    entitlement: str
    member_ids: tuple[int, ...]
    on: dt.date
    quiet: bool = False
    weighed: bool = False


@dataclass(frozen=True, kw_only=True)
class RightChanged(Event):
    """The days of a right that these members had and keep were corrected, prolonged or cut."""

    code: ClassVar[str] = "entitlements.right.changed"
    entitlement: str
    member_ids: tuple[int, ...]
    on: dt.date
    quiet: bool = False


def in_parts(ids: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Cut a long batch's ids into what one event carries."""
    for first in range(0, len(ids), IDS_AN_EVENT):
        yield tuple(ids[first : first + IDS_AN_EVENT])
