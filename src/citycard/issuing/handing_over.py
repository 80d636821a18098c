"""A printed card goes into a resident's hands, once; and its name goes to the card company."""

import datetime as dt
import json
from collections.abc import Sequence

from citycard.infra import outbox
from citycard.infra.database import execute, rows, statement
from citycard.infra.journal import announce
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.issuing import states, stock
from citycard.issuing.events import CardHandedOver, NameRegistered, NameRejected
from citycard.issuing.ports import Acknowledgement
from citycard.issuing.printing import NotNow, event_facts, locked
from citycard.issuing.values import HandedOver, Reconciled, Registration
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused

TOPIC = "card-company"


class AlreadyHandedOver(Refused):
    """This card was handed over at {at}, at the counter {counter}."""

    code = "issuing.already_handed_over"


def hand_over(*, print_id: int, actor: Actor, now: dt.datetime) -> HandedOver:
    """Hand a printed card over; of two counters that try at once, one is refused.

    The flow registers the card, binds it and calls ``note_card`` in the same unit of work.

    :raises AlreadyHandedOver: with when and where
    :raises NotNow: it is not printed
    """
    require_unit_of_work()
    job = locked(print_id)
    if job.state == states.HANDED_OVER:
        raise AlreadyHandedOver(at=_clock(job.handed_over_at), counter=_counter(job))
    if job.state != states.PRINTED:
        raise NotNow(step="handed over", state=job.state)
    blank = stock.locked_blank(job.blank_id)
    stock.move(blank, states.ISSUED, print_id=job.id, reason="handed_over", actor=actor, now=now)
    execute(
        "UPDATE issuing_print SET state = 'handed_over', handed_over_at = %s, handed_over_by = %s,"
        " handed_over_role = %s, handed_over_counter = %s, version = version + 1 WHERE id = %s",
        [now, actor.id, min(actor.roles, default=""), actor.counter or job.counter, job.id],
    )
    return HandedOver(
        print_id=job.id,
        application_id=job.application_id,
        part_id=job.part_id,
        ref=job.ref,
        member_id=job.member_id,
        card_kind=job.card_kind,
        medium=job.medium,
        numbers=json.loads(blank.numbers),
        template=job.template or "",
    )


def note_card(*, print_id: int, card_id: int, actor: Actor, now: dt.datetime) -> None:
    """Note which card a print became, and send the holder's name to its company where it has one.

    Announces ``issuing.card.handed_over``.
    """
    require_unit_of_work()
    job = locked(print_id)
    execute("UPDATE issuing_print SET card_id = %s WHERE id = %s", [card_id, print_id])
    announce(CardHandedOver(**event_facts(job), card_id=card_id))
    medium = current_pack().table("cards")["media"][job.medium]
    if not medium.get("stored_value"):
        return
    inserted = rows(
        "INSERT INTO issuing_registration (print_id, card_id, member_id, opened_on, opened_at)"
        " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (print_id) DO NOTHING RETURNING id",
        [print_id, card_id, job.member_id, current_pack().time.day(now), now],
    )
    letters = [(f"registration.{one.id}", one.id) for one in inserted]
    outbox.enqueue(topic=TOPIC, letters=letters, now=now)


def registrations(
    *, ids: Sequence[int] | None = None, state: str | None = None, limit: int = 200
) -> list[Registration]:
    """Return names for the card company, oldest first: some, or all in a state; they name no
    one."""
    found = rows(
        statement(__file__, "registrations"),
        {"ids": None if ids is None else list(ids), "state": state, "limit": limit},
    )
    return [Registration(**one._asdict()) for one in found]


def record_acknowledged(
    *, acknowledgements: Sequence[Acknowledgement], now: dt.datetime
) -> list[int]:
    """Note what the card company said; an answer counts once. Returns the registrations touched.

    Announces ``issuing.name.registered`` and ``issuing.name.rejected``.
    """
    require_unit_of_work()
    table = [
        (
            int(each.key.rpartition(".")[2]),
            "acknowledged" if each.accepted else "rejected",
            each.receipt,
            each.why,
        )
        for each in acknowledgements
    ]
    if not table:
        return []
    found = rows(
        """
        UPDATE issuing_registration r SET state = a.state, receipt = nullif(a.receipt, ''),
            why = nullif(a.why, ''), sent_at = coalesce(r.sent_at, %s), ended_at = %s
        FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) AS a(id, state, receipt, why)
        WHERE r.id = a.id AND r.state <> 'acknowledged' RETURNING r.id, r.card_id, r.member_id,
            r.state, r.why
        """,
        [now, now, *map(list, zip(*table, strict=True))],
    )
    for one in found:
        about = {"registration_id": one.id, "card_id": one.card_id, "member_id": one.member_id}
        if one.state == "acknowledged":
            announce(NameRegistered(**about))
        else:
            announce(NameRejected(**about, why=one.why or ""))
    return [one.id for one in found]


def send_again(*, registration_ids: Sequence[int], actor: Actor, now: dt.datetime) -> int:
    """Put refused names back in line, after somebody looked; returns how many."""
    require_unit_of_work()
    found = rows(
        "UPDATE issuing_registration SET state = 'waiting', why = NULL, ended_at = NULL"
        " WHERE id = ANY(%s::bigint[]) AND state = 'rejected' RETURNING id",
        [list(registration_ids)],
    )
    stamp = int(now.timestamp())
    letters = [(f"{stamp}.registration.{one.id}", one.id) for one in found]
    outbox.enqueue(topic=TOPIC, letters=letters, now=now)
    return len(found)


def reconcile(*, on: dt.date) -> Reconciled:
    """Count one day's names: due, acknowledged, refused, still waiting."""
    (one,) = rows(
        """
        SELECT count(*) AS opened, count(*) FILTER (WHERE state = 'acknowledged') AS acknowledged,
            count(*) FILTER (WHERE state = 'rejected') AS rejected,
            count(*) FILTER (WHERE state = 'waiting') AS waiting
        FROM issuing_registration WHERE opened_on = %s
        """,
        [on],
    )
    return Reconciled(on=on, **one._asdict())


def _clock(at: dt.datetime) -> str:
    return f"{current_pack().time.local(at):%Y-%m-%d %H:%M}"


def _counter(job: object) -> str:
    code = getattr(job, "handed_over_counter", None) or ""
    row = current_pack().table("counters")["counters"].get(code)
    return str(row["name"]["zh-Hant"]) if row else code
