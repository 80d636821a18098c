"""How parts and applications end: completed, withdrawn, closed."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from citycard.applications import states, timeline
from citycard.applications.deciding import PartState, parts_that_make_cards, state_of_application
from citycard.applications.events import (
    ApplicationClosed,
    ApplicationCompleted,
    PartCompleted,
    PartWithdrawn,
)
from citycard.applications.forms import form
from citycard.applications.locking import lock, lock_named, lock_of_parts
from citycard.applications.values import Ready
from citycard.infra.database import execute, rows
from citycard.infra.journal import announce
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import NotFound, Refused

_PARTS = """
SELECT p.id, p.application_id, p.member_id, p.service, p.agency, p.card_kind, p.own_card, p.state,
    p.medium, a.ref, a.form, a.counter, a.entered_by
FROM applications_part p JOIN applications_application a ON a.id = p.application_id
"""


class NothingToWithdraw(Refused):
    """Everything in this application is decided already; there is nothing left to withdraw."""

    code = "applications.nothing_to_withdraw"


def cards_to_make(*, application_ids: Sequence[int]) -> list[Ready]:
    """Return the parts for which a card is to be printed now; asking twice gives the same parts."""
    by_application: dict[int, list[Any]] = defaultdict(list)
    found = rows(
        f"{_PARTS} WHERE p.application_id = ANY(%s::bigint[]) ORDER BY p.id",
        [list(application_ids)],
    )
    for part in found:
        by_application[part.application_id].append(part)
    return [ready for parts in by_application.values() for ready in _ready(parts)]


def _ready(parts: Sequence[Any]) -> list[Ready]:
    wanted = form(code=parts[0].form)
    chosen = parts_that_make_cards(
        [
            PartState(part.id, part.card_kind, part.own_card, part.state, _is_alone(part.card_kind))
            for part in parts
        ],
        one_card=wanted.one_card,
        order=wanted.card_order,
    )
    return [
        Ready(
            application_id=part.application_id,
            ref=part.ref,
            part_id=part.id,
            member_id=part.member_id,
            card_kind=part.card_kind,
            medium=part.medium,
            counter=part.counter,
        )
        for part in parts
        if part.id in chosen
    ]


def complete_with_card(*, part_ids: Sequence[int], actor: Actor, now: dt.datetime) -> list[int]:
    """Complete parts whose card is in the resident's hands, and those that share it; returns all of
    them.

    Announces ``applications.part.completed`` and, with the last one,
    ``applications.application.completed``.
    """
    require_unit_of_work()
    lock_of_parts(part_ids)
    named = rows(f"{_PARTS} WHERE p.id = ANY(%s::bigint[])", [list(part_ids)])
    shared = {part.application_id for part in named if _shares(part)}
    found = rows(
        f"{_PARTS} WHERE p.state = 'approved' AND (p.id = ANY(%s::bigint[])"
        " OR p.application_id = ANY(%s::bigint[])) ORDER BY p.id FOR UPDATE OF p",
        [list(part_ids), sorted(shared)],
    )
    return _complete([part for part in found if part.id in part_ids or _shares(part)], actor, now)


def complete_parts(*, part_ids: Sequence[int], actor: Actor, now: dt.datetime) -> list[int]:
    """Complete approved parts by themselves: an own card was bound, or no card is made."""
    require_unit_of_work()
    lock_of_parts(part_ids)
    found = rows(
        f"{_PARTS} WHERE p.state = 'approved' AND p.id = ANY(%s::bigint[]) ORDER BY p.id FOR"
        " UPDATE OF p",
        [list(part_ids)],
    )
    return _complete(found, actor, now)


def complete_settled(
    *, application_ids: Sequence[int], actor: Actor, now: dt.datetime
) -> list[int]:
    """Complete approved parts that wait for no card: none is made, or the shared one was handed
    over."""
    require_unit_of_work()
    lock(application_ids)
    found = rows(
        f"{_PARTS} WHERE a.id = ANY(%s::bigint[]) ORDER BY p.id FOR UPDATE OF p",
        [list(application_ids)],
    )
    served = {
        part.application_id for part in found if part.state == states.COMPLETED and _shares(part)
    }
    settled = [
        part
        for part in found
        if part.state == states.APPROVED
        and not part.own_card
        and (part.card_kind is None or (_shares(part) and part.application_id in served))
    ]
    return _complete(settled, actor, now)


def own_card_parts(*, member_id: int) -> list[int]:
    """Return a member's approved parts that wait for their own card to be bound at a counter."""
    found = rows(
        "SELECT id FROM applications_part WHERE member_id = %s AND own_card AND state ="
        " 'approved' ORDER BY id",
        [member_id],
    )
    return [one.id for one in found]


def withdraw(
    *,
    public_id: str,
    actor: Actor,
    now: dt.datetime,
    part_ids: Sequence[int] | None = None,
) -> list[int]:
    """Withdraw the undecided parts of one's own application (or some of them), or at a counter of
    whoever asks there; returns the parts.

    What is decided stays decided. Announces ``applications.part.withdrawn`` for each.

    :raises NotFound: there is none that this actor may withdraw
    :raises NothingToWithdraw: everything is decided
    """
    require_unit_of_work()
    named = lock_named(public_id)
    found = rows(f"{_PARTS} WHERE a.public_id = %s ORDER BY p.id FOR UPDATE OF p", [named])
    if not found or not _may_withdraw(found[0], actor):
        raise NotFound(what="application")
    going = [
        part
        for part in found
        if part.state in states.PART_UNDECIDED and (part_ids is None or part.id in part_ids)
    ]
    if not going:
        raise NothingToWithdraw()
    _end(going, states.PART_WITHDRAWN, PartWithdrawn, actor, now)
    execute(
        "UPDATE applications_supplement SET answered_at = %s"
        " WHERE part_id = ANY(%s::bigint[]) AND answered_at IS NULL",
        [now, [part.id for part in going]],
    )
    close_ended([found[0].application_id], actor=actor, now=now)
    return [part.id for part in going]


def close_ended(application_ids: Sequence[int], *, actor: Actor, now: dt.datetime) -> None:
    """Close the applications whose every part has ended, and tell how."""
    found = rows(
        """
        SELECT a.id, a.ref, a.member_id, a.channel, array_agg(p.state) AS states
        FROM applications_application a JOIN applications_part p ON p.application_id = a.id
        WHERE a.id = ANY(%s::bigint[]) AND a.state IN ('checking', 'waiting', 'deciding')
        GROUP BY a.id ORDER BY a.id
        """,
        [sorted(set(application_ids))],
    )
    ended = [(one, after) for one in found if (after := state_of_application(one.states))]
    if not ended:
        return
    execute(
        "UPDATE applications_application a SET state = n.state, closed_at = %s, waiting_since ="
        " NULL,"
        " waiting_for = NULL, version = version + 1"
        " FROM unnest(%s::bigint[], %s::text[]) AS n(id, state) WHERE a.id = n.id",
        [now, [one.id for one, _ in ended], [after for _, after in ended]],
    )
    events = [_closing_event(one) for one, _ in ended]
    timeline.note(
        [(event.application_id, None, event.code) for event in events], actor=actor, now=now
    )
    announce(*events)


def _closing_event(one: Any) -> ApplicationCompleted | ApplicationClosed:
    kind = ApplicationCompleted if states.COMPLETED in one.states else ApplicationClosed
    return kind(application_id=one.id, ref=one.ref, member_id=one.member_id, channel=one.channel)


def _complete(found: Sequence[Any], actor: Actor, now: dt.datetime) -> list[int]:
    if not found:
        return []
    _end(found, states.COMPLETED, PartCompleted, actor, now)
    close_ended([part.application_id for part in found], actor=actor, now=now)
    return [part.id for part in found]


def _end(
    parts: Sequence[Any],
    after: str,
    kind: type[PartCompleted] | type[PartWithdrawn],
    actor: Actor,
    now: dt.datetime,
) -> None:
    assert all(states.may_become(states.PART, part.state, after) for part in parts)
    execute(
        "UPDATE applications_part SET state = %s, version = version + 1,"
        " completed_at = CASE WHEN %s = 'completed' THEN %s::timestamptz END WHERE id ="
        " ANY(%s::bigint[])",
        [after, after, now, [part.id for part in parts]],
    )
    timeline.note(
        [(part.application_id, part.id, kind.code) for part in parts], actor=actor, now=now
    )
    announce(
        *(
            kind(
                application_id=part.application_id,
                part_id=part.id,
                ref=part.ref,
                member_id=part.member_id,
                service=part.service,
                agency=part.agency,
            )
            for part in parts
        )
    )


def _shares(part: Any) -> bool:
    """Tell whether a part's card is the one that the application's services share."""
    if part.card_kind is None or part.own_card or _is_alone(part.card_kind):
        return False
    return form(code=part.form).one_card


def _is_alone(card_kind: str | None) -> bool:
    """Tell whether a kind of card follows another's holder: a companion's card is never shared."""
    kind = current_pack().table("cards")["kinds"].get(card_kind)
    return bool(kind and kind.get("follows"))


def _may_withdraw(part: Any, actor: Actor) -> bool:
    if actor.id == part.entered_by:
        return True
    if actor.member_id is not None and actor.member_id == part.member_id:
        return True
    return "clerk" in actor.roles  # somebody may ask for it at any counter
