"""The book of mass changes: what each would do, who let it pass, what it did."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from citycard.infra.database import execute, row, rows, scalar
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import NotFound, Refused

MassState = Literal["drafted", "waiting", "carried_out", "rejected", "undone"]


class MassChangeIsOver(Refused):
    """This mass change is {state} already."""

    code = "agencies.mass_change_is_over"


@dataclass(frozen=True, kw_only=True)
class RightFigure:
    """What a mass change does to one right.

    :ivar ended: people who lose it, or days of it; ``begun`` gain it; ``changed`` keep it, for
        other days, and lose none
    :ivar holders: people who have it before
    :ivar reasons: of those who lose it, how many by what happened to them
    :ivar limit: more than so many who lose it wait for a second officer
    :ivar first_on: the first of the days from which people lose it, ``last_on`` the last; None:
        it ends by time alone, or for nobody
    """

    entitlement: str
    ended: int
    begun: int
    changed: int
    holders: int
    limit: int
    reasons: Mapping[str, int]
    first_on: dt.date | None = None
    last_on: dt.date | None = None

    @property
    def is_held(self) -> bool:
        """Tell whether this right alone makes the change wait."""
        return self.ended > self.limit


@dataclass(frozen=True, kw_only=True)
class MassChange:
    """One run of the brake.

    :ivar kind: ``feed`` (registers' changes), ``rules`` (a rule or a pack) or ``ends`` (what ended
        for other reasons in a day: gathered for operators, never weighed)
    :ivar about: whose: a register's code, a pack's hash, a day
    :ivar samples: some members for each right that ends, by id
    :ivar content_hash: of who gains or loses what
    :ivar ref: for rules, the re-check run's number
    """

    id: int
    kind: str
    about: str
    state: MassState
    figures: Sequence[RightFigure]
    samples: Mapping[str, Sequence[int]]
    content_hash: str
    ended: int
    days: int
    ref: int | None
    proposal_id: int | None
    made_at: dt.datetime
    made_by: str
    released_at: dt.datetime | None
    released_by: str | None
    undone_at: dt.datetime | None
    undone_by: str | None


def draft_mass_change(
    *, kind: str, about: str, actor: Actor, now: dt.datetime, ref: int | None = None
) -> int:
    """Begin a mass change, and return its number; it does nothing yet."""
    require_unit_of_work()
    return int(
        scalar(
            "INSERT INTO agencies_mass_change (kind, about, state, ref, made_at, made_by)"
            " VALUES (%s, %s, 'drafted', %s, %s, %s) RETURNING id",
            [kind, about, ref, now, actor.id],
        )
    )


def hold_mass_change(*, change_id: int, proposal_id: int) -> None:
    """Let a weighed mass change wait for a second officer."""
    require_unit_of_work()
    _move(change_id, ("drafted", "waiting"), "waiting", proposal_id=proposal_id)


def weigh_mass_change(
    *,
    change_id: int,
    figures: Sequence[RightFigure],
    samples: Mapping[str, Sequence[int]],
    content_hash: str,
    days: int,
    ref: int | None = None,
) -> None:
    """Keep what a mass change would do, as it was worked out.

    :param ref: the run that worked it out, where that is another than the draft named
    """
    require_unit_of_work()
    kept = [{**vars(one), "reasons": dict(one.reasons)} for one in figures]
    execute(
        "UPDATE agencies_mass_change SET figures = %s::jsonb, samples = %s::jsonb,"
        " content_hash = %s, ended = %s, days = %s, ref = coalesce(%s, ref) WHERE id = %s",
        [
            json.dumps(kept, default=dt.date.isoformat),
            json.dumps({code: list(ids) for code, ids in samples.items()}),
            content_hash,
            sum(one.ended for one in figures),
            days,
            ref,
            change_id,
        ],
    )


@dataclass(frozen=True, kw_only=True)
class EndedRight:
    """A right that a member lost by a mass change, or loses later; ``ended_on`` is the first day
    without it."""

    member_id: int
    entitlement: str
    ended_on: dt.date


def note_ended_rights(*, change_id: int, ended: Sequence[EndedRight]) -> None:
    """Keep who lost what by a mass change; what is kept already stays as it is."""
    require_unit_of_work()
    if ended:
        execute(
            "INSERT INTO agencies_mass_change_ended (change_id, member_id, entitlement, ended_on)"
            " SELECT %s, e.* FROM unnest(%s::bigint[], %s::text[], %s::date[]) AS e"
            " ON CONFLICT DO NOTHING",
            [
                change_id,
                [one.member_id for one in ended],
                [one.entitlement for one in ended],
                [one.ended_on for one in ended],
            ],
        )


def release_mass_change(*, change_id: int, actor: Actor, now: dt.datetime) -> None:
    """Note that a mass change was carried out.

    :raises MassChangeIsOver: it was, or it was rejected
    """
    require_unit_of_work()
    _move(change_id, ("drafted", "waiting"), "carried_out", released_at=now, released_by=actor.id)


def reject_mass_change(*, change_id: int) -> None:
    """Note that a mass change was turned down.

    :raises MassChangeIsOver: it doesn't wait
    """
    require_unit_of_work()
    _move(change_id, ("waiting", "drafted"), "rejected")


def forget_mass_change(*, change_id: int) -> None:
    """Turn down a waiting mass change that is worked out anew under another number.

    :raises MassChangeIsOver: it doesn't wait
    """
    require_unit_of_work()
    _move(change_id, ("waiting",), "rejected")
    execute("UPDATE agencies_mass_change SET about = '' WHERE id = %s", [change_id])


def undo_mass_change(*, change_id: int, actor: Actor, now: dt.datetime) -> None:
    """Note that a mass change was taken back.

    :raises MassChangeIsOver: it was not carried out, or taken back before
    """
    require_unit_of_work()
    _move(change_id, ("carried_out",), "undone", undone_at=now, undone_by=actor.id)


_CHANGE = """
SELECT id, kind, about, state, figures::text AS figures, samples::text AS samples, content_hash,
    ended, days, ref, proposal_id, made_at, made_by, released_at, released_by, undone_at, undone_by
FROM agencies_mass_change
"""


def mass_change(*, change_id: int) -> MassChange:
    """Return a mass change.

    :raises NotFound: there is none of this number
    """
    return _one(change_id, "")


def lock_mass_change(*, change_id: int) -> MassChange:
    """Return a mass change and keep others from moving it on until this unit of work ends.

    :raises NotFound: there is none of this number
    """
    require_unit_of_work()
    return _one(change_id, "FOR UPDATE")


def _one(change_id: int, lock: str) -> MassChange:
    found = row(f"{_CHANGE} WHERE id = %s {lock}", [change_id])
    if found is None:
        raise NotFound(what="mass change")
    return _read(found)


def mass_changes(
    *,
    states: Sequence[MassState] | None = None,
    kind: str | None = None,
    about: str | None = None,
    limit: int | None = 60,
) -> list[MassChange]:
    """Return mass changes, newest first.

    :param states: None returns those of every state; so with ``kind`` and ``about``
    :param limit: None returns all of them
    """
    found = rows(
        _CHANGE + " WHERE (%(states)s::text[] IS NULL OR state = ANY(%(states)s::text[]))"
        " AND (%(kind)s::text IS NULL OR kind = %(kind)s)"
        " AND (%(about)s::text IS NULL OR about = %(about)s)"
        " ORDER BY id DESC LIMIT %(limit)s",
        {
            "states": None if states is None else list(states),
            "kind": kind,
            "about": about,
            "limit": limit,
        },
    )
    return [_read(one) for one in found]


def ended_rights(*, change_id: int) -> list[EndedRight]:
    """Return who lost what by a mass change that was carried out; for flows, not for pages."""
    found = rows(
        "SELECT member_id, entitlement, ended_on FROM agencies_mass_change_ended"
        " WHERE change_id = %s ORDER BY entitlement, member_id",
        [change_id],
    )
    return [EndedRight(**one._asdict()) for one in found]


_ENDED = """
SELECT f ->> 'entitlement' AS entitlement, sum((f ->> 'ended')::integer) AS ended
FROM agencies_mass_change c, jsonb_array_elements(c.figures) AS f
WHERE c.state = 'carried_out' AND c.kind <> 'ends' AND c.released_at > %s AND c.released_at <= %s
GROUP BY 1
"""


_BEFORE = "SELECT 1 FROM agencies_mass_change WHERE released_at <= %s AND kind <> 'ends' LIMIT 1"


def ended_lately(*, now: dt.datetime, days: int = 30) -> dict[str, float]:
    """Return how many people lost each right a day, on average, by mass changes of the last days;
    nothing where no mass change was carried out before those days began."""
    since = now - dt.timedelta(days=days)
    if not scalar(_BEFORE, [since]):
        return {}
    return {one.entitlement: int(one.ended) / days for one in rows(_ENDED, [since, now])}


def _move(change_id: int, before: Sequence[MassState], after: MassState, **columns: object) -> None:
    found = row("SELECT state FROM agencies_mass_change WHERE id = %s FOR UPDATE", [change_id])
    if found is None:
        raise NotFound(what="mass change")
    if found.state not in before:
        raise MassChangeIsOver(state=found.state)
    named = "".join(f", {name} = %s" for name in columns)
    sql = f"UPDATE agencies_mass_change SET state = %s{named} WHERE id = %s"  # noqa: S608 - own names
    execute(sql, [after, *columns.values(), change_id])


def _read(one: Any) -> MassChange:
    figures = [_figure(figure) for figure in json.loads(one.figures or "[]") or []]
    return MassChange(**{**one._asdict(), "figures": figures, "samples": json.loads(one.samples)})


def _figure(kept: Mapping[str, Any]) -> RightFigure:
    days = {name: kept.get(name) for name in ("first_on", "last_on")}
    read = {name: None if day is None else dt.date.fromisoformat(day) for name, day in days.items()}
    return RightFigure(**{**kept, **read})
