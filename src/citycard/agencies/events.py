"""What happened to staff and devices, by ids only."""

from dataclasses import dataclass
from typing import ClassVar

from citycard.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class PackActivated(Event):
    """Agencies, places and counters were brought up to the pack's."""

    code: ClassVar[str] = "agencies.pack.activated"
    pack_hash: str


@dataclass(frozen=True, kw_only=True)
class StaffChanged(Event):
    """Somebody was added to the staff, or what they may do changed."""

    code: ClassVar[str] = "agencies.staff.changed"
    staff_id: int


@dataclass(frozen=True, kw_only=True)
class DevicesEnrolled(Event):
    """New devices may speak to the city."""

    code: ClassVar[str] = "agencies.device.enrolled"
    device_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class DeviceKeyRotated(Event):
    """A device has a new key and begins a new epoch."""

    code: ClassVar[str] = "agencies.device.key_rotated"
    device_id: int
    epoch: int


@dataclass(frozen=True, kw_only=True)
class DeviceRevoked(Event):
    """A device may no longer speak to the city."""

    code: ClassVar[str] = "agencies.device.revoked"
    device_id: int


@dataclass(frozen=True, kw_only=True)
class DevicesMoved(Event):
    """Devices stand elsewhere, or serve something else."""

    code: ClassVar[str] = "agencies.device.moved"
    device_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class ProposalMade(Event):
    """An officer proposed something that waits for a second one."""

    code: ClassVar[str] = "agencies.proposal.made"
    proposal_id: int
    kind: str


@dataclass(frozen=True, kw_only=True)
class ProposalEnded(Event):
    """A proposal was approved, rejected or withdrawn."""

    code: ClassVar[str] = "agencies.proposal.ended"
    proposal_id: int
    state: str


@dataclass(frozen=True, kw_only=True)
class ClientConnected(Event):
    """An agency's own system may speak to the city."""

    code: ClassVar[str] = "agencies.client.connected"
    client_id: int


@dataclass(frozen=True, kw_only=True)
class ClientKeyRotated(Event):
    """A system has a new key; its old one is dead."""

    code: ClassVar[str] = "agencies.client.key_rotated"
    client_id: int


@dataclass(frozen=True, kw_only=True)
class ClientRevoked(Event):
    """A system may no longer speak to the city."""

    code: ClassVar[str] = "agencies.client.revoked"
    client_id: int


@dataclass(frozen=True, kw_only=True)
class WebhookAdded(Event):
    """An agency's system wants to be told of what happens."""

    code: ClassVar[str] = "agencies.webhook.added"
    webhook_id: int
    client_id: int


@dataclass(frozen=True, kw_only=True)
class WebhookChanged(Event):
    """A subscription of an agency's system rests, goes on, ended or has a new secret."""

    code: ClassVar[str] = "agencies.webhook.changed"
    webhook_id: int
