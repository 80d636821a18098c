"""The door of activities.

An organiser sets a campaign up (``create_campaign``: opens a fund in the ledger and puts its
budget aside), opens it, and closes it. ``award`` decides what taps at its readers give; the
tapping flow posts the moves that it returns, in the same unit of work. Caps are a person's, over
all cards; ``limit`` says that a share or the budget is used up. ``award_for`` does the same for
happenings, say a card bound for the first time.

``reasons`` says why points were given, for the ``ref``s that their moves carry.

``participants_list`` and ``statistics`` are the agency's papers; their sums equal the ledger, and
``verify`` proves it. ``pub.campaigns`` shows campaigns to other contexts' SQL.
"""

from citycard.activities.awarding import award, award_for
from citycard.activities.queries import (
    campaign,
    campaigns,
    campaigns_by_id,
    participant_ids,
    participants_list,
    statistics,
)
from citycard.activities.reasons import Reason, reasons
from citycard.activities.setting_up import (
    CampaignCodeUsed,
    DeviceBusy,
    NamesMissing,
    NotAllowedNow,
    NumberWrong,
    PeriodWrong,
    UnitUnknown,
    close_campaign,
    create_campaign,
    open_campaign,
    raise_campaign_budget,
    serve_devices,
)
from citycard.activities.values import (
    Award,
    AwardRequest,
    Campaign,
    NewCampaign,
    Participant,
    Statistics,
    TriggerRequest,
)
from citycard.activities.verifying import verify

__all__ = [
    "Award",
    "AwardRequest",
    "Campaign",
    "CampaignCodeUsed",
    "DeviceBusy",
    "NamesMissing",
    "NewCampaign",
    "NotAllowedNow",
    "NumberWrong",
    "Participant",
    "PeriodWrong",
    "Reason",
    "Statistics",
    "TriggerRequest",
    "UnitUnknown",
    "award",
    "award_for",
    "campaign",
    "campaigns",
    "campaigns_by_id",
    "close_campaign",
    "create_campaign",
    "open_campaign",
    "participant_ids",
    "participants_list",
    "raise_campaign_budget",
    "reasons",
    "serve_devices",
    "statistics",
    "verify",
]
