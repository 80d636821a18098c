"""What the time bank's faces take and give."""

import datetime as dt
import uuid
from dataclasses import dataclass, field

from citycard.activities.volunteering_deciding import ShiftState


@dataclass(frozen=True, kw_only=True)
class Shift:
    """A volunteer's shift as it stands.

    :ivar organiser: the agency that it was worked for
    :ivar day: the local day on which it began
    :ivar minutes: what it counts; 0 unless ``state`` is ``counted``
    :ivar state: ``no_out``: signed in and not out (or still at work); ``no_in``: the other way
        round; ``struck``: struck out by the organiser; ``gone``: a later tap showed that no shift
        began here
    :ivar corrected: an organiser's word stands behind it
    """

    id: int
    key: uuid.UUID
    member_id: int
    organiser: str
    place: str
    day: dt.date
    starts_at: dt.datetime | None
    ends_at: dt.datetime | None
    minutes: int
    state: ShiftState
    version: int
    corrected: bool

    @property
    def flagged(self) -> bool:
        """Tell whether the organiser must say what is missing."""
        return self.state in ("no_out", "no_in")


@dataclass(frozen=True, kw_only=True)
class ShiftVersion:
    """A shift as it stood from one moment on.

    :ivar difference: minutes posted to the ledger with it
    :ivar reason: the organiser's words; empty where taps said it
    :ivar by: who said it, as an actor's id
    """

    version: int
    state: ShiftState
    starts_at: dt.datetime | None
    ends_at: dt.datetime | None
    minutes: int
    difference: int
    reason: str = field(repr=False)
    by: str
    recorded_at: dt.datetime


@dataclass(frozen=True, kw_only=True)
class VolunteerSum:
    """What one volunteer has at one organiser.

    :ivar minutes: worked, as they are counted today
    :ivar owed: taken away by a correction after they had been spent; later hours make them good
    :ivar flagged: shifts that miss a sign-in or sign-out
    """

    member_id: int
    organiser: str
    shifts: int
    minutes: int
    owed: int
    flagged: int


@dataclass(frozen=True, kw_only=True)
class ShiftWords:
    """What an organiser says about a shift.

    :ivar ends_at: None when the volunteer has not signed out yet
    :ivar reason: shown to the volunteer
    """

    starts_at: dt.datetime
    ends_at: dt.datetime | None
    reason: str = field(repr=False)
    struck: bool = False


@dataclass(frozen=True, kw_only=True)
class HoursGift:
    """Minutes that one member gave to another."""

    id: int
    giver_id: int
    receiver_id: int
    minutes: int
    at: dt.datetime
