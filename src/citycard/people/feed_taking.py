"""Taking a delivery over: whole, each change once, sealed, and nothing of people we don't know."""

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from citycard.infra.crypto import seal
from citycard.infra.database import execute, row, rows, scalar
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.access import Access
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.people.feed_refusals import FeedAgain, FeedGap, FeedStrangers
from citycard.people.feed_values import LISTED, FeedFile, RegisterChange
from citycard.people.numbering import member_ids_by_number

CONTENT = "people.feed_change.content"
STRANGERS_FROM = 20
"""From so many known people on, one in five with another birth date is somebody else's file."""

FIELDS = ("birth_on", "statuses", "id_number")


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What a delivery held.

    :ivar ours: changes about members, new to us
    :ivar unfit: those that name a member's number with another date of birth
    """

    delivery_id: int
    rows: int
    ours: int
    unfit: int


def members_in_feed(*, file: FeedFile) -> list[int]:
    """Return the members that a delivery is about, for the access that taking it over needs.

    Of a full list, those who have the status now belong to it, too: not being listed says much.
    """
    found = member_ids_by_number(id_numbers=[one.id_number for one in file.changes])
    listed = {member_id for member_id in found if member_id is not None}
    if file.form == "list":
        have = rows(_HAVE, [f"status.{file.status}", file.listed_on])
        listed |= {one.id for one in have}
    return sorted(listed)


def take_feed(
    *,
    file: FeedFile,
    door: str,
    ground: str,
    access: Access,
    actor: Actor,
    now: dt.datetime,
    cursor: str | None = None,
) -> Taken:
    """Keep a delivery's changes, sealed, until their run is released; all of them or none.

    A change whose number was taken over before is left out. Of a full list, the differences to what
    we hold are kept: who has the status newly, and who has it no longer.

    :param ground: the law that the register is followed on
    :param cursor: where its API goes on; kept in the same unit of work
    :raises FeedAgain: the same file, or one that holds nothing new
    :raises FeedGap: a file between the last one and this one is missing
    :raises FeedStrangers: too many people have another date of birth
    """
    require_unit_of_work()
    _lock(file.register)
    if door == "file":
        _in_order(file)
    found = member_ids_by_number(id_numbers=[one.id_number for one in file.changes])
    access.require(*FIELDS, members={one for one in found if one is not None})
    known = [
        (one, member) for one, member in zip(file.changes, found, strict=True) if member is not None
    ]
    births = _births([member for _, member in known])
    unfit = {one.number for one, member in known if births[member] != one.birth_on}
    if len(known) >= STRANGERS_FROM and len(unfit) * 5 > len(known):
        raise FeedStrangers(file=file.name, unfit=len(unfit), known=len(known))
    delivery_id = _deliver(file, door, ground, actor, now)
    kept = list(_differences(file, known) if file.form == "list" else _plain(known))
    stored = _store(delivery_id, file.register, kept, unfit)
    ours = sum(1 for one in stored if one.state == "waiting")
    _count(delivery_id, ours, len(stored) - ours)
    if cursor is not None:
        execute(
            "UPDATE people_feed SET cursor = %s, failing_since = NULL, failing_why = ''"
            " WHERE register = %s",
            [cursor, file.register],
        )
    return Taken(
        delivery_id=delivery_id, rows=len(file.changes), ours=ours, unfit=len(stored) - ours
    )


def note_refused(
    *,
    register: str,
    door: str,
    name: str,
    content_hash: bytes,
    refusal: Refused,
    actor: Actor,
    now: dt.datetime,
) -> int:
    """Keep why a delivery was not taken, for the operator's page; nothing of its content.

    :param register: empty where the file doesn't tell
    """
    require_unit_of_work()
    facts = {name: value for name, value in refusal.facts.items() if isinstance(value, int | str)}
    return int(
        scalar(
            "INSERT INTO people_feed_delivery (register, door, form, name, content_hash, state,"
            " why, facts, taken_at, taken_by)"
            " VALUES (%s, %s, 'changes', %s, %s, 'refused', %s, %s::jsonb, %s, %s) RETURNING id",
            [
                register,
                door,
                name,
                content_hash,
                refusal.code,
                json.dumps(facts, ensure_ascii=False),
                now,
                actor.id,
            ],
        )
    )


def note_silence(*, register: str, why: str, now: dt.datetime) -> None:
    """Keep since when a register's API has not answered."""
    require_unit_of_work()
    _lock(register)
    execute(
        "UPDATE people_feed SET failing_since = coalesce(failing_since, %s), failing_why = %s"
        " WHERE register = %s",
        [now, why, register],
    )


def feed_cursor(*, register: str) -> str:
    """Return where a register's API goes on; empty: from the beginning."""
    return str(scalar("SELECT cursor FROM people_feed WHERE register = %s", [register]) or "")


def _lock(register: str) -> None:
    execute("INSERT INTO people_feed (register) VALUES (%s) ON CONFLICT DO NOTHING", [register])
    execute("SELECT 1 FROM people_feed WHERE register = %s FOR UPDATE", [register])


LAST = """
SELECT coalesce(max(last_number) FILTER (WHERE form = 'changes'), 0) AS number,
    max(listed_on) AS listed_on, max(taken_at) AS taken_at
FROM people_feed_delivery WHERE register = %s AND state = 'taken'
"""

_SAME = """
SELECT 1 FROM people_feed_delivery WHERE register = %s AND content_hash = %s AND state = 'taken'
"""

_LAST_LIST = """
SELECT max(listed_on) FROM people_feed_delivery d
WHERE register = %s AND state = 'taken' AND facts ->> 'status' = %s
"""


def _in_order(file: FeedFile) -> None:
    """Stop at a file that was here before, and at one before which another is missing."""
    last_number = row(LAST, [file.register])
    assert last_number is not None, "an aggregate has a row"
    newest = max((one.number for one in file.changes), default=file.after)
    if scalar(_SAME, [file.register, file.content_hash]):
        raise FeedAgain(file=file.name, number=newest)
    if file.form == "list":
        listed = scalar(_LAST_LIST, [file.register, file.status])
        if listed is not None and file.listed_on is not None and file.listed_on <= listed:
            raise FeedAgain(file=file.name, number=listed.isoformat())
        return
    # the first file of all says itself where it begins
    if last_number.taken_at is not None and last_number.number:
        if newest <= last_number.number:
            raise FeedAgain(file=file.name, number=newest)
        if file.after != last_number.number:
            raise FeedGap(file=file.name, line=1, after=file.after, last=last_number.number)


def _births(member_ids: Sequence[int]) -> dict[int, dt.date]:
    found = rows(
        "SELECT id, birth_on FROM people_member WHERE id = ANY(%s::bigint[])",
        [sorted(set(member_ids))],
    )
    return {one.id: one.birth_on for one in found}


Kept = tuple[str, RegisterChange, int]


def _plain(known: Sequence[tuple[RegisterChange, int]]) -> Iterator[Kept]:
    for change, member in known:
        yield str(change.number), change, member


_HAVE = """
SELECT m.id, m.birth_on FROM people_fact f JOIN people_member m ON m.id = f.member_id
WHERE f.name = %s AND upper_inf(f.recorded) AND f.valid @> %s::date AND f.value = 'true'::jsonb
ORDER BY m.id
"""


def _differences(file: FeedFile, known: Sequence[tuple[RegisterChange, int]]) -> Iterator[Kept]:
    """Return who has the listed status newly, and who is listed no longer."""
    assert file.listed_on is not None, "a full list has a day"
    have = {one.id: one.birth_on for one in rows(_HAVE, [f"status.{file.status}", file.listed_on])}
    listed = {member for _, member in known}
    for change, member in known:
        if member not in have:
            number = f"{file.listed_on:%Y%m%d}:{file.status}:{member}"
            yield number, _as(change, "certificate_issued", change.on), member
    for member, birth_on in have.items():
        if member not in listed:
            gone = RegisterChange(
                number=-file.listed_on.toordinal(),
                kind="certificate_expired",
                on=file.listed_on,
                id_number="",
                birth_on=birth_on,
                says={"code": file.status},
            )
            yield f"{file.listed_on:%Y%m%d}:{file.status}:{member}", gone, member


def _as(change: RegisterChange, kind: str, on: dt.date) -> RegisterChange:
    assert change.kind == LISTED, "a row of a full list"
    return RegisterChange(
        number=change.number,
        kind=kind,
        on=on,
        id_number="",
        birth_on=change.birth_on,
        says=change.says,
    )


def _deliver(file: FeedFile, door: str, ground: str, actor: Actor, now: dt.datetime) -> int:
    return int(
        scalar(
            "INSERT INTO people_feed_delivery (register, door, form, name, content_hash,"
            " after_number, last_number, listed_on, rows, state, facts, ground, taken_at, taken_by)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, 'taken', %s::jsonb, %s, %s, %s)"
            " RETURNING id",
            [
                file.register,
                door,
                file.form,
                file.name,
                file.content_hash,
                file.after,
                max((one.number for one in file.changes), default=file.after),
                file.listed_on,
                len(file.changes),
                json.dumps({"status": file.status, "checked_by": file.checked_by}),
                ground,
                now,
                actor.id,
            ],
        )
    )


_STORE = """
INSERT INTO people_feed_change (id, register, change_no, seq, delivery_id, member_id, kind, on_day,
    content, state)
SELECT c.id, %s, c.change_no, c.seq, %s, c.member_id, c.kind, c.on_day, c.content, c.state
FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::date[],
    %s::bytea[], %s::text[])
  AS c(id, change_no, seq, member_id, kind, on_day, content, state)
ON CONFLICT (register, change_no) WHERE state <> 'thrown_away' DO NOTHING
RETURNING state
"""


def _store(delivery_id: int, register: str, kept: Sequence[Kept], unfit: set[int]) -> list[Any]:
    if not kept:
        return []
    ids = rows(
        "SELECT nextval(pg_get_serial_sequence('people_feed_change', 'id')) AS id"
        " FROM generate_series(1, %s)",
        [len(kept)],
    )
    table = [
        (
            new.id,
            number,
            change.number,
            member,
            change.kind,
            change.on,
            seal(CONTENT, json.dumps(dict(change.says), ensure_ascii=False), row=new.id),
            "unfit" if change.number in unfit else "waiting",
        )
        for new, (number, change, member) in zip(ids, kept, strict=True)
    ]
    columns = [list(column) for column in zip(*table, strict=True)]
    return rows(_STORE, [register, delivery_id, *columns])


def _count(delivery_id: int, ours: int, unfit: int) -> None:
    execute(
        "UPDATE people_feed_delivery SET ours = %s, unfit = %s WHERE id = %s",
        [ours, unfit, delivery_id],
    )
