"""An application lived in full: checks, parts, supplement, decisions, and what may go wrong."""

import datetime as dt
import os
from collections.abc import Iterator
from typing import Any

import pytest

from citycard.applications import api as applications
from citycard.entitlements import api as entitlements
from citycard.flows import applying, asking_registers, reviewing
from citycard.infra import journal, outbox
from citycard.infra.database import rows, scalar
from citycard.infra.ports import use
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.errors import NotFound
from citycard.people import api as people
from citycard.people.ports import DemoRegisters, HouseholdEntry, StatusEntry
from tests.flows import living
from tests.flows.living import (
    NOW,
    answers,
    apply,
    approve,
    at_once,
    on_record,
    parts_of,
    resident,
    reviewer,
)

pytestmark = pytest.mark.city("taipei")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, city: Any) -> Iterator[None]:
    monkeypatch.setenv("CITYCARD_DEMO_DELAY", "0")
    yield
    for register in ("household", "status"):
        use(DemoRegisters).switch(register, "up")


def ask(at: dt.datetime = NOW) -> None:
    """Deliver the letters to the registers, once each."""
    for topic in asking_registers.LETTERS:
        while outbox.drain_once(topic, now=at):
            pass


def rights(member_id: int) -> set[str]:
    found = entitlements.machine_rights_of(member_ids=[member_id], on=NOW.date())
    return {right.entitlement for right in found[member_id]}


def happened(ref: str) -> list[str]:
    return [
        one.code
        for one in rows(
            "SELECT code FROM infra_journal WHERE body ->> 'ref' = %s ORDER BY id", [ref]
        )
    ]


def test_one_form_for_two_services_is_two_parts_decided_by_two_agencies() -> None:
    """若民眾同時申請多項服務，例如：敬老卡服務與健康服務，將分送至不同所屬機關業務審核人員."""
    me, filled = resident(1), answers()
    on_record(filled, statuses=[StatusEntry(id_number=filled["id_number"], status="low-income")])
    submitted = apply(me, filled, ["senior-rides", "health-service"])
    assert submitted.registers == ("household", "welfare.low-income", "welfare.mid-low-income")
    ask()
    case = applications.case(ref=submitted.ref, actor=me)
    assert case.state == "deciding"
    assert {part.service: part.agency for part in case.parts} == {
        "senior-rides": "social-welfare",
        "health-service": "health",
    }
    part = parts_of(submitted.ref, me)["health-service"]
    refusal = applications.PartDecision(
        part_id=part.part_id, decision="refuse", version=part.version, reason="duplicate"
    )
    applying.decide(decision=refusal, actor=reviewer("health", 51), now=NOW)
    approve(submitted.ref, me, "senior-rides", reviewer())
    states = {code: part.state for code, part in parts_of(submitted.ref, me).items()}
    assert states == {"senior-rides": "approved", "health-service": "refused"}
    assert case.member_id is not None
    assert "senior-rides" in rights(case.member_id)
    assert happened(submitted.ref) == [
        "applications.application.submitted",
        "applications.application.dispatched",
        "applications.part.refused",
        "applications.part.approved",
        "issuing.print.queued",
    ]


def test_a_register_that_is_down_makes_the_application_wait_visibly_and_go_on_by_itself() -> None:
    me, filled = resident(2), answers()
    on_record(filled)
    use(DemoRegisters).switch("household", "down")
    submitted = apply(me, filled)
    outbox.drain_once(asking_registers.LETTERS[0], now=NOW)
    case = applications.case(ref=submitted.ref, actor=me)
    assert (case.state, case.waiting_for) == ("waiting", "household")
    assert submitted.ref in {row.ref for row in applications.waiting()}
    outbox.drain_once(asking_registers.LETTERS[0], now=NOW + dt.timedelta(seconds=5))
    assert happened(submitted.ref).count("applications.application.waiting") == 1
    use(DemoRegisters).switch("household", "up")
    _rest_of_breaker()
    ask(NOW + dt.timedelta(minutes=2))
    case = applications.case(ref=submitted.ref, actor=me)
    assert (case.state, case.waiting_for) == ("deciding", None)


def _rest_of_breaker() -> None:
    from citycard.infra import ports

    for port in ports._ports.values():
        port._closed_again_at = 0.0


def test_unknown_goes_to_a_person_and_names_the_paper() -> None:
    me = resident(3)
    filled = answers(birth_on="1991-05-01")
    on_record(
        filled,
        statuses=[
            StatusEntry(id_number=filled["id_number"], status="disability", answer="unknown")
        ],
    )
    submitted = apply(me, filled, ["disability-rides"])
    ask()
    part = parts_of(submitted.ref, me)["disability-rides"]
    assert (part.state, part.wanted_papers) == ("in_review", ("disability-certificate",))
    with pytest.raises(applying.NotKnownYet, match=r"status\.disability"):
        approve(submitted.ref, me, "disability-rides", reviewer())
    version = applying.ask_supplement(
        part_id=part.part_id,
        version=part.version,
        papers=["disability-certificate"],
        note="請補正反面",
        actor=reviewer(),
        now=NOW + dt.timedelta(days=1),
    )
    asked = parts_of(submitted.ref, me)["disability-rides"]
    assert (asked.state, asked.version) == ("supplement", version)
    assert asked.supplement is not None
    assert asked.supplement.note == "請補正反面"
    with pytest.raises(applications.SupplementNotThere):
        applying.resubmit(part_id=part.part_id, actor=me, now=NOW + dt.timedelta(days=2))
    later = NOW + dt.timedelta(days=3)
    with unit_of_work():
        applications.add_document(
            public_id=submitted.public_id,
            paper="disability-certificate",
            content=living.PDF,
            actor=me,
            now=later,
        )
    applying.resubmit(part_id=part.part_id, actor=me, now=later)
    back = parts_of(submitted.ref, me)["disability-rides"]
    assert (back.state, back.wanted_papers) == ("in_review", ())
    assert part.due_at is not None
    assert back.due_at == part.due_at + dt.timedelta(days=2)  # the clock stood still
    (row,) = [
        each
        for each in applications.queue(agency="social-welfare", reviewer="staff:50", now=later)
        if each.ref == submitted.ref
    ]
    assert row.returned
    proven = applications.Proven(
        fact="status.disability", valid_to=dt.date(2028, 1, 1), paper="disability-certificate"
    )
    decided = approve(submitted.ref, me, "disability-rides", reviewer(), proven=(proven,))
    held = entitlements.machine_rights_of(member_ids=[decided.member_id], on=NOW.date())
    (right,) = [r for r in held[decided.member_id] if r.entitlement == "disability-rides"]
    assert right.valid_to == dt.date(2028, 1, 1)


def test_the_rule_is_stronger_than_a_reviewer() -> None:
    me, filled = resident(4), answers(birth_on="1980-05-01")
    on_record(filled, statuses={})
    submitted = apply(me, filled)
    ask()
    with pytest.raises((applying.RuleSaysNo, applying.NotKnownYet)):
        approve(submitted.ref, me, "senior-rides", reviewer())
    assert parts_of(submitted.ref, me)["senior-rides"].state == "in_review"


def test_two_reviewers_on_one_part_the_second_is_told_who_was_first() -> None:
    me, filled = resident(5), answers()
    on_record(filled)
    submitted = apply(me, filled)
    ask()
    part = parts_of(submitted.ref, me)["senior-rides"]
    decision = applications.PartDecision(
        part_id=part.part_id, decision="approve", version=part.version
    )
    applying.decide(decision=decision, actor=reviewer(), now=NOW)
    with pytest.raises(applications.AlreadyDecided) as told:
        applying.decide(decision=decision, actor=reviewer(number=77), now=NOW)
    assert "社會局" in str(told.value)
    assert "2026-11-21 10:00" in str(told.value)


def test_a_version_seen_before_a_supplement_decides_nothing() -> None:
    me, filled = resident(6), answers()
    on_record(filled)
    submitted = apply(me, filled)
    ask()
    part = parts_of(submitted.ref, me)["senior-rides"]
    applying.ask_supplement(
        part_id=part.part_id, version=part.version, note="?", actor=reviewer(), now=NOW
    )
    applying.resubmit(part_id=part.part_id, answer="!", actor=me, now=NOW)
    old = applications.PartDecision(part_id=part.part_id, decision="approve", version=part.version)
    with pytest.raises(applications.ChangedMeanwhile):
        applying.decide(decision=old, actor=reviewer(number=77), now=NOW)


def test_another_agency_decides_nothing() -> None:
    me, filled = resident(7), answers()
    on_record(filled)
    submitted = apply(me, filled)
    ask()
    with pytest.raises(applications.NotYourAgency):
        approve(submitted.ref, me, "senior-rides", reviewer("health", 51))


def test_nobody_applies_twice_for_one_service() -> None:
    filled = answers()
    first = apply(resident(8), filled)
    with pytest.raises(applications.AlreadyApplied, match=first.ref):
        apply(resident(9), filled)
    assert (
        scalar(
            "SELECT count(*) FROM applications_application WHERE account_id = 9 AND state = 'draft'"
        )
        == 1
    )  # nothing half-saved: it is a draft still


def test_a_withdrawn_part_ends_and_frees_the_service() -> None:
    me, filled = resident(10), answers()
    submitted = apply(me, filled, ["senior-rides", "health-service"])
    with pytest.raises(NotFound):
        applying.withdraw(public_id=submitted.public_id, actor=resident(11), now=NOW)
    applying.withdraw(public_id=submitted.public_id, actor=me, now=NOW)
    case = applications.case(ref=submitted.ref, actor=me)
    assert case.state == "withdrawn"
    assert {part.state for part in case.parts} == {"withdrawn"}
    apply(me, filled)  # and again


def test_no_register_is_asked_without_consent() -> None:
    me, filled = resident(12), answers()
    public_id = living.fill_in(me, filled)
    with pytest.raises(applications.ConsentNeeded):
        applying.submit(public_id=public_id, consent=False, actor=me, now=NOW)
    asked = scalar("SELECT count(*) FROM people_register_query")
    applying.submit(public_id=public_id, consent=True, actor=me, now=NOW)
    assert scalar("SELECT count(*) FROM people_register_query") == asked + 1
    ground = rows("SELECT kind, purpose FROM people_ground ORDER BY id DESC LIMIT 1")[0]
    assert (ground.kind, ground.purpose) == ("consent", "register-check")


def test_a_whole_list_comes_in_at_once_and_each_row_is_checked() -> None:
    good, bad, twice = answers(), answers(id_number="A123456788"), answers()
    twice["id_number"] = good["id_number"]
    papers = (("identity-card", living.picture()), ("photo", living.picture()))
    brought = applying.bring_in_many(
        new=[
            applications.NewApplication(
                form="taipei-card", services=("senior-rides",), answers=each, documents=papers
            )
            for each in (good, bad, twice)
        ],
        actor=living.SYSTEM,
        now=NOW,
    )
    assert [each.refusal.code if each.refusal else None for each in brought] == [
        None,
        "applications.answers_refused",
        "applications.already_applied",
    ]


def test_a_resident_known_by_e_mail_only_doesnt_learn_what_registers_say() -> None:
    """Whoever types somebody else's number learns nothing about them."""
    me, filled = resident(13), answers(birth_on="1991-05-01")
    on_record(filled, statuses=[StatusEntry(id_number=filled["id_number"], status="disability")])
    submitted = apply(me, filled, ["disability-rides"])
    ask()
    case = applications.case(ref=submitted.ref, actor=me)
    assert {check.answer for check in case.checks} == {"done"}
    proven = applications.case(
        ref=submitted.ref, actor=resident(13, member_id=case.member_id, level=2)
    )
    assert {check.answer for check in proven.checks} == {"yes"}
    with pytest.raises(NotFound):
        applications.case(ref=submitted.ref, actor=resident(14))


def test_the_reviewers_view_is_opened_under_an_access_that_the_resident_sees() -> None:
    me, filled = resident(15), answers(birth_on="1991-05-01")
    on_record(
        filled,
        statuses=[
            StatusEntry(id_number=filled["id_number"], status="disability", answer="unknown")
        ],
    )
    submitted = apply(me, filled, ["disability-rides"])
    ask()
    part = parts_of(submitted.ref, me)["disability-rides"]
    seen = applying.review(part_id=part.part_id, actor=reviewer(), now=NOW)
    assert seen.profile.name == "王小美"
    assert seen.view.answers["name"] == "王小美"
    assert seen.explanation.eligible == "unknown"
    assert set(seen.would_prove) == {"status.disability"}
    record = rows("SELECT purpose, agency FROM people_access_record ORDER BY id DESC LIMIT 1")[0]
    assert (record.purpose, record.agency) == ("application-review", "social-welfare")
    with pytest.raises(applications.NotYourAgency, match="社會局"):
        applying.review(part_id=part.part_id, actor=reviewer("health", 51), now=NOW)


def test_before_a_service_begins_nobody_is_granted_it_and_the_first_day_is_named() -> None:
    me, filled = resident(20), answers()
    on_record(filled)
    submitted = apply(me, filled)
    ask()
    part = parts_of(submitted.ref, me)["senior-rides"]
    decision = applications.PartDecision(
        part_id=part.part_id, decision="approve", version=part.version
    )
    (begins,) = [
        one.since for one in entitlements.catalogue(on=NOW.date()) if one.code == part.entitlement
    ]
    before = dt.datetime.combine(begins - dt.timedelta(days=2), dt.time(4), dt.UTC)
    with pytest.raises(reviewing.BeginsLater) as refused:
        applying.decide(decision=decision, actor=reviewer(), now=before)
    assert refused.value.facts == {"first_on": begins}
    assert f"{begins.year} 年 {begins.month} 月 {begins.day} 日" in refusal_text(refused.value)


def test_a_register_that_says_no_leaves_the_word_to_a_person() -> None:
    me, filled = resident(16), answers()
    use(DemoRegisters).enter_people(
        [
            HouseholdEntry(
                id_number=filled["id_number"], name="另一個人", birth_on=dt.date(1950, 3, 2)
            )
        ]
    )
    submitted = apply(me, filled)
    ask()
    case = applications.case(ref=submitted.ref, actor=resident(16, member_id=None))
    assert case.state == "deciding"
    with pytest.raises(applying.NotKnownYet, match="registered_city"):
        approve(submitted.ref, me, "senior-rides", reviewer())


def test_pressing_twice_submits_once() -> None:
    me, filled = resident(17), answers()
    public_id = living.fill_in(me, filled)
    submitted = applying.submit(public_id=public_id, consent=True, actor=me, now=NOW)
    with pytest.raises(applications.AlreadySubmitted, match=submitted.ref):
        applying.submit(public_id=public_id, consent=True, actor=me, now=NOW)


def test_two_reviewers_at_the_same_moment_exactly_one_decides() -> None:
    for round_ in range(5):
        me, filled = resident(60 + round_), answers()
        on_record(filled)
        submitted = apply(me, filled)
        ask()
        part = parts_of(submitted.ref, me)["senior-rides"]
        outcomes = at_once(
            lambda number, part=part: (
                applying.decide(
                    decision=applications.PartDecision(
                        part_id=part.part_id,
                        decision="approve" if number else "refuse",
                        reason="" if number else "other",
                        version=part.version,
                    ),
                    actor=reviewer(number=70 + number),
                    now=NOW,
                ).state
            )
        )
        refused = [each for each in outcomes if each == "applications.already_decided"]
        assert len(refused) == 1, outcomes
        assert parts_of(submitted.ref, me)["senior-rides"].state in outcomes


def test_a_question_whose_consent_was_withdrawn_is_not_asked_and_a_person_decides() -> None:
    me, filled = resident(18), answers()
    on_record(filled)
    submitted = apply(me, filled)
    case = applications.case(ref=submitted.ref, actor=me)
    assert case.member_id is not None
    (ground, *_) = people.grounds_of(member_id=case.member_id)
    with unit_of_work():
        people.withdraw_ground(
            ground_id=ground.ground_id, member_id=case.member_id, actor=me, now=NOW
        )
    journal.pump_until_idle()
    ask()
    case = applications.case(ref=submitted.ref, actor=me)
    assert case.state == "deciding"
    results = people.answers_for_machines(query_ids=[check.query_id for check in case.checks])
    assert [one.answer for one in results] == ["stopped"]


def test_while_a_register_is_down_nobodys_data_is_opened_for_it() -> None:
    me, filled = resident(19), answers()
    use(DemoRegisters).switch("household", "down")
    apply(me, filled)
    before = scalar("SELECT count(*) FROM people_access_record")
    for second in range(10):
        outbox.drain_once(asking_registers.LETTERS[0], now=NOW + dt.timedelta(minutes=second))
    assert scalar("SELECT count(*) FROM people_access_record") == before
    use(DemoRegisters).switch("household", "up")
    _rest_of_breaker()
    ask(NOW + dt.timedelta(hours=1))


def test_the_auditor_is_content_after_all_this() -> None:
    assert applications.verify(now=NOW) == []
    assert os.environ["CITYCARD_CITY"] == "taipei"
