"""One question after a use: once, not too often, under the service's own pseudonym."""

import datetime as dt

import pytest

from citycard.infra.database import execute, rows
from citycard.infra.unit_of_work import unit_of_work
from citycard.insight import api as insight
from citycard.insight.answers import answers_of

pytestmark = pytest.mark.usefixtures("city")
NOW = dt.datetime(2026, 3, 10, 4, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def nobody_has_answered(city):
    execute("DELETE FROM insight_answer")


def use(number=1, *, service="sports-visit", days_ago=1):
    return insight.Use(
        tap=f"7-1-{number}",
        service=service,
        agency="sports-daan",
        at=NOW - dt.timedelta(days=days_ago),
    )


def say(member, which, score=4, now=NOW):
    with unit_of_work():
        insight.answer(member_id=member, use=which, score=score, now=now)


def test_the_newest_use_is_asked_about():
    uses = [use(1, days_ago=3), use(2, days_ago=1), use(3, days_ago=2)]
    asked = insight.to_ask(member_id=5, uses=uses, now=NOW)
    assert asked == uses[1]


def test_a_use_of_long_ago_is_not():
    assert insight.to_ask(member_id=5, uses=[use(days_ago=8)], now=NOW) is None
    with pytest.raises(insight.NotAsked):
        say(5, use(days_ago=8))


def test_one_answer_a_use_even_of_another_month():
    say(5, use(1))
    with pytest.raises(insight.NotAsked):
        say(5, use(1))
    with pytest.raises(insight.NotAsked):
        say(6, use(1))  # whoever holds the card now
    assert len(rows("SELECT FROM insight_answer")) == 1


def test_the_same_service_is_not_asked_about_again_for_thirty_days():
    say(5, use(1))
    later = NOW + dt.timedelta(days=29)
    soon = insight.Use(tap="7-1-2", service="sports-visit", agency="sports-daan", at=later)
    assert insight.to_ask(member_id=5, uses=[soon], now=later) is None
    assert insight.to_ask(member_id=6, uses=[soon], now=later) == soon
    assert insight.to_ask(member_id=5, uses=[soon], now=later + dt.timedelta(days=1)) == soon


def test_who_does_not_want_to_say_is_not_asked_again_and_counts_in_no_figure():
    say(5, use(1), score=None)
    assert insight.to_ask(member_id=5, uses=[use(2)], now=NOW) is None
    assert answers_of(month=dt.date(2026, 3, 1)) == {}


def test_another_service_is_asked_about_all_the_same():
    say(5, use(1))
    other = use(2, service="library-loan")
    assert insight.to_ask(member_id=5, uses=[other], now=NOW) == other
    say(5, other)
    found = rows("SELECT DISTINCT pseudonym FROM insight_answer")
    assert len(found) == 2  # nothing joins the two


@pytest.mark.parametrize("score", [0, 6, -1])
def test_an_answer_is_from_one_to_five(score):
    with pytest.raises(insight.NoSuchScore):
        say(5, use(1), score=score)


def test_answers_count_for_the_month_of_the_use_by_score():
    for member in range(4):
        say(member, use(member), score=5 if member else 2)
    found = answers_of(month=dt.date(2026, 3, 1))["sports-visit", "sports-daan"]
    assert (found.by_score, found.people) == ({2: (1, 1), 5: (3, 3)}, 4)
