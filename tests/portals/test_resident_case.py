"""How a case's progress reads: each step once, and how the case stands said at the newest one."""

import datetime as dt

from citycard.applications import api as applications
from citycard.portals.resident import progress
from tests.harness.cities import City

AT = dt.datetime(2026, 11, 3, 2, 0, tzinfo=dt.UTC)


def case(state: str, *codes: str) -> applications.Case:
    steps = tuple(
        applications.Step(
            at=AT + dt.timedelta(hours=n), code=code, role="system", agency=None, service=None
        )
        for n, code in enumerate(codes)
    )
    return applications.Case(
        application_id=1,
        public_id="p",
        ref="A-1",
        state=state,
        channel="online",
        counter=None,
        account_id=1,
        member_id=None,
        submitted_at=AT,
        waiting_since=None,
        waiting_for=None,
        closed_at=None,
        parts=(),
        checks=(),
        documents=(),
        timeline=steps,
    )


def test_a_step_that_happened_carries_no_badge_of_its_own(city: City) -> None:
    found = progress.entries(
        case("deciding", "applications.application.submitted", "applications.part.approved")
    )
    assert [entry.state for entry in found] == ["reviewing", ""]
    assert found[0].is_current
