"""Blank cards by counter: received, set aside, issued, spoiled. None is ever lost from the
count."""

import datetime as dt
import json
import re
from collections.abc import Sequence
from typing import Any

from citycard.infra.database import execute, rows, scalar
from citycard.infra.journal import announce
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.issuing import states
from citycard.issuing.events import BlankSpoiled
from citycard.issuing.values import NewBlank, Received, Stock
from citycard.kernel.actors import Actor
from citycard.kernel.errors import NotFound, Refused


class NoSuchMedium(Refused):
    """This city has no blank cards of the medium {medium}."""

    code = "issuing.no_such_medium"


class BlankNumberWrong(Refused):
    """A blank's number doesn't have the form of its kind ({number_kind})."""

    code = "issuing.blank_number_wrong"


class BlankKnown(Refused):
    """This blank was received before."""

    code = "issuing.blank_known"


class BlankNotInStock(Refused):
    """This blank is {state}; only one in stock can be taken out."""

    code = "issuing.blank_not_in_stock"


def receive_blanks(
    *, counter: str, blanks: Sequence[NewBlank], actor: Actor, now: dt.datetime
) -> list[Received]:
    """Take delivered blanks into a counter's stock; one result a blank; a known one is refused."""
    require_unit_of_work()
    refusals = [_refusal(blank) for blank in blanks]
    good = [blank for blank, refusal in zip(blanks, refusals, strict=True) if refusal is None]
    inserted = rows(
        """
        INSERT INTO issuing_blank (medium, number, numbers, counter, state, state_at, received_at)
        SELECT b.medium, b.number, b.numbers::jsonb, %s, 'in_stock', %s, %s
        FROM unnest(%s::text[], %s::text[], %s::text[]) WITH ORDINALITY AS b(medium, number,
            numbers, n)
        ORDER BY b.n ON CONFLICT (medium, number) DO NOTHING RETURNING id, medium, number
        """,
        [
            counter,
            now,
            now,
            [blank.medium for blank in good],
            [shown_number(blank) for blank in good],
            [json.dumps(dict(blank.numbers)) for blank in good],
        ],
    )
    ids = {(one.medium, one.number): one.id for one in inserted}
    note_moves(
        [(one.id, None, states.IN_STOCK, counter, None, "received") for one in inserted],
        actor=actor,
        now=now,
    )
    results = []
    for blank, refusal in zip(blanks, refusals, strict=True):
        key = (blank.medium, shown_number(blank)) if refusal is None else None
        blank_id = ids.pop(key, None) if key else None
        results.append(
            Received(blank_id=blank_id)
            if blank_id is not None
            else Received(blank_id=None, refusal=refusal or BlankKnown())
        )
    return results


def spoil_blank(*, medium: str, number: str, reason: str, actor: Actor, now: dt.datetime) -> None:
    """Take a damaged blank out of stock by its number.

    :raises NotFound: there is none with this number
    :raises BlankNotInStock: it is set aside, issued or spoiled already
    """
    require_unit_of_work()
    found = rows(
        "SELECT id, state, counter FROM issuing_blank WHERE medium = %s AND number = %s FOR UPDATE",
        [medium, number],
    )
    if not found:
        raise NotFound(what="blank card")
    (blank,) = found
    if blank.state != states.IN_STOCK:
        raise BlankNotInStock(state=blank.state)
    move(blank, states.SPOILED, print_id=None, reason=reason, actor=actor, now=now)


def stock(*, counter: str | None = None) -> list[Stock]:
    """Return the blanks of a counter (or all) by medium and state."""
    found = rows(
        """
        SELECT counter, medium, count(*) FILTER (WHERE state = 'in_stock') AS in_stock,
            count(*) FILTER (WHERE state = 'loaded') AS loaded,
            count(*) FILTER (WHERE state = 'issued') AS issued,
            count(*) FILTER (WHERE state = 'spoiled') AS spoiled
        FROM issuing_blank WHERE %s::text IS NULL OR counter = %s GROUP BY 1, 2 ORDER BY 1, 2
        """,
        [counter, counter],
    )
    return [Stock(**one._asdict()) for one in found]


def take_blank(*, counter: str, medium: str) -> Any | None:
    """Lock the oldest blank in stock that no other print is taking at this moment; None without
    one."""
    found = rows(
        """
        SELECT id, state, counter, number, numbers::text AS numbers FROM issuing_blank
        WHERE counter = %s AND medium = %s AND state = 'in_stock' ORDER BY id
        LIMIT 1 FOR UPDATE SKIP LOCKED
        """,
        [counter, medium],
    )
    return found[0] if found else None


def locked_blank(blank_id: int) -> Any:
    """Lock one blank."""
    (found,) = rows(
        "SELECT id, state, counter, number, numbers::text AS numbers FROM issuing_blank"
        " WHERE id = %s FOR UPDATE",
        [blank_id],
    )
    return found


def move(
    blank: Any, after: str, *, print_id: int | None, reason: str, actor: Actor, now: dt.datetime
) -> None:
    """Bring a locked blank into another state, and say so in its ledger."""
    assert after in states.BLANK[blank.state], f"a blank never goes from {blank.state} to {after}"
    execute(
        "UPDATE issuing_blank SET state = %s, state_at = %s WHERE id = %s", [after, now, blank.id]
    )
    note_moves(
        [(blank.id, blank.state, after, blank.counter, print_id, reason)], actor=actor, now=now
    )
    if after == states.SPOILED:
        announce(
            BlankSpoiled(blank_id=blank.id, counter=blank.counter, print_id=print_id, reason=reason)
        )


def note_moves(
    moves: Sequence[tuple[int, str | None, str, str, int | None, str]],
    *,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Add to the blanks' ledger: (blank, before, after, counter, print, reason) each."""
    if moves:
        execute(
            """
            INSERT INTO issuing_blank_move (blank_id, before, after, counter, print_id, reason,
                actor_id, at)
            SELECT m.*, %s, %s
            FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::text[])
                AS m
            """,
            [actor.id, now, *map(list, zip(*moves, strict=True))],
        )


def shown_number(blank: NewBlank) -> str:
    """Return the number that people read on a blank of this medium."""
    return blank.numbers[str(_medium(blank.medium)["shown"])]


def counted(*, counter: str, state: str) -> int:
    """Return how many blanks of a counter stand in a state."""
    sql = "SELECT count(*) FROM issuing_blank WHERE counter = %s AND state = %s"
    return int(scalar(sql, [counter, state]))


def _refusal(blank: NewBlank) -> Refused | None:
    try:
        medium = _medium(blank.medium)
    except Refused as refusal:
        return refusal
    rules = medium["numbers"]
    if medium["shown"] not in blank.numbers:
        return BlankNumberWrong(number_kind=medium["shown"])
    for kind, number in blank.numbers.items():
        if kind not in rules or not re.fullmatch(rules[kind]["pattern"], number):
            return BlankNumberWrong(number_kind=kind)
    return None


def _medium(code: str) -> Any:
    media = current_pack().table("cards")["media"]
    if code not in media or "shown" not in media[code]:
        raise NoSuchMedium(medium=code)
    return media[code]
