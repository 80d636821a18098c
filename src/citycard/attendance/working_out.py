"""Working out stays anew where something became known, and keeping each difference."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from citycard.attendance.events import PupilsPassed
from citycard.attendance.keeping import Passed, keep
from citycard.attendance.rule import AttendanceTable, StayRule, attendance_table
from citycard.infra.database import execute, rows, statement
from citycard.infra.journal import announce
from citycard.infra.packs import current_pack
from citycard.kernel.actors import Actor
from citycard.kernel.pairing import Mark, RuleAt, Stay, Word, stays

Group = tuple[int, str, str]
"""A person, a kind and an agency: stays of one never pair with another's taps."""


def work_out(touched: Mapping[Group, Iterable[int]], *, actor: Actor, now: dt.datetime) -> None:
    """Decide again the stays around some marks, and keep what differs.

    :param touched: by group the ids of marks that are new or that a word now covers; what was said
        about the group is always read anew
    """
    table = attendance_table()
    alone_with([member for member, _, _ in touched])
    marks = _around([mark for marks in touched.values() for mark in marks])
    words = _words(sorted(touched))
    decided: dict[Group, list[Stay]] = {
        group: stays(marks.get(group, ()), words.get(group, ()), _rule_at(table, group[1]))
        for group in touched
    }
    seen = [mark.key for group in touched for mark in marks.get(group, ())]
    passed = keep(decided, seen, tell_since=now - table.tell_within, actor=actor, now=now)
    _announce(passed)


def alone_with(member_ids: Iterable[int]) -> None:
    """Let one at a time work out somebody's stays; in the order of their numbers."""
    execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('attendance:' || m, 0))"
        " FROM unnest(%s::bigint[]) AS m",
        [sorted(set(member_ids))],
    )


def _rule_at(table: AttendanceTable, kind: str) -> RuleAt:
    day_of = current_pack().time.day

    def rule_at(at: dt.datetime) -> StayRule:
        return table.rule(kind, day_of(at))

    return rule_at


def _around(mark_ids: Sequence[int]) -> dict[Group, list[Mark]]:
    if not mark_ids:
        return {}
    marks: dict[Group, list[Mark]] = {}
    for it in rows(statement(__file__, "marks_around"), {"ids": list(mark_ids)}):
        mark = Mark(it.at, it.reader_id, it.epoch, it.seq, it.key, it.direction, it.place)
        marks.setdefault((it.member_id, it.kind, it.agency), []).append(mark)
    return marks


def _words(groups: Sequence[Group]) -> dict[Group, list[Word]]:
    columns: list[list[Any]] = [list(column) for column in zip(*groups, strict=True)]
    found = rows(
        """
        SELECT member_id, kind, agency, id, stay_key, place, starts_at, ends_at, struck,
               covers_from, covers_to
        FROM attendance_word WHERE (member_id, kind, agency) IN (
            SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[]))
        """,
        columns,
    )
    words: dict[Group, list[Word]] = {}
    for it in found:
        member_id, kind, agency, *fields = it
        words.setdefault((member_id, kind, agency), []).append(Word(*fields))
    return words


def _announce(passed: Sequence[Passed]) -> None:
    if passed:
        announce(
            PupilsPassed(
                stay_ids=tuple(one.stay_id for one in passed),
                left=tuple(one.left for one in passed),
            )
        )
