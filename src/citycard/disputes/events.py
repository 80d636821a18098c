"""What happened to disputes."""

from dataclasses import dataclass
from typing import ClassVar

from citycard.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class DisputeOpened(Event):
    """A resident said that something is wrong."""

    code: ClassVar[str] = "disputes.dispute.opened"
    dispute_id: int
    kind: str


@dataclass(frozen=True, kw_only=True)
class DisputeEnded(Event):
    """A dispute was answered, corrected or withdrawn."""

    code: ClassVar[str] = "disputes.dispute.ended"
    dispute_id: int
    state: str
