"""Undoing a run of registers' changes as a whole, or throwing it away before it was carried out."""

import datetime as dt

from citycard.infra.database import execute, rows
from citycard.infra.journal import announce
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.people import sealed
from citycard.people.events import FactsChanged, in_parts
from citycard.people.naming import bigrams
from citycard.people.numbering import replace_number

_MOMENT = dt.timedelta(microseconds=1)


def undo_feed(*, run_id: int, actor: Actor, now: dt.datetime) -> list[int]:
    """Take back what a run recorded, and return the members concerned.

    What was recorded about the same fact since then stays. The changes count as never taken over:
    the register may deliver them again, put right. Announces ``people.facts.changed``.
    """
    require_unit_of_work()
    members = sorted(
        {
            one.member_id
            for one in rows(
                "SELECT member_id FROM people_feed_change WHERE run_id = %s AND state = 'done'",
                [run_id],
            )
        }
    )
    execute(
        "SELECT 1 FROM people_member WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE",
        [members],
    )
    _facts_back(run_id, now)
    _columns_back(run_id, actor, now)
    _numbers_back(run_id, actor, now)
    _free(run_id, "done")
    announce(*(FactsChanged(member_ids=ids) for ids in in_parts(members)))
    return members


def throw_away_feed(*, run_id: int) -> int:
    """Drop a run's changes unused, and return how many; the register may deliver them again."""
    require_unit_of_work()
    return _free(run_id, "waiting")


def _free(run_id: int, state: str) -> int:
    execute(
        "UPDATE people_feed_delivery SET state = 'thrown_away' WHERE run_id = %s AND state"
        " = 'taken'",
        [run_id],
    )
    return execute(
        "UPDATE people_feed_change SET state = 'thrown_away' WHERE run_id = %s AND state = %s",
        [run_id, state],
    )


_EFFECTS = """
SELECT e.what, f.id, f.member_id, f.name, upper_inf(f.recorded) AS is_open,
    lower(f.recorded) AS since
FROM people_feed_effect e JOIN people_fact f ON f.id = e.row_id
WHERE e.run_id = %s AND e.what IN ('closed', 'added')
"""

_CLOSE = """
UPDATE people_fact f SET recorded = tstzrange(lower(f.recorded), c.at)
FROM unnest(%s::bigint[], %s::timestamptz[]) AS c(id, at) WHERE f.id = c.id
"""

_BACK = """
INSERT INTO people_fact (member_id, name, value, valid, recorded, source, basis_kind, basis_id)
SELECT f.member_id, f.name, f.value, f.valid, tstzrange(c.at, NULL), f.source, f.basis_kind,
    f.basis_id
FROM unnest(%s::bigint[], %s::timestamptz[]) AS c(id, at) JOIN people_fact f ON f.id = c.id
"""


def _facts_back(run_id: int, now: dt.datetime) -> None:
    """Close what the run added and add again what it closed, but for facts that somebody recorded
    anew since."""
    effects = rows(_EFFECTS, [run_id])
    added = [one for one in effects if one.what == "added"]
    newer = {(one.member_id, one.name) for one in added if not one.is_open}
    instants: dict[tuple[int, str], dt.datetime] = {}
    for one in added:
        key = (one.member_id, one.name)
        instants[key] = max(now, one.since + _MOMENT, instants.get(key, now))
    for what, sql in (("added", _CLOSE), ("closed", _BACK)):
        mine = [
            (one.id, instants.get((one.member_id, one.name), now))
            for one in effects
            if one.what == what and (one.member_id, one.name) not in newer
        ]
        if mine:
            execute(sql, [list(column) for column in zip(*mine, strict=True)])


_COLUMNS = """
SELECT w.id, w.member_id, w.name, w.district, w.village, w.died_on
FROM people_feed_effect e JOIN people_member_was w ON w.id = e.row_id
WHERE e.run_id = %s AND e.what = 'was' AND NOT EXISTS (
    SELECT 1 FROM people_member_was later WHERE later.member_id = w.member_id AND later.id > w.id)
"""

_KEEP = """
INSERT INTO people_member_was
    (member_id, name, birth_on, sex, district, village, died_on, until_at, actor_id)
SELECT id, name, birth_on, sex, district, village, died_on, %s, %s
FROM people_member WHERE id = ANY(%s::bigint[])
"""

_SET_BACK = """
UPDATE people_member m SET name = n.name, name_bigrams = string_to_array(n.bigrams, ' '),
    district = n.district, village = n.village, died_on = n.died_on
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::date[], %s::text[])
    AS n(id, name, district, village, died_on, bigrams)
WHERE m.id = n.id
"""


def _columns_back(run_id: int, actor: Actor, now: dt.datetime) -> None:
    was = rows(_COLUMNS, [run_id])
    if not was:
        return
    members = [one.member_id for one in was]
    execute(_KEEP, [now, actor.id, members])
    execute(
        _SET_BACK,
        [
            members,
            [one.name for one in was],
            [one.district for one in was],
            [one.village for one in was],
            [one.died_on for one in was],
            [" ".join(bigrams(one.name)) for one in was],
        ],
    )


def _numbers_back(run_id: int, actor: Actor, now: dt.datetime) -> None:
    found = rows(
        "SELECT n.id, n.member_id, n.id_kind, n.sealed FROM people_feed_effect e"
        " JOIN people_member_number n ON n.id = e.row_id"
        " WHERE e.run_id = %s AND e.what = 'number' AND n.replaced_at IS NOT NULL",
        [run_id],
    )
    for one in found:
        replace_number(
            member_id=one.member_id,
            new_number=sealed.unseal_or_empty(sealed.NUMBER, one.sealed, row=one.id),
            passport=one.id_kind == "passport",
            why="feed_undone",
            actor=actor,
            now=now,
        )
