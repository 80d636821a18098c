"""The door of activities.

An organiser sets a campaign up (``create_campaign``: opens a fund in the ledger and puts its
budget aside), opens it, and closes it. ``award`` decides what taps at its readers give; the
tapping flow posts the moves that it returns, in the same unit of work. Caps are a person's, over
all cards; ``limit`` says that a share or the budget is used up. ``award_for`` does the same for
happenings, say a card bound for the first time.

An agency's own system sends what it knows in uploads (``open_upload`` → ``award_lines`` →
``store_upload``): each line once, under the agency's own reference; what is sent again is answered
as before.

A draw (``announce_draw`` → ``commit_draw`` → ``hold_draw``) counts tickets by its announced rule,
commits to their list by a hash, and is decided by a public number; ``draw_list`` and ``winners``
are what anybody needs to recompute it.

``reasons`` says why points were given, for the ``ref``s that their moves carry.

Volunteers' hours: ``follow_volunteer_taps`` works them out from sign-ins and sign-outs, whatever
arrives first; ``correct_shift`` and ``add_shift`` are the organiser's word, always a new entry;
``give_hours`` passes minutes on where the pack allows it. Each minute stands in the ledger under
its shift and version.

``participants_list`` and ``statistics`` are the agency's papers; their sums equal the ledger, and
``verify`` proves it. ``pub.campaigns`` shows campaigns to other contexts' SQL.
"""

from citycard.activities.awarding import award, award_for, award_lines
from citycard.activities.awarding_taps import (
    Given,
    PointsNotPosted,
    TapsToAward,
    award_taps,
    giving,
)
from citycard.activities.budgeting import (
    BudgetNeedsSecond,
    NotOverYet,
    raise_campaign_budget,
    returns_at,
    settle_campaign,
    settle_campaigns,
)
from citycard.activities.draw_values import (
    Draw,
    DrawWinner,
    NewDraw,
    OwnEntry,
    Prize,
    WinnerToTell,
)
from citycard.activities.drawing import (
    DrawNotNow,
    DrawTermsWrong,
    NobodyTakesPart,
    announce_draw,
    commit_draw,
    draw,
    draw_list,
    draws,
    hold_draw,
    own_entries,
    winners,
    winners_to_tell,
)
from citycard.activities.forecasting import runs_out_on
from citycard.activities.line_values import (
    EarningLine,
    LineAnswer,
    OpenUpload,
    StoredUpload,
    Upload,
    UploadLine,
)
from citycard.activities.opening import UploadKeyUsed, open_upload
from citycard.activities.queries import (
    campaign,
    campaigns,
    campaigns_by_id,
    participant_ids,
    participants_list,
    statistics,
)
from citycard.activities.reasons import Reason, reasons
from citycard.activities.residents import RedeemingStopped, check_may_redeem, may_not_redeem
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
    serve_devices,
)
from citycard.activities.storing import store_upload, upload_of, uploads_of
from citycard.activities.values import (
    Award,
    AwardRequest,
    Campaign,
    LineRequest,
    NewCampaign,
    Participant,
    Statistics,
    TriggerRequest,
)
from citycard.activities.verifying import verify
from citycard.activities.volunteering_correcting import (
    ReasonMissing,
    ShiftChanged,
    ShiftOverlaps,
    ShiftTimesWrong,
    ShiftTooLong,
    add_shift,
    correct_shift,
)
from citycard.activities.volunteering_giving import (
    GivenToOneself,
    GivingNotAllowed,
    MinutesWrong,
    give_hours,
)
from citycard.activities.volunteering_marks import follow_volunteer_taps
from citycard.activities.volunteering_queries import (
    shift,
    shift_refs,
    shifts_at,
    shifts_of,
    versions_of,
    volunteer_sums,
    volunteers_at,
)
from citycard.activities.volunteering_rule import (
    NoTimeBank,
    ShiftRule,
    TimeBank,
    has_time_bank,
    organiser_of,
    time_bank,
)
from citycard.activities.volunteering_values import (
    HoursGift,
    Shift,
    ShiftVersion,
    ShiftWords,
    VolunteerSum,
)

__all__ = [
    "Award",
    "AwardRequest",
    "BudgetNeedsSecond",
    "Campaign",
    "CampaignCodeUsed",
    "DeviceBusy",
    "Draw",
    "DrawNotNow",
    "DrawTermsWrong",
    "DrawWinner",
    "EarningLine",
    "Given",
    "GivenToOneself",
    "GivingNotAllowed",
    "HoursGift",
    "LineAnswer",
    "LineRequest",
    "MinutesWrong",
    "NamesMissing",
    "NewCampaign",
    "NewDraw",
    "NoTimeBank",
    "NobodyTakesPart",
    "NotAllowedNow",
    "NotOverYet",
    "NumberWrong",
    "OpenUpload",
    "OwnEntry",
    "Participant",
    "PeriodWrong",
    "PointsNotPosted",
    "Prize",
    "Reason",
    "ReasonMissing",
    "RedeemingStopped",
    "Shift",
    "ShiftChanged",
    "ShiftOverlaps",
    "ShiftRule",
    "ShiftTimesWrong",
    "ShiftTooLong",
    "ShiftVersion",
    "ShiftWords",
    "Statistics",
    "StoredUpload",
    "TapsToAward",
    "TimeBank",
    "TriggerRequest",
    "UnitUnknown",
    "Upload",
    "UploadKeyUsed",
    "UploadLine",
    "VolunteerSum",
    "WinnerToTell",
    "add_shift",
    "announce_draw",
    "award",
    "award_for",
    "award_lines",
    "award_taps",
    "campaign",
    "campaigns",
    "campaigns_by_id",
    "check_may_redeem",
    "close_campaign",
    "commit_draw",
    "correct_shift",
    "create_campaign",
    "draw",
    "draw_list",
    "draws",
    "follow_volunteer_taps",
    "give_hours",
    "giving",
    "has_time_bank",
    "hold_draw",
    "may_not_redeem",
    "open_campaign",
    "open_upload",
    "organiser_of",
    "own_entries",
    "participant_ids",
    "participants_list",
    "raise_campaign_budget",
    "reasons",
    "returns_at",
    "runs_out_on",
    "serve_devices",
    "settle_campaign",
    "settle_campaigns",
    "shift",
    "shift_refs",
    "shifts_at",
    "shifts_of",
    "statistics",
    "store_upload",
    "time_bank",
    "upload_of",
    "uploads_of",
    "verify",
    "versions_of",
    "volunteer_sums",
    "volunteers_at",
    "winners",
    "winners_to_tell",
]
