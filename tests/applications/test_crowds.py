"""Two at once on one application, or for one person: each sees what the other did, and nobody gets
an error page."""

import itertools
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from citycard.applications import api as applications
from citycard.flows import applying, asking_registers, issuing_cards
from citycard.infra import outbox
from citycard.infra.database import scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.issuing import api as issuing
from citycard.issuing.ports import PrintResult
from citycard.kernel.actors import Actor
from citycard.people.ports import StatusEntry
from tests.flows.living import (
    NOW,
    answers,
    apply,
    at_once,
    clerk,
    fill_in,
    on_record,
    parts_of,
    picture,
    resident,
    reviewer,
    stock_up,
)
from tests.harness.patience import wait_until

pytestmark = pytest.mark.usefixtures("city")
TWO = ("senior-rides", "health-service")
WHO = {"senior-rides": reviewer(), "health-service": reviewer("health", 51)}
ROUNDS = 5
_accounts = itertools.count(700)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYCARD_DEMO_DELAY", "0")


def somebody() -> Actor:
    return resident(next(_accounts))


def in_review(me: Actor, services: tuple[str, ...] = TWO) -> applications.Submitted:
    """An application whose checks are done: its parts are with their agencies."""
    filled = answers()
    low_income = StatusEntry(id_number=filled["id_number"], status="low-income")
    on_record(filled, statuses=[low_income])
    submitted = apply(me, filled, services)
    for topic in asking_registers.LETTERS:
        while outbox.drain_once(topic, now=NOW):
            pass
    return submitted


def decide(ref: str, me: Actor, service: str, decision: Any = "approve") -> str:
    part = parts_of(ref, me)[service]
    decided = applying.decide(
        decision=applications.PartDecision(
            part_id=part.part_id,
            decision=decision,
            reason="other" if decision == "refuse" else "",
            version=part.version,
        ),
        actor=WHO[service],
        now=NOW,
    )
    return decided.state


def while_open(first: Callable[[], Any], second: Callable[[], Any]) -> None:
    """Let a second do something while what the first did is not committed yet: it either waits for
    the first or is done before it."""
    begun, over = threading.Event(), threading.Event()
    failed: list[Exception] = []

    def run_first() -> None:
        with unit_of_work():
            first()
            begun.set()
            wait_until(lambda: over.is_set() or _somebody_waits(), what="the second")

    def run_second() -> None:
        begun.wait()
        second()
        over.set()

    def kept(run: Callable[[], None]) -> None:
        try:
            run()
        except Exception as error:  # noqa: BLE001 - the test looks at what was raised
            failed.append(error)
        finally:
            begun.set()
            over.set()
            connection.close()

    threads = [threading.Thread(target=kept, args=(run,)) for run in (run_first, run_second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def _somebody_waits() -> bool:
    return bool(
        scalar(
            "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
            " WHERE NOT l.granted AND a.datname = current_database()"
        )
    )


def test_of_two_uploads_of_one_paper_at_once_one_takes_the_others_place() -> None:
    for _ in range(ROUNDS):
        me = somebody()
        public_id = fill_in(me, answers(), papers=())

        def upload(number: int, public_id: str = public_id, me: Actor = me) -> str:
            with unit_of_work():
                return applications.add_document(
                    public_id=public_id,
                    paper="photo",
                    content=picture(colour=f"#77{number}9bb"),
                    actor=me,
                    now=NOW,
                ).paper

        assert at_once(upload, 3) == ["photo"] * 3
        there = applications.draft(public_id=public_id, actor=me).documents
        assert [one.paper for one in there] == ["photo"]


def test_a_part_completed_while_another_is_refused_closes_the_application() -> None:
    me = somebody()
    submitted = in_review(me)
    decide(submitted.ref, me, "senior-rides")
    part_id = parts_of(submitted.ref, me)["senior-rides"].part_id
    while_open(
        lambda: applications.complete_parts(part_ids=[part_id], actor=clerk(), now=NOW),
        lambda: decide(submitted.ref, me, "health-service", "refuse"),
    )
    case = applications.case(ref=submitted.ref, actor=me)
    assert (case.state, case.closed_at) == ("closed", NOW)


def test_two_registers_that_answer_at_once_leave_nobody_waiting() -> None:
    me, filled = somebody(), answers()
    submitted = apply(me, filled, ["disability-rides"])
    first, second = applications.case(ref=submitted.ref, actor=me).checks
    ready: list[int] = []

    def answer(check: applications.Check) -> None:
        ready.extend(applications.record_answers(answers=[(check.query_id, "unknown")], now=NOW))

    def answer_alone() -> None:
        with unit_of_work():
            answer(second)

    while_open(lambda: answer(first), answer_alone)
    assert ready == [submitted.application_id]


def test_two_agencies_decide_two_parts_at_once() -> None:
    for _ in range(ROUNDS):
        me = somebody()
        submitted = in_review(me)
        outcomes = at_once(lambda number, ref=submitted.ref, me=me: decide(ref, me, TWO[number]))
        assert outcomes == ["approved", "approved"]


def test_a_card_is_handed_over_while_another_agency_decides() -> None:
    stock_up()
    for _ in range(ROUNDS):
        me = somebody()
        submitted = in_review(me)
        decide(submitted.ref, me, "senior-rides")
        (job,) = issuing.jobs_of_applications(application_ids=[submitted.application_id])
        print_it(job.print_id)

        def act(
            number: int, print_id: int = job.print_id, ref: str = submitted.ref, me: Actor = me
        ) -> str:
            if number:
                return decide(ref, me, "health-service", "refuse")
            return issuing_cards.hand_over(print_id=print_id, actor=clerk(), now=NOW).ref

        assert sorted(at_once(act)) == sorted([submitted.ref, "refused"])
        assert applications.case(ref=submitted.ref, actor=me).state == "closed"


def print_it(print_id: int) -> None:
    shown = issuing_cards.preview(print_id=print_id, actor=clerk(), now=NOW)
    issuing_cards.print_card(print_id=print_id, sha256=shown.sha256, actor=clerk(), now=NOW)
    with unit_of_work():
        issuing.record_printed(
            results=[
                PrintResult(key=order.key, state="printed")
                for order in issuing.orders(print_ids=[print_id])
            ],
            now=NOW,
        )


def test_handed_in_online_and_at_a_counter_in_one_second_comes_in_once() -> None:
    for _ in range(ROUNDS):
        me, filled = somebody(), answers()
        on_record(filled)
        apply(me, filled, ["health-service"])  # who it is about is a member already
        drafts = [(who, fill_in(who, filled)) for who in (me, clerk())]

        def hand_in(number: int, drafts: list[tuple[Actor, str]] = drafts) -> str:
            who, public_id = drafts[number]
            applying.submit(public_id=public_id, consent=True, actor=who, now=NOW)
            return "submitted"

        assert sorted(at_once(hand_in)) == ["applications.already_applied", "submitted"]


def test_the_auditor_is_content_after_the_crowds() -> None:
    assert applications.verify(now=NOW) == []
