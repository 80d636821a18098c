"""How long applications take, measured from their own steps: handed in, decided, handed over."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from citycard.applications.forms import service_name
from citycard.infra.database import rows


@dataclass(frozen=True, kw_only=True)
class Times:
    """How long a service's parts took, that came in by one channel and ended in a period.

    :ivar channel: ``counter`` or ``online``
    :ivar done: how many were handed over, or completed without a card
    :ivar half_within, nine_tenths_within: from handing in to that end; the median and the 90th
        percentile. None where none was done
    :ivar decided: how many were approved or refused
    :ivar in_time: how many of these by the day that was promised; a supplement stops the clock
    :ivar promised_days: what is promised at present, or was when the last one was handed in
    """

    service: str
    name: Mapping[str, str]
    agency: str
    channel: str
    done: int
    half_within: dt.timedelta | None
    nine_tenths_within: dt.timedelta | None
    decided: int
    in_time: int
    promised_days: int


_TIMES = """
SELECT p.service, p.agency, a.channel,
       count(*) FILTER (WHERE p.completed_at >= %(since)s AND p.completed_at < %(until)s) AS done,
       percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY p.completed_at - a.submitted_at)
           FILTER (WHERE p.completed_at >= %(since)s AND p.completed_at < %(until)s) AS took,
       count(*) FILTER (WHERE p.decided_at >= %(since)s AND p.decided_at < %(until)s) AS decided,
       count(*) FILTER (WHERE p.decided_at >= %(since)s AND p.decided_at < %(until)s
                        AND p.decided_at <= p.due_at) AS in_time,
       (array_agg(p.decide_within_days ORDER BY p.id DESC))[1] AS promised_days,
       (array_agg(a.form ORDER BY p.id DESC))[1] AS form,
       (array_agg(a.pack_hash ORDER BY p.id DESC))[1] AS pack_hash
FROM applications_part p JOIN applications_application a ON a.id = p.application_id
WHERE (p.completed_at >= %(since)s OR p.decided_at >= %(since)s) AND a.channel <> 'import'
  AND (p.agency = ANY(%(agencies)s::text[]) OR a.counter = ANY(%(counters)s::text[]))
GROUP BY p.service, p.agency, a.channel ORDER BY p.service, p.agency, a.channel
"""


def times(
    *, agencies: Sequence[str], counters: Sequence[str], since: dt.datetime, until: dt.datetime
) -> list[Times]:
    """Return how long parts took that ended in a period; whole lists of others' are left out.

    :param agencies: of parts that these decide
    :param counters: and of those that were entered, or are handed over, at these
    """
    found = rows(
        _TIMES,
        {
            "agencies": list(agencies),
            "counters": list(counters),
            "since": since,
            "until": until,
        },
    )
    return [
        Times(
            service=one.service,
            name=service_name(one.form, one.service, one.pack_hash),
            agency=one.agency,
            channel=one.channel,
            done=one.done,
            half_within=one.took[0] if one.took else None,
            nine_tenths_within=one.took[1] if one.took else None,
            decided=one.decided,
            in_time=one.in_time,
            promised_days=one.promised_days,
        )
        for one in found
        if one.done or one.decided
    ]
