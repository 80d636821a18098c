"""Monthly allowances (MISSION G01): once a person and month, by the stated day, never more."""

import datetime as dt

import pytest

from citycard.entitlements import api as entitlements
from citycard.ledger import api as ledger
from tests.entitlements.allowance_town import (
    D,
    decide,
    given,
    grant,
    lapse,
    local,
    lots,
    moves,
    partner_has,
    put,
    say,
    senior,
    use,
)

pytestmark = pytest.mark.django_db
MARCH, APRIL = D(2017, 3, 1), D(2017, 4, 1)
LAST = D(2017, 3, 31)


@pytest.fixture(autouse=True)
def _taoyuan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYCARD_CITY", "taoyuan")


@pytest.mark.parametrize(("district", "points"), [("zhongli", 800), ("fuxing", 1000)])
def test_the_month_s_points_are_posted_once(district: str, points: int) -> None:
    member = senior(district=district)
    assert grant(MARCH, member).points == points
    assert lots(member) == {LAST: points}
    before = moves()
    for again in (grant(MARCH, member), grant(MARCH), grant(MARCH)):
        assert (again.people, again.points) == (0, 0)
    assert moves() == before
    assert ledger.verify() == []


def test_a_month_may_be_granted_on_its_eve_and_not_before() -> None:
    member = senior()
    with pytest.raises(entitlements.MonthTooFarAhead):
        grant(MARCH, member, now=local(2017, 2, 27, 23))
    assert grant(MARCH, member, now=local(2017, 2, 28, 2)).points == 800


def test_the_city_is_granted_in_parts_from_where_the_last_one_ended() -> None:
    members = [senior(number) for number in range(3)]
    found = [grant(MARCH, limit=2) for _ in range(3)]
    assert [(one.people, one.finished) for one in found] == [(2, False), (1, True), (0, True)]
    assert [lots(member) for member in members] == [{LAST: 800}] * 3


def test_the_first_use_posts_the_month_that_the_job_has_not() -> None:
    member = senior()
    answer = put(use(member, 72, local(2017, 3, 5, 10)))
    assert given(answer) == [(72, "")]
    assert answer[0].left == 728
    assert lots(member) == {LAST: 728}
    assert grant(MARCH).people == 0
    assert partner_has() == 72
    assert ledger.verify() == []


def test_a_use_is_brought_to_what_it_should_be() -> None:
    member = senior()
    at = local(2017, 3, 5, 10)
    for points, change in ((36, 36), (36, 0), (72, 36), (20, -52), (20, 0), (50, 30), (0, -50)):
        (answer,) = put(use(member, points, at))
        assert (answer.points, answer.change) == (points, change)
        assert lots(member)[LAST] == 800 - points
        assert partner_has() == points
    assert ledger.verify() == []


def test_a_use_belongs_to_the_month_of_its_local_time() -> None:
    member = senior()
    last, first = local(2017, 3, 31, 23, 59, 59), local(2017, 4, 1)
    put(use(member, 30, last), use(member, 40, first), now=local(2017, 4, 2))
    assert lots(member) == {LAST: 770, D(2017, 4, 30): 760}


def test_no_use_goes_beyond_the_month() -> None:
    member = senior()
    at = local(2017, 3, 5, 10)
    found = put(*(use(member, 300, at + dt.timedelta(hours=n), n) for n in range(4)))
    assert given(found) == [(300, ""), (300, ""), (200, "used_up"), (0, "used_up")]
    # taken back is there for the others of the batch
    again = put(use(member, 0, at, 0), use(member, 300, at + dt.timedelta(hours=3), 3))
    assert given(again) == [(0, ""), (300, "")]
    assert lots(member) == {}
    assert partner_has() == 800


def test_all_or_nothing_where_last_points_may_not_be_used_in_part() -> None:
    member = senior()
    at = local(2017, 3, 5, 10)
    put(use(member, 793, at, "most"))
    later = at + dt.timedelta(hours=1)
    assert given(put(use(member, 8, later, "bus", whole=True))) == [(0, "used_up")]
    assert given(put(use(member, 8, later, "bus"))) == [(7, "used_up")]


def test_a_cap_holds_by_the_day_of_the_use() -> None:
    member = senior()
    at = local(2017, 3, 5, 10)
    assert given(put(use(member, 60, at, category="tra"))) == [(30, "cap")]


def test_who_has_no_right_has_no_points() -> None:
    member = senior(since=D(2017, 3, 10))
    early, later = local(2017, 3, 9, 10), local(2017, 3, 10, 0, 1)
    found = put(use(member, 10, early), use(member, 10, later), now=local(2017, 3, 11))
    assert given(found) == [(0, "before_right"), (10, "")]
    assert given(put(use(member + 1, 10, later), now=local(2017, 3, 11))) == [(0, "no_allowance")]


def test_a_key_stands_for_one_use() -> None:
    member, at = senior(), local(2017, 3, 5, 10)
    put(use(member, 10, at))
    other = use(member, 10, at, category="tra")
    assert given(put(other)) == [(10, "key_used")]
    assert given(put(use(member, 10, at), use(member, 20, at))) == [(10, ""), (10, "key_used")]
    assert partner_has() == 10


def test_a_correction_posts_the_difference_and_what_was_used_stays() -> None:
    member = senior(district="fuxing")
    put(use(member, 950, local(2017, 3, 5, 10)))
    say(member, "registered_district", "zhongli", since=D(2017, 1, 1), now=local(2017, 3, 20, 9))
    assert grant(MARCH, member, now=local(2017, 3, 20, 10)).points == -50
    assert lots(member) == {}
    # what comes back now only makes good what was given too much
    (answer,) = put(use(member, 700, local(2017, 3, 5, 10)))
    assert (answer.points, answer.left) == (700, 100)
    assert lots(member) == {LAST: 100}
    assert ledger.verify() == []


def test_a_right_that_turns_out_never_to_have_been_gives_back_what_is_left() -> None:
    member = senior()
    put(use(member, 100, local(2017, 3, 5, 10)))
    say(member, "approval.senior-rides", False, since=D(2017, 1, 1), now=local(2017, 3, 20, 9))
    decide(member, on=D(2017, 1, 1), today=D(2017, 3, 20))
    assert grant(MARCH, member, now=local(2017, 3, 20, 10)).points == -700
    assert given(put(use(member, 1, local(2017, 3, 21)))) == [(0, "used_up")]


def test_a_late_upload_is_heard_within_the_days_of_grace() -> None:
    member = senior()
    grant(MARCH, member)
    at = local(2017, 3, 30, 10)
    assert given(put(use(member, 10, at, "in time"), now=local(2017, 4, 10, 23))) == [(10, "")]
    late = local(2017, 4, 11)
    assert given(put(use(member, 10, at, "late"), now=late)) == [(0, "too_late")]
    # but what belongs to another use of that month can still be told apart
    found = put(use(member, 4, at, "in time"), use(member, 10, at, "late"), now=late)
    assert given(found) == [(4, ""), (6, "too_late")]
    assert partner_has() == 10
    assert ledger.verify() == []


def test_points_lapse_after_the_days_of_grace_and_return_to_their_fund() -> None:
    member = senior()
    put(use(member, 10, local(2017, 3, 30, 10)))
    assert lapse(local(2017, 4, 10, 23)) == 0
    assert lapse(local(2017, 4, 11, 1)) == 790
    assert lots(member) == {}
    # what comes back of a use of that month is lapsed, too, and the next month takes it from there
    put(use(member, 4, local(2017, 3, 30, 10)), now=local(2017, 4, 12))
    assert lapse(local(2017, 4, 12, 1)) == 6
    assert grant(APRIL, member, now=local(2017, 4, 12, 2)).points == 800
    budgets = [amount for kind, _, amount in moves() if kind == "fund.budget_raised"]
    assert budgets == [800, 4]
    assert ledger.verify() == []
