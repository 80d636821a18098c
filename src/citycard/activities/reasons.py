"""Why somebody got points: what stands behind the ``ref`` of a ledger's move."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from citycard.activities.queries import campaigns_by_id
from citycard.activities.values import Campaign
from citycard.infra.packs import Text, current_pack
from citycard.ledger import api as ledger

REF = "campaign:"


@dataclass(frozen=True, kw_only=True)
class Reason:
    """What a person may read about points that they got.

    :ivar agency: who gives and pays, by code
    :ivar why: ``taking_part`` (a tap, or a line of the agency's own system) or ``happening``
    :ivar happening: the event's code, say ``cards.card.bound``; empty for taking part
    :ivar gives_until: the last local day on which the campaign gives
    """

    ref: str
    campaign_id: int
    agency: str
    names: Text
    unit: str
    why: Literal["taking_part", "happening"]
    happening: str
    points_each_time: int
    gives_until: dt.date

    def spend_by(self, earned_on: dt.date) -> dt.date | None:
        """Return the last day on which points earned on a day may be spent; None: they stay."""
        return ledger.last_day(unit=self.unit, earned_on=earned_on)


def reasons(*, refs: Sequence[str]) -> dict[str, Reason]:
    """Return what stands behind moves' ``ref``s like ``campaign:3``; others are left out.

    Source: 台北卡整合服務 肆五「各機關…皆可共同累積」: a point names its agency, its activity, the
    reason and how long it lasts.
    """
    wanted = {ref: int(ref.removeprefix(REF)) for ref in refs if _names_a_campaign(ref)}
    found = campaigns_by_id(campaign_ids=sorted(set(wanted.values())))
    return {ref: _reason(ref, found[id_]) for ref, id_ in wanted.items() if id_ in found}


def _names_a_campaign(ref: str) -> bool:
    return ref.startswith(REF) and ref.removeprefix(REF).isdecimal()


def _reason(ref: str, campaign: Campaign) -> Reason:
    pack = current_pack()
    until = min(campaign.ends_at, campaign.closed_at or campaign.ends_at)
    return Reason(
        ref=ref,
        campaign_id=campaign.id,
        agency=campaign.agency,
        names=campaign.names,
        unit=campaign.unit,
        why="happening" if campaign.trigger else "taking_part",
        happening=campaign.trigger,
        points_each_time=campaign.points_per_tap,
        gives_until=pack.time.day(until - dt.timedelta(microseconds=1)),
    )
