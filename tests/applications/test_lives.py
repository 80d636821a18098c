"""Any order of residents, reviewers and registers: states agree, and each change is told once."""

import contextlib
import datetime as dt
import itertools
from collections.abc import Sequence

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citycard.applications import api as applications
from citycard.applications import states
from citycard.infra.database import rows
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM, Actor
from citycard.kernel.errors import Refused
from citycard.people import api as people
from tests.flows.living import PDF, answers, clerk, fill_in, resident, reviewer

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 21, 2, 0, tzinfo=dt.UTC)
ME = resident(1)
SERVICES = ("senior-rides", "health-service")
WHO = {"senior-rides": reviewer(), "health-service": reviewer("health", 51)}

STEPS = st.tuples(
    st.sampled_from(
        ["approve", "refuse", "stale", "stranger", "ask", "paper", "resubmit", "withdraw", "done"]
    ),
    st.sampled_from(SERVICES),
)


def submitted() -> applications.Submitted:
    found = handed_in(SERVICES)
    with unit_of_work():
        applications.dispatch(application_ids=[found.application_id], now=NOW)
    return found


def handed_in(services: Sequence[str]) -> applications.Submitted:
    filled = answers()
    public_id = fill_in(ME, filled, services)
    with unit_of_work():
        applications.check_before_submitting(public_id=public_id, actor=ME, now=NOW)
        new = people.NewMember(
            name=filled["name"],
            birth_on=dt.date(1950, 3, 2),
            sex="f",
            id_number=filled["id_number"],
        )
        (who,) = people.enrol_many(people=[new], actor=SYSTEM, now=NOW)
        assert who.member_id is not None
        return applications.submit(public_id=public_id, member_id=who.member_id, actor=ME, now=NOW)


def act(step: str, service: str, public_id: str, now: dt.datetime) -> None:
    """Take one step; a refusal is an answer."""
    case = applications.case(ref=public_id, actor=ME)
    part = next(each for each in case.parts if each.service == service)
    who: Actor = WHO[service]
    with unit_of_work():
        if step in ("approve", "refuse", "stale", "stranger"):
            decision = applications.PartDecision(
                part_id=part.part_id,
                decision="refuse" if step == "refuse" else "approve",
                reason="other" if step == "refuse" else "",
                version=part.version - (step == "stale"),
            )
            by = reviewer("education", 9) if step == "stranger" else who
            applications.decide_part(decision=decision, actor=by, now=now)
        elif step == "ask":
            applications.ask_supplement(
                part_id=part.part_id,
                version=part.version,
                papers=["household-transcript"],
                actor=who,
                now=now,
            )
        elif step == "paper":
            applications.add_document(
                public_id=public_id,
                paper="household-transcript",
                content=PDF,
                actor=ME,
                now=now,
            )
        elif step == "resubmit":
            applications.resubmit(part_id=part.part_id, actor=ME, now=now)
        elif step == "withdraw":
            applications.withdraw(public_id=public_id, part_ids=[part.part_id], actor=ME, now=now)
        else:
            applications.complete_with_card(part_ids=[part.part_id], actor=clerk(), now=now)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(STEPS, max_size=25))
def test_whatever_happens_states_agree_and_each_change_is_told_once(
    steps: list[tuple[str, str]],
) -> None:
    with transaction.atomic():
        new = submitted()
        lives: dict[int, list[str]] = {}
        for minute, (step, service) in enumerate(steps):
            with contextlib.suppress(Refused):
                act(step, service, new.public_id, NOW + dt.timedelta(minutes=minute))
            case = applications.case(ref=new.public_id, actor=ME)
            for part in case.parts:
                lives.setdefault(part.part_id, [states.IN_REVIEW]).append(part.state)
            assert applications.verify(now=NOW) == []
        for life in lives.values():
            for before, after in itertools.pairwise(life):
                assert before == after or after in states.PART[before]
        told = rows(
            "SELECT code, count(*) AS n FROM infra_journal WHERE body ->> 'ref' = %s GROUP BY 1",
            [new.ref],
        )
        written = rows(
            "SELECT t.code, count(*) AS n FROM applications_timeline t WHERE t.application_id = %s"
            " GROUP BY 1",
            [new.application_id],
        )
        assert {(one.code, one.n) for one in told} == {(one.code, one.n) for one in written}
        transaction.set_rollback(True)


def test_the_timeline_is_append_only() -> None:
    from django.db import ProgrammingError

    submitted()
    for statement in (
        "UPDATE applications_timeline SET code = 'x'",
        "DELETE FROM applications_timeline",
        "DELETE FROM applications_application",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            rows(f"{statement} RETURNING id")


def test_papers_are_erased_when_their_time_is_over() -> None:
    new = submitted()
    with unit_of_work():
        applications.withdraw(public_id=new.public_id, actor=ME, now=NOW)
        kept = applications.erase_old_papers(now=NOW + dt.timedelta(days=89))
        erased = applications.erase_old_papers(now=NOW + dt.timedelta(days=91))
    assert (kept, erased) == (0, 2)
    document = applications.case(ref=new.public_id, actor=ME).documents[0]
    with pytest.raises(applications.DocumentErased):
        applications.own_document(public_id=new.public_id, document_id=document.id, actor=ME)


def test_a_draft_that_nobody_goes_on_with_is_thrown_away() -> None:
    public_id = fill_in(ME, answers(), SERVICES)
    with unit_of_work():
        assert applications.discard_old_drafts(now=NOW + dt.timedelta(days=29)) == 0
        assert applications.discard_old_drafts(now=NOW + dt.timedelta(days=31)) == 1
    assert applications.drafts_of(actor=ME) == []
    kept = rows("SELECT id FROM applications_document WHERE content_sealed IS NOT NULL")
    assert (kept, len(public_id)) == ([], 36)


@pytest.mark.parametrize("goes_on", ["answers", "paper"])
def test_a_draft_is_kept_for_a_month_after_the_last_change(goes_on: str) -> None:
    public_id = fill_in(ME, answers(), SERVICES)
    later, month = NOW + dt.timedelta(days=20), dt.timedelta(days=30)
    with unit_of_work():
        if goes_on == "answers":
            changed = {"phone": "0987654321"}
            applications.save_answers(public_id=public_id, answers=changed, actor=ME, now=later)
        else:
            applications.add_document(
                public_id=public_id, paper="identity-card", content=PDF, actor=ME, now=later
            )
        assert applications.discard_old_drafts(now=later + month) == 0
        assert [one.public_id for one in applications.drafts_of(actor=ME)] == [public_id]
        assert applications.discard_old_drafts(now=later + month + dt.timedelta(days=1)) == 1


def test_what_a_form_no_longer_offers_goes_on_to_its_agency_in_the_time_promised() -> None:
    found = handed_in(["senior-rides"])
    with unit_of_work():
        rows(
            "UPDATE applications_part SET service = 'flying', entitlement = 'wings'"
            " WHERE application_id = %s RETURNING id",
            [found.application_id],
        )
        applications.dispatch(application_ids=[found.application_id], now=NOW)
    (part,) = applications.case(ref=found.ref, actor=ME).parts
    assert (part.service, part.state) == ("flying", "in_review")
    assert part.due_at == NOW + dt.timedelta(days=7)


def test_the_queue_counts_and_names_no_one() -> None:
    new = submitted()
    (row,) = applications.queue(agency="health", now=NOW)
    assert (row.ref, row.service, row.overdue) == (new.ref, "health-service", False)
    assert "王小美" not in repr(row)
    late = applications.queue_counts(agency="health", now=NOW + dt.timedelta(days=6))
    assert (late["in_review"], late["overdue"], late["supplement"]) == (1, 1, 0)
