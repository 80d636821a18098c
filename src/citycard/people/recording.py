"""Recording facts: in two times, so that what we knew on any past day can be told."""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from citycard.infra.database import execute, rows
from citycard.infra.journal import announce
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.kernel.periods import DateSpan
from citycard.people.deciding import Held, lay_over
from citycard.people.events import FactsChanged, in_parts

_Key = tuple[int, str]
_MOMENT = dt.timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True)
class NewFact:
    """Something a source says about a member.

    :ivar name: ``registered_city``, ``status.<code>``, ``approval.<code>``, ``relation.<code>`` …
    :ivar value: JSON-ready; True and False for statuses, approvals and relations; dates as ISO text
    :ivar valid_from: the first day it holds; None: from the beginning
    :ivar valid_to: the first day it no longer holds; None: no end is known
    :ivar basis_kind: what it rests on: ``register_query``, ``application``, ``import``,
        ``counter`` …
    """

    member_id: int
    name: str
    value: Any
    valid_from: dt.date | None
    valid_to: dt.date | None = None
    source: str
    basis_kind: str
    basis_id: str = ""


class EmptyPeriod(Refused):
    """The fact {name} would end on {valid_to} before it begins on {valid_from}."""

    code = "people.empty_period"


class NoSuchMember(Refused):
    """There is no member {member_id}."""

    code = "people.no_such_member"


def record_facts(*, facts: Sequence[NewFact], actor: Actor, now: dt.datetime) -> list[bool]:
    """Record what sources say, set-based; tell for each fact whether it changed what we hold true.

    Nothing is overwritten: a row that no longer holds is closed at ``now``, its days outside the
    new
    fact are added again, then the new fact is added. To end a status early, record False from that
    day.
    Announces ``people.facts.changed`` with the members concerned.

    :raises EmptyPeriod: a fact ends before it begins; nothing of the batch is recorded
    :raises NoSuchMember: a fact is about nobody; nothing of the batch is recorded
    """
    require_unit_of_work()
    for fact in facts:
        if fact.valid_from and fact.valid_to and fact.valid_from >= fact.valid_to:
            raise EmptyPeriod(name=fact.name, valid_from=fact.valid_from, valid_to=fact.valid_to)
    if not facts:
        return []
    _lock_members(sorted({fact.member_id for fact in facts}))
    held = _held(sorted({(fact.member_id, fact.name) for fact in facts}))
    before = {key: list(known) for key, known in held.items()}
    changed = [_lay(held, fact) for fact in facts]
    _write(before, held, now)
    concerned = {fact.member_id for fact, new in zip(facts, changed, strict=True) if new}
    announce(*(FactsChanged(member_ids=ids) for ids in in_parts(sorted(concerned))))
    return changed


def _lay(held: dict[_Key, list[Held]], fact: NewFact) -> bool:
    key = (fact.member_id, fact.name)
    new = Held(
        days=DateSpan(fact.valid_from, fact.valid_to),
        value=fact.value,
        source=fact.source,
        basis_kind=fact.basis_kind,
        basis_id=fact.basis_id,
    )
    correction = lay_over(held[key], new)
    held[key] = list(correction.held)
    return bool(correction.added)


def _lock_members(member_ids: Sequence[int]) -> None:
    """Lock the members in order of id, so that two recordings about one person follow each
    other.
    """
    found = rows(
        "SELECT id FROM people_member WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE",
        [list(member_ids)],
    )
    if len(found) < len(member_ids):
        raise NoSuchMember(member_id=min(set(member_ids) - {one.id for one in found}))


_HELD = """
SELECT f.id, f.member_id, f.name, f.value::text AS value, lower(f.valid) AS starts, upper(f.valid)
AS ends,
    f.source, f.basis_kind, f.basis_id, lower(f.recorded) AS since
FROM unnest(%s::bigint[], %s::text[]) AS k(member_id, name)
JOIN people_fact f ON f.member_id = k.member_id AND f.name = k.name AND upper_inf(f.recorded)
"""


def _held(keys: Sequence[_Key]) -> dict[_Key, list[Held]]:
    held: dict[_Key, list[Held]] = defaultdict(list)
    for one in rows(_HELD, [[member for member, _ in keys], [name for _, name in keys]]):
        held[one.member_id, one.name].append(
            Held(
                id=one.id,
                since=one.since,
                days=DateSpan(one.starts, one.ends),
                value=json.loads(one.value),
                source=one.source,
                basis_kind=one.basis_kind,
                basis_id=one.basis_id,
            )
        )
    return held


_CLOSE = """
UPDATE people_fact f SET recorded = tstzrange(lower(f.recorded), c.at)
FROM unnest(%s::bigint[], %s::timestamptz[]) AS c(id, at) WHERE f.id = c.id
"""

_ADD = """
INSERT INTO people_fact (member_id, name, value, valid, recorded, source, basis_kind, basis_id)
SELECT n.member_id, n.name, n.value::jsonb, daterange(n.starts, n.ends), tstzrange(n.at, NULL),
    n.source, n.basis_kind, n.basis_id
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::date[], %s::date[], %s::timestamptz[],
    %s::text[], %s::text[], %s::text[])
  AS n(member_id, name, value, starts, ends, at, source, basis_kind, basis_id)
"""


def _write(before: dict[_Key, list[Held]], after: dict[_Key, list[Held]], now: dt.datetime) -> None:
    """Close the rows that no longer hold, and add the new ones from the same instant on."""
    closed: list[tuple[Any, ...]] = []
    added: list[tuple[Any, ...]] = []
    for key, held in after.items():
        gone = [one for one in before.get(key, []) if one not in held]
        # recorded twice in one instant: the first still gets a moment in which it was held true
        at = max([now, *(one.since + _MOMENT for one in gone if one.since)])
        closed += [(one.id, at) for one in gone]
        added += [_row(key, one, at) for one in held if one.id is None]
    if closed:
        execute(_CLOSE, _columns(closed))
    if added:
        execute(_ADD, _columns(added))


def _row(key: _Key, one: Held, at: dt.datetime) -> tuple[Any, ...]:
    value = json.dumps(one.value, ensure_ascii=False)
    days = one.days
    return (*key, value, days.start, days.end, at, one.source, one.basis_kind, one.basis_id)


def _columns(table: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*table, strict=True)]
