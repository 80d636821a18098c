"""A dispute as it crosses the door."""

import datetime as dt
from dataclasses import dataclass

from citycard.infra.packs import Text


@dataclass(frozen=True, kw_only=True)
class Dispute:
    """What a resident says is wrong, and what became of it; their own words are read apart.

    :ivar kind: ``ride``, ``tap`` or ``points``
    :ivar about: the number of the thing
    :ivar unit: of a move of points
    :ivar about_at: when the thing happened
    :ivar reason: one of ``REASONS``
    :ivar why: what the resident was told
    :ivar correction: what was posted: ``refund-run:7`` or ``move:<key>``
    :ivar amount: how much of it
    """

    id: int
    member_id: int
    kind: str
    about: str
    unit: str
    about_at: dt.datetime
    reason: str
    state: str
    opened_at: dt.datetime
    ended_at: dt.datetime | None
    ended_by: str
    why: Text
    correction: str
    amount: int

    @property
    def is_open(self) -> bool:
        """Tell whether it waits for an answer."""
        return self.state == "open"
