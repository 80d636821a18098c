"""The door of redemptions.

Points become something of value in one of three ways, by the pack's conversions: a kiosk writes a
*card*, a partner credits an *account*, a *till* takes them for a purchase. All go through the same
states by the same evidence; what is said below of kiosks holds for each.

A kiosk asks ``look`` what it may offer, ``reserve`` holds the points, ``mark_writing`` lets it
touch the card, and ``settle`` or ``release`` takes its report. The kiosk chooses a key before it
asks, so that asking again tells what became of the first time. Only ``expire_reserved`` ends
anything by the clock, and only reservations. A writing that hangs ends by ``present_card`` (the
card's own counter and record, at any kiosk), by ``hear_company_files`` or by
``decide_by_officer``. Evidence that comes after the end and says otherwise makes a session
*contested*; it is in ``open_sessions`` until an officer confirms the end or makes it good.

``send_to_account`` tells a partner by letter (topic ``CREDITS``) and ends by its ``acknowledge``;
``take_at_till`` takes points at once, and ``refund`` gives them back.

Partners: ``deposit`` and ``partner_statement`` (money paid ahead, in NT$). The three books, the
kiosks' journals (``take_kiosk_lines``), the companies' files (``take_company_file``) and the
ledger, are compared by ``reconcile``; an officer settles each of the ``differences``.

Limits (amounts, the day's sum, the purse's NT$10,000) are the pack's (``points.yaml``). Points are
the ledger's: held while open, with the partner once settled, back in their lots once released;
``verify`` proves it. ``pub.redemptions`` shows sessions to other contexts' SQL.
"""

from citycard.redemptions.crediting import (
    CREDITS,
    account_key,
    acknowledge,
    credits_to_send,
    credits_without_answer,
    send_to_account,
)
from citycard.redemptions.differences import (
    Difference,
    DifferenceSettled,
    NoRedemption,
    ReconciledDay,
    Ruling,
    RulingMissing,
    difference,
    differences,
    open_differences,
    reconciled_days,
    settle_difference,
)
from citycard.redemptions.ending import (
    NotWriting,
    ReservationExpired,
    mark_writing,
    present_card,
    release,
    settle,
)
from citycard.redemptions.expiring import (
    due_reservations,
    expire_one,
    expire_reserved,
    set_aside,
)
from citycard.redemptions.lines import (
    KioskLine,
    knows_company_file,
    take_company_file,
    take_kiosk_lines,
)
from citycard.redemptions.looking_up import hold_keys
from citycard.redemptions.offering import kinds_for, look
from citycard.redemptions.ports import (
    AccountPartner,
    Credit,
    CreditAnswer,
    DemoLoadings,
    LoadingFile,
    LoadingRecord,
    LoadingRecords,
)
from citycard.redemptions.prefunding import (
    DepositWrong,
    LoadedLine,
    NotPrefunded,
    PartnerStatement,
    deposit,
    partner_statement,
    partners,
)
from citycard.redemptions.queries import by_key, evidence_of, open_sessions, session, sessions_of
from citycard.redemptions.reconciling import Reconciled, hear_company_files, reconcile
from citycard.redemptions.reserving import (
    AmountNotOffered,
    CardBusy,
    DayLimitReached,
    KeyUsed,
    MediumNotWritten,
    PurseFull,
    WayWrong,
    reserve,
    same_before,
)
from citycard.redemptions.returning import NotReturnable, refund
from citycard.redemptions.ruling import NotOpen, ReasonMissing, decide_by_officer
from citycard.redemptions.selling import take_at_till
from citycard.redemptions.values import (
    CardReading,
    Evidence,
    KindView,
    Kiosk,
    KioskView,
    OpenSession,
    Reservation,
    Session,
    Written,
)
from citycard.redemptions.verifying import verify

__all__ = [
    "CREDITS",
    "AccountPartner",
    "AmountNotOffered",
    "CardBusy",
    "CardReading",
    "Credit",
    "CreditAnswer",
    "DayLimitReached",
    "DemoLoadings",
    "DepositWrong",
    "Difference",
    "DifferenceSettled",
    "Evidence",
    "KeyUsed",
    "KindView",
    "Kiosk",
    "KioskLine",
    "KioskView",
    "LoadedLine",
    "LoadingFile",
    "LoadingRecord",
    "LoadingRecords",
    "MediumNotWritten",
    "NoRedemption",
    "NotOpen",
    "NotPrefunded",
    "NotReturnable",
    "NotWriting",
    "OpenSession",
    "PartnerStatement",
    "PurseFull",
    "ReasonMissing",
    "Reconciled",
    "ReconciledDay",
    "Reservation",
    "ReservationExpired",
    "Ruling",
    "RulingMissing",
    "Session",
    "WayWrong",
    "Written",
    "account_key",
    "acknowledge",
    "by_key",
    "credits_to_send",
    "credits_without_answer",
    "decide_by_officer",
    "deposit",
    "difference",
    "differences",
    "due_reservations",
    "evidence_of",
    "expire_one",
    "expire_reserved",
    "hear_company_files",
    "hold_keys",
    "kinds_for",
    "knows_company_file",
    "look",
    "mark_writing",
    "open_differences",
    "open_sessions",
    "partner_statement",
    "partners",
    "present_card",
    "reconcile",
    "reconciled_days",
    "refund",
    "release",
    "reserve",
    "same_before",
    "send_to_account",
    "session",
    "sessions_of",
    "set_aside",
    "settle",
    "settle_difference",
    "take_at_till",
    "take_company_file",
    "take_kiosk_lines",
    "verify",
]
