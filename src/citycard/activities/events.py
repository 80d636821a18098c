"""What happened to campaigns."""

from dataclasses import dataclass
from typing import ClassVar

from citycard.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class CampaignOpened(Event):
    """A campaign gives points from now on, within its period."""

    code: ClassVar[str] = "activities.campaign.opened"
    campaign_id: int


@dataclass(frozen=True, kw_only=True)
class CampaignClosed(Event):
    """A campaign gives no more points."""

    code: ClassVar[str] = "activities.campaign.closed"
    campaign_id: int


@dataclass(frozen=True, kw_only=True)
class CampaignSettled(Event):
    """What was left of a campaign's budget went back to its issuer."""

    code: ClassVar[str] = "activities.campaign.settled"
    campaign_id: int
    points: int


@dataclass(frozen=True, kw_only=True)
class PointsAwarded(Event):
    """People got points; ``member_ids``, ``campaign_ids`` and ``points`` stand in parallel."""

    code: ClassVar[str] = "activities.points.awarded"
    member_ids: tuple[int, ...]
    campaign_ids: tuple[int, ...]
    points: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class HoursPosted(Event):
    """Volunteers' minutes were counted or corrected; the tuples stand in parallel.

    :ivar minutes: what was added, or below zero taken back
    :ivar corrections: whether minutes had been counted for the shift before, or an organiser spoke
    """

    code: ClassVar[str] = "activities.hours.posted"
    member_ids: tuple[int, ...]
    shift_ids: tuple[int, ...]
    minutes: tuple[int, ...]
    corrections: tuple[bool, ...]


@dataclass(frozen=True, kw_only=True)
class DrawAnnounced(Event):
    """A draw among those who take part in a campaign was announced."""

    code: ClassVar[str] = "activities.draw.announced"
    draw_id: int
    campaign_id: int


@dataclass(frozen=True, kw_only=True)
class DrawCommitted(Event):
    """A draw's entries were counted and committed to by the hash of their list."""

    code: ClassVar[str] = "activities.draw.committed"
    draw_id: int


@dataclass(frozen=True, kw_only=True)
class DrawHeld(Event):
    """A draw's winners were found."""

    code: ClassVar[str] = "activities.draw.held"
    draw_id: int
