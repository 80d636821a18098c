"""What rules may know about members on a day: machine use, never a page."""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from citycard.infra.database import rows
from citycard.kernel.periods import DateSpan

_GROUPS = {"status": "statuses", "approval": "approvals", "relation": "relations"}
_OWN = frozenset({"birth_on", "sex", "id_kind", "died_on"})

_MEMBERS = """
SELECT m.id, coalesce(w.birth_on, m.birth_on) AS birth_on, coalesce(w.sex, m.sex) AS sex,
    CASE WHEN w.id IS NULL THEN m.died_on ELSE w.died_on END AS died_on, n.id_kind
FROM people_member m
LEFT JOIN people_member_number n ON n.member_id = m.id AND n.replaced_at IS NULL
LEFT JOIN LATERAL (
    SELECT w.id, w.birth_on, w.sex, w.died_on FROM people_member_was w
    WHERE w.member_id = m.id AND w.until_at > %(known_at)s ORDER BY w.until_at, w.id LIMIT 1
) w ON %(known_at)s::timestamptz IS NOT NULL
WHERE m.id = ANY(%(ids)s::bigint[])
"""

_FACTS = """
SELECT member_id, name, value::text AS value, valid @> %(on)s::date AS holds
FROM people_fact
WHERE member_id = ANY(%(ids)s::bigint[])
  AND (%(names)s::text[] IS NULL OR name = ANY(%(names)s::text[]) OR split_part(name, '.', 1) =
  ANY(%(names)s::text[]))
  AND {known}
"""
_KNOWN_NOW = "upper_inf(recorded)"
_KNOWN_THEN = "recorded @> %(known_at)s::timestamptz"


def facts_of(
    *,
    member_ids: Sequence[int],
    names: Collection[str] | None,
    on: dt.date,
    known_at: dt.datetime | None = None,
) -> dict[int, dict[str, Any]]:
    """Return what rules may know about each member on a day, as we know it now or knew it then.

    Keys: ``birth_on, sex, id_kind, died_on, registered_city, …`` and, by code, ``statuses``,
    ``approvals``, ``relations`` (True, False, or a mapping with ``held`` and ``grade``). A missing
    key is unknown. A status, approval or relation on
    record whose
    period does not cover the day is False; any other fact is then missing.

    :param names: the facts that are needed (``birth_on``, ``status.disability`` or all
        ``statuses``); None: all
    :param known_at: answer with what we held true at this instant
    """
    ids = list(member_ids)
    known: dict[int, dict[str, Any]] = {member_id: {} for member_id in ids}
    if names is None or not _OWN.isdisjoint(names):
        found = rows(_MEMBERS, {"ids": ids, "known_at": known_at}, prepare=True)
        known = {one.id: _own(one, names) for one in found}
    sql = _FACTS.format(known=_KNOWN_NOW if known_at is None else _KNOWN_THEN)
    stored = None if names is None else [_stored_name(name) for name in names]
    asked = {"ids": ids, "names": stored, "on": on, "known_at": known_at}
    for fact in rows(sql, asked, prepare=True):
        _put(known[fact.member_id], fact.name, json.loads(fact.value), fact.holds)
    return known


def days_of_change(*, member_ids: Sequence[int], after: dt.date) -> dict[int, list[dt.date]]:
    """Return the days after one on which a fact that is on record begins or ends to hold,
    sorted.
    """
    days: dict[int, set[dt.date]] = defaultdict(set)
    found = rows(
        "SELECT member_id, lower(valid) AS starts, upper(valid) AS ends FROM people_fact"
        " WHERE member_id = ANY(%(ids)s::bigint[]) AND upper_inf(recorded)"
        " AND (lower(valid) > %(after)s OR upper(valid) > %(after)s)",
        {"ids": list(member_ids), "after": after},
    )
    for one in found:
        days[one.member_id] |= {day for day in (one.starts, one.ends) if day and day > after}
    return {member_id: sorted(days[member_id]) for member_id in member_ids}


def members_with(*, fact: str, on: dt.date) -> list[int]:
    """Return the members of whom a yes-or-no fact (``relation.…``, ``status.…``) holds on a day, as
    we know it now; for flows, never for a page."""
    found = rows(
        "SELECT member_id FROM people_fact WHERE name = %s AND upper_inf(recorded)"
        " AND valid @> %s::date AND value = 'true'::jsonb ORDER BY member_id",
        [fact, on],
    )
    return [one.member_id for one in found]


def spans_of(*, fact: str, since: dt.date) -> dict[int, list[DateSpan]]:
    """Return, by member, the days on which a yes-or-no fact holds that aren't over by a day, the
    first ones first: those that are still to come are among them. For flows."""
    found = rows(
        "SELECT member_id, lower(valid) AS since, upper(valid) AS until FROM people_fact"
        " WHERE name = %s AND upper_inf(recorded) AND valid && daterange(%s, NULL)"
        " AND value = 'true'::jsonb ORDER BY member_id, lower(valid) NULLS FIRST",
        [fact, since],
    )
    spans: dict[int, list[DateSpan]] = {}
    for one in found:
        spans.setdefault(one.member_id, []).append(DateSpan(one.since, one.until))
    return spans


def _own(member: Any, names: Collection[str] | None) -> dict[str, Any]:
    wanted = _OWN if names is None else _OWN & set(names)
    own = {name: getattr(member, name) for name in wanted}
    return {name: value for name, value in own.items() if value is not None}


def _stored_name(name: str) -> str:
    """Return the stored name, or the stored prefix, of a fact as rules name it."""
    head, _, code = name.partition(".")
    singular = {plural: one for one, plural in _GROUPS.items()}.get(head, head)
    return f"{singular}.{code}" if code else singular


def _put(known: dict[str, Any], name: str, value: Any, holds: bool) -> None:
    head, _, code = name.partition(".")
    group = _GROUPS.get(head)
    if group is not None:
        codes = known.setdefault(group, {})
        if holds:
            codes[code] = _held(value)
        else:
            codes.setdefault(code, False)
    elif holds and value is not None:
        known[name] = _with_dates(name, value)


def _held(value: Any) -> Any:
    """Return what is held: yes or no, or a yes that says more, such as a grade."""
    return {**value, "held": True} if isinstance(value, Mapping) and value else bool(value)


def _with_dates(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _with_dates(key, inner) for key, inner in value.items()}
    if name.endswith(("_on", "_since")) and isinstance(value, str):
        return dt.date.fromisoformat(value)
    return value
