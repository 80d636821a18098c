"""Keeping stays: what differs from what stands is written in one statement, each version kept."""

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from citycard.infra.database import rows, statement
from citycard.infra.packs import current_pack
from citycard.kernel.actors import Actor
from citycard.kernel.pairing import Stay


class Passed(NamedTuple):
    """A pupil who came or left just now."""

    stay_id: int
    left: bool


class _Row(NamedTuple):
    key: uuid.UUID
    member_id: int
    kind: str
    agency: str
    place: str
    day: dt.date
    starts_at: dt.datetime | None
    ends_at: dt.datetime | None
    state: str
    version: int
    word_id: int | None


def keep(
    decided: Mapping[tuple[int, str, str], Sequence[Stay]],
    seen: Iterable[uuid.UUID],
    *,
    tell_since: dt.datetime,
    actor: Actor,
    now: dt.datetime,
) -> list[Passed]:
    """Keep stays where they differ from what stands; return the pupils who passed just now.

    :param seen: keys of the marks that were looked at: a stored stay that began with one of them
        and is not decided any more is gone
    :param tell_since: what happened before this is told to nobody any more
    """
    wanted = {one.key: one for one in _wanted(decided, now)}
    stored = _stored({*wanted, *seen})
    changed = [one for one in wanted.values() if _differs(one, stored.get(one.key))]
    changed += [_gone(row) for key, row in stored.items() if key not in wanted]
    changed = [_next_version(one, stored.get(one.key)) for one in changed]
    if not changed:
        return []
    ids = _write(changed, actor, now)
    return [
        Passed(ids[one.key], left)
        for one in changed
        for left in _passed(one, stored.get(one.key), tell_since)
    ]


def _wanted(
    decided: Mapping[tuple[int, str, str], Sequence[Stay]], now: dt.datetime
) -> Iterator[_Row]:
    day_of = current_pack().time.day
    for (member_id, kind, agency), found in decided.items():
        for stay in found:
            day = day_of(stay.starts_at or stay.ends_at or now)
            yield _Row(
                *(stay.key, member_id, kind, agency, stay.place, day, stay.starts_at, stay.ends_at),
                *(_state(stay), 1, stay.word_id),
            )


def _state(stay: Stay) -> str:
    if stay.struck:
        return "struck"
    return f"no_{stay.missing}" if stay.missing else "whole"


def _stored(keys: Iterable[uuid.UUID]) -> dict[uuid.UUID, Any]:
    found = rows(
        "SELECT key, member_id, kind, agency, place, day, starts_at, ends_at, state, version,"
        " word_id FROM attendance_stay WHERE key = ANY (%s::uuid[])",
        [sorted(keys)],
    )
    return {row.key: row for row in found}


def _differs(one: _Row, before: Any | None) -> bool:
    if before is None:
        return True
    named = ("starts_at", "ends_at", "state", "word_id")
    return any(getattr(one, name) != getattr(before, name) for name in named)


def _gone(before: Any) -> _Row:
    return _Row(*before)._replace(state="gone")


def _next_version(one: _Row, before: Any | None) -> _Row:
    return one._replace(version=before.version + 1 if before is not None else 1)


def _passed(one: _Row, before: Any | None, tell_since: dt.datetime) -> Iterator[bool]:
    """Tell which of a pupil's passings is new and fresh: that they came (False), left (True)."""
    if one.kind != "school" or one.state in ("gone", "struck") or one.word_id is not None:
        return
    fresh = before is None or before.state == "gone"
    if one.starts_at is not None and one.starts_at >= tell_since and fresh:
        yield False
    ends = before is None or before.ends_at is None
    if one.ends_at is not None and one.ends_at >= tell_since and ends:
        yield True


def _write(changed: Sequence[_Row], actor: Actor, now: dt.datetime) -> dict[uuid.UUID, int]:
    columns = zip(*changed, strict=True)
    written = rows(
        statement(__file__, "keep_stays"),
        {
            **{name: list(column) for name, column in zip(_Row._fields, columns, strict=True)},
            "now": now,
            "actor": actor.id,
            "pack_hash": current_pack().hash,
        },
    )
    return {row.key: row.id for row in written}
