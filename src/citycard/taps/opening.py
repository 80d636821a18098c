"""Opening a batch: lock the readers, tell what came before, judge what is new; all set-based."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from citycard.cards import api as cards
from citycard.infra.database import execute, rows, statement
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.taps import deciding
from citycard.taps.codes import Code
from citycard.taps.months import ensure_months
from citycard.taps.service_table import ServiceTable, service_table
from citycard.taps.values import OpenBatch, OpenedTap, State, TapAnswer, TapRead

Identity = tuple[int, int, int]


class Fate(NamedTuple):
    """What becomes of a tap before it is judged: see ``OpenedTap``."""

    state: State
    answer: TapAnswer | None = None
    same_as: int | None = None


_NEW = Fate("new")
_CONFLICT = Fate("conflict", TapAnswer(Code.CONFLICT))
_REFUSED = Fate("refused", TapAnswer(Code.READER_REVOKED))
_QUARANTINED = Fate("quarantined", TapAnswer(Code.QUARANTINED_TIME))


def open_batch(*, reads: Sequence[TapRead], now: dt.datetime) -> OpenBatch:
    """Lock the readers' epochs in order and judge each tap by what held at its own time.

    A tap that was taken before carries the answer that was stored; the same number with another
    content is a conflict; an impossible time is quarantined; none of them fails the others.

    :raises UnitOfWorkMisused: called outside a unit of work
    """
    require_unit_of_work()
    table = service_table()
    zone = current_pack().time.zone
    days = [deciding.local_day(read.at, zone) for read in reads]
    hashes = [deciding.content_hash(read) for read in reads]
    impossible = [deciding.impossible_time(read.at, now) for read in reads]
    ensure_months(
        {d.replace(day=1) for d, why in zip(days, impossible, strict=True) if why is None}
    )
    found = _look_up(reads, days, table)
    stored = _stored_answers(reads, days, hashes, found)
    first: dict[Identity, int] = {}
    taps = []
    for i, (read, facts) in enumerate(zip(reads, found, strict=True)):
        fate = _fate(i, read, facts, impossible[i], hashes, first, stored)
        code = fate.answer.code if fate.answer else deciding.verdict(facts, table, days[i])
        late = now - read.at > deciding.LATE_AFTER
        taps.append(_opened(fate, code, impossible[i], facts, table, hashes[i], days[i], late))
    return OpenBatch(reads=tuple(reads), taps=tuple(taps), pack_hash=table.pack_hash)


def _look_up(reads: Sequence[TapRead], days: Sequence[dt.date], table: ServiceTable) -> list[Any]:
    """Run the one statement of the batch; a reader's first tap of an epoch makes its row first."""
    epochs = sorted({(read.device_id, read.epoch) for read in reads})
    columns = list(zip(*reads, strict=True))
    parameters = {
        "lock_readers": [reader for reader, _ in epochs],
        "lock_epochs": [epoch for _, epoch in epochs],
        "readers": list(columns[0]),
        "epochs": list(columns[1]),
        "seqs": list(columns[2]),
        "ats": list(columns[3]),
        "days": list(days),
        "issuers": list(columns[4]),
        "kinds": list(columns[5]),
        "numbers": list(columns[6]),
        "services": list(table.services),
        "entitlements": [service.entitlement for service in table.services.values()],
        "one_card": [service.one_card for service in table.services.values()],
    }
    found = rows(statement(__file__, "open"), parameters, prepare=True)
    if any(row.seen is None and row.reader_state is not None for row in found):
        execute(statement(__file__, "begin_epochs"), parameters)
        found = rows(statement(__file__, "open"), parameters, prepare=True)
    return found


def _fate(
    i: int,
    read: TapRead,
    facts: Any,
    impossible: str | None,
    hashes: Sequence[bytes],
    first: dict[Identity, int],
    stored: dict[int, Fate],
) -> Fate:
    """Tell whether a tap goes on to be judged, and if not, its answer."""
    if facts.reader_state != "active" or not facts.epoch_known or read.epoch < 1:
        return _REFUSED
    if i in stored:
        return stored[i]
    earlier = first.setdefault((read.device_id, read.epoch, read.seq), i)
    if earlier != i:
        return Fate("repeated", None, earlier) if hashes[earlier] == hashes[i] else _CONFLICT
    return _NEW if impossible is None else _QUARANTINED


def _opened(
    fate: Fate,
    code: Code,
    impossible: str | None,
    facts: Any,
    table: ServiceTable,
    content: bytes,
    day: dt.date,
    late: bool,
) -> OpenedTap:
    service = table.services.get(facts.service)
    return OpenedTap(
        fate.state,
        code,
        fate.answer,
        fate.same_as,
        impossible,
        facts.card_id,
        # Who holds a refused card did tap all the same: it stands in their history.
        facts.member_id,
        facts.binding_id,
        facts.right_id,
        facts.service,
        facts.agency,
        facts.place,
        service is not None and service.answers_number,
        service is not None and service.needs_link,
        content,
        day.replace(day=1),
        late,
        service.spends_on if service is not None else None,
    )


def _stored_answers(
    reads: Sequence[TapRead],
    days: Sequence[dt.date],
    hashes: Sequence[bytes],
    found: Sequence[Any],
) -> dict[int, Fate]:
    """Return, by place in the batch, the answers of taps that were taken before."""
    seen = [i for i, facts in enumerate(found) if facts.seen]
    if not seen:
        return {}
    taken = rows(
        statement(__file__, "stored_answers"),
        {
            "months": [days[i].replace(day=1) for i in seen],
            "readers": [reads[i].device_id for i in seen],
            "epochs": [reads[i].epoch for i in seen],
            "seqs": [reads[i].seq for i in seen],
        },
    )
    numbers = cards.numbers_of_links(link_ids=[row.link_id for row in taken if row.link_id])
    same = {
        seen[row.n - 1]: Fate(
            "duplicate", TapAnswer(Code(row.code), row.points, numbers.get(row.link_id))
        )
        for row in taken
        if bytes(row.content_hash) == hashes[seen[row.n - 1]]
    }
    kept_apart = _quarantined(reads, hashes, [i for i in seen if i not in same])
    return {i: same.get(i) or kept_apart.get(i) or _CONFLICT for i in seen}


def _quarantined(
    reads: Sequence[TapRead], hashes: Sequence[bytes], places: Sequence[int]
) -> dict[int, Fate]:
    if not places:
        return {}
    found = rows(
        """
        SELECT r.n, q.content_hash
        FROM unnest(%s::bigint[], %s::integer[], %s::bigint[])
             WITH ORDINALITY AS r(reader_id, epoch, seq, n)
        JOIN taps_quarantine q USING (reader_id, epoch, seq)
        """,
        [[reads[i][column] for i in places] for column in range(3)],
    )
    return {
        places[row.n - 1]: Fate("duplicate", TapAnswer(Code.QUARANTINED_TIME))
        for row in found
        if bytes(row.content_hash) == hashes[places[row.n - 1]]
    }
