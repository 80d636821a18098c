"""What crosses the door of agencies about devices."""

import datetime as dt
from dataclasses import dataclass

from citycard.agencies.reader_profiles import reader_profile
from citycard.kernel.errors import Refused


@dataclass(frozen=True, kw_only=True)
class NewDevice:
    """A device to enrol.

    :ivar kind: ``reader``, ``kiosk`` or ``till``
    :ivar place: code of the place or counter it stands at
    :ivar number_profile: how it reads cards: a profile of the pack's table ``readers``
    """

    code: str
    kind: str
    agency: str
    place: str
    service: str
    number_profile: str = "easycard_printed"


@dataclass(frozen=True, kw_only=True)
class EnrolledDevice:
    """A device and its key, which is shown this once; None with a refusal."""

    device_id: int | None
    code: str
    key: str | None
    epoch: int = 1
    refusal: Refused | None = None


@dataclass(frozen=True, kw_only=True)
class Device:
    """A device as its operator sees it.

    :ivar firmware: as it names itself: ``product/version``
    :ivar backlog: how many taps it said still wait in it
    :ivar skew_ms: how far its clock is behind the city's, smoothed; below zero it runs ahead
    """

    device_id: int
    code: str
    kind: str
    agency: str
    place: str
    service: str
    number_profile: str
    epoch: int
    state: str
    firmware: str
    enrolled_at: dt.datetime
    revoked_at: dt.datetime | None
    revoked_because: str
    last_seen_at: dt.datetime | None
    backlog: int | None
    skew_ms: int | None

    @property
    def firmware_state(self) -> str:
        """Return what its profile says of its firmware: see ``ReaderProfile.state_of``."""
        return reader_profile(code=self.number_profile).state_of(self.firmware)


@dataclass(frozen=True, kw_only=True)
class GateDevice:
    """A device as the gate knows it: enough to authenticate it and to read its taps."""

    device_id: int
    code: str
    kind: str
    agency: str
    place: str
    service: str
    epoch: int
    state: str
    key_hash: bytes
    number_profile: str
    firmware: str = ""

    @property
    def id(self) -> int:
        """Return the device's id."""
        return self.device_id

    @property
    def issuer(self) -> str:
        """Return who issued the numbers it reads."""
        return reader_profile(code=self.number_profile).issuer

    @property
    def number_kind(self) -> str:
        """Return which number of a card it reads."""
        return reader_profile(code=self.number_profile).number_kind

    @property
    def is_too_old(self) -> bool:
        """Tell whether its firmware is older than what may serve."""
        return reader_profile(code=self.number_profile).state_of(self.firmware) == "too_old"


@dataclass(frozen=True, kw_only=True)
class DeviceMove:
    """A device that stands elsewhere, or serves something else, since an instant."""

    device_id: int
    agency: str
    place: str
    service: str
    since: dt.datetime


@dataclass(frozen=True, kw_only=True)
class DevicePost:
    """Where a device stood; ``since`` is None for its first place, ``until`` for its present."""

    agency: str
    place: str
    service: str
    since: dt.datetime | None
    until: dt.datetime | None


@dataclass(frozen=True, kw_only=True)
class DeviceEpoch:
    """An epoch of a device: ``why`` is ``enrolled``, ``new_key`` or ``set_up_anew``."""

    epoch: int
    began_at: dt.datetime
    why: str


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What the gate heard a device say of itself; None where it said nothing.

    :ivar skew_ms: how far its clock is behind the city's at this time
    """

    device_id: int
    firmware: str | None = None
    backlog: int | None = None
    skew_ms: int | None = None


@dataclass(frozen=True, kw_only=True)
class UploadsRefused:
    """How often the gate did not take what a device sent, by the problem that it was told."""

    device_id: int
    problem: str
    times: int
    last_at: dt.datetime | None = None
