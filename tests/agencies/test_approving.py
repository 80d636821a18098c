"""What one officer proposes another approves: by the roles of the pack, and two people always."""

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from citycard.agencies import api as agencies
from citycard.flows import approving
from citycard.infra.database import execute, rows
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import Actor

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 21, 1, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def activated(db: None) -> None:
    with unit_of_work():
        agencies.activate(pack=current_pack(), now=NOW)


def officer(n: int, *roles: str, agency: str = "doit") -> Actor:
    return Actor(id=f"staff:{n}", kind="staff", roles=frozenset(roles), agency=agency)


MAKER = officer(1, "finance")
CHECKER = officer(2, "finance")


def proposed(**changes: Any) -> int:
    asked: dict[str, Any] = {
        "kind": "ledger.close_month",
        "about": "2026-10",
        "content": {"month": "2026-10-01"},
        "reason": "月結",
        "actor": MAKER,
    }
    with unit_of_work():
        return agencies.propose(**{**asked, **changes}, now=NOW)


def approved(proposal_id: int, actor: Actor = CHECKER) -> agencies.Proposal:
    with unit_of_work():
        return agencies.approve(proposal_id=proposal_id, actor=actor, now=NOW)


def test_a_second_officer_approves() -> None:
    proposal_id = proposed()
    assert [one.proposal_id for one in agencies.proposals()] == [proposal_id]
    found = approved(proposal_id)
    assert (found.state, found.made_by, found.checked_by) == ("approved", "staff:1", "staff:2")
    assert found.content == {"month": "2026-10-01"}
    assert agencies.proposals() == []
    assert agencies.proposals(kind="ledger.close_month", state="approved") == [found]
    with pytest.raises(agencies.ProposalIsOver):
        approved(proposal_id)


def test_nobody_approves_or_rejects_their_own() -> None:
    proposal_id = proposed()
    with pytest.raises(agencies.SamePerson):
        approved(proposal_id, MAKER)
    with pytest.raises(agencies.SamePerson), unit_of_work():
        agencies.reject(proposal_id=proposal_id, reason="no", actor=MAKER, now=NOW)
    assert agencies.proposal(proposal_id=proposal_id).state == "waiting"


def test_the_database_itself_wants_two_people() -> None:
    proposal_id = proposed()
    with pytest.raises(IntegrityError, match="two_people"), transaction.atomic():
        execute(
            "UPDATE agencies_proposal SET state = 'approved', checked_by = made_by, ended_at = %s"
            " WHERE id = %s",
            [NOW, proposal_id],
        )


@pytest.mark.parametrize(
    "change",
    ["made_by = 'staff:9'", "content = '{}'", "kind = 'x.y'", "reason = 'another'"],
)
def test_what_was_proposed_never_changes(change: str) -> None:
    proposed()
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        execute(f"UPDATE agencies_proposal SET {change}")


def test_how_it_ended_is_written_once() -> None:
    approved(proposed())
    with pytest.raises(IntegrityError, match="already"), transaction.atomic():
        execute("UPDATE agencies_proposal SET state = 'withdrawn', checked_by = NULL")


def test_a_rejection_says_why() -> None:
    proposal_id = proposed()
    with pytest.raises(agencies.ReasonMissing), unit_of_work():
        agencies.reject(proposal_id=proposal_id, reason="  ", actor=CHECKER, now=NOW)
    with unit_of_work():
        found = agencies.reject(proposal_id=proposal_id, reason="金額有誤", actor=CHECKER, now=NOW)
    assert (found.state, found.said) == ("rejected", "金額有誤")
    proposed()  # it may be proposed anew


def test_only_its_maker_withdraws() -> None:
    proposal_id = proposed()
    with pytest.raises(agencies.NotTheMaker), unit_of_work():
        agencies.withdraw(proposal_id=proposal_id, actor=CHECKER, now=NOW)
    with unit_of_work():
        found = agencies.withdraw(proposal_id=proposal_id, actor=MAKER, now=NOW)
    assert (found.state, found.checked_by) == ("withdrawn", None)


def test_the_same_waits_once_and_needs_a_reason() -> None:
    proposed()
    with pytest.raises(agencies.AlreadyProposed):
        proposed(actor=CHECKER)
    with pytest.raises(agencies.ReasonMissing):
        proposed(about="2026-09", reason=" ")


@pytest.mark.parametrize(
    ("actor", "kind", "may"),
    [
        (officer(1, "finance"), "ledger.close_month", True),
        (officer(1, "finance", agency="sports"), "ledger.close_month", False),  # not the operator
        (officer(1, "organiser"), "ledger.close_month", False),
        (officer(1, "organiser", agency="sports"), "ledger.budget", True),
        (officer(1, "auditor"), "ledger.budget", False),
    ],
)
def test_who_may_propose_is_the_packs(actor: Actor, kind: str, may: bool) -> None:
    assert agencies.may_propose(kind=kind, actor=actor) is may
    if may:
        proposed(kind=kind, actor=actor)
    else:
        with pytest.raises(agencies.MayNotPropose):
            proposed(kind=kind, actor=actor)


@pytest.mark.parametrize(
    ("checker", "may"),
    [
        (officer(2, "finance", agency="sports-daan"), True),  # the same agency
        (officer(2, "finance", agency="sports"), True),  # the one above
        (officer(2, "officer", agency="doit"), True),  # the operator
        (officer(2, "finance", agency="health"), False),  # another
        (officer(2, "auditor", agency="doit"), False),  # another role
    ],
)
def test_who_may_approve_is_the_packs(checker: Actor, may: bool) -> None:
    maker = officer(1, "organiser", agency="sports-daan")
    proposal_id = proposed(kind="ledger.budget", about="fund:1", actor=maker)
    if may:
        approved(proposal_id, checker)
    else:
        with pytest.raises(agencies.MayNotCheck):
            approved(proposal_id, checker)


def test_small_raises_need_one_officer() -> None:
    limits = current_pack().table("approvals")["approvals"]["ledger.budget"]["above"]
    limit = limits[-1]["amount"]
    on = dt.date(2026, 11, 21)
    assert not agencies.needs_second(kind="ledger.budget", amount=limit, on=on)
    assert agencies.needs_second(kind="ledger.budget", amount=limit + 1, on=on)
    assert agencies.needs_second(kind="ledger.move", amount=1, on=on)  # without a limit: always
    early = limits[0]["from"] - dt.timedelta(days=1)
    assert agencies.needs_second(kind="ledger.budget", amount=1, on=early)


def test_every_kind_of_the_pack_is_carried_out_by_somebody() -> None:
    assert set(approving.CARRIED_OUT) == set(agencies.approval_kinds())


def test_approving_and_carrying_out_stand_or_fall_together(monkeypatch: Any) -> None:
    def refuse(proposal: agencies.Proposal, actor: Actor, now: dt.datetime) -> None:
        raise agencies.NoSuchStaff()

    monkeypatch.setitem(approving.CARRIED_OUT, "ledger.close_month", refuse)
    proposal_id = proposed()
    with pytest.raises(agencies.NoSuchStaff):
        approving.approve(proposal_id=proposal_id, actor=CHECKER, now=NOW)
    assert agencies.proposal(proposal_id=proposal_id).state == "waiting"


def test_proposing_and_ending_are_announced() -> None:
    proposal_id = proposed()
    approved(proposal_id)
    codes = [
        one.code
        for one in rows(
            "SELECT code FROM infra_journal WHERE code LIKE %s", ["agencies.proposal.%"]
        )
    ]
    assert codes == ["agencies.proposal.made", "agencies.proposal.ended"]
