"""Taking over what volunteers' readers saw, once; hours follow in the same unit of work."""

import datetime as dt
from collections.abc import Sequence

from citycard.activities.volunteering_rule import has_time_bank, organiser_of, time_bank
from citycard.activities.volunteering_working_out import Group, work_out
from citycard.infra.database import rows
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.ids import fact_key
from citycard.kernel.spans import spans
from citycard.taps import api as taps

_ACCEPTED = [int(code) for code in taps.Code if code.is_accepted]


def follow_volunteer_taps(
    *, batch_ids: Sequence[int], months: Sequence[dt.date], actor: Actor, now: dt.datetime
) -> int:
    """Work out volunteers' hours from stored batches of taps; return how many taps were new.

    Late, repeated and reordered batches end in the same hours.

    :param months: the local months that the batches' taps lie in
    """
    require_unit_of_work()
    if not has_time_bank() or not batch_ids:
        return 0
    new = _take_over(batch_ids, sorted(set(months)), now)
    if new:
        work_out(new, actor=actor, now=now)
    return sum(map(len, new.values()))


def _take_over(
    batch_ids: Sequence[int], months: Sequence[dt.date], now: dt.datetime
) -> dict[Group, list[int]]:
    """Copy the taps of volunteers' services; return the new marks' ids by volunteer."""
    services = time_bank().services
    sites = rows(
        "SELECT site_id FROM pub.tap_sites WHERE service = ANY (%s::text[])", [sorted(services)]
    )
    if not sites:
        return {}
    found = rows(
        """
        SELECT t.reader_id, t.epoch, t.seq, t.at, t.member_id, t.agency, t.place, t.service
        FROM unnest(%(firsts)s::bigint[], %(lasts)s::bigint[]) AS s(first, last)
        JOIN pub.taps t ON t.batch_id BETWEEN s.first AND s.last
        WHERE t.local_month = ANY (%(months)s::date[])
          AND t.site_id = ANY (%(sites)s::int[]) AND t.code = ANY (%(codes)s::int[])
          AND t.member_id IS NOT NULL
        """,
        {
            "months": list(months),
            **spans(batch_ids)._asdict(),
            "sites": [site.site_id for site in sites],
            "codes": _ACCEPTED,
        },
    )
    if not found:
        return {}
    new = rows(
        """
        INSERT INTO activities_volunteer_mark
            (key, member_id, organiser, at, direction, place, reader_id, epoch, seq, recorded_at)
        SELECT m.*, %s FROM unnest(%s::uuid[], %s::bigint[], %s::text[], %s::timestamptz[],
            %s::text[], %s::text[], %s::bigint[], %s::integer[], %s::bigint[]) AS m
        ON CONFLICT (key) DO NOTHING RETURNING id, member_id, organiser
        """,
        [
            now,
            [fact_key(it.at, "tap", it.reader_id, it.epoch, it.seq) for it in found],
            [it.member_id for it in found],
            [organiser_of(agency=it.agency) for it in found],
            [it.at for it in found],
            [services[it.service] for it in found],
            [it.place for it in found],
            [it.reader_id for it in found],
            [it.epoch for it in found],
            [it.seq for it in found],
        ],
    )
    marks: dict[Group, list[int]] = {}
    for one in new:
        marks.setdefault((one.member_id, one.organiser), []).append(one.id)
    return marks
