"""Maker and checker: what was approved is carried out in the same unit of work, or not approved.

``CARRIED_OUT`` is the whole table: kind of proposal → what does it. A long run is begun here and
goes on as a job. ``SENT_BACK`` says what a rejection takes apart.
"""

import datetime as dt
from collections.abc import Callable

from citycard.agencies import api as agencies
from citycard.flows import braking, closing, disputing, refunding, switching
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger

Carry = Callable[[agencies.Proposal, Actor, dt.datetime], None]


def approve(*, proposal_id: int, actor: Actor, now: dt.datetime, said: str = "") -> None:
    """Approve a proposal and carry it out; when that is refused, it goes on waiting.

    :raises Refused: the approval is (see ``agencies.approve``), or what it would do
    """
    with unit_of_work():
        found = agencies.approve(proposal_id=proposal_id, actor=actor, now=now, said=said)
        CARRIED_OUT[found.kind](found, actor, now)


def reject(*, proposal_id: int, actor: Actor, now: dt.datetime, reason: str) -> None:
    """Send a proposal back, with all that stood ready for it.

    :raises Refused: the rejection is (see ``agencies.reject``)
    """
    with unit_of_work():
        found = agencies.reject(proposal_id=proposal_id, reason=reason, actor=actor, now=now)
        if found.kind in SENT_BACK:
            SENT_BACK[found.kind](found, actor, now)


def move_by_hand(proposal: agencies.Proposal, actor: Actor, now: dt.datetime) -> None:
    """Post a manual move. Content: ``unit``, ``amount``, ``source`` and ``target``, each with
    ``class`` and ``code`` or ``fund``.

    :raises Refused: the ledger's own
    """
    content = proposal.content
    transfer = ledger.Transfer(
        source=_account(content["source"], content["unit"]),
        target=_account(content["target"], content["unit"]),
        amount=content["amount"],
    )
    move = ledger.Move(
        key=fact_key(now, proposal.kind, proposal.proposal_id),
        kind="manual.move",
        at=now,
        transfers=[transfer],
        ref=f"proposal:{proposal.proposal_id}",
    )
    [posted] = ledger.move_many(moves=[move], actor=actor, now=now)
    if posted.refusal:
        raise posted.refusal


def raise_budget(proposal: agencies.Proposal, actor: Actor, now: dt.datetime) -> None:
    """Raise a fund's budget. Content: ``fund`` and ``amount``.

    :raises Refused: the ledger's own
    """
    posted = ledger.raise_budget(
        fund_id=proposal.content["fund"],
        amount=proposal.content["amount"],
        key=fact_key(now, proposal.kind, proposal.proposal_id),
        at=now,
        actor=actor,
        now=now,
    )
    if posted.refusal:
        raise posted.refusal


def _account(named: dict[str, str | int], unit: str) -> ledger.AccountRef:
    """Read an account of the city's side; a person's lots are moved by taking back, never here."""
    makers: dict[str, Callable[[], ledger.AccountRef]] = {
        "issuer": lambda: ledger.issuer(agency=str(named["code"]), unit=unit),
        "budget": lambda: ledger.budget(fund_id=int(named["fund"]), unit=unit),
        "partner": lambda: ledger.partner(code=str(named["code"]), unit=unit),
        "breakage": lambda: ledger.breakage(unit=unit),
        "loss": lambda: ledger.loss(unit=unit, code=str(named.get("code", "")) or None),
        "city": lambda: ledger.city(code=str(named["code"]), unit=unit),
    }
    return makers[str(named["class"])]()


CARRIED_OUT: dict[str, Carry] = {
    "ledger.move": move_by_hand,
    "ledger.budget": raise_budget,
    "ledger.close_month": closing.close,
    "ledger.reopen_month": closing.reopen,
    refunding.KIND: refunding.begin,
    braking.KIND: braking.release,
    disputing.KIND: disputing.carry_out,
    switching.KIND: switching.switch,
}

SENT_BACK: dict[str, Carry] = {refunding.KIND: refunding.send_back}
