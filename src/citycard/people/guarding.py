"""Guardians: who may see and be told what concerns a child, from when to when, by which paper."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from citycard.infra.database import execute, row, rows
from citycard.infra.journal import announce
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.people.events import GuardianEnded, GuardianRecorded
from citycard.rules import api as rules

Basis = Literal["household", "court", "foreign_paper"]


class NotAChild(Refused):
    """Only a child has a guardian here, and nobody is their own."""

    code = "people.not_a_child"


class NotTheirGuardian(Refused):
    """There is no such guardian of this child."""

    code = "people.not_their_guardian"


@dataclass(frozen=True, kw_only=True)
class Guardianship:
    """That somebody is a child's guardian.

    :ivar basis: which paper it was seen on
    :ivar since: first day
    """

    child_id: int
    guardian_id: int
    basis: Basis
    since: dt.date


_HOLDING = """
SELECT g.id, g.child_id, g.guardian_id, g.basis, lower(g.valid) AS since, g.valid
FROM people_guardian g JOIN people_member m ON m.id = g.child_id
WHERE upper_inf(g.recorded) AND g.valid @> %(on)s::date
  AND m.birth_on > %(adults)s AND m.died_on IS NULL
"""


def record_guardian(
    *, child_id: int, guardian_id: int, basis: Basis, actor: Actor, now: dt.datetime
) -> None:
    """Record a child's guardian from today on; one who is recorded already stays as they are.

    Source: Civil Code, articles 1086 and 1091; the household register's extract, a court's order,
    or a foreign paper with its translation. Announces ``people.guardian.recorded``.

    :raises NotAChild: the person is of age, or both are the same
    """
    require_unit_of_work()
    on = current_pack().time.day(now)
    child = row("SELECT birth_on FROM people_member WHERE id = %s FOR NO KEY UPDATE", [child_id])
    if child is None or child_id == guardian_id or child.birth_on <= _adults_born_by(on):
        raise NotAChild()
    made = rows(
        "INSERT INTO people_guardian (child_id, guardian_id, valid, recorded, basis, recorded_by)"
        " VALUES (%s, %s, daterange(%s, NULL), tstzrange(%s, NULL), %s, %s)"
        " ON CONFLICT DO NOTHING RETURNING id",
        [child_id, guardian_id, on, now, basis, actor.id],
    )
    if made:
        announce(GuardianRecorded(child_id=child_id, guardian_id=guardian_id))


def end_guardian(
    *, child_id: int, guardian_id: int, reason: str, actor: Actor, now: dt.datetime
) -> None:
    """End a guardianship today: a new entry closes the old one. Announces
    ``people.guardian.ended``.

    :raises NotTheirGuardian: there is none that holds
    """
    require_unit_of_work()
    on = current_pack().time.day(now)
    found = row(
        "SELECT id, lower(valid) AS since, basis FROM people_guardian WHERE child_id = %s"
        " AND guardian_id = %s AND upper_inf(recorded) AND upper_inf(valid) FOR NO KEY UPDATE",
        [child_id, guardian_id],
    )
    if found is None:
        raise NotTheirGuardian()
    execute(
        "UPDATE people_guardian SET recorded = tstzrange(lower(recorded), %s) WHERE id = %s",
        [now, found.id],
    )
    if found.since < on:
        execute(
            "INSERT INTO people_guardian"
            " (child_id, guardian_id, valid, recorded, basis, reason, recorded_by)"
            " VALUES (%s, %s, daterange(%s, %s), tstzrange(%s, NULL), %s, %s, %s)",
            [child_id, guardian_id, found.since, on, now, found.basis, reason, actor.id],
        )
    announce(GuardianEnded(child_id=child_id, guardian_id=guardian_id))


def guardians_of(*, child_ids: Sequence[int], on: dt.date) -> list[Guardianship]:
    """Return who guards some children on a day; nobody guards who is of age by then.

    For flows; a page of a person's asks ``children_of``.
    """
    found = rows(
        f"{_HOLDING} AND g.child_id = ANY(%(children)s::bigint[]) ORDER BY 2, 3",
        {"on": on, "adults": _adults_born_by(on), "children": list(child_ids)},
    )
    return [_shown(one) for one in found]


def children_of(*, guardian_id: int, on: dt.date) -> list[Guardianship]:
    """Return the children whom somebody guards on a day, by ids only."""
    found = rows(
        f"{_HOLDING} AND g.guardian_id = %(guardian)s ORDER BY m.birth_on, 2",
        {"on": on, "adults": _adults_born_by(on), "guardian": guardian_id},
    )
    return [_shown(one) for one in found]


def is_minor(*, birth_on: dt.date | None, on: dt.date) -> bool:
    """Tell whether somebody who was born on a day is under age by the law of another."""
    return birth_on is not None and birth_on > _adults_born_by(on)


def _shown(found: Any) -> Guardianship:

    return Guardianship(
        child_id=found.child_id,
        guardian_id=found.guardian_id,
        basis=found.basis,
        since=found.since,
    )


def _adults_born_by(on: dt.date) -> dt.date:
    return rules.adults_born_by(about=current_pack().table("pack"), on=on)
