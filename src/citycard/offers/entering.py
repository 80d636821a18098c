"""Entries: priced at the door, and merged when venues that were cut off send theirs."""

import datetime as dt
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from citycard.infra.database import execute, rows, statement
from citycard.infra.journal import announce
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.offers import deciding
from citycard.offers.events import EntriesMerged
from citycard.offers.table import offers
from citycard.offers.values import CardNumber, Finding, Merged, NewEntry, Outcome, Price

FUTURE_ALLOWED = dt.timedelta(minutes=10)
GOOD = "active"
_Key = tuple[str, int, int]


def price_at(*, offer: str, venue: str, card: CardNumber, now: dt.datetime) -> Price:
    """Price a visit by a card; the reader learns a public code and a price class, nothing else.

    The answer names the card's holder to the caller, who writes down that they were asked about.
    """
    known = offers().get(offer)
    if known is None:
        return Price(code="no_offer")
    on = current_pack().time.day(now)
    found = _cards([(offer, on, card)])
    if 0 not in found:
        return Price(code="unknown_card")
    one = found[0]
    if one.state != GOOD or (one.expires_on and one.expires_on <= on):
        return Price(code="card_not_valid", member_id=one.member_id)
    price = deciding.price(
        known,
        venue=venue,
        on=on,
        card_kind=one.kind,
        rights=frozenset(one.rights),
        first_day=one.first_day,
    )
    return replace(price, member_id=one.member_id)


def merge_entries(
    *, entries: Sequence[NewEntry], agencies: Collection[str], actor: Actor, now: dt.datetime
) -> list[Merged]:
    """Take entries that venues let in, whenever and in whatever order they arrive; one answer each.

    What was let in and charged is a fact and stays. A card's first day is the earliest of all
    entries that have arrived: an entry let in free on another day is named (``double_free_day``)
    and never billed; one charged on that day is due back (``due_back``). Sent again, an entry gets
    its answer from where it stands. Announces ``offers.entries.merged``.

    :param agencies: whose venues, or offers, the sender may speak for
    """
    require_unit_of_work()
    refused = [_refused(each, agencies, now) for each in entries]
    good = [each for each, why in zip(entries, refused, strict=True) if why is None]
    new = _store(good, now) if good else set()
    stored = _stored(good)
    _keep_conflicts(good, stored, now)
    results, seen = [], set[_Key]()
    for each, why in zip(entries, refused, strict=True):
        fresh = why is None and _key(each) in new and _key(each) not in seen
        seen.add(_key(each))
        results.append(_answer(each, why, stored, fresh))
    doubles = sum(one.finding == "double_free_day" for one in results if one.outcome == "stored")
    if new:
        announce(
            EntriesMerged(agency=actor.agency or "", stored=len(new), double_free_days=doubles)
        )
    return results


def _refused(each: NewEntry, agencies: Collection[str], now: dt.datetime) -> Outcome | None:
    known = offers().get(each.offer)
    if known is None or each.venue not in known.venues:
        return "no_offer"
    places = current_pack().table("places")["places"]
    if places[each.venue]["agency"] not in agencies and known.agency not in agencies:
        return "no_offer"
    return "impossible_time" if each.at > now + FUTURE_ALLOWED else None


def _store(entries: Sequence[NewEntry], now: dt.datetime) -> set[_Key]:
    time = current_pack().time
    days = [time.day(each.at) for each in entries]
    found = _cards([(each.offer, day, each.card) for each, day in zip(entries, days, strict=True)])
    columns: dict[str, Any] = {
        "device": [each.device for each in entries],
        "epoch": [each.epoch for each in entries],
        "seq": [each.seq for each in entries],
        "offer": [each.offer for each in entries],
        "venue": [each.venue for each in entries],
        "card_id": [found[i].card_id if i in found else None for i in range(len(entries))],
        "at": [each.at for each in entries],
        "day": days,
        "price_class": [each.price_class for each in entries],
        "charged_ntd": [each.charged_ntd for each in entries],
        "content": [_content(each) for each in entries],
        "now": now,
    }
    new = {(one.device, one.epoch, one.seq) for one in rows(statement(__file__, "store"), columns)}
    execute(statement(__file__, "first_days"), _names(sorted(new)) | {"now": now})
    return new


def _stored(entries: Sequence[NewEntry]) -> dict[_Key, Any]:
    names = _names(sorted({_key(each) for each in entries}))
    return {
        (one.device, one.epoch, one.seq): one for one in rows(statement(__file__, "stored"), names)
    }


def _keep_conflicts(
    entries: Sequence[NewEntry], stored: Mapping[_Key, Any], now: dt.datetime
) -> None:
    other = [each for each in entries if bytes(stored[_key(each)].content) != _content(each)]
    if other:
        execute(
            "INSERT INTO offers_entry_conflict (device, epoch, seq, said, content, received_at)"
            " SELECT c.device, c.epoch, c.seq, c.said::jsonb, c.content, %s FROM"
            " unnest(%s::text[], %s::int[], %s::bigint[], %s::text[], %s::bytea[])"
            " AS c(device, epoch, seq, said, content) ON CONFLICT DO NOTHING",
            [
                now,
                [each.device for each in other],
                [each.epoch for each in other],
                [each.seq for each in other],
                [_said(each) for each in other],
                [_content(each) for each in other],
            ],
        )


def _answer(each: NewEntry, why: Outcome | None, stored: Mapping[_Key, Any], fresh: bool) -> Merged:
    about: dict[str, Any] = {"device": each.device, "epoch": each.epoch, "seq": each.seq}
    if why is not None:
        return Merged(**about, outcome=why)
    kept = stored[_key(each)]
    if bytes(kept.content) != _content(each):
        return Merged(**about, outcome="conflict")
    outcome: Outcome = "stored" if fresh else "again"
    return Merged(**about, outcome=outcome, finding=_finding(kept), first_day=kept.first_day)


def _finding(kept: Any) -> Finding:
    if kept.card_id is None:
        return "unknown_card"
    known = offers()[kept.offer]
    if kept.price_class in known.classes("first") and kept.day != kept.first_day:
        return "double_free_day"
    if kept.price_class in known.classes("later") and kept.day == kept.first_day:
        return "due_back"
    return ""


def _cards(wanted: Sequence[tuple[str, dt.date, CardNumber]]) -> dict[int, Any]:
    found = rows(
        statement(__file__, "cards"),
        {
            "places": list(range(len(wanted))),
            "offers": [offer for offer, _, _ in wanted],
            "days": [day for _, day, _ in wanted],
            "issuers": [card.issuer for _, _, card in wanted],
            "kinds": [card.number_kind for _, _, card in wanted],
            "numbers": [card.number for _, _, card in wanted],
        },
    )
    return {one.place: one for one in found}


def _names(keys: Sequence[_Key]) -> dict[str, Any]:
    columns = ("device", "epoch", "seq")
    return {name: [key[place] for key in keys] for place, name in enumerate(columns)}


def _key(each: NewEntry) -> _Key:
    return each.device, each.epoch, each.seq


def _content(each: NewEntry) -> bytes:
    said = [
        each.offer,
        each.venue,
        each.card.issuer,
        each.card.number_kind,
        each.card.number,
        each.at.astimezone(dt.UTC).isoformat(),
        each.price_class,
        each.charged_ntd,
    ]
    return blake2b(json.dumps(said).encode(), digest_size=16).digest()


def _said(each: NewEntry) -> str:
    """Say what the other entry was, without the card's number."""
    return json.dumps(
        {
            "offer": each.offer,
            "venue": each.venue,
            "at": each.at.isoformat(),
            "price_class": each.price_class,
            "charged_ntd": each.charged_ntd,
        }
    )
