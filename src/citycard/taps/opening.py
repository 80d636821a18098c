"""Opening a batch: lock the readers, tell what came before, judge what is new; all by columns."""

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from citycard.infra import columns as wire
from citycard.infra.database import execute, statement
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.taps import deciding, fare_classes, grouping, recalling
from citycard.taps.codes import Code
from citycard.taps.columns import TapColumns, Whole
from citycard.taps.deciding import Found
from citycard.taps.fare_classes import Holders
from citycard.taps.identified import stand_in
from citycard.taps.looking_up import sought
from citycard.taps.months import ensure_months
from citycard.taps.opened import Mask, OpenBatch, State
from citycard.taps.service_table import ServiceTable, service_table
from citycard.taps.sites import add_sites, sites_of
from citycard.taps.values import CardRead, TapAnswer

_FORMS = (">i2", ">i8", wire.TEXT, ">i8")
_FOUND = (">i8", ">i2", ">i4", ">i2", ">i8", ">i2", ">i8", ">i8", ">i8")
_HOLDERS = (">i8", ">i4", ">i4")
_NONE: Mapping[str, str] = MappingProxyType({})
_NOBODY: Mapping[int, int] = MappingProxyType({})


def open_batch(
    *,
    columns: TapColumns,
    now: dt.datetime,
    resolved: Mapping[int, CardRead] | None = None,
    classes: Mapping[str, str] = _NONE,
    identified: Mapping[int, int] = _NOBODY,
) -> OpenBatch:
    """Lock the readers' epochs in order and judge each tap by what held at its own time.

    A tap that was taken before carries the answer that was stored; the same number with another
    content is a conflict; an impossible time is quarantined; none of them fails the others. The
    numbers that are new stand as taken from here on, so what is opened must be stored.

    :param resolved: by place, the card behind a number that says none itself
    :param classes: what readers may be told of a card's fare: class → right, the first that counts
        first
    :param identified: by place, a member whom a clerk identified and who held no card to anything
    :raises UnitOfWorkMisused: called outside a unit of work
    """
    require_unit_of_work()
    table = service_table()
    days = deciding.local_days(columns.at_us, current_pack().time.zone)
    impossible = deciding.impossible_times(columns.at_us, now)
    readers = grouping.by_reader(columns, impossible)
    named = fare_classes.asked(table, classes)
    asked = _asked(columns, readers, days, table, resolved or {}, now) | named
    good, batch_id, seen, site, found, holders = _look_up(asked, readers)
    fare_classes.tell(found, holders, columns.at_us, days, named)
    if identified:
        stand_in(found, identified, days, table)
    hashes = deciding.content_hashes(columns)
    code = deciding.verdicts(found, table, days)
    state = np.full(len(columns), State.NEW, np.int8)
    state[impossible > 0] = State.QUARANTINED
    same_as = _mark_repeated(state, readers, hashes)
    told: dict[int, TapAnswer] = {}
    if seen:
        places = grouping.seen_places(seen, readers, columns.seq)
        fates = recalling.recall(columns, days, hashes, places)
        for i, (fate, answer) in fates.items():
            state[i], told[i] = fate, answer
            same_as.pop(i, None)
    state[~good[readers.place]] = State.REFUSED
    _answer_the_rest(state, code, told)
    batch = OpenBatch(
        columns=columns,
        pack_hash=table.pack_hash,
        batch_id=batch_id,
        services=table.in_order,
        day=days,
        state=state,
        code=code,
        card_id=found.card_id,
        member_id=found.member_id,
        binding_id=found.binding_id,
        right_id=found.right_id,
        service=found.service - 1,
        site=site,
        content_hash=hashes,
        late=deciding.late(columns.at_us, now),
        impossible=impossible,
        profile=deciding.profiles(found, table, classes, days),
        classes=tuple(classes),
        sites=sites_of(np.unique(site).tolist()),
        told=told,
        same_as=same_as,
        ambiguous=np.flatnonzero((found.standing == 3) & (state == State.NEW)).tolist(),
    )
    ensure_months(set(batch.months_of(batch.new)))
    return batch


def _asked(
    columns: TapColumns,
    readers: grouping.Readers,
    days: Whole,
    table: ServiceTable,
    resolved: Mapping[int, CardRead],
    now: dt.datetime,
) -> dict[str, Any]:
    numbers = sought(columns, resolved)
    services = table.in_order
    return {
        "now": now,
        "readers": wire.array(wire.INT8, readers.device_id),
        "epochs": wire.array(wire.INT4, readers.epoch),
        "taken": readers.taken,
        "last_ats": wire.array(wire.INSTANT, readers.last_at),
        "services": [service.code for service in services],
        "entitlements": [service.entitlement for service in services],
        "one_card": [service.one_card for service in services],
        "special_kinds": list(table.special_kinds),
        "places": wire.array(wire.INT4, readers.place + 1),
        "ats": wire.array(wire.INSTANT, wire.us_2000(columns.at_us)),
        "days": wire.array(wire.DATE, wire.days_2000(days)),
        "issuers": [issuer for issuer, _ in numbers.sorts],
        "number_kinds": [kind for _, kind in numbers.sorts],
        "keys": wire.array(wire.INT4, numbers.key + 1),
        "numbers": numbers.number,
        "others": numbers.other,
    }


def _look_up(
    asked: dict[str, Any], readers: grouping.Readers
) -> tuple[Mask, int, str, Whole, Found, Holders]:
    """Run the one statement of the batch; what readers stand for, and a reader's first tap of an
    epoch, make their rows first."""
    sql = statement(__file__, "open_columns")
    answer = wire.ask(sql, asked, (*_FORMS, *_FOUND, *_HOLDERS))
    if answer[1][0]:
        add_sites(readers.device_id.tolist())
        good = answer[0] > 0
        begun = [readers.device_id[good].tolist(), readers.epoch[good].tolist()]
        execute(statement(__file__, "begin_epochs"), begun)
        answer = wire.ask(sql, asked, (*_FORMS, *_FOUND, *_HOLDERS))
    good, _, seen, batch_id, n, service, site, *facts, holders, bits, always = answer
    order = np.argsort(n, kind="stable")
    facts = [service, *facts, np.zeros(len(n))]
    found = Found(*(column[order].astype(np.int64) for column in facts))
    site = site[order].astype(np.int64)
    return good > 0, int(batch_id[0]), seen, site, found, Holders.of(holders, bits, always)


def _mark_repeated(state: Any, readers: grouping.Readers, hashes: Whole) -> dict[int, int]:
    """Mark taps whose number came before in the same batch; return the first place of the same."""
    same_as: dict[int, int] = {}
    for i, first in readers.repeated:
        state[i] = State.REPEATED if hashes[i] == hashes[first] else State.CONFLICT
        if hashes[i] == hashes[first]:
            same_as[i] = first
    return same_as


def _answer_the_rest(state: Any, code: Any, told: dict[int, TapAnswer]) -> None:
    """Give what is not judged the code that it is answered."""
    for fate, answer in (
        (State.CONFLICT, Code.CONFLICT),
        (State.QUARANTINED, Code.QUARANTINED_TIME),
        (State.REFUSED, Code.READER_REVOKED),
    ):
        code[state == fate] = answer
    for i, before in told.items():
        if state[i] == State.DUPLICATE:
            code[i] = before.code
