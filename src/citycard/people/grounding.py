"""The grounds that registers are asked on: a consent that can be withdrawn, or a law."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from citycard.infra.database import row, rows, scalar
from citycard.infra.journal import announce
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.people.events import GroundWithdrawn
from citycard.people.states import GROUND_KINDS


class UnknownGroundKind(Refused):
    """A ground is a consent or a law, not “{kind}”."""

    code = "people.unknown_ground_kind"


class GroundNotFound(Refused):
    """There is no consent with this number."""

    code = "people.ground_not_found"


class LawIsNotWithdrawn(Refused):
    """This check rests on a law, which cannot be withdrawn like a consent."""

    code = "people.law_is_not_withdrawn"


@dataclass(frozen=True, kw_only=True)
class Ground:
    """A ground as its person sees it.

    :ivar kind: ``consent`` or ``law``
    :ivar text_version: which wording was agreed to, or which article
    """

    ground_id: int
    purpose: str
    kind: str
    text_version: str
    given_at: dt.datetime
    withdrawn_at: dt.datetime | None


def give_ground(
    *, member_id: int, purpose: str, kind: str, text_version: str, actor: Actor, now: dt.datetime
) -> int:
    """Record a ground for asking registers about a member, and return its id.

    Source: Personal Data Protection Act, article 15; consent comes before the first use.

    :raises UnknownGroundKind: neither consent nor law
    """
    require_unit_of_work()
    if kind not in GROUND_KINDS:
        raise UnknownGroundKind(kind=kind)
    return int(
        scalar(
            "INSERT INTO people_ground (member_id, purpose, kind, text_version, given_at, given_by)"
            " VALUES (%s, %s, %s, %s, %s, %s) RETURNING id",
            [member_id, purpose, kind, text_version, now, actor.id],
        )
    )


def ground_for(*, member_id: int, purpose: str) -> int | None:
    """Return the newest ground in force for asking about a member for a purpose, or None."""
    found = scalar(
        "SELECT id FROM people_ground WHERE member_id = %s AND purpose = %s AND withdrawn_at IS"
        " NULL"
        " ORDER BY given_at DESC, id DESC LIMIT 1",
        [member_id, purpose],
    )
    return None if found is None else int(found)


def grounds_of(*, member_id: int) -> list[Ground]:
    """Return all grounds on record for a member, newest first; they name no one."""
    found = rows(
        "SELECT id AS ground_id, purpose, kind, text_version, given_at, withdrawn_at FROM"
        " people_ground"
        " WHERE member_id = %s ORDER BY given_at DESC, id DESC",
        [member_id],
    )
    return [Ground(**one._asdict()) for one in found]


def members_who_agreed(*, purpose: str, after: int, limit: int) -> list[int]:
    """Return members whose consent for a purpose is in force, by id, from the one after ``after``
    on."""
    found = rows(
        "SELECT DISTINCT member_id FROM people_ground WHERE purpose = %s AND kind = 'consent'"
        " AND withdrawn_at IS NULL AND member_id > %s ORDER BY member_id LIMIT %s",
        [purpose, after, limit],
    )
    return [one.member_id for one in found]


def who_agreed(*, member_ids: Sequence[int], purpose: str) -> list[int]:
    """Return those of some members whose consent for a purpose is in force."""
    found = rows(
        "SELECT DISTINCT member_id FROM people_ground WHERE member_id = ANY(%s::bigint[])"
        " AND purpose = %s AND kind = 'consent' AND withdrawn_at IS NULL ORDER BY member_id",
        [list(member_ids), purpose],
    )
    return [one.member_id for one in found]


def withdraw_ground(*, ground_id: int, member_id: int, actor: Actor, now: dt.datetime) -> list[int]:
    """Withdraw a consent: questions that wait on it stop, none is opened on it again.

    Withdrawing twice is once. Announces ``people.ground.withdrawn``; returns the stopped
    questions' ids.

    :raises GroundNotFound: there is none of this member with this id
    :raises LawIsNotWithdrawn: the ground is a law
    """
    require_unit_of_work()
    ground = row(
        "SELECT kind, withdrawn_at FROM people_ground WHERE id = %s AND member_id = %s FOR UPDATE",
        [ground_id, member_id],
    )
    if ground is None:
        raise GroundNotFound()
    if ground.kind != "consent":
        raise LawIsNotWithdrawn()
    if ground.withdrawn_at is not None:
        return []
    rows("UPDATE people_ground SET withdrawn_at = %s WHERE id = %s RETURNING id", [now, ground_id])
    stopped = rows(
        "UPDATE people_register_query SET answer = 'stopped', answered_at = %s"
        " WHERE ground_id = %s AND answer = 'waiting' RETURNING id",
        [now, ground_id],
    )
    query_ids = sorted(one.id for one in stopped)
    announce(GroundWithdrawn(ground_id=ground_id, member_id=member_id, query_ids=tuple(query_ids)))
    return query_ids
