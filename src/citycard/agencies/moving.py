"""A device stands elsewhere, or serves something else, since an instant."""

import datetime as dt
from collections.abc import Sequence

from citycard.agencies.device_values import DeviceMove
from citycard.agencies.events import DevicesMoved
from citycard.infra.database import execute, rows
from citycard.infra.journal import announce
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused


class MovesLater(Refused):
    """A move is noted when it has happened; {since} is still to come."""

    code = "agencies.device_moves_later"


# The recorded periods of one instant follow one another: a correction of the same microsecond
# comes one later.
_CLOSE = """
WITH moved AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(sinces)s::timestamptz[]) AS m(device_id, since)),
closed AS (
    UPDATE agencies_device_post p
    SET recorded = tstzrange(lower(p.recorded),
                             greatest(%(now)s, lower(p.recorded) + interval '1 microsecond'))
    FROM moved m
    WHERE p.device_id = m.device_id AND upper_inf(p.recorded)
      AND p.stood && tstzrange(m.since, NULL)
    RETURNING p.device_id, p.agency, p.place, p.service, p.stood, upper(p.recorded) AS at, m.since)
SELECT device_id, agency, place, service, lower(stood) AS lower, since, at FROM closed
WHERE lower_inf(stood) OR lower(stood) < since
"""

_ADD = """
INSERT INTO agencies_device_post (device_id, agency, place, service, stood, recorded, actor)
SELECT p.device_id, p.agency, p.place, p.service, tstzrange(p.since, p.until),
       tstzrange(%s, NULL), %s
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[])
     AS p(device_id, agency, place, service, since, until)
"""

_STANDS = """
UPDATE agencies_device d
SET agency = m.agency, place = m.place, service = m.service, posted_at = m.since
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::timestamptz[])
     AS m(id, agency, place, service, since)
WHERE d.id = m.id
"""


def move_devices(*, moves: Sequence[DeviceMove], actor: Actor, now: dt.datetime) -> None:
    """Note where devices stand and what they serve since an instant that may have passed.

    What was taken stays as it was answered; a tap that arrives after this is judged by the place
    of its own time. Announces ``agencies.device.moved``.

    :raises MovesLater: one is said to move only later; then none was
    """
    require_unit_of_work()
    later = next((one for one in moves if one.since > now), None)
    if later is not None:
        raise MovesLater(since=later.since.isoformat())
    if not moves:
        return
    ids = sorted(one.device_id for one in moves)
    rows(
        "SELECT id FROM agencies_device WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE",
        [ids],
    )
    sinces = [one.since for one in moves]
    moved_ids = [one.device_id for one in moves]
    kept = rows(_CLOSE, {"ids": moved_ids, "sinces": sinces, "now": now})
    places = [(one.device_id, one.agency, one.place, one.service) for one in moves]
    posts = [
        *((k.device_id, k.agency, k.place, k.service, k.lower, k.since) for k in kept),
        *((*place, since, None) for place, since in zip(places, sinces, strict=True)),
    ]
    recorded = max([now, *(k.at for k in kept)])
    execute(_ADD, [recorded, actor.id, *map(list, zip(*posts, strict=True))])
    execute(_STANDS, [*map(list, zip(*places, strict=True)), sinces])
    announce(DevicesMoved(device_ids=tuple(ids)))
