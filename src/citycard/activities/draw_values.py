"""What a draw is announced with, and how it stands."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from citycard.infra.packs import Text

Counts = Literal["taps", "points"]
DrawState = Literal["announced", "committed", "drawn"]


@dataclass(frozen=True, kw_only=True)
class Prize:
    """What is drawn, and how many of it; the first prize is the first in the list."""

    names: Text
    count: int


@dataclass(frozen=True, kw_only=True)
class NewDraw:
    """A draw to be announced.

    :ivar counts: what makes tickets: visits (``taps``) or points
    :ivar each: so many of them make one ticket
    :ivar most: most tickets of one person; None without bound
    :ivar seed_source: which public number decides, said before anybody can know it
    """

    campaign_id: int
    names: Text
    counts: Counts
    each: int
    most: int | None
    prizes: Sequence[Prize]
    seed_source: str


@dataclass(frozen=True, kw_only=True)
class Draw:
    """A draw as it stands.

    :ivar entries_hash: SHA-256 of the list of entries, once it is committed to
    :ivar people: who has a ticket; ``entries`` are the tickets
    """

    id: int
    campaign_id: int
    names: Text
    counts: Counts
    each: int
    most: int | None
    prizes: tuple[Prize, ...]
    seed_source: str
    state: DrawState
    entries_hash: str | None
    people: int | None
    entries: int | None
    committed_at: dt.datetime | None
    seed: str | None
    drawn_at: dt.datetime | None

    def prize_of(self, place: int) -> Prize:
        """Return what the winner at a place (from 1) gets."""
        for prize in self.prizes:
            if place <= prize.count:
                return prize
            place -= prize.count
        raise IndexError(place)


@dataclass(frozen=True, kw_only=True)
class DrawWinner:
    """A winner as everybody may see: a pseudonym, the ticket that won and its score."""

    place: int
    code: str
    ticket: int
    score: str


@dataclass(frozen=True, kw_only=True)
class WinnerToTell:
    """A winner for the message that tells them."""

    member_id: int
    place: int


@dataclass(frozen=True, kw_only=True)
class OwnEntry:
    """Somebody's own entry in a draw; ``place`` once they won."""

    draw_id: int
    code: str
    tickets: int
    place: int | None
