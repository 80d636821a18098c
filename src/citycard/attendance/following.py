"""Taking over what readers saw of pupils and staff, once; stays follow in the same unit of work."""

import datetime as dt
from collections.abc import Sequence

from citycard.attendance.rule import AttendanceTable, attendance_table
from citycard.attendance.working_out import Group, work_out
from citycard.infra.database import rows, statement
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.ids import fact_key
from citycard.kernel.spans import spans
from citycard.taps import api as taps

_ACCEPTED = [int(code) for code in taps.Code if code.is_accepted]


def follow_attendance_taps(
    *, batch_ids: Sequence[int], months: Sequence[dt.date], actor: Actor, now: dt.datetime
) -> int:
    """Work out stays from stored batches of taps; return how many taps were new.

    Late, repeated and reordered batches end in the same stays. Announces
    ``attendance.pupil.passed`` for pupils who came or left just now.

    :param months: the local months that the batches' taps lie in
    """
    require_unit_of_work()
    table = attendance_table()
    if not table.services or not batch_ids:
        return 0
    new = _take_over(table, batch_ids, sorted(set(months)), now)
    if new:
        work_out(new, actor=actor, now=now)
    return sum(map(len, new.values()))


def _take_over(
    table: AttendanceTable, batch_ids: Sequence[int], months: Sequence[dt.date], now: dt.datetime
) -> dict[Group, list[int]]:
    """Copy the taps of such services; return the new marks' ids by person, kind and agency."""
    sites = rows(statement(__file__, "sites"), {"services": sorted(table.services)})
    if not sites:
        return {}
    found = rows(
        statement(__file__, "taps_of_batches"),
        {
            "months": list(months),
            **spans(batch_ids)._asdict(),
            "sites": [site.site_id for site in sites],
            "codes": _ACCEPTED,
        },
    )
    if not found:
        return {}
    gates = [table.services[it.service] for it in found]
    new = rows(
        statement(__file__, "add_marks"),
        {
            "now": now,
            "keys": [fact_key(it.at, "tap", it.reader_id, it.epoch, it.seq) for it in found],
            "members": [it.member_id for it in found],
            "cards": [it.card_id for it in found],
            "kinds": [gate.kind for gate in gates],
            "agencies": [it.agency for it in found],
            "ats": [it.at for it in found],
            "directions": [gate.direction for gate in gates],
            "places": [it.place for it in found],
            "readers": [it.reader_id for it in found],
            "epochs": [it.epoch for it in found],
            "seqs": [it.seq for it in found],
            "services": [it.service for it in found],
            "received": [it.received_at or now for it in found],
        },
    )
    marks: dict[Group, list[int]] = {}
    for one in new:
        marks.setdefault((one.member_id, one.kind, one.agency), []).append(one.id)
    return marks
