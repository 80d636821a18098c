"""How soon guardians are told: from the tap's arrival to the message's handing over."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from citycard.attendance.rule import attendance_table
from citycard.attendance.values import Channel
from citycard.infra.database import execute, rows, statement
from citycard.infra.unit_of_work import require_unit_of_work


@dataclass(frozen=True, kw_only=True)
class ToldOf:
    """A message to a guardian and the tap that it speaks of.

    :ivar event_key: the message's key
    :ivar received_at: when the tap reached the city
    """

    event_key: str
    channel: Channel
    service: str
    agency: str
    received_at: dt.datetime


@dataclass(frozen=True, kw_only=True)
class Promptness:
    """How many messages of a service were handed over in time.

    :ivar told: messages altogether, those that nobody could be reached by aside
    :ivar late: handed over after the set time, or not yet and it is over
    :ivar waiting: of the late ones, those that are still waiting
    :ivar slowest_seconds: of the slowest message, up to now where it waits
    :ivar set_seconds: the time that the city set for this service
    """

    agency: str
    service: str
    told: int
    late: int
    waiting: int
    slowest_seconds: float
    set_seconds: int


def note_told(*, messages: Sequence[ToldOf]) -> None:
    """Note which messages speak of which taps; one that was noted before is left alone."""
    require_unit_of_work()
    services = attendance_table().services
    due = [
        one.received_at + dt.timedelta(seconds=services[one.service].told_seconds)
        for one in messages
    ]
    execute(
        """
        INSERT INTO attendance_told (event_key, channel, service, agency, received_at, due_at)
        SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[],
                             %s::timestamptz[])
        ON CONFLICT (event_key) DO NOTHING
        """,
        [
            [one.event_key for one in messages],
            [one.channel for one in messages],
            [one.service for one in messages],
            [one.agency for one in messages],
            [one.received_at for one in messages],
            due,
        ],
    )


def promptness(
    *,
    since: dt.datetime,
    until: dt.datetime,
    now: dt.datetime,
    agencies: Sequence[str] | None = None,
) -> list[Promptness]:
    """Count how many messages about taps of a time were handed over in time, by agency and
    service.

    :param since: the first moment at which the taps reached the city
    :param until: the first moment after it
    :param agencies: whose gates; None: everybody's
    """
    services = attendance_table().services
    found = rows(
        statement(__file__, "promptness"),
        {
            "since": since,
            "until": until,
            "now": now,
            "agencies": None if agencies is None else list(agencies),
        },
    )
    return [
        Promptness(
            **one._asdict(),
            set_seconds=services[one.service].told_seconds if one.service in services else 0,
        )
        for one in found
    ]
