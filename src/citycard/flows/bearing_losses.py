"""What devices gave while they were cut off: what people's months bear, what is lost, and whose.

What was answered stays. A month is settled as a whole, in the taps' own order, so that what people
have left and what was lost are the same whichever reader's upload came first.
"""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from citycard.cards import api as cards
from citycard.entitlements import api as entitlements
from citycard.fares import api as fares
from citycard.flows import bearing_rules, riding
from citycard.infra import clock
from citycard.infra.journal import Announced
from citycard.infra.packs import current_pack
from citycard.kernel.actors import SYSTEM
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from citycard.taps import api as taps

FOLLOWED = frozenset({"taps.answers.kept", "cards.card.reported_lost"})
Month = tuple[int, dt.date]
"""A member and the first day of a local month."""

Borne = dict[taps.TapIdentity, int]
Uses = dict[taps.TapIdentity, entitlements.AllowanceUse]


def follow(batch: Sequence[Announced]) -> None:
    """Settle what devices answered, and again what they answered to cards that are lost now; a
    subscriber's handler."""
    kept = [event.body["kept_id"] for event in batch if event.code == "taps.answers.kept"]
    lost = [event.body["card_id"] for event in batch if event.code != "taps.answers.kept"]
    settle(answers=taps.device_answers(kept_ids=kept, card_ids=lost), now=clock.now())


def settle(*, answers: Sequence[taps.DeviceAnswer], now: dt.datetime) -> None:
    """Decide what people's months bear of what devices took, and post what is lost."""
    months = sorted({_month(one) for one in answers if _is_borne(one)})
    together = {one.identity: one for one in [*answers, *taps.device_answers(member_months=months)]}
    ordered = sorted(together.values(), key=lambda one: (one.at, *one.identity))
    borne = _bear([one for one in ordered if _is_borne(one)], now)
    found = _losses([one for one in ordered if one.was_accepted], borne)
    if found:
        taps.set_losses(losses=found)
        _post(found, now)


def _is_borne(one: taps.DeviceAnswer) -> bool:
    """Tell whether a person's month may bear what was taken."""
    return one.points > 0 and one.was_accepted and one.member_id is not None


def _month(one: taps.DeviceAnswer) -> Month:
    assert one.member_id is not None, "only what has a holder is borne"
    return one.member_id, one.month


def _bear(answers: Sequence[taps.DeviceAnswer], now: dt.datetime) -> Borne:
    """Bring what months bear to what they should, in the taps' own order."""
    uses = _uses(answers)
    own: dict[Month, list[taps.DeviceAnswer]] = defaultdict(list)
    for one in answers:
        own[_month(one)].append(one)
    wanted: list[entitlements.AllowanceUse] = []
    for (member, month), of_month in sorted(own.items()):
        wanted += _shares(member, month, of_month, uses, now)
    done = entitlements.set_uses(uses=wanted, actor=SYSTEM, now=now) if wanted else []
    points = {one.key: one.points for one in done}
    borne = {one.identity: points.get(_key(one), 0) for one in answers}
    if borne:
        taps.set_borne(borne=borne)
    return borne


def _uses(
    answers: Sequence[taps.DeviceAnswer],
) -> dict[taps.TapIdentity, entitlements.AllowanceUse]:
    """Return what the rule lets points pay of each price that the city would have taken, too."""
    asked = [
        one
        for one in answers
        if one.city_code.is_accepted and one.spends_on is not None and one.price_ntd is not None
    ]
    found = entitlements.asked_at_tills(asks=[_ask(one) for one in asked])
    return {
        one.identity: replace(use, points=min(use.points, one.points))
        for one, use in zip(asked, found, strict=True)
        if use is not None
    }


def _shares(
    member: int,
    month: dt.date,
    answers: Sequence[taps.DeviceAnswer],
    uses: Uses,
    now: dt.datetime,
) -> list[entitlements.AllowanceUse]:
    """Return what a month should bear of each taking: the earlier first, as far as it reaches."""
    mine = [uses[one.identity] for one in answers if one.identity in uses]
    if not mine:
        return []
    unit = mine[0].unit
    own = _allowance(member, month, unit, now)
    if own is None:
        return []
    before = sum(one.borne for one in answers)
    shares = bearing_rules.shares(
        left=own.amount - (own.at_tills - before),
        asks=[
            bearing_rules.Ask(current_pack().time.day(use.at), use.points, use.whole)
            for use in mine
        ],
        starts_on=own.starts_on,
        ends_on=own.ends_on,
    )
    if sum(shares) - before > own.left:  # rides hold what tills may have: they give it back
        left = max(0, own.amount - (own.at_tills - before) - sum(shares))
        riding.leave_to_tills(left={(month, member): left})
    return [replace(use, points=share) for use, share in zip(mine, shares, strict=True)]


def _allowance(
    member: int, month: dt.date, unit: str, now: dt.datetime
) -> entitlements.Allowance | None:
    for last in (False, True):
        found = entitlements.machine_allowances(member_ids=[member], month=month)[member]
        for one in found:
            if one.unit == unit:
                return one
        if not last:
            entitlements.grant_month(month=month, member_ids=[member], now=now, actor=SYSTEM)
    return None


def _ask(one: taps.DeviceAnswer) -> entitlements.TillAsk:
    assert one.member_id is not None
    assert one.spends_on is not None
    assert one.price_ntd is not None
    return entitlements.TillAsk(
        key=_key(one),
        at=one.at,
        member_id=one.member_id,
        category=one.spends_on,
        price_ntd=one.price_ntd,
        quantity=one.quantity or 1,
        purse_ntd=0,
        agency=one.agency,
        service=one.service,
    )


def _key(one: taps.DeviceAnswer) -> uuid.UUID:
    return fact_key(one.at, "till", *one.identity)


def _losses(answers: Sequence[taps.DeviceAnswer], borne: Borne) -> list[taps.Loss]:
    """Return what was accepted and should not have been, or was taken and nobody bears."""
    ids = sorted({one.card_id for one in answers if one.card_id is not None})
    reported = cards.lost_at(card_ids=ids)
    published = cards.first_versions(card_ids=ids)
    known = taps.losses_of(identities=[one.identity for one in answers])
    rule = current_pack().table("offline")["liability"]["city"]
    found = []
    for one in answers:
        amount = one.points - borne.get(one.identity, 0)
        if one.city_code.is_accepted and not amount and one.identity not in known:
            continue
        report, knew, bears = bearing_rules.liability(
            at=one.at,
            snapshot=one.snapshot,
            reported=reported.get(one.card_id or 0),
            published=published.get((one.card_id or 0, one.service)),
            rule=rule,
        )
        found.append(
            taps.Loss(
                reader_id=one.reader_id,
                epoch=one.epoch,
                seq=one.seq,
                at=one.at,
                card_id=one.card_id,
                service=one.service,
                agency=one.agency,
                why="overspent" if one.city_code.is_accepted else one.city_code.word,
                snapshot=one.snapshot,
                report=report,
                reader_knew=knew,
                bears=bears,
                unit=fares.points_unit() if one.points else "",
                amount=amount,
            )
        )
    return found


def _post(losses: Sequence[taps.Loss], now: dt.datetime) -> None:
    """Bring what stands on the loss accounts to what is lost: the partner was promised it."""
    known = taps.losses_of(identities=[one.identity for one in losses])
    moved = [one for one in known.values() if one.unit and one.amount != one.posted]
    if not moved:
        return
    posted = ledger.move_many(moves=[_move(one) for one in moved], actor=SYSTEM, now=now)
    refused = next((one.refusal for one in posted if one.refusal is not None), None)
    assert refused is None, f"a loss was refused by the ledger: {refused}"
    taps.set_posted(posted={one.identity: one.amount for one in moved})


def _move(one: taps.Loss) -> ledger.Move:
    more = one.amount - one.posted
    lost = ledger.loss(unit=one.unit, code=f"reader:{one.reader_id}")
    promised = ledger.partner(code=one.agency, unit=one.unit)
    source, target = (lost, promised) if more > 0 else (promised, lost)
    return ledger.Move(
        key=fact_key(one.at, "taps.loss", *one.identity, one.revision),
        kind="taps.loss",
        at=one.at,
        transfers=[ledger.Transfer(source=source, target=target, amount=abs(more))],
        ref=f"tap:{one.reader_id}-{one.epoch}-{one.seq}",
    )
