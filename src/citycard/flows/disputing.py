"""«Something is wrong»: a resident disputes a fare, a refusal or a move of points; an officer
explains it, or corrects it by posting.

A correction never edits: what a device took too much goes back by a refund run, a charge of points
likewise, and points that should have come are credited from a fund. Above the pack's amount a
second officer releases it. The dispute names what was posted, and what was posted names the
dispute.
"""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Literal

from citycard.agencies import api as agencies
from citycard.disputes import api as disputes
from citycard.fares import api as fares
from citycard.flows import explaining, refunding, refunding_rides
from citycard.infra import clock
from citycard.infra.packs import Text
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import NotFound, Refused
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from citycard.notify import api as notify

KIND = "disputes.correction"
CREDIT = "dispute.credit"
RECEIVED, EXPLAINED, CORRECTED = (
    "disputes.dispute.received", "disputes.dispute.explained", "disputes.dispute.corrected",
)  # fmt: skip
_DOLLAR = 1_000_000


class AmountMissing(Refused):
    """Please say how much is credited."""

    code = "disputing.amount_missing"


class FundMissing(Refused):
    """Please choose the fund that pays."""

    code = "disputing.fund_missing"


class MayNotAnswer(Refused):
    """Disputes are answered by officers of the agency that runs the card."""

    code = "disputing.may_not_answer"
    http_status = 403


class SecondOfficerWaits(Refused):
    """A correction of this waits for a second officer."""

    code = "disputing.second_officer_waits"


@dataclass(frozen=True, kw_only=True)
class Way:
    """How a dispute is corrected, as things stand now.

    :ivar kind: ``overcharge`` gives back what a device took too much · ``charge`` gives a charge
        of points back · ``credit`` gives points from a fund
    :ivar amount: how much; None: the officer says it
    :ivar difference: of a ride's overcharge
    """

    kind: Literal["overcharge", "charge", "credit"]
    amount: int | None = None
    difference: int = 0

    @property
    def needs_fund(self) -> bool:
        """Tell whether a fund pays."""
        return self.kind != "charge"


@dataclass(frozen=True, kw_only=True)
class Correction:
    """What an officer decided to post."""

    why: Text
    fund: int | None
    amount: int | None


def open_dispute(
    *, thing: explaining.Thing, reason: str, said: str, actor: Actor, now: dt.datetime
) -> disputes.Dispute:
    """Keep what the resident says is wrong about a thing of their own, and tell them so.

    :raises NotFound: the thing is somebody else's
    :raises disputes.ReasonUnknown, disputes.SaidTooLong: as they say
    """
    require_unit_of_work()
    if actor.member_id != thing.member_id:
        raise NotFound(what="entry")
    found, is_new = disputes.open_dispute(
        member_id=thing.member_id,
        kind=thing.kind,
        about=thing.about,
        about_at=thing.at,
        unit=thing.unit,
        reason=reason,
        said=said,
        actor=actor,
        now=now,
    )
    if is_new:
        _tell(found, RECEIVED, {"number": found.id}, now)
    return found


def explain(*, dispute_id: int, why: Text, actor: Actor, now: dt.datetime) -> None:
    """Answer that it is correct as it is, and tell the resident why.

    :raises MayNotAnswer, SecondOfficerWaits: as they say
    :raises disputes.DisputeEnded, disputes.WhyMissing, disputes.OwnDispute: as they say
    """
    require_unit_of_work()
    _check_may_answer(actor)
    if waiting(dispute_id=dispute_id) is not None:
        raise SecondOfficerWaits()
    found = disputes.explain(dispute_id=dispute_id, why=why, actor=actor, now=now)
    _tell(found, EXPLAINED, {"number": found.id, "why": _both(why)}, now)


def correct(
    *, dispute_id: int, correction: Correction, actor: Actor, now: dt.datetime
) -> int | None:
    """Post a correction, or propose it where the pack asks for a second officer.

    :returns: the proposal's number, or None when it was posted
    :raises AmountMissing, FundMissing, MayNotAnswer, SecondOfficerWaits: as they say
    :raises disputes.DisputeEnded, disputes.WhyMissing, disputes.OwnDispute: as they say
    :raises ledger.BudgetUsedUp: the fund can't give so much
    """
    _check_may_answer(actor)
    found = disputes.lock(dispute_id=dispute_id)
    disputes.check_why(why=correction.why)
    if actor.member_id == found.member_id:
        raise disputes.OwnDispute()
    if waiting(dispute_id=dispute_id) is not None:
        raise SecondOfficerWaits()
    way = way_of(found=found)
    amount = _amount(way, correction)
    if not agencies.needs_second(kind=KIND, amount=amount, on=clock.city_time().day(now)):
        _post(found, way, correction, amount, actor, now)
        return None
    content = {
        "dispute": found.id, "way": way.kind, "amount": amount, "fund": correction.fund,
        "why": _both(correction.why),
    }  # fmt: skip
    return agencies.propose(
        kind=KIND, about=_about(found.id), content=content, reason=correction.why.zh, actor=actor,
        now=now,
    )  # fmt: skip


def carry_out(proposal: agencies.Proposal, actor: Actor, now: dt.datetime) -> None:
    """Post what was proposed; in the unit of work of the approval.

    :raises disputes.DisputeEnded: it was withdrawn meanwhile
    :raises AmountMissing: what can be given back is no longer what was proposed
    """
    content = proposal.content
    found = disputes.lock(dispute_id=int(content["dispute"]))
    correction = Correction(
        why=Text.read(content["why"]), fund=content["fund"], amount=int(content["amount"])
    )
    way = way_of(found=found)
    if way.kind != content["way"] or _amount(way, correction) != content["amount"]:
        raise AmountMissing()
    _post(found, way, correction, int(content["amount"]), actor, now)


def waiting(*, dispute_id: int) -> agencies.Proposal | None:
    """Return the correction of a dispute that waits for a second officer."""
    about = _about(dispute_id)
    return next((it for it in agencies.proposals(kind=KIND) if it.about == about), None)


def way_of(*, found: disputes.Dispute) -> Way:
    """Return how a dispute would be corrected, as things stand now."""
    if found.kind == "ride":
        reader, epoch, seq = map(int, found.about.split("-"))
        open_ones = fares.differences(ride=(reader, epoch, seq), limit=1)
        for one in refunding_rides.refundable(open_ones):
            return Way(kind="overcharge", amount=-one.amount_micro // _DOLLAR, difference=one.id)
    if found.kind == "points":
        [line] = _charge(found)
        if line.refusal is None:
            return Way(kind="charge", amount=line.amount)
    return Way(kind="credit")


def may_answer(*, actor: Actor) -> bool:
    """Tell whether somebody may answer disputes."""
    return agencies.may_propose(kind=KIND, actor=actor)


def _check_may_answer(actor: Actor) -> None:
    if not may_answer(actor=actor):
        raise MayNotAnswer()


def _charge(found: disputes.Dispute) -> list[ledger.RefundLine]:
    ask = ledger.RefundAsk(line=1, reference=found.about, key=uuid.UUID(found.about))
    return ledger.check_refunds(asks=[ask])


def _amount(way: Way, correction: Correction) -> int:
    amount = correction.amount if way.amount is None else way.amount
    if not amount or amount <= 0:
        raise AmountMissing()
    if way.needs_fund and correction.fund is None:
        raise FundMissing()
    return amount


def _post(
    found: disputes.Dispute, way: Way, correction: Correction, amount: int, actor: Actor,
    now: dt.datetime,
) -> None:  # fmt: skip
    """Post a correction, end the dispute with it and tell the resident."""
    if way.kind == "credit":
        posted = _credit(found, correction, amount, actor, now)
    else:
        run = _drafted(found, way, correction, actor, now)
        refunding.release(run_id=run, actor=actor, now=now)
        posted = f"refund-run:{run}"
    ended = disputes.correct(
        dispute_id=found.id, why=correction.why, correction=posted, amount=amount, actor=actor,
        now=now,
    )  # fmt: skip
    why = _both(correction.why)
    _tell(ended, CORRECTED, {"number": found.id, "points": amount, "why": why}, now)


def _drafted(
    found: disputes.Dispute, way: Way, correction: Correction, actor: Actor, now: dt.datetime
) -> int:
    """Make the refund run that gives back what was taken; it names the dispute."""
    if way.kind == "overcharge":
        return refunding_rides.draft(
            ids=[way.difference], fund_id=correction.fund or 0, why=correction.why,
            named=_about(found.id), actor=actor, now=now,
        )  # fmt: skip
    run = ledger.NewRefundRun(
        agency=actor.agency or "", why=correction.why, lines=_charge(found),
        file_name=_about(found.id),
    )  # fmt: skip
    return ledger.draft_refund_run(run=run, actor=actor, now=now)


def _credit(
    found: disputes.Dispute, correction: Correction, amount: int, actor: Actor, now: dt.datetime
) -> str:
    fund = ledger.fund_of(fund_id=correction.fund or 0)
    earned_on = clock.city_time().day(now)
    lot = ledger.member(
        holder=found.member_id,
        unit=fund.unit,
        fund=fund.id,
        expires_on=ledger.last_day(unit=fund.unit, earned_on=earned_on),
    )
    source = ledger.budget(fund_id=fund.id, unit=fund.unit)
    move = ledger.Move(
        key=fact_key(now, CREDIT, found.id),
        kind=CREDIT,
        at=now,
        transfers=[ledger.Transfer(source=source, target=lot, amount=amount)],
        ref=_about(found.id),
    )
    [posted] = ledger.move_many(moves=[move], actor=actor, now=now)
    if posted.refusal is not None:
        raise posted.refusal
    return f"move:{move.key}"


def _about(dispute_id: int) -> str:
    return f"dispute:{dispute_id}"


def _both(why: Text) -> dict[str, str]:
    return {"zh-Hant": why.zh, "en": why.en}


def _tell(
    found: disputes.Dispute, code: str, params: dict[str, int | dict[str, str]], now: dt.datetime
) -> None:
    message = notify.NewMessage(
        event_key=f"{code}:{found.id}", member_id=found.member_id, code=code, params=params
    )
    notify.tell_many(messages=[message], now=now)
