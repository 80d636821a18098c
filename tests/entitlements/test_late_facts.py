"""Facts that are reported late, or end in the middle of things: decided for the right days, and
what the city believed before is still told. Each by one person's way and by the way in sets."""

import datetime as dt
from collections.abc import Callable, Sequence

import pytest

from citycard.entitlements import api as entitlements
from citycard.infra.database import rows
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.people import api as people
from tests.entitlements.test_granting import D, noon, person, say

pytestmark = pytest.mark.django_db
Decide = Callable[[Sequence[int], dt.date], None]
BACK = dt.timedelta(days=400)


@pytest.fixture(autouse=True)
def _taipei(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYCARD_CITY", "taipei")


def singly(member_ids: Sequence[int], today: dt.date) -> None:
    with unit_of_work():
        entitlements.decide_again(member_ids=member_ids, now=noon(today), actor=SYSTEM)


def in_sets(member_ids: Sequence[int], today: dt.date) -> None:
    with unit_of_work():
        found = entitlements.preview(
            member_ids=member_ids, on=today - BACK, now=noon(today), actor=SYSTEM
        )
        done = entitlements.carry_out(run_id=found.run_id, now=noon(today), actor=SYSTEM)
    assert (done.state, done.left) == ("carried_out", 0)


@pytest.fixture(params=[singly, in_sets], ids=["singly", "in sets"])
def decide(request: pytest.FixtureRequest) -> Decide:
    return request.param  # type: ignore[no-any-return]  # one of the two above


def held(member: int, entitlement: str, *, known: dt.date | None = None) -> list[tuple[str, str]]:
    """Return the days of a right, as they are known now or were known after a day's work."""
    found = rows(
        "SELECT lower(valid)::text AS starts, coalesce(upper(valid)::text, '') AS ends"
        " FROM entitlements_right WHERE member_id = %s AND entitlement = %s"
        " AND CASE WHEN %s::timestamptz IS NULL THEN upper_inf(recorded)"
        " ELSE recorded @> %s::timestamptz END ORDER BY valid",
        [member, entitlement, *([None] * 2 if known is None else [noon(known)] * 2)],
    )
    return [(one.starts, one.ends) for one in found]


def dies(member: int, day: dt.date, *, told: dt.date) -> None:
    update = people.RegisterUpdate(member_id=member, on=told, source="test", died_on=day)
    with unit_of_work():
        people.update_from_register(updates=[update], actor=SYSTEM, now=noon(told))


def test_a_death_that_is_reported_late_ends_the_rights_on_the_day_after_it(
    decide: Decide,
) -> None:
    start, died, told = D(2026, 3, 1), D(2026, 5, 20), D(2026, 7, 2)
    member = person(D(1950, 1, 1), on=start)
    decide([member], start)
    assert held(member, "points") == [("2026-03-01", "")]
    dies(member, died, told=told)
    decide([member], told)
    assert held(member, "points") == [("2026-03-01", "2026-05-21")]  # the last day counts
    assert held(member, "points", known=D(2026, 6, 15)) == [("2026-03-01", "")]


def test_a_move_in_the_middle_of_a_month_ends_on_its_day_and_a_return_begins_anew(
    decide: Decide,
) -> None:
    start, left, told, back = D(2026, 3, 1), D(2026, 4, 17), D(2026, 5, 2), D(2026, 6, 9)
    member = person(D(1950, 1, 1), on=start)
    decide([member], start)
    say(member, "registered_city", "newtaipei", on=told, since=left)
    decide([member], told)
    assert held(member, "points") == [("2026-03-01", "2026-04-17")]
    say(member, "registered_city", "taipei", on=back)
    decide([member], back)
    assert held(member, "points") == [("2026-03-01", "2026-04-17"), ("2026-06-09", "")]
    assert held(member, "points", known=D(2026, 4, 20)) == [("2026-03-01", "")]


def test_a_correction_of_the_past_gives_back_what_was_wrongly_ended(decide: Decide) -> None:
    start, left, told, mended = D(2026, 3, 1), D(2026, 4, 17), D(2026, 5, 2), D(2026, 5, 30)
    member = person(D(1950, 1, 1), on=start)
    decide([member], start)
    say(member, "registered_city", "newtaipei", on=told, since=left)
    decide([member], told)
    say(member, "registered_city", "taipei", on=mended, since=left)
    decide([member], mended)
    assert held(member, "points") == [("2026-03-01", "")]
    assert held(member, "points", known=D(2026, 5, 20)) == [("2026-03-01", "2026-04-17")]


def test_a_certificate_that_ended_before_anybody_said_so_ends_the_right_in_the_past(
    decide: Decide,
) -> None:
    start, told = D(2026, 3, 1), D(2026, 8, 10)
    member = person(D(1990, 5, 1), on=start)
    say(member, "status.disability", True, on=start)
    say(member, "approval.disability-rides", True, on=start)
    decide([member], start)
    assert held(member, "disability-rides") == [("2026-03-01", "")]
    say(member, "status.disability", True, on=told, since=start, to=D(2026, 7, 1))
    decide([member], told)
    assert held(member, "disability-rides") == [("2026-03-01", "2026-07-01")]


def test_a_birthday_on_29_february_is_the_first_of_march_in_a_common_year(decide: Decide) -> None:
    start = D(2025, 1, 10)
    member = person(D(1960, 2, 29), on=start)
    say(member, "approval.senior-rides", True, on=start)
    decide([member], start)
    assert held(member, "senior-rides") == []
    assert entitlements.due(on=D(2025, 2, 27), time_only=True) == []
    assert entitlements.due(on=D(2025, 2, 28), time_only=True) == [member]
    decide([member], D(2025, 2, 28))
    assert held(member, "senior-rides") == [("2025-03-01", "")]


def test_a_wrong_date_of_birth_moves_the_boundary_when_it_is_put_right(decide: Decide) -> None:
    start, told = D(2026, 3, 1), D(2026, 9, 1)
    member = person(D(1960, 6, 1), on=start)
    say(member, "approval.senior-rides", True, on=start)
    decide([member], start)
    assert held(member, "senior-rides") == [("2026-03-01", "")]
    update = people.RegisterUpdate(member_id=member, on=told, source="test", birth_on=D(1961, 6, 1))
    with unit_of_work():
        people.update_from_register(updates=[update], actor=SYSTEM, now=noon(told))
    decide([member], told)
    assert held(member, "senior-rides") == [("2026-06-01", "")]
    assert held(member, "senior-rides", known=D(2026, 8, 1)) == [("2026-03-01", "")]
