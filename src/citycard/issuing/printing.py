"""A card from the queue to the printer: blank set aside, face drawn, printed or spoiled."""

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from citycard.cards import api as cards
from citycard.infra import outbox
from citycard.infra.crypto import seal, unseal_bytes
from citycard.infra.database import execute, row, rows
from citycard.infra.journal import announce
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.issuing import states, stock
from citycard.issuing.drawing import Drawn
from citycard.issuing.events import CardReady, PrintQueued
from citycard.issuing.ports import PrintOrder, PrintResult
from citycard.issuing.values import NewPrint, Preview
from citycard.kernel.access import Access
from citycard.kernel.actors import SYSTEM, Actor
from citycard.kernel.errors import NotFound, Refused

LABEL = "issuing.print.bitmap"
TOPIC = "card-printer"


class NoCounter(Refused):
    """Cards are printed at a counter; please work at one that has a printer."""

    code = "issuing.no_counter"


class NoBlankLeft(Refused):
    """There is no blank card left at this counter."""

    code = "issuing.no_blank_left"


class NotNow(Refused):
    """This card can't be {step} now; it is {state}."""

    code = "issuing.not_now"


class GlyphsMissing(Refused):
    """These characters can't be printed with the fonts that are there: {characters}."""

    code = "issuing.glyphs_missing"


class PreviewOutdated(Refused):
    """The card was drawn anew since you looked; please check the preview again."""

    code = "issuing.preview_outdated"


SELECT = """
SELECT p.id, p.public_id::text AS public_id, p.application_id, p.part_id, p.ref, p.member_id,
    p.card_kind,
    p.medium, p.counter, p.state, p.attempt, p.blank_id, p.bitmap_sealed, p.bitmap_sha256,
    p.template,
    p.missing_glyphs, p.handed_over_at, p.handed_over_role, p.handed_over_counter, p.version
FROM issuing_print p
"""


def queue_prints(*, prints: Sequence[NewPrint], actor: Actor, now: dt.datetime) -> list[int]:
    """Queue cards to make, one a part; a part that is queued already stays. Returns print ids.

    Announces ``issuing.print.queued`` for new ones.

    :raises cards.ProgrammeClosed: no more cards of a kind are issued
    """
    require_unit_of_work()
    if not prints:
        return []
    for kind in sorted({new.card_kind for new in prints}):
        cards.require_open(act="issue", card_kind=kind, now=now)
    kinds = current_pack().table("cards")["kinds"]
    table = [
        (
            uuid.uuid4(),
            new.application_id,
            new.part_id,
            new.ref,
            new.member_id,
            new.card_kind,
            new.medium or first_medium(kinds[new.card_kind]),
            new.counter,
        )
        for new in prints
    ]
    queued = rows(
        """
        INSERT INTO issuing_print (public_id, application_id, part_id, ref, member_id, card_kind,
            medium, counter,
            state, queued_at)
        SELECT n.*, 'queued', %s FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::text[],
            %s::bigint[],
            %s::text[], %s::text[], %s::text[]) AS n
        ON CONFLICT (part_id) WHERE state <> 'cancelled' DO NOTHING
        RETURNING id, application_id, part_id, ref, member_id, card_kind, counter
        """,
        [now, *map(list, zip(*table, strict=True))],
    )
    announce(*(PrintQueued(**event_facts(one)) for one in queued))
    found = rows(
        "SELECT id FROM issuing_print WHERE part_id = ANY(%s::bigint[]) AND state <> 'cancelled'"
        " ORDER BY id",
        [[new.part_id for new in prints]],
    )
    return [one.id for one in found]


def first_medium(kind: Mapping[str, Any]) -> str:
    """Return the medium of a first card of a kind, where nobody chose."""
    return str(kind.get("medium_of_first_issue") or kind["media"][0])


def set_blank_aside(*, print_id: int, actor: Actor, now: dt.datetime) -> dict[str, str]:
    """Set a blank of the actor's counter aside for a print and return its numbers; twice is once.

    :raises NoCounter: the actor works at no counter
    :raises NoBlankLeft: the counter's stock is used up
    :raises NotNow: the card is being printed, or was
    """
    require_unit_of_work()
    job = locked(print_id)
    cards.require_open(act="issue", card_kind=job.card_kind, now=now)
    if job.state == states.READY and job.counter == actor.counter:
        numbers: dict[str, str] = json.loads(stock.locked_blank(job.blank_id).numbers)
        return numbers
    if job.state == states.READY:
        _give_back(job, actor, now)
    elif job.state != states.QUEUED:
        raise NotNow(step="previewed", state=job.state)
    if actor.counter is None:
        raise NoCounter()
    blank = stock.take_blank(counter=actor.counter, medium=job.medium)
    if blank is None:
        raise NoBlankLeft()
    stock.move(blank, states.LOADED, print_id=job.id, reason="set_aside", actor=actor, now=now)
    execute(
        "UPDATE issuing_print SET state = 'ready', blank_id = %s, counter = %s, bitmap_sealed ="
        " NULL,"
        " bitmap_sha256 = NULL, version = version + 1 WHERE id = %s",
        [blank.id, actor.counter, job.id],
    )
    found: dict[str, str] = json.loads(blank.numbers)
    return found


def keep_drawing(
    *, print_id: int, number: str, drawn: Drawn, actor: Actor, now: dt.datetime
) -> None:
    """Keep the drawn face of a print, encrypted: this bitmap and no other will be printed.

    :raises PreviewOutdated: another blank was set aside meanwhile: the number on the face is not
        its own
    """
    require_unit_of_work()
    job = locked(print_id)
    if job.state != states.READY or stock.locked_blank(job.blank_id).number != number:
        raise PreviewOutdated()
    execute(
        "UPDATE issuing_print SET bitmap_sealed = %s, bitmap_sha256 = %s, template = %s,"
        " missing_glyphs = %s,"
        " version = version + 1 WHERE id = %s",
        [
            seal(LABEL, drawn.png, row=job.public_id),
            hashlib.sha256(drawn.png).digest(),
            drawn.template,
            list(drawn.missing_glyphs),
            job.id,
        ],
        prepare=True,  # the bitmap goes over as bytes, not spelled out
    )


def preview(*, access: Access, print_id: int) -> Preview:
    """Return the bitmap that will be printed, or was; the access covers ``photo`` and ``name``.

    :raises NotFound: there is no such print, or it is not drawn yet
    """
    job = row(f"{SELECT} WHERE p.id = %s", [print_id])
    if job is None or job.bitmap_sealed is None:
        raise NotFound(what="preview")
    access.require("name", "photo", members=[job.member_id])
    png = unseal_bytes(LABEL, job.bitmap_sealed, row=job.public_id)
    return Preview(
        print_id=job.id,
        png=png,
        sha256=bytes(job.bitmap_sha256).hex(),
        missing_glyphs=tuple(job.missing_glyphs),
        version=job.version,
    )


def send_to_printer(*, print_id: int, sha256: str, actor: Actor, now: dt.datetime) -> None:
    """Send exactly the bitmap that was looked at to the counter's printer.

    :param sha256: of the preview that the clerk approved
    :raises PreviewOutdated: it isn't the one that is kept
    :raises GlyphsMissing: some characters can't be drawn; a card with holes is not printed
    :raises NotNow: it is not ready
    """
    require_unit_of_work()
    job = locked(print_id)
    if job.state != states.READY or job.bitmap_sha256 is None:
        raise NotNow(step="printed", state=job.state)
    if bytes(job.bitmap_sha256).hex() != sha256:
        raise PreviewOutdated()
    if job.missing_glyphs:
        raise GlyphsMissing(characters="、".join(job.missing_glyphs))
    _become(job, states.PRINTING)
    outbox.enqueue(topic=TOPIC, letters=[(key_of(job), job.id)], now=now)


def orders(*, print_ids: Sequence[int]) -> list[PrintOrder]:
    """Return what is still to be printed of some prints; for the job that calls the port."""
    found = rows(
        f"{SELECT} WHERE p.id = ANY(%s::bigint[]) AND p.state = 'printing' ORDER BY p.id",
        [list(print_ids)],
    )
    return [
        PrintOrder(
            key=key_of(job),
            counter=job.counter,
            bitmap=unseal_bytes(LABEL, job.bitmap_sealed, row=job.public_id),
        )
        for job in found
    ]


def record_printed(*, results: Sequence[PrintResult], now: dt.datetime) -> list[int]:
    """Note what the printer says: printed, or a fault that spoils the blank. Returns the prints.

    After a fault the print is back in the queue and will get another blank. A result that was noted
    before changes nothing. Announces ``issuing.card.ready`` and ``issuing.blank.spoiled``.
    """
    require_unit_of_work()
    touched = []
    for result in results:
        public_id, _, attempt = result.key.partition(".")
        job = row(f"{SELECT} WHERE p.public_id::text = %s FOR UPDATE", [public_id])
        if job is None or job.state != states.PRINTING or str(job.attempt) != attempt:
            continue
        if result.state == "printed":
            _become(job, states.PRINTED)
            execute("UPDATE issuing_print SET printed_at = %s WHERE id = %s", [now, job.id])
            announce(CardReady(**event_facts(job)))
        else:
            _spoil(job, f"printer:{result.why or 'fault'}", SYSTEM, now)
        touched.append(job.id)
    return touched


def spoil(*, print_id: int, reason: str, actor: Actor, now: dt.datetime) -> None:
    """Say that a printed card is not right: it is spoiled, and the print begins again.

    :raises NotNow: it is not printed, or was handed over already
    """
    require_unit_of_work()
    job = locked(print_id)
    if job.state != states.PRINTED:
        raise NotNow(step="spoiled", state=job.state)
    _spoil(job, reason or "not_right", actor, now)


def cancel(*, print_id: int, actor: Actor, now: dt.datetime) -> None:
    """Take a print that has not begun out of the queue; a blank set aside goes back to stock.

    :raises NotNow: it is being printed, or was
    """
    require_unit_of_work()
    job = locked(print_id)
    if job.state not in (states.QUEUED, states.READY):
        raise NotNow(step="cancelled", state=job.state)
    if job.blank_id is not None:
        _give_back(job, actor, now)
    execute(
        "UPDATE issuing_print SET state = 'cancelled', version = version + 1 WHERE id = %s",
        [job.id],
    )


def locked(print_id: int) -> Any:
    """Lock a print.

    :raises NotFound: there is none
    """
    job = row(f"{SELECT} WHERE p.id = %s FOR UPDATE", [print_id])
    if job is None:
        raise NotFound(what="card to print")
    return job


def key_of(job: Any) -> str:
    """Return the printer's idempotency key: each attempt is an order of its own.

    It is unique beyond this database: a printer that remembers another city's orders, or those of
    a demo that was built anew, never takes one for the other.
    """
    return f"{job.public_id}.{job.attempt}"


def event_facts(job: Any) -> dict[str, Any]:
    """Return what a print's event carries."""
    return {
        "print_id": job.id,
        "application_id": job.application_id,
        "part_id": job.part_id,
        "ref": job.ref,
        "member_id": job.member_id,
        "card_kind": job.card_kind,
        "counter": job.counter,
    }


def _become(job: Any, after: str) -> None:
    assert after in states.PRINT[job.state], f"a print never goes from {job.state} to {after}"
    execute(
        "UPDATE issuing_print SET state = %s, version = version + 1 WHERE id = %s", [after, job.id]
    )


def _give_back(job: Any, actor: Actor, now: dt.datetime) -> None:
    """Put an unprinted blank back into stock and the print back into the queue."""
    blank = stock.locked_blank(job.blank_id)
    stock.move(blank, states.IN_STOCK, print_id=job.id, reason="given_back", actor=actor, now=now)
    execute(
        "UPDATE issuing_print SET state = 'queued', blank_id = NULL, bitmap_sealed = NULL,"
        " bitmap_sha256 = NULL, version = version + 1 WHERE id = %s",
        [job.id],
    )


def _spoil(job: Any, reason: str, actor: Actor, now: dt.datetime) -> None:
    blank = stock.locked_blank(job.blank_id)
    stock.move(blank, states.SPOILED, print_id=job.id, reason=reason, actor=actor, now=now)
    execute(
        "UPDATE issuing_print SET state = 'queued', blank_id = NULL, bitmap_sealed = NULL,"
        " bitmap_sha256 = NULL,"
        " attempt = attempt + 1, last_fault = %s, printed_at = NULL, version = version + 1 WHERE"
        " id = %s",
        [reason, job.id],
    )
