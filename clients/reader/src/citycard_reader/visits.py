"""A venue's reader that decides by itself: the first day is free, the days after it cost less.

It knows what it has seen and what it was told (``learn``); parks that are cut off from each other
may each give a card a first day of its own. What was given is uploaded later and never changed.
"""

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple


class Terms(NamedTuple):
    """What a card pays on its first day at any venue, and on the days after it."""

    first_class: str
    first_ntd: int
    later_class: str
    later_ntd: int


class Visit(NamedTuple):
    """An entry as it was let in and charged."""

    seq: int
    number: str
    at: dt.datetime
    price_class: str
    charged_ntd: int


class Park:
    """One venue's reader; ``visits`` is what it has to upload."""

    def __init__(
        self,
        *,
        device: str,
        venue: str,
        terms: Terms,
        epoch: int = 1,
        zone: dt.tzinfo = dt.timezone(dt.timedelta(hours=8)),
    ) -> None:
        self.device = device
        self.venue = venue
        self.epoch = epoch
        self.visits: list[Visit] = []
        self._terms = terms
        self._zone = zone
        self._first_days: dict[str, dt.date] = {}

    def learn(self, first_days: Mapping[str, dt.date]) -> None:
        """Take over cards' first days at other venues; the earlier day counts."""
        for number, day in first_days.items():
            self._first_days[number] = min(day, self._first_days.get(number, day))

    def enter(self, number: str, at: dt.datetime) -> Visit:
        """Let a card in, on its first day as often as it likes."""
        day = at.astimezone(self._zone).date()
        self.learn({number: day})
        is_first = self._first_days[number] == day
        terms = self._terms
        visit = Visit(
            seq=len(self.visits) + 1,
            number=number,
            at=at,
            price_class=terms.first_class if is_first else terms.later_class,
            charged_ntd=terms.first_ntd if is_first else terms.later_ntd,
        )
        self.visits.append(visit)
        return visit
