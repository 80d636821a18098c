"""What agencies' systems ask for: how often in a minute, how much in a day."""

import datetime as dt
from dataclasses import dataclass

from citycard.infra.database import execute, row, rows
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.errors import Refused

_MINUTE = dt.timedelta(minutes=1)


class TooManyRequests(Refused):
    """This system asks more often than it may; please go on in {seconds} seconds."""

    code = "agencies.too_many_requests"
    http_status = 429


@dataclass(frozen=True, kw_only=True)
class ClientUse:
    """What a system asked for on a local day."""

    on: dt.date
    route: str
    requests: int
    refusals: int


def note_request(*, client_id: int, now: dt.datetime) -> int:
    """Count a request of a system in its minute; return for how many seconds it has to wait now.

    0: it may go on. Whoever asks turns it away with `TooManyRequests`, once the count is kept.
    """
    require_unit_of_work()
    minute = now.replace(second=0, microsecond=0)
    counted = row(
        """
        INSERT INTO agencies_client_minute AS m (client_id, minute, requests) VALUES (%s, %s, 1)
        ON CONFLICT (client_id) DO UPDATE
        SET requests = CASE WHEN m.minute = excluded.minute THEN m.requests + 1 ELSE 1 END,
            minute = excluded.minute
        RETURNING requests > (SELECT c.per_minute FROM agencies_client c WHERE c.id = m.client_id)
                  AS too_many
        """,
        [client_id, minute],
    )
    if counted is None or not counted.too_many:
        return 0
    return int((minute + _MINUTE - now).total_seconds()) + 1


def note_use(*, client_id: int, route: str, refused: bool, now: dt.datetime) -> None:
    """Count a request of a system in its day."""
    require_unit_of_work()
    execute(
        """
        INSERT INTO agencies_client_day AS d (client_id, on_day, route, requests, refusals)
        VALUES (%s, %s, %s, 1, %s)
        ON CONFLICT (client_id, on_day, route) DO UPDATE
        SET requests = d.requests + 1, refusals = d.refusals + excluded.refusals
        """,
        [client_id, current_pack().time.day(now), route, int(refused)],
    )


def client_uses(*, client_id: int, since: dt.date) -> list[ClientUse]:
    """Return what a system asked for since a day, the newest day first."""
    found = rows(
        """
        SELECT on_day AS "on", route, requests, refusals FROM agencies_client_day
        WHERE client_id = %s AND on_day >= %s ORDER BY on_day DESC, route
        """,
        [client_id, since],
    )
    return [ClientUse(**one._asdict()) for one in found]
