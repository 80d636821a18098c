"""Rides, from what devices said to who pays: decided by event, again whenever something else is
known, and their points posted.

A person's month is decided as a whole, so a late tap, a card that changed hands or a right that was
corrected ends in the same rides as if it had been known at once.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from citycard.entitlements import api as entitlements
from citycard.fares import api as fares
from citycard.infra import clock
from citycard.infra.journal import Announced
from citycard.kernel.actors import SYSTEM
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger

KEPT, DECIDED = "fares.readings.kept", "fares.rides.decided"
RIGHTS = frozenset(
    {"entitlements.right.granted", "entitlements.right.ended", "entitlements.right.changed"}
)
FACTS = frozenset({"people.facts.changed"})
CARDS = frozenset(
    {"cards.card.bound", "cards.card.unbound", "cards.card.reported_lost", "cards.card.ended"}
)
FOLLOWED = RIGHTS | FACTS | CARDS
FACTS_REACH = dt.timedelta(days=62)
"""How far back a corrected fact is looked at again: months whose allowance may still be open."""


def follow_readings(batch: Sequence[Announced]) -> None:
    """Decide the months that new readings touch; a subscriber's handler."""
    months = {dt.date.fromisoformat(month) for event in batch for month in event.body["months"]}
    _decide(
        fares.touched_by_readings(
            batch_ids=[event.body["batch_id"] for event in batch], months=sorted(months)
        )
    )


def follow_changes(batch: Sequence[Announced]) -> None:
    """Decide months again whose riders' rights, facts or cards are other than they were; a
    subscriber's handler."""
    touched = set()
    if members := _ids(batch, RIGHTS, "member_ids"):
        moved = fares.touched_by_rights(member_ids=members)
        _grant_again(moved)
        touched |= moved
    if members := _ids(batch, FACTS, "member_ids"):
        since = (clock.today() - FACTS_REACH).replace(day=1)
        moved = fares.touched_by_facts(member_ids=members, since=since)
        _grant_again(moved)
        touched |= moved
    if cards := _ids(batch, CARDS, "card_ids", "card_id"):
        touched |= fares.touched_by_cards(card_ids=cards)
    _decide(touched)


def post_points(batch: Sequence[Announced]) -> None:
    """Bring the posted points of decided rides to what the rides say; a subscriber's handler."""
    riders: dict[dt.date, set[int]] = defaultdict(set)
    for event in batch:
        month = dt.date.fromisoformat(event.body["month"])
        riders[month].update(rider for rider in event.body["riders"] if rider > 0)
    for month, members in sorted(riders.items()):
        _set_uses(fares.point_uses(month=month, member_ids=sorted(members)))


def leave_to_tills(*, left: Mapping[tuple[dt.date, int], int]) -> None:
    """Decide people's months so that their rides find no more than what tills left, and take back
    what was posted of more.

    :param left: local month and member → points that rides may have
    """
    for month, member in sorted(left):
        [own] = entitlements.machine_allowances(member_ids=[member], month=month)[member]
        grant = {member: fares.Grant(left[month, member], own.starts_on)}
        fares.decide_months(
            riders=[(month, member)],
            grants=lambda members, asked, month=month, grant=grant: (  # type: ignore[misc]  # bound early
                grant if asked == month else _grants(members, asked, clock.now())
            ),
            now=clock.now(),
        )
        _set_uses(fares.point_uses(month=month, member_ids=[member]))


def decide(*, months: Iterable[tuple[dt.date, int]], now: dt.datetime) -> list[fares.Decided]:
    """Decide people's months anew; in the caller's unit of work.

    :param months: local month and rider, as ``fares.decide_months`` takes them
    """
    return fares.decide_months(
        riders=months,
        grants=lambda members, month: _grants(members, month, now),
        now=now,
    )


def _decide(months: Iterable[tuple[dt.date, int]]) -> None:
    decide(months=months, now=clock.now())


def _grants(members: Sequence[int], month: dt.date, now: dt.datetime) -> Mapping[int, fares.Grant]:
    """Return what rides find of the month's allowances; who has none yet is granted theirs."""
    found = granted(members, month)
    missing = [member for member in members if member not in found]
    if missing:
        entitlements.grant_month(month=month, member_ids=missing, now=now, actor=SYSTEM)
        found |= granted(missing, month)
    return found


def granted(members: Sequence[int], month: dt.date) -> dict[int, fares.Grant]:
    """Return what rides find of the month's allowances that were granted."""
    unit = fares.points_unit()
    found = entitlements.left_to_rides(member_ids=members, month=month, unit=unit)
    return {member: fares.Grant(*left) for member, left in found.items()}


def _grant_again(months: Iterable[tuple[dt.date, int]]) -> None:
    """Correct allowances before the rides that they pay are decided again."""
    members: dict[dt.date, list[int]] = defaultdict(list)
    for month, rider in months:
        if rider > 0:
            members[month].append(rider)
    for month, own in sorted(members.items()):
        entitlements.grant_month(month=month, member_ids=own, now=clock.now(), actor=SYSTEM)


def _set_uses(wanted: fares.PointUses) -> None:
    """Post what rides take of the allowance, and take back what they no longer do."""
    many = len(wanted.member_id)
    taps = list(zip(wanted.reader_id, wanted.epoch, wanted.seq, strict=True))
    into = {code: ledger.partner(code=code, unit=wanted.unit) for code in set(wanted.operator)}
    uses = entitlements.UseColumns(
        key=[
            fact_key(at, "fares.ride", member, *tap)
            for at, member, tap in zip(wanted.at, wanted.member_id, taps, strict=True)
        ],
        at=wanted.at,
        member_id=wanted.member_id,
        unit=[wanted.unit] * many,
        category=wanted.category,
        points=wanted.points,
        into=[into[code] for code in wanted.operator],
        whole=[False] * many,
        service=[""] * many,
        ref=[f"ride:{reader}:{epoch}:{seq}" for reader, epoch, seq in taps],
    )
    entitlements.set_use_columns(uses=uses, actor=SYSTEM, now=clock.now())


def _ids(batch: Sequence[Announced], codes: frozenset[str], *names: str) -> list[int]:
    found: set[int] = set()
    for event in batch:
        if event.code in codes:
            for name in names:
                said = event.body.get(name, ())
                found.update([said] if isinstance(said, int) else said)
    return sorted(found)
