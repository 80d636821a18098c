"""What attendance's faces give."""

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from citycard.attendance.rule import Kind

StayState = Literal["whole", "no_out", "no_in", "struck", "gone"]
Channel = Literal["inbox", "sms"]


@dataclass(frozen=True, kw_only=True)
class AttendanceStay:
    """A pupil's or a member of staff's stay as it stands.

    :ivar day: the local day on which it began
    :ivar state: ``no_out``: came and did not leave (or is still there); ``no_in``: the other way
        round; ``struck``: struck out by somebody responsible; ``gone``: a later tap showed that no
        stay began here
    :ivar corrected: somebody's word stands behind it
    """

    id: int
    key: uuid.UUID
    member_id: int
    kind: Kind
    agency: str
    place: str
    day: dt.date
    starts_at: dt.datetime | None
    ends_at: dt.datetime | None
    state: StayState
    version: int
    corrected: bool

    @property
    def minutes(self) -> int:
        """Return how long a whole stay was; 0 for one that misses an end."""
        if self.state != "whole" or self.starts_at is None or self.ends_at is None:
            return 0
        return int((self.ends_at - self.starts_at).total_seconds() // 60)


@dataclass(frozen=True, kw_only=True)
class StayVersion:
    """A stay as it stood from one moment on; ``reason`` is empty where taps said it."""

    version: int
    state: StayState
    starts_at: dt.datetime | None
    ends_at: dt.datetime | None
    reason: str = field(repr=False)
    by: str
    recorded_at: dt.datetime


@dataclass(frozen=True, kw_only=True)
class StayWords:
    """What somebody responsible says about a stay.

    :ivar ends_at: None where the person has not left yet
    :ivar reason: shown to the person
    """

    starts_at: dt.datetime
    ends_at: dt.datetime | None
    reason: str = field(repr=False)
    struck: bool = False


class Passage(NamedTuple):
    """One end of a pupil's stay, with the card that was held to the reader."""

    stay_id: int
    stay_key: uuid.UUID
    member_id: int
    card_id: int
    place: str
    agency: str
    at: dt.datetime
    left: bool
    service: str
    received_at: dt.datetime


@dataclass(frozen=True, kw_only=True)
class Notice:
    """That a guardian is told of a child's comings and goings, by which channel."""

    child_id: int
    guardian_id: int
    channel: Channel
    begun_at: dt.datetime
