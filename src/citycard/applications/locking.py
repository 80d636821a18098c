"""Who changes an application has it alone: its row is locked first, its parts after it.

Two agencies that decide two parts of one application at once, or a counter that hands a card over
meanwhile, follow each other, so that the last of them sees that everything has ended. Applications
are locked in one order, by id, and before any member, print, card or right.
"""

import uuid
from collections.abc import Sequence

from citycard.applications import states
from citycard.infra.database import execute
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.errors import NotFound


def lock(application_ids: Sequence[int]) -> None:
    """Have applications alone until the unit of work ends."""
    execute(
        "SELECT FROM applications_application WHERE id = ANY(%s::bigint[])"
        " ORDER BY id FOR NO KEY UPDATE",
        [list(application_ids)],
    )


def lock_named(public_id: str) -> uuid.UUID:
    """Have the application alone that an address names.

    :raises NotFound: this is no public id
    """
    try:
        named = uuid.UUID(public_id)
    except ValueError:
        raise NotFound(what="application") from None
    execute("SELECT FROM applications_application WHERE public_id = %s FOR NO KEY UPDATE", [named])
    return named


def lock_of_parts(part_ids: Sequence[int]) -> None:
    """Have the applications of parts alone."""
    execute(
        "SELECT FROM applications_application WHERE id IN (SELECT application_id"
        " FROM applications_part WHERE id = ANY(%s::bigint[])) ORDER BY id FOR NO KEY UPDATE",
        [list(part_ids)],
    )


def lock_asking(query_ids: Sequence[int]) -> None:
    """Have the applications alone that wait for the answers to questions."""
    execute(
        "SELECT FROM applications_application WHERE state IN ('checking', 'waiting') AND id IN"
        " (SELECT application_id FROM applications_check WHERE query_id = ANY(%s::bigint[]))"
        " ORDER BY id FOR NO KEY UPDATE",
        [list(query_ids)],
    )


def lock_applying(member_ids: Sequence[int]) -> None:
    """Let one at a time hand in for a person: of two doors at once, the second sees the first's
    application."""
    execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('applications:' || m, 0))"
        " FROM unnest(%s::bigint[]) AS m",
        [sorted(set(member_ids))],
    )


def hold_open(*, member_ids: Sequence[int] = (), part_ids: Sequence[int] = ()) -> None:
    """Have people's open applications alone; before prints, cards or rights of theirs are touched
    in a unit of work that completes parts at its end.

    :param part_ids: of whose parts these are, too: all that they applied for, since one part may
        exclude another's
    """
    require_unit_of_work()
    execute(
        "SELECT FROM applications_application WHERE member_id = ANY(%s::bigint[] || ARRAY("
        "SELECT member_id FROM applications_part WHERE id = ANY(%s::bigint[])))"
        " AND state = ANY(%s::text[]) ORDER BY id FOR NO KEY UPDATE",
        [list(member_ids), list(part_ids), sorted(states.APPLICATION_OPEN)],
    )
