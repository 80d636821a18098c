"""Decide who has which right, set-based, and write the differences only."""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from citycard.entitlements import deciding
from citycard.entitlements.deciding import Spans, Stretch
from citycard.entitlements.deciding_many import decide_many
from citycard.entitlements.rulebook import Rulebook, inputs_of, rulebook
from citycard.entitlements.telling import announce_changes
from citycard.entitlements.values import Change, Right
from citycard.infra.database import execute, rows, statement
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.periods import DateSpan
from citycard.people import api as people

CHUNK = 5000
MANY = 200
"""More members at once than this are a mass change: people are not told one by one."""

IN_SETS = 500
"""So many are decided by one statement for all rather than person by person: it costs the same for
few as for this many, and a tenth for thousands."""

LOOKS_BACK = dt.timedelta(days=400)
_MOMENT = dt.timedelta(microseconds=1)

_Key = tuple[int, str]


@dataclass(frozen=True, slots=True)
class _Row:
    """A stored right that reaches beyond the decided day."""

    id: int
    span: DateSpan
    because: Mapping[str, Any]
    since: dt.datetime


@dataclass(frozen=True, slots=True)
class _Standing:
    """What was decided of a member before."""

    since: dt.date
    held: frozenset[str]
    version: int


@dataclass
class _Work:
    """One chunk being decided: what is read, what will be written."""

    book: Rulebook
    today: dt.date
    now: dt.datetime
    actor: Actor
    standing: dict[int, _Standing]
    stored: dict[_Key, list[_Row]]
    closed: list[tuple[int, dt.datetime]] = field(default_factory=list)
    added: list[tuple[Any, ...]] = field(default_factory=list)
    looks: list[tuple[Any, ...]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)


def decide(
    *,
    member_ids: Sequence[int],
    on: dt.date,
    now: dt.datetime,
    actor: Actor,
    quiet: bool = False,
    weighed: bool = False,
    answer: bool = True,
) -> list[Change]:
    """Decide all rights of members from a day onward, and write what differs from what stood
    before.

    Days before ``on`` are left as they are; days before a member was first decided are never
    decided. What begins later than tomorrow is not stored but looked at again on its eve (``due``).
    Announces ``entitlements.right.granted``, ``.ended`` and ``.changed``, each right once.

    :param on: the first local day to decide; earlier than today when a fact is corrected
    :param quiet: mark the events as part of a mass change; many are decided in sets then
    :param weighed: mark what ends as ended by a mass change that keeps itself who lost what
    :param answer: whether the caller looks at the changes: to read many costs as much as half of
        deciding them
    :returns: one row for each right of a member that began, ended or changed
    """
    require_unit_of_work()
    if quiet and len(member_ids) >= IN_SETS:
        return decide_many(
            member_ids=member_ids, on=on, now=now, actor=actor, weighed=weighed, answer=answer
        )
    changes: list[Change] = []
    for first in range(0, len(member_ids), CHUNK):
        changes += _decide_chunk(sorted(set(member_ids[first : first + CHUNK])), on, now, actor)
    announce_changes(changes, on, quiet, weighed)
    return changes


def decide_due(
    *, now: dt.datetime, actor: Actor, limit: int = CHUNK, time_only: bool = False
) -> list[Change]:
    """Decide the members for whom time alone changes something by today, or whose pack is an older
    one.

    A run that comes late decides from the day that was missed, so that no boundary moves.

    :param time_only: leave those whose pack alone is an older one to a run that is weighed first
    """
    require_unit_of_work()
    today = current_pack().time.day(now)
    late = rows(
        "SELECT member_id, check_on FROM entitlements_next_check"
        " WHERE check_on <= %s OR (NOT %s AND pack_hash <> %s) ORDER BY member_id LIMIT %s",
        [today, time_only, rulebook().pack_hash, limit],
    )
    if not late:
        return []
    on = min([today, *(one.check_on for one in late if one.check_on is not None)])
    members = [one.member_id for one in late]
    quiet = len(members) > MANY
    return decide(member_ids=members, on=on, now=now, actor=actor, quiet=quiet)


def decide_again(
    *,
    member_ids: Sequence[int],
    now: dt.datetime,
    actor: Actor,
    quiet: bool = False,
    weighed: bool = False,
    answer: bool = True,
) -> list[Change]:
    """Decide members whose facts changed, looking back over the last year for corrections of the
    past.

    Who was decided today already, as of what is known now, is passed over: of several events about
    the same facts the first one is enough.
    """
    require_unit_of_work()
    time = current_pack().time
    today = time.day(now)
    on = today - LOOKS_BACK
    asked = {
        "members": list(member_ids),
        "pack": rulebook().pack_hash,
        "on": on,
        "today": today,
        "midnight": time.midnight(today),
    }
    left = [one.id for one in rows(statement(__file__, "undecided"), asked)]
    if not left:
        return []
    return decide(
        member_ids=left, on=on, now=now, actor=actor, quiet=quiet, weighed=weighed, answer=answer
    )


def _decide_chunk(
    member_ids: Sequence[int], on: dt.date, now: dt.datetime, actor: Actor
) -> list[Change]:
    book, today = rulebook(), current_pack().time.day(now)
    standing = _lock(member_ids, max(on, today), book, now)
    starts = {member: max(on, standing[member].since) for member in member_ids}
    work = _Work(book, today, now, actor, standing, _stored(member_ids, on))
    for member_id, stretches in stretches_of(starts, book.reads).items():
        _decide_member(work, member_id, starts[member_id], stretches)
    _write(work)
    return work.changes


def stretches_of(starts: Mapping[int, dt.date], names: Collection[str]) -> dict[int, list[Stretch]]:
    """Return each member's facts from their first day on, cut where a fact begins or ends to
    hold."""
    days: dict[dt.date, list[int]] = defaultdict(list)
    edges = _edges(starts)
    for member_id, own in edges.items():
        for day in own:
            days[day].append(member_id)
    facts: dict[tuple[int, dt.date], Mapping[str, Any]] = {}
    for day, members in days.items():
        for member_id, known in people.facts_of(member_ids=members, names=names, on=day).items():
            facts[member_id, day] = known
    return {
        member_id: [
            Stretch(day, end, facts[member_id, day])
            for day, end in zip(own, [*own[1:], None], strict=True)
            if (member_id, day) in facts
        ]
        for member_id, own in edges.items()
    }


def _edges(starts: Mapping[int, dt.date]) -> dict[int, list[dt.date]]:
    by_start: dict[dt.date, list[int]] = defaultdict(list)
    for member_id, day in starts.items():
        by_start[day].append(member_id)
    edges: dict[int, list[dt.date]] = {}
    for day, members in by_start.items():
        coming = people.days_of_change(member_ids=members, after=day)
        edges |= {member_id: [day, *coming.get(member_id, ())] for member_id in members}
    return edges


def _decide_member(work: _Work, member_id: int, on: dt.date, stretches: Sequence[Stretch]) -> None:
    spans = deciding.all_spans(work.book.rules, stretches, on)
    horizon = max(on, work.today) + deciding.AHEAD
    held = set()
    known, announced = work.stored, work.standing[member_id].held
    for code, wanted in spans.items():
        if not wanted and code not in announced and (member_id, code) not in known:
            continue
        if _decide_right(
            work, (member_id, code), deciding.begun_by(wanted, horizon), on, stretches
        ):
            held.add(code)
    every_span = [span for wanted in spans.values() for span in wanted]
    look_on = deciding.next_look(every_span, work.today)
    version = work.standing[member_id].version
    work.looks.append((member_id, look_on, sorted(held), version, on))


def _decide_right(
    work: _Work, key: _Key, wanted: Spans, on: dt.date, stretches: Sequence[Stretch]
) -> bool:
    """Compare, note what to write, and tell whether the right counts from now on."""
    known = work.stored.get(key, [])
    stored = [row for row in known if row.span.end is None or row.span.end > on]
    rewrite = deciding.rewrite([(row.id, row.span) for row in stored], wanted, on)
    spans = tuple(row.span for row in known) if rewrite is None else rewrite.added
    after = deciding.in_force(spans, work.today)
    was_held = key[1] in work.standing[key[0]].held
    if rewrite is not None:
        _note(work, key, rewrite, stored, stretches)
    if rewrite is not None or was_held != (after is not None):
        before = known[-1].span if was_held and known else None
        lost_on = deciding.lost_on([row.span for row in stored], wanted, on)
        work.changes.append(_change(work, key, (before, after), lost_on, known, stretches))
    return after is not None


def _note(
    work: _Work,
    key: _Key,
    rewrite: deciding.Rewrite,
    stored: Sequence[_Row],
    stretches: Sequence[Stretch],
) -> None:
    at = max([work.now, *(row.since + _MOMENT for row in stored)])
    work.closed += [(row_id, at) for row_id in rewrite.closed]
    for span in rewrite.added:
        because = _because(work, key, span, stretches, stored)
        work.added.append((*key, span.start, span.end, at, key[1], json.dumps(because)))


def _because(
    work: _Work,
    key: _Key,
    span: DateSpan,
    stretches: Sequence[Stretch],
    stored: Sequence[_Row],
) -> Mapping[str, Any]:
    for stretch in stretches:
        if span.meets(DateSpan(stretch.start, stretch.end)):
            return inputs_of(work.book, key[1], stretch.facts)
    return next((row.because for row in stored if row.span.meets(span)), {})


def _change(
    work: _Work,
    key: _Key,
    in_force: tuple[DateSpan | None, DateSpan | None],
    lost_on: dt.date | None,
    stored: Sequence[_Row],
    stretches: Sequence[Stretch],
) -> Change:
    def right(span: DateSpan | None) -> Right | None:
        if span is None or span.start is None:
            return None
        return Right(
            member_id=key[0],
            entitlement=key[1],
            valid_from=span.start,
            valid_to=span.end,
            because=_because(work, key, span, stretches, stored),
        )

    before, after = map(right, in_force)
    return Change(member_id=key[0], entitlement=key[1], before=before, after=after, lost_on=lost_on)


def _lock(
    member_ids: Sequence[int], first_on: dt.date, book: Rulebook, now: dt.datetime
) -> dict[int, _Standing]:
    """Lock the members' rows in order of id, making those that are missing."""
    execute(statement(__file__, "make_standing"), [first_on, book.pack_hash, now, list(member_ids)])
    found = rows(statement(__file__, "lock_standing"), [list(member_ids)])
    return {one.member_id: _Standing(one.since, frozenset(one.held), one.version) for one in found}


def _stored(member_ids: Sequence[int], on: dt.date) -> dict[_Key, list[_Row]]:
    stored: dict[_Key, list[_Row]] = defaultdict(list)
    for one in rows(statement(__file__, "stored"), [list(member_ids), on]):
        span = DateSpan(one.valid_from, one.valid_to)
        stored[one.member_id, one.entitlement].append(
            _Row(one.id, span, json.loads(one.because), one.since)
        )
    return stored


def _write(work: _Work) -> None:
    if work.closed:
        execute(statement(__file__, "close"), _columns(work.closed))
    if work.added:
        execute(
            statement(__file__, "add"),
            [work.book.pack_hash, work.now, work.actor.id, *_columns(work.added)],
        )
    members, looks, held, *seen = _columns(work.looks)
    codes = [",".join(each) for each in held]
    execute(
        statement(__file__, "look_again"),
        [work.book.pack_hash, work.now, members, looks, codes, *seen],
    )


def _columns(table: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*table, strict=True)] if table else []
