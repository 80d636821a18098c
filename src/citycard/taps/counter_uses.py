"""Uses that a clerk enters for somebody whom they identified: which tap each is, and why."""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Final

from citycard.infra.database import row
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused

REASONS: Final = ("no_card", "forgotten", "broken", "no_phone", "reader_down")
"""Why there was no card to hold to a reader."""


class UseOfAnother(Refused):
    """This page was sent before, about something else; please begin again."""

    code = "taps.use_of_another"


@dataclass(frozen=True, kw_only=True)
class CounterUse:
    """The tap that a use is: the clerk's page sent twice is the same one."""

    device_id: int
    epoch: int
    seq: int
    at: dt.datetime


_BEFORE = """
SELECT device_id, epoch, seq, at, member_id FROM taps_counter_use WHERE key = %s
"""
_NOTE = """
INSERT INTO taps_counter_use (key, device_id, epoch, seq, member_id, reason, counter, at, actor)
SELECT %(key)s, %(device)s, %(epoch)s, coalesce(max(u.seq), 0) + 1, %(member)s, %(reason)s,
       %(counter)s, %(now)s, %(actor)s
FROM taps_counter_use u WHERE u.device_id = %(device)s AND u.epoch = %(epoch)s
ON CONFLICT DO NOTHING RETURNING device_id, epoch, seq, at, member_id
"""


def note_counter_use(
    *,
    key: uuid.UUID,
    device_id: int,
    epoch: int,
    member_id: int,
    reason: str,
    actor: Actor,
    now: dt.datetime,
) -> CounterUse:
    """Keep that a clerk enters a use, who and why, under the next number of the counter's own.

    :param device_id: what stands for the counter and the service
    :raises UseOfAnother: the key is another person's use
    """
    require_unit_of_work()
    assert reason in REASONS, reason
    asked = {
        "key": key,
        "device": device_id,
        "epoch": epoch,
        "member": member_id,
        "reason": reason,
        "counter": actor.counter or "",
        "now": now,
        "actor": actor.id,
    }
    found = row(_BEFORE, [key])
    while found is None:  # of two clerks at one counter the second takes the number after
        found = row(_NOTE, asked) or row(_BEFORE, [key])
    if (found.member_id, found.device_id) != (member_id, device_id):
        raise UseOfAnother()
    return CounterUse(device_id=found.device_id, epoch=found.epoch, seq=found.seq, at=found.at)
