"""What a mass decision tells: how many, whose and why."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

RunState = Literal[
    "previewing", "previewed", "carrying_out", "carried_out", "undoing", "undone", "replaced"
]
Kind = Literal["begun", "ended", "cut", "changed", "past"]


@dataclass(frozen=True, kw_only=True)
class Count:
    """How many members a right begins, ends or changes for, and by which reason.

    :ivar kind: ``begun``, ``ended``, ``cut`` (kept, but days of it are lost, now or later),
        ``changed`` (kept, no day is lost), or ``past`` (days gone by are corrected only)
    :ivar reason: the condition word that decided (``age_at_least``, ``registered_in``, ``alive``
        …), or ``follows``, ``since``, ``removed``, ``rule``
    """

    entitlement: str
    kind: Kind
    reason: str
    members: int


@dataclass(frozen=True, kw_only=True)
class Share:
    """How much of a right's holders a run touches.

    :ivar holders: who had the right before, counted at most a week ago; 0 where nobody is touched
    """

    entitlement: str
    holders: int
    begun: int
    ended: int
    cut: int
    changed: int

    @property
    def touched_ppm(self) -> int:
        """Ended, cut or changed, in millionths of the holders, rounded up; all of none counts as
        all."""
        touched = self.ended + self.cut + self.changed
        if not touched:
            return 0
        return -(-touched * 1_000_000 // self.holders) if self.holders else 1_000_000


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One member of a count, to look at: the right in force before and after, in local days."""

    member_id: int
    entitlement: str
    kind: Kind
    reason: str
    before: tuple[dt.date, dt.date | None] | None
    after: tuple[dt.date, dt.date | None] | None


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A mass decision as it stands.

    :ivar state: ``previewed`` may be carried out, ``carried_out`` undone; the ``-ing`` ones are to
        be gone on with; ``replaced`` gave way to ``replaced_by``, a newer preview
    :ivar members: how many were looked at; ``touched`` how many of them differ
    :ivar left: of the differences, those that were changed by others in between and so not written
        (or, in an undo, kept)
    """

    run_id: int
    state: RunState
    on: dt.date
    today: dt.date
    pack_hash: str
    everybody: bool
    codes: tuple[str, ...]
    members: int
    touched: int
    counts: tuple[Count, ...]
    shares: Mapping[str, Share]
    samples: tuple[Sample, ...]
    left: int
    replaced_by: int | None
