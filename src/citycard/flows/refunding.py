"""Giving back what was wrongly charged to many, with a word to each: one list, two officers.

An officer uploads a list; each line is looked up and nothing is kept unless all can be given back.
The list is then kept as a draft and proposed; another officer releases it, and a job gives back
person by person, in batches, each batch whole. A run that was cut off goes on where it stood. It
can be undone in the same way: proposed, released, taken back where the points are still there. A
draft that nobody wants is dropped, and so is one of rides that was sent back: its differences are
in the queue again (``refunding_rides``).
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from citycard.agencies import api as agencies
from citycard.flows import refunding_rides
from citycard.flows.refund_lists import ListLine, read_list
from citycard.infra import failpoints
from citycard.infra.packs import Text
from citycard.infra.unit_of_work import require_unit_of_work, unit_of_work
from citycard.kernel.actors import SYSTEM, Actor
from citycard.kernel.errors import Refused
from citycard.ledger import api as ledger
from citycard.notify import api as notify
from citycard.redemptions import api as redemptions

KIND = "redemptions.refund_run"
PEOPLE_A_BATCH = 200
PAID, PAID_WITH_GOODWILL = "ledger.refund.paid", "ledger.refund.paid_with_goodwill"
GOODWILL, UNDONE = "ledger.refund.goodwill", "ledger.refund.undone"


class ListChanged(Refused):
    """What was proposed is not what the run holds."""

    code = "refunding.list_changed"


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A list that was looked up, and not kept."""

    lines: Sequence[ledger.RefundLine]

    @property
    def problems(self) -> list[ledger.RefundLine]:
        """Return the lines that can't be given back."""
        return [line for line in self.lines if line.refusal is not None]

    @property
    def people(self) -> int:
        """Return how many people the other lines are about."""
        return len({line.holder for line in self.lines if line.refusal is None})

    @property
    def points(self) -> int:
        """Return what the other lines give back in all."""
        return sum(line.amount for line in self.lines if line.refusal is None)


def check(*, content: bytes) -> Checked:
    """Read a list and look every line of it up; nothing is kept.

    :raises ListUnreadable, ListTooLong: the file as a whole
    """
    lines = read_list(content)
    keys = _ledger_keys(lines)
    asks = [
        ledger.RefundAsk(
            line=line.line,
            reference=line.text,
            key=keys.get(line.reference, line.reference) if line.reference else None,
            amount=line.amount,
            problem=line.problem,
        )
        for line in lines
    ]
    return Checked(lines=ledger.check_refunds(asks=asks))


def _ledger_keys(lines: Sequence[ListLine]) -> dict[uuid.UUID, uuid.UUID]:
    """Return the ledger's keys of those lines that name redemptions."""
    named = [line.reference for line in lines if line.reference is not None]
    return redemptions.hold_keys(public_ids=named)


def draft(
    *,
    checked: Checked,
    why: Text,
    goodwill: int,
    goodwill_fund: int | None,
    file_name: str,
    actor: Actor,
    now: dt.datetime,
) -> int:
    """Keep a list without problems as a run that can be proposed; returns the run's number.

    :raises ledger.RefundIncomplete: a line can't be given back; nothing is kept
    """
    run = ledger.NewRefundRun(
        agency=actor.agency or "",
        why=why,
        lines=checked.lines,
        goodwill=goodwill,
        goodwill_fund=goodwill_fund,
        file_name=file_name,
    )
    with unit_of_work():
        return ledger.draft_refund_run(run=run, actor=actor, now=now)


def propose(*, run_id: int, actor: Actor, now: dt.datetime) -> int:
    """Propose a run (or to try again what it could not give back); returns the proposal's number.

    :raises agencies.AlreadyProposed: it waits already
    """
    run = ledger.refund_run(run_id=run_id)
    return _propose(run, "pay", run.why, actor, now)


def propose_undoing(*, run_id: int, why: Text, actor: Actor, now: dt.datetime) -> int:
    """Propose to take back what a run gave; returns the proposal's number.

    :param why: what each person will be told
    :raises agencies.AlreadyProposed: it waits already
    :raises agencies.ReasonMissing: no reason was given
    """
    return _propose(ledger.refund_run(run_id=run_id), "undo", why, actor, now)


def _propose(run: ledger.RefundRun, what: str, why: Text, actor: Actor, now: dt.datetime) -> int:
    content = {
        "run": run.id,
        "do": what,
        "unit": run.unit,
        "lines": run.lines,
        "people": run.people,
        "points": run.points,
        "goodwill": run.goodwill,
        "fund": run.goodwill_fund,
        "charged_fund": run.charged_fund,
        "hash": run.content_hash,
        "why": {"zh-Hant": why.zh, "en": why.en},
    }
    with unit_of_work():
        return agencies.propose(
            kind=KIND,
            about=about(run.id),
            content=content,
            reason=why.zh,
            actor=actor,
            now=now,
        )


def about(run_id: int) -> str:
    """Return how proposals name a run."""
    return f"refund-run:{run_id}"


def begin(proposal: agencies.Proposal, actor: Actor, now: dt.datetime) -> None:
    """Release what was proposed; a job does the rest. In the unit of work of the approval.

    :raises ListChanged: the run holds something else than what was proposed
    :raises ledger.RefundNotNow, ledger.BudgetUsedUp: as they say
    :raises fares.RefundOutdated: a later decision took a ride's difference away
    """
    run_id = int(proposal.content["run"])
    run = ledger.refund_run(run_id=run_id)
    if run.content_hash != proposal.content["hash"]:
        raise ListChanged()
    if proposal.content["do"] == "undo":
        why = Text.read(proposal.content["why"])
        ledger.undo_refund_run(run_id=run_id, why=why, actor=actor, now=now)
    else:
        release(run_id=run_id, actor=actor, now=now)


def release(*, run_id: int, actor: Actor, now: dt.datetime) -> None:
    """Begin a run; one of rides posts first what the devices charged.

    :raises ledger.RefundNotNow, ledger.BudgetUsedUp: as they say
    :raises fares.RefundOutdated: a later decision took a ride's difference away
    """
    require_unit_of_work()
    run = ledger.refund_run(run_id=run_id)
    if run.charged_fund is not None and run.state == "draft":
        refunding_rides.charge(run=run, actor=actor, now=now)
    ledger.begin_refund_run(run_id=run_id, actor=actor, now=now)


def send_back(proposal: agencies.Proposal, actor: Actor, now: dt.datetime) -> None:
    """Drop a run of rides that was rejected; a list stays and may be proposed again. In the unit of
    work of the rejection.
    """
    run = ledger.refund_run(run_id=int(proposal.content["run"]))
    if run.charged_fund is not None and run.state == "draft":
        _drop(run, actor, now)


def drop(*, run_id: int, actor: Actor, now: dt.datetime) -> None:
    """End a draft that nobody will propose; differences of rides are in the queue again.

    :raises agencies.AlreadyProposed: it waits for a second officer
    :raises ledger.RefundNotNow: it was begun
    """
    with unit_of_work():
        waiting = {it.about for it in agencies.proposals(kind=KIND)}
        if about(run_id) in waiting:
            raise agencies.AlreadyProposed()
        _drop(ledger.refund_run(run_id=run_id), actor, now)


def _drop(run: ledger.RefundRun, actor: Actor, now: dt.datetime) -> None:
    ledger.drop_refund_run(run_id=run.id, now=now)
    if run.charged_fund is not None:
        refunding_rides.reopen(run=run, actor=actor, now=now)


def go_on(now: dt.datetime) -> None:
    """Do what released runs have left to do, batch by batch; for the clock."""
    for run_id in ledger.open_refund_runs():
        while not _batch(run_id, now):
            pass


def _batch(run_id: int, now: dt.datetime) -> bool:
    """Do one batch; True when the run has no more, or another worker is at it."""
    with unit_of_work():
        batch = ledger.refund_next(run_id=run_id, now=now, actor=SYSTEM, people=PEOPLE_A_BATCH)
        if batch is None:
            return True
        notify.tell_many(messages=[_message(batch, one) for one in batch.people], now=now)
        if batch.is_last and batch.undoing:
            _take_charges_back(run_id, now)
        failpoints.reach("refund.batch.before_commit")
    failpoints.reach("refund.batch.after_commit")
    return batch.is_last


def _take_charges_back(run_id: int, now: dt.datetime) -> None:
    run = ledger.refund_run(run_id=run_id)
    if run.charged_fund is not None:
        refunding_rides.take_back(run=run, actor=SYSTEM, now=now)


def _message(batch: ledger.RefundBatch, one: ledger.Refunded) -> notify.NewMessage:
    """Say what came back, what came on top, and why; once each time the run is begun."""
    params: dict[str, str | int | dict[str, str]] = {
        "points": one.points,
        "unit": batch.unit,
        "why": {"zh-Hant": batch.why.zh, "en": batch.why.en},
    }
    code = PAID
    if batch.undoing:
        code = UNDONE
        params["points"] = one.points + one.goodwill
    elif one.goodwill and not one.points:
        code = GOODWILL
        params["points"] = one.goodwill
    elif one.goodwill:
        code = PAID_WITH_GOODWILL
        params["goodwill"] = one.goodwill
    return notify.NewMessage(
        event_key=f"{code}:{batch.run_id}:{batch.attempt}:{one.holder}",
        member_id=one.holder,
        code=code,
        params=params,
    )
