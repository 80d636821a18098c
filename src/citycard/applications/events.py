"""What happened to applications: ids, references and codes only."""

from dataclasses import dataclass
from typing import ClassVar

from citycard.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class _ApplicationEvent(Event):
    """About a whole application.

    :ivar ref: the reference that the resident knows, like ``A-7K3M-Q2XC-9``
    :ivar member_id: None until the person is enrolled
    """

    application_id: int
    ref: str
    member_id: int | None
    channel: str


@dataclass(frozen=True, kw_only=True)
class ApplicationSubmitted(_ApplicationEvent):
    """An application came in; the registers are asked."""

    code: ClassVar[str] = "applications.application.submitted"


@dataclass(frozen=True, kw_only=True)
class ApplicationWaiting(_ApplicationEvent):
    """A register doesn't answer; the application waits and goes on by itself."""

    code: ClassVar[str] = "applications.application.waiting"
    register: str


@dataclass(frozen=True, kw_only=True)
class ApplicationDispatched(_ApplicationEvent):
    """Every check is done; the parts are in their agencies' queues."""

    code: ClassVar[str] = "applications.application.dispatched"


@dataclass(frozen=True, kw_only=True)
class ApplicationCompleted(_ApplicationEvent):
    """Every part has ended and at least one was completed."""

    code: ClassVar[str] = "applications.application.completed"


@dataclass(frozen=True, kw_only=True)
class ApplicationClosed(_ApplicationEvent):
    """Every part has ended and none was completed: refused or withdrawn."""

    code: ClassVar[str] = "applications.application.closed"


@dataclass(frozen=True, kw_only=True)
class _PartEvent(Event):
    """About one part of an application."""

    application_id: int
    part_id: int
    ref: str
    member_id: int
    service: str
    agency: str


@dataclass(frozen=True, kw_only=True)
class PartApproved(_PartEvent):
    """An agency approved its part."""

    code: ClassVar[str] = "applications.part.approved"


@dataclass(frozen=True, kw_only=True)
class PartRefused(_PartEvent):
    """An agency refused its part; other parts are not touched."""

    code: ClassVar[str] = "applications.part.refused"


@dataclass(frozen=True, kw_only=True)
class PartSupplementAsked(_PartEvent):
    """A reviewer asks the resident for something more; the clock stands still."""

    code: ClassVar[str] = "applications.part.supplement_asked"


@dataclass(frozen=True, kw_only=True)
class PartResubmitted(_PartEvent):
    """The resident sent what was asked for; the part is back in the reviewer's queue."""

    code: ClassVar[str] = "applications.part.resubmitted"


@dataclass(frozen=True, kw_only=True)
class PartWithdrawn(_PartEvent):
    """The resident withdrew this part."""

    code: ClassVar[str] = "applications.part.withdrawn"


@dataclass(frozen=True, kw_only=True)
class PartCompleted(_PartEvent):
    """The part is done: its card was handed over, or none was needed."""

    code: ClassVar[str] = "applications.part.completed"
