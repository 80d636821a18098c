"""Carrying a run of registers' changes out: as facts in two times, in the order they happened."""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from citycard.infra.crypto import unseal
from citycard.infra.database import execute, rows
from citycard.infra.journal import announce
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.people.events import FactsChanged, in_parts
from citycard.people.feed_facts import Said, columns_of, facts_of
from citycard.people.feed_taking import CONTENT
from citycard.people.naming import bigrams
from citycard.people.numbering import replace_number
from citycard.people.recording import NewFact, record_facts

BASIS = "register_feed"
COLUMNS = ("name", "district", "village", "died_on")
_Key = tuple[int, str]


@dataclass(frozen=True, kw_only=True)
class Applied:
    """What a run of changes did.

    :ivar reasons: by member, what happened to them, in order; what counts most comes first
    :ivar since: the first day that a change speaks about
    """

    member_ids: Sequence[int]
    reasons: Mapping[int, Sequence[str]]
    since: dt.date | None


@dataclass(frozen=True, slots=True)
class _Change:
    member_id: int
    kind: str
    on: dt.date
    says: Mapping[str, str]
    register: str
    run_id: int
    is_new: bool


def begin_feed_run(*, register: str, run_id: int) -> int:
    """Put the changes of a register that wait into a run, and return how many they are."""
    require_unit_of_work()
    execute(
        "UPDATE people_feed_delivery SET run_id = %s"
        " WHERE register = %s AND state = 'taken' AND run_id IS NULL",
        [run_id, register],
    )
    return execute(
        "UPDATE people_feed_change SET run_id = %s"
        " WHERE register = %s AND state = 'waiting' AND run_id IS NULL",
        [run_id, register],
    )


def members_of_run(*, run_id: int) -> list[int]:
    """Return the members that a run's changes are about, by id."""
    found = rows(
        "SELECT DISTINCT member_id FROM people_feed_change"
        " WHERE run_id = %s AND state IN ('waiting', 'done') ORDER BY member_id",
        [run_id],
    )
    return [one.member_id for one in found]


def apply_feed(*, run_id: int, actor: Actor, now: dt.datetime) -> Applied:
    """Record what the changes of a run say, set-based; what each closed and added is kept.

    A change that comes after one that happened later is laid under it: the order of arrival tells
    nothing. Announces ``people.facts.changed``.
    """
    require_unit_of_work()
    changes = _changes(run_id)
    members = sorted({one.member_id for one in changes})
    if not members:
        return Applied(member_ids=(), reasons={}, since=None)
    _lock(members)
    facts = [fact for one in changes for fact in _facts(one)]
    before = _open_rows(facts)
    record_facts(facts=facts, actor=actor, now=now)
    _note_effects(run_id, before, _open_rows(facts))
    _overwrite(run_id, changes, actor, now)
    _renumber(run_id, changes, actor, now)
    execute(
        "UPDATE people_feed_change SET state = 'done' WHERE run_id = %s AND state = 'waiting'",
        [run_id],
    )
    announce(*(FactsChanged(member_ids=ids) for ids in in_parts(members)))
    return _applied(changes, members)


def _applied(changes: Sequence[_Change], members: Sequence[int]) -> Applied:
    reasons: dict[int, list[str]] = defaultdict(list)
    for one in changes:
        if one.is_new and one.kind not in reasons[one.member_id]:
            reasons[one.member_id].append(one.kind)
    order = {"died": 0, "moved": 1}
    return Applied(
        member_ids=members,
        reasons={
            member: tuple(sorted(kinds, key=lambda kind: order.get(kind, 2)))
            for member, kinds in reasons.items()
        },
        since=min((one.on for one in changes if one.is_new), default=None),
    )


_CHANGES = """
WITH fresh AS MATERIALIZED (
    SELECT id, member_id, kind, on_day, seq, content, register, run_id, true AS is_new
    FROM people_feed_change WHERE run_id = %(run)s AND state = 'waiting'
), since AS MATERIALIZED (
    SELECT member_id, register, min(on_day) AS on_day FROM fresh GROUP BY member_id, register
)
SELECT id, member_id, kind, on_day, seq, content, register, run_id, is_new FROM fresh
UNION ALL
SELECT c.id, c.member_id, c.kind, c.on_day, c.seq, c.content, c.register, c.run_id, false
FROM since s CROSS JOIN LATERAL (
    SELECT * FROM people_feed_change d
    WHERE d.member_id = s.member_id AND d.register = s.register AND d.state = 'done'
      AND d.on_day >= s.on_day
    OFFSET 0
) c
ORDER BY on_day, seq, id
"""


def _changes(run_id: int) -> list[_Change]:
    """Return the run's changes with those of the same people that happened later, in order."""
    return [
        _Change(
            member_id=one.member_id,
            kind=one.kind,
            on=one.on_day,
            says=json.loads(unseal(CONTENT, one.content, row=one.id)),
            register=one.register,
            run_id=one.run_id,
            is_new=one.is_new,
        )
        for one in rows(_CHANGES, {"run": run_id})
    ]


def _lock(member_ids: Sequence[int]) -> None:
    execute(
        "SELECT 1 FROM people_member WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE",
        [list(member_ids)],
    )


def _facts(change: _Change) -> list[NewFact]:
    return [_fact(change, said) for said in facts_of(change.kind, change.on, change.says)]


def _fact(change: _Change, said: Said) -> NewFact:
    return NewFact(
        member_id=change.member_id,
        name=said.name,
        value=said.value,
        valid_from=said.valid_from,
        valid_to=said.valid_to,
        source=f"register:{change.register}",
        basis_kind=BASIS,
        basis_id=str(change.run_id),
    )


_OPEN = """
SELECT f.id, f.member_id FROM unnest(%s::bigint[], %s::text[]) AS k(member_id, name)
JOIN people_fact f ON f.member_id = k.member_id AND f.name = k.name AND upper_inf(f.recorded)
"""


def _open_rows(facts: Sequence[NewFact]) -> dict[int, int]:
    keys: list[_Key] = sorted({(fact.member_id, fact.name) for fact in facts})
    found = rows(_OPEN, [[member for member, _ in keys], [name for _, name in keys]])
    return {one.id: one.member_id for one in found}


_EFFECT = """
INSERT INTO people_feed_effect (run_id, member_id, what, row_id)
SELECT %s, e.member_id, e.what, e.row_id
FROM unnest(%s::bigint[], %s::text[], %s::bigint[]) AS e(member_id, what, row_id)
"""


def _note_effects(run_id: int, before: Mapping[int, int], after: Mapping[int, int]) -> None:
    effects = [(member, "closed", row_id) for row_id, member in before.items()]
    effects = [one for one in effects if one[2] not in after]
    effects += [(member, "added", at) for at, member in after.items() if at not in before]
    _keep(run_id, effects)


def _keep(run_id: int, effects: Sequence[tuple[int, str, int]]) -> None:
    if effects:
        execute(_EFFECT, [run_id, *[list(column) for column in zip(*effects, strict=True)]])


_WAS = """
INSERT INTO people_member_was
    (member_id, name, birth_on, sex, district, village, died_on, until_at, actor_id)
SELECT m.id, m.name, m.birth_on, m.sex, m.district, m.village, m.died_on, %s, %s
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::date[])
    AS n(id, name, district, village, died_on)
JOIN people_member m ON m.id = n.id
WHERE (n.name, n.district, n.village, n.died_on) IS DISTINCT FROM
    (NULL, NULL, NULL, NULL)
  AND (coalesce(n.name, m.name), coalesce(n.district, m.district),
       coalesce(n.village, m.village), coalesce(n.died_on, m.died_on))
      IS DISTINCT FROM (m.name, m.district, m.village, m.died_on)
RETURNING id, member_id
"""

_SET = """
UPDATE people_member m SET name = coalesce(n.name, m.name),
    name_bigrams = CASE WHEN n.name IS NULL THEN m.name_bigrams
                   ELSE string_to_array(n.bigrams, ' ') END,
    district = coalesce(n.district, m.district), village = coalesce(n.village, m.village),
    died_on = coalesce(n.died_on, m.died_on), verified_at = %s, verified_by = %s
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::date[], %s::text[])
    AS n(id, name, district, village, died_on, bigrams)
WHERE m.id = n.id
"""


def _overwrite(run_id: int, changes: Sequence[_Change], actor: Actor, now: dt.datetime) -> None:
    """Bring the members' own columns up to date; what they said before is kept."""
    said: dict[int, dict[str, Any]] = defaultdict(dict)
    city = current_pack().code
    for one in changes:
        said[one.member_id] |= columns_of(one.kind, one.on, one.says, city)
    told = {member: columns for member, columns in said.items() if columns}
    if not told:
        return
    values = [[columns.get(name) for columns in told.values()] for name in COLUMNS]
    names = [" ".join(bigrams(name)) if name else None for name in values[0]]
    kept = rows(_WAS, [now, actor.id, list(told), *values])
    _keep(run_id, [(one.member_id, "was", one.id) for one in kept])
    register = changes[0].register
    execute(_SET, [now, f"register:{register}", list(told), *values, names])


def _renumber(run_id: int, changes: Sequence[_Change], actor: Actor, now: dt.datetime) -> None:
    """Give new numbers; a handful in a month, so one by one."""
    new = [one for one in changes if one.is_new and one.kind == "renumbered"]
    held = rows(
        "SELECT id, member_id FROM people_member_number"
        " WHERE member_id = ANY(%s::bigint[]) AND replaced_at IS NULL",
        [sorted({one.member_id for one in new})],
    )
    _keep(run_id, [(one.member_id, "number", one.id) for one in held])
    for one in new:
        number = one.says["new_id_number"]
        passport = not (number[:1].isalpha() and len(number) == 10)
        replace_number(
            member_id=one.member_id,
            new_number=number,
            passport=passport,
            why="renumbered",
            actor=actor,
            now=now,
        )
