"""The door of redemptions.

A kiosk asks ``look`` what it may offer, ``reserve`` holds the points, ``mark_writing`` lets it
touch the card, and ``settle`` or ``release`` takes its report. The kiosk chooses a key before it
asks, so that asking again tells what became of the first time. Only ``expire_reserved`` ends
anything by the clock, and only reservations. A writing that hangs ends by ``present_card`` (the
card's own counter and record, at any kiosk) or by ``decide_by_officer``. Evidence that comes after
the end and says otherwise makes a session *contested*; it is in ``open_sessions`` until an officer
confirms.

Limits (amounts, the day's sum, the purse's NT$10,000) are the pack's (``points.yaml``). Points are
the ledger's: held while open, with the partner once settled, back in their lots once released;
``verify`` proves it. ``pub.redemptions`` shows sessions to other contexts' SQL.
"""

from citycard.redemptions.ending import (
    NotOpen,
    NotWriting,
    ReasonMissing,
    ReservationExpired,
    decide_by_officer,
    mark_writing,
    present_card,
    release,
    settle,
)
from citycard.redemptions.expiring import expire_reserved
from citycard.redemptions.offering import look
from citycard.redemptions.queries import by_key, evidence_of, open_sessions, session, sessions_of
from citycard.redemptions.reserving import (
    AmountNotOffered,
    CardBusy,
    DayLimitReached,
    KeyUsed,
    MediumNotWritten,
    PurseFull,
    reserve,
)
from citycard.redemptions.values import (
    CardReading,
    Evidence,
    Kiosk,
    KioskView,
    OpenSession,
    Reservation,
    Session,
    Written,
)
from citycard.redemptions.verifying import verify

__all__ = [
    "AmountNotOffered",
    "CardBusy",
    "CardReading",
    "DayLimitReached",
    "Evidence",
    "KeyUsed",
    "Kiosk",
    "KioskView",
    "MediumNotWritten",
    "NotOpen",
    "NotWriting",
    "OpenSession",
    "PurseFull",
    "ReasonMissing",
    "Reservation",
    "ReservationExpired",
    "Session",
    "Written",
    "by_key",
    "decide_by_officer",
    "evidence_of",
    "expire_reserved",
    "look",
    "mark_writing",
    "open_sessions",
    "present_card",
    "release",
    "reserve",
    "session",
    "sessions_of",
    "settle",
    "verify",
]
