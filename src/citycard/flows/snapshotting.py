"""What readers carry when they are cut off: built by the clock, and by event as soon as a card is
lost. Never by a request.

A snapshot is of one service and holds what its readers must know: marks of the cards that it takes,
classes that it answers, and cards that are out of use. No number, no name, no reason.
"""

import datetime as dt
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from citycard.agencies import api as agencies
from citycard.cards import api as cards
from citycard.cards.api import snapshot_format as shape
from citycard.fares import api as fares
from citycard.infra import clock
from citycard.infra.journal import Announced
from citycard.infra.packs import Pack, current_pack
from citycard.infra.signers import Signer, signers
from citycard.infra.unit_of_work import unit_of_work
from citycard.taps import api as taps

STOPPED = frozenset({"cards.card.reported_lost", "cards.card.suspended", "cards.card.ended"})
"""Followed apart from the others: however many cards are bound today, a lost one doesn't wait."""

CHANGED = frozenset({"cards.card.resumed", "cards.card.bound", "cards.card.unbound"})
ACCEPT, LOST = "accept", "lost"
_SPARE = 2
"""Marks are long enough for so many times the cards of the day: a base lasts until the next."""


class Plan(NamedTuple):
    """What a service's snapshot is built by.

    :ivar sets: name of a set → the right that it asks; None: any bound card
    :ivar limits: what its readers may do offline
    """

    service: str
    kinds: tuple[tuple[str, str], ...]
    sets: Mapping[str, str | None]
    limits: Mapping[str, Any]
    poll_seconds: int
    per_billion: int
    hotlist: dt.timedelta
    base_every: dt.timedelta

    @property
    def shape(self) -> str:
        """Return what tells this plan from another."""
        said = [self.kinds, dict(self.sets), dict(self.limits), self.poll_seconds, self.per_billion]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


def build(now: dt.datetime) -> int:
    """Bring every service's snapshot up to date; returns how many documents were made. For the
    clock: late or twice is harmless."""
    return sum(build_service(plan=plan, now=now) for plan in plans())


def build_service(*, plan: Plan, now: dt.datetime) -> int:
    """Bring one service's snapshot up to date: a new base when it is time for one, a delta when
    something changed, the word that it is fresh, and a note of the lost cards that it names."""
    with unit_of_work():
        at = cards.lock_snapshots(service=plan.service, now=now)
        known = cards.latest_snapshots(service=plan.service)
        signer = signers(now=at)[-1]
        lost = _unlisted(plan, at)  # before the marks are read: those name them all
        base = known[0] if known else None
        if base is None or base.shape != plan.shape or at - base.at >= plan.base_every:
            made = [_new_base(plan, known[-1] if known else None, signer, at)]
        else:
            made = _new_delta(plan, known, signer, at)
        newest = [*known, *made][-1]
        cards.note_listed(newest=newest, card_ids=lost, at=at)
        _say_fresh(plan.service, newest, signer, at)
        return len(made)


def refresh(now: dt.datetime) -> None:
    """Sign for each service that its newest version still is the newest."""
    for plan in plans():
        with unit_of_work():
            at = cards.lock_snapshots(service=plan.service, now=now)
            newest = cards.newest_snapshot(service=plan.service)
            if newest is not None:
                _say_fresh(plan.service, newest, signers(now=at)[-1], at)


def follow_cards(batch: Sequence[Announced]) -> None:
    """Publish at once that cards are lost, stopped, back or somebody's; a subscriber's handler."""
    ids = [event.body.get("card_ids") or [event.body["card_id"]] for event in batch]
    touched = sorted({int(one) for some in ids for one in some})
    now = clock.now()
    for plan in plans():
        at = cards.lock_snapshots(service=plan.service, now=now)
        newest = cards.newest_snapshot(service=plan.service)
        base = cards.latest_base(service=plan.service)
        if newest is not None and base is not None:
            # What a base of another plan accepts waits for the next base; what is lost doesn't.
            goes_on = base.shape == plan.shape
            _publish(plan if goes_on else plan._replace(sets={}), base, newest, touched, at)


def plans() -> list[Plan]:
    """Return a plan for each service that has readers in use, by service."""
    pack = current_pack()
    kinds: dict[str, set[tuple[str, str]]] = {}
    for device in agencies.devices_for_gate():
        if device.state == "active" and device.service in taps.service_table().services:
            kinds.setdefault(device.service, set()).update(_kinds(device))
    return [_plan(pack, service, tuple(sorted(own))) for service, own in sorted(kinds.items())]


def _kinds(device: agencies.GateDevice) -> set[tuple[str, str]]:
    """Return the numbers that a device reads, as the city keeps them."""
    kind = "uid" if device.number_kind.startswith("uid") else device.number_kind
    return {(device.issuer, kind)}


def _plan(pack: Pack, service: str, kinds: tuple[tuple[str, str], ...]) -> Plan:
    table = pack.table("offline")
    limits = {**table["limits"]["default"], **table["services"].get(service, {})}
    asked = taps.service_table().services[service]
    if asked.needs_link:
        limits["asks"] = "never"  # what it answers is the agency's own number
    sets: dict[str, str | None] = {}
    if limits["asks"] == "snapshot":
        sets = {ACCEPT: asked.entitlement}
        if asked.answers_profile:
            sets |= fares.card_classes(pack=pack)  # the same names as the gate's answers
    return Plan(
        service=service,
        kinds=kinds,
        sets=sets,
        limits=limits,
        poll_seconds=table["poll_seconds"],
        per_billion=table["false_accept_per_billion"],
        hotlist=dt.timedelta(days=table["hotlist_days"]),
        base_every=dt.timedelta(hours=table["base_hours"]),
    )


def _sets(
    plan: Plan,
    salt: bytes,
    size: int,
    now: dt.datetime,
    card_ids: Sequence[int] | None = None,
) -> dict[str, frozenset[bytes]]:
    on = current_pack().time.day(now)
    sets = {
        name: cards.holding_marks(
            entitlement=right, kinds=plan.kinds, on=on, salt=salt, size=size, card_ids=card_ids
        )
        for name, right in plan.sets.items()
    }
    sets[LOST] = cards.hotlist_marks(
        kinds=plan.kinds, since=now - plan.hotlist, salt=salt, size=size, card_ids=card_ids
    )
    return sets


def _unlisted(plan: Plan, now: dt.datetime, card_ids: Sequence[int] | None = None) -> list[int]:
    """Return the lost cards that a plan's next document is the first to name: who bears a loss
    hangs on which version a reader held."""
    since = now - plan.hotlist
    return cards.unlisted_lost(
        service=plan.service, kinds=plan.kinds, since=since, card_ids=card_ids
    )


def _new_base(
    plan: Plan, before: cards.Snapshot | None, signer: Signer, now: dt.datetime
) -> cards.Snapshot:
    salt = secrets.token_bytes(shape.SALT_BYTES)
    sets = _sets(plan, salt, shape.LARGEST_MARK, now)
    most = max([len(marks) for marks in sets.values()], default=0)
    size = shape.mark_bytes(most * _SPARE, per_billion=plan.per_billion)
    sets = _sets(plan, salt, size, now)
    header = _header("base", plan.service, before, now) | {
        "salt": salt.hex(),
        "mark_bytes": size,
        "false_accept": shape.false_accept(most, size),
        "reads": [list(kind) for kind in plan.kinds],
        "classes": sorted(set(plan.sets) - {ACCEPT}),
        "limits": dict(plan.limits),
        "poll_seconds": plan.poll_seconds,
    }
    made = _signed(header, sets, {}, signer, now, salt=salt, size=size, shaped=plan.shape)
    cards.keep_snapshot(snapshot=made)
    return made


def _new_delta(
    plan: Plan, known: Sequence[cards.Snapshot], signer: Signer, now: dt.datetime
) -> list[cards.Snapshot]:
    base = known[0]
    assert base.salt is not None, "a base has a salt"
    assert base.mark_bytes is not None, "a base has marks of one length"
    before: Mapping[str, frozenset[bytes]] = {}
    for one in known:
        before = shape.applied(before, shape.read(one.document))
    after = _sets(plan, base.salt, base.mark_bytes, now)
    added, removed = shape.differences(before, after)
    if not added and not removed:
        return []
    return [_delta(plan.service, base, known[-1], added, removed, signer, now)]


def _publish(
    plan: Plan,
    base: cards.Snapshot,
    newest: cards.Snapshot,
    touched: Sequence[int],
    now: dt.datetime,
) -> None:
    """Say of some cards what holds now, and that all else of them doesn't."""
    assert base.salt is not None, "a base has a salt"
    assert base.mark_bytes is not None, "a base has marks of one length"
    salt, size = base.salt, base.mark_bytes
    every = cards.card_marks(kinds=plan.kinds, salt=salt, size=size, card_ids=touched)
    if not every:
        return
    lost = _unlisted(plan, now, touched)
    added = _sets(plan, salt, size, now, touched)
    removed = {name: every - marks for name, marks in added.items()}
    signer = signers(now=now)[-1]
    made = _delta(plan.service, base, newest, added, removed, signer, now)
    cards.note_listed(newest=made, card_ids=lost, at=now)
    _say_fresh(plan.service, made, signer, now)


def _delta(
    service: str,
    base: cards.Snapshot,
    before: cards.Snapshot,
    added: Mapping[str, frozenset[bytes]],
    removed: Mapping[str, frozenset[bytes]],
    signer: Signer,
    now: dt.datetime,
) -> cards.Snapshot:
    header = _header("delta", service, before, now) | {"mark_bytes": base.mark_bytes}
    made = _signed(header, added, removed, signer, now)
    cards.keep_snapshot(snapshot=made)
    return made


def _say_fresh(service: str, newest: cards.Snapshot, signer: Signer, now: dt.datetime) -> None:
    header = {
        "type": "fresh",
        "city": current_pack().code,
        "service": service,
        "version": newest.version,
        "head": newest.head.hex(),
        "at": shape.instant(now),
    } | _keys(signer, now)
    document = shape.write(header, added={}, removed={}, sign=signer.sign)
    cards.keep_fresh(service=service, at=now, document=document)


def _header(
    kind: str, service: str, before: cards.Snapshot | None, now: dt.datetime
) -> dict[str, Any]:
    return {
        "type": kind,
        "city": current_pack().code,
        "service": service,
        "version": before.version + 1 if before else 1,
        "previous": before.head.hex() if before else None,
        "at": shape.instant(now),
    }


def _signed(
    header: dict[str, Any],
    added: Mapping[str, frozenset[bytes]],
    removed: Mapping[str, frozenset[bytes]],
    signer: Signer,
    now: dt.datetime,
    *,
    salt: bytes | None = None,
    size: int | None = None,
    shaped: str = "",
) -> cards.Snapshot:
    document = shape.write(
        header | _keys(signer, now), added=added, removed=removed, sign=signer.sign
    )
    return cards.Snapshot(
        service=header["service"],
        version=header["version"],
        kind=header["type"],
        at=now,
        head=shape.head(document),
        document=document,
        salt=salt,
        mark_bytes=size,
        shape=shaped,
    )


def _keys(signer: Signer, now: dt.datetime) -> dict[str, Any]:
    """Name the key that signs, and all that verify: a reader learns the next key from the last."""
    return {
        "kid": signer.kid,
        "keys": [
            {
                "kid": one.kid,
                "public": one.public.hex(),
                "until": shape.instant(one.until) if one.until else None,
                "by": one.by,
                "by_until": int(one.by_until.timestamp()) if one.by_until else 0,
                "proof": one.proof.hex(),
            }
            for one in signers(now=now)
        ],
    }
