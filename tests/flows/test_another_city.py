"""The same story in a city with other words, other agencies and two media."""

from typing import Any

import pytest

from citycard.applications import api as applications
from citycard.cards import api as cards
from citycard.flows import applying, asking_registers, issuing_cards
from citycard.infra import outbox
from citycard.infra.unit_of_work import unit_of_work
from citycard.issuing import api as issuing
from citycard.kernel.actors import SYSTEM
from tests.flows.living import (
    NOW,
    answers,
    apply,
    approve,
    clerk,
    new_blank_number,
    on_record,
    parts_of,
    resident,
    reviewer,
)

pytestmark = pytest.mark.city("taoyuan")
COUNTER = "office-taoyuan"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, city: Any) -> None:
    monkeypatch.setenv("CITYCARD_DEMO_DELAY", "0")


def drain(topics: list[outbox.Topic]) -> None:
    for topic in topics:
        while outbox.drain_once(topic, now=NOW):
            pass


def applied(account: int, **changes: Any) -> applications.Submitted:
    filled = answers(district="桃園區", pickup_counter=COUNTER, medium="ipass", **changes)
    del filled["resides_in_city"]
    on_record(filled, registered_city="taoyuan", registered_district="taoyuan")
    submitted = apply(resident(account), filled, ["general"])
    drain(asking_registers.LETTERS)
    return submitted


def test_a_resident_gets_the_medium_they_chose() -> None:
    """依年齡及身分別申辦一般卡."""
    submitted = applied(1, birth_on="1990-01-01")
    approve(submitted.ref, resident(1), "general", reviewer("rdec", 51))
    (job,) = issuing.jobs_of_applications(application_ids=[submitted.application_id])
    assert (job.card_kind, job.medium) == ("general", "ipass")
    shown = cards.card_table().media["ipass"].shown
    number = new_blank_number("ipass")
    blank = issuing.NewBlank(medium="ipass", numbers={shown: number})
    with unit_of_work():
        (received,) = issuing.receive_blanks(counter=COUNTER, blanks=[blank], actor=SYSTEM, now=NOW)
    assert received.refusal is None
    who = clerk(COUNTER)
    seen = issuing_cards.preview(print_id=job.print_id, actor=who, now=NOW)
    assert seen.missing_glyphs == ()
    issuing_cards.print_card(print_id=job.print_id, sha256=seen.sha256, actor=who, now=NOW)
    drain(issuing_cards.LETTERS)
    issuing_cards.hand_over(print_id=job.print_id, actor=who, now=NOW)
    found = cards.find(issuer="ipass", number_kind=shown, number=number)
    assert found is not None
    assert found.state == "active"
    assert parts_of(submitted.ref, resident(1))["general"].state == "completed"


def test_a_child_of_six_is_refused_with_the_rule_named() -> None:
    """設籍桃園市年滿7歲以上."""
    filled = answers(
        birth_on="2020-01-02",
        district="桃園區",
        pickup_counter=COUNTER,
        medium="easycard",
        applied_by="guardian",
        applicant_name="王大明",
        applicant_id_number="A123456789",
    )
    del filled["resides_in_city"]
    on_record(filled, registered_city="taoyuan", registered_district="taoyuan")
    from tests.flows.living import fill_in

    public_id = fill_in(
        resident(2), filled, ["general"], ("identity-card", "photo", "guardian-consent")
    )
    judged = applications.forecast(public_id=public_id, actor=resident(2), now=NOW)
    submitted = applying.submit(public_id=public_id, consent=True, actor=resident(2), now=NOW)
    drain(asking_registers.LETTERS)
    with pytest.raises((applying.RuleSaysNo, applying.NotKnownYet)) as told:
        approve(submitted.ref, resident(2), "general", reviewer("rdec", 51))
    assert judged["general"].verdict in ("no", "unknown")
    assert "7" in judged["general"].because.text("zh-Hant"), told.value
