"""Attendance: who came and who left, paired from taps, and who is told of it.

A pupil's card at the school gate and a member of staff's at the office's door are the same thing
here: a *stay* begins with a tap and ends with the next, whatever arrives first; a second tap within
a moment is the same one; a stay without its other end is flagged, and nobody guesses. An overnight
shift belongs to the day on which it began. The pack's table ``attendance`` says which services'
readers see whom, and how.

``follow_attendance_taps`` follows ``taps.batch.stored``. ``correct_stay`` is the agency's word:
always a new entry, with a reason that the person reads. ``ask_for_notice`` and ``stop_notice`` are
a guardian's choice to be told of a child; ``flows.attending`` tells them, once, and only of what
happened just now. ``note_told`` keeps which message speaks of which tap, and ``promptness`` counts
how many were handed over within the time that the pack sets for the service.

Reads for people take an access that covers the field ``attendance``: ``stays_of``, ``stays_at``,
``versions_of``. ``verify`` proves that what stands is what was last decided.

Events: ``attendance.pupil.passed`` (stay_ids, left).
"""

from citycard.attendance.correcting import (
    StayChanged,
    StayReasonMissing,
    StayTimesWrong,
    correct_stay,
)
from citycard.attendance.following import follow_attendance_taps
from citycard.attendance.noticing import (
    ask_for_notice,
    notices_about,
    notices_of,
    stop_notice,
    stop_notices_on,
)
from citycard.attendance.promptness import Promptness, ToldOf, note_told, promptness
from citycard.attendance.queries import (
    FIELD,
    days_at,
    passages,
    people_at,
    stay,
    stays_at,
    stays_of,
    versions_of,
)
from citycard.attendance.rule import attendance_table
from citycard.attendance.values import (
    AttendanceStay,
    Channel,
    Notice,
    Passage,
    StayState,
    StayVersion,
    StayWords,
)
from citycard.attendance.verifying import verify

__all__ = [
    "FIELD",
    "AttendanceStay",
    "Channel",
    "Notice",
    "Passage",
    "Promptness",
    "StayChanged",
    "StayReasonMissing",
    "StayState",
    "StayTimesWrong",
    "StayVersion",
    "StayWords",
    "ToldOf",
    "ask_for_notice",
    "attendance_table",
    "correct_stay",
    "days_at",
    "follow_attendance_taps",
    "note_told",
    "notices_about",
    "notices_of",
    "passages",
    "people_at",
    "promptness",
    "stay",
    "stays_at",
    "stays_of",
    "stop_notice",
    "stop_notices_on",
    "verify",
    "versions_of",
]
