"""What the gate heard of devices: that they speak, what they say of themselves, what it refused."""

import datetime as dt
from collections.abc import Sequence

from citycard.agencies.device_values import Heard, UploadsRefused
from citycard.infra.database import execute, rows
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work

_HEARD = """
WITH said AS (
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::integer[], %s::bigint[])
        AS s(id, firmware, backlog, skew_ms)),
seen AS (
    SELECT id FROM agencies_device WHERE id IN (SELECT id FROM said)
      AND (last_seen_at IS NULL OR last_seen_at < %s)
    ORDER BY id FOR NO KEY UPDATE)
UPDATE agencies_device d
SET last_seen_at = %s,
    firmware = coalesce(said.firmware, d.firmware),
    backlog = coalesce(said.backlog, d.backlog),
    -- a quarter of the way to what was just heard: one slow line does not move it far
    skew_ms = CASE WHEN said.skew_ms IS NULL THEN d.skew_ms
                   ELSE coalesce(d.skew_ms + (said.skew_ms - d.skew_ms) / 4, said.skew_ms) END
FROM seen JOIN said USING (id) WHERE d.id = seen.id
RETURNING d.id
"""

_REFUSED = """
INSERT INTO agencies_device_refusal AS r (device_id, day, problem, times, last_at)
SELECT s.device_id, %s, s.problem, s.times, %s
FROM unnest(%s::bigint[], %s::text[], %s::bigint[]) AS s(device_id, problem, times)
ORDER BY 1, 3
ON CONFLICT (device_id, day, problem) DO UPDATE
SET times = r.times + excluded.times, last_at = greatest(r.last_at, excluded.last_at)
"""


def note_seen(*, device_ids: Sequence[int], now: dt.datetime) -> None:
    """Note that devices have just spoken to the city; an older instant changes nothing."""
    note_heard(heard=[Heard(device_id=one) for one in device_ids], now=now)


def note_heard(*, heard: Sequence[Heard], now: dt.datetime) -> None:
    """Note that devices have spoken and what they said of themselves; an older instant changes
    nothing, and what they did not say stays as it was."""
    require_unit_of_work()
    rows(
        _HEARD,
        [
            [one.device_id for one in heard],
            [one.firmware for one in heard],
            [one.backlog for one in heard],
            [one.skew_ms for one in heard],
            now,
            now,
        ],
    )


def note_refused_uploads(*, refused: Sequence[UploadsRefused], now: dt.datetime) -> None:
    """Add to the day's counts of uploads that the gate did not take."""
    require_unit_of_work()
    day = current_pack().time.day(now)
    columns = ("device_id", "problem", "times")
    values = [[getattr(one, name) for one in refused] for name in columns]
    execute(_REFUSED, [day, now, *values])
