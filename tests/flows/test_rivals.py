"""敬老 and 愛心 exclude each other: whoever approves both at once approves one."""

from collections.abc import Callable
from typing import Any

import pytest

from citycard.applications import api as applications
from citycard.entitlements import api as entitlements
from citycard.flows import applying, asking_registers
from citycard.infra import outbox
from citycard.infra.database import scalar
from citycard.people.ports import StatusEntry
from tests.flows.living import NOW, answers, apply, at_once, on_record, parts_of, resident, reviewer

pytestmark = pytest.mark.city("taipei")
RIVALS = ("senior-rides", "disability-rides")
Decide = Callable[[list[applications.PartDecision]], list[str]]


def one_by_one(decisions: list[applications.PartDecision]) -> list[str]:
    """Two reviewers press the button in the same moment."""

    def press(number: int) -> str:
        applying.decide(decision=decisions[number], actor=reviewer(number=50 + number), now=NOW)
        return "approved"

    return at_once(press)


def together(decisions: list[applications.PartDecision]) -> list[str]:
    """One reviewer approves both as one batch."""
    done = applying.decide_many(decisions=decisions, actor=reviewer(), now=NOW)
    return ["approved" if one.refusal is None else one.refusal.code for one in done]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYCARD_DEMO_DELAY", "0")


@pytest.mark.parametrize("decide", [one_by_one, together])
def test_of_two_applications_that_exclude_each_other_one_is_approved(
    city: Any, decide: Decide
) -> None:
    account = 700 + (decide is together)
    me, filled = resident(account), answers()
    on_record(filled, statuses=[StatusEntry(id_number=filled["id_number"], status="disability")])
    refs = {service: apply(me, filled, [service]).ref for service in RIVALS}
    for topic in asking_registers.LETTERS:
        while outbox.drain_once(topic, now=NOW):
            pass
    parts = [parts_of(ref, me)[service] for service, ref in refs.items()]
    assert [part.state for part in parts] == ["in_review", "in_review"]
    decisions = [
        applications.PartDecision(part_id=part.part_id, decision="approve", version=part.version)
        for part in parts
    ]
    assert sorted(decide(decisions)) == ["applications.rule_says_no", "approved"]
    member = applications.part(part_id=parts[0].part_id).member_id
    held = entitlements.machine_rights_of(member_ids=[member], on=NOW.date())[member]
    assert len({one.entitlement for one in held} & set(RIVALS)) == 1
    prints = "SELECT count(*) FROM issuing_print WHERE member_id = %s"
    assert scalar(prints, [member]) == 1
