"""Agencies side by side: the busiest first, hidden ones last by name, and each with its months."""

import datetime as dt

import pytest

from citycard.insight import api as insight
from citycard.insight.comparing import Compared, categories, compare
from citycard.insight.figures import Figures
from citycard.insight.publishing import Published
from citycard.insight.tree import Node

JANUARY, FEBRUARY, MARCH = (dt.date(2016, month, 1) for month in (1, 2, 3))


def node(code, kind, *children):
    return Node(code=code, kind=kind, names={}, uses=1, children=children)


TOP = node(
    "all",
    "all",
    node("all/leisure", "category", node("all/leisure/swim", "service")),
    node(
        "all/reading",
        "category",
        node("all/reading/loan", "service"),
        node("all/reading/room", "service"),
    ),
)


def month(month, **accounts):
    """A month: (uses, people) by account, written ``service__agency``."""
    pages = {}
    for name, (uses, people) in accounts.items():
        account = service, agency = tuple(name.split("__"))
        pages[account] = Figures(
            service=service, agency=agency, month=month, least=10, uses=uses, people=people
        )
    return Published(month=month, least=10, top=TOP, pages=pages)


def compared(*months, category="all/reading", count=12):
    return compare(
        {each.month: each for each in months},
        month=months[-1].month, category=category, count=count,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("accounts", "order"),
    [
        # the busiest first
        ({"loan__a": (20, 10), "loan__b": (90, 12)}, ["b", "a"]),
        # hidden ones last, by name, whatever they are
        ({"loan__z": (None, None), "loan__a": (20, 10), "loan__c": (None, None)}, ["a", "c", "z"]),
        # equal ones by service, then by name
        ({"room__a": (20, 10), "loan__b": (20, 10), "loan__a": (20, 10)}, ["a", "b", "a"]),
        # of another category: not here
        ({"swim__a": (500, 90), "loan__b": (20, 10)}, ["b"]),
        ({"swim__a": (500, 90)}, []),
    ],
)
def test_who_stands_where(accounts, order):
    found = compared(month(MARCH, **accounts))
    assert [row.page.agency for row in found.rows] == order
    assert found.category.code == "all/reading"
    assert [it.own_code for it in found.services] == ["loan", "room"]


@pytest.mark.parametrize(
    ("people", "trend"),
    [
        ((100, 125), 25.0),
        ((30, 20), -33.3),
        ((40, 40), 0.0),
        ((None, 40), None),  # hidden: its own page doesn't tell it either
        ((40, None), None),
        ((0, 40), None),  # nothing to compare with
        ((40, 0), -100.0),
        ((40,), None),
    ],
)
def test_how_many_more_came_than_in_the_month_before(people, trend):
    page = Figures(service="loan", agency="a", month=MARCH, least=10, uses=1, people=1)
    months = [JANUARY, FEBRUARY, MARCH][-len(people) :]
    assert Compared(page=page, history=tuple(zip(months, people, strict=True))).trend_percent == (
        trend
    )


def test_each_has_its_last_months_and_a_hidden_one_stays_hidden():
    months = (
        month(JANUARY, loan__a=(50, 20), loan__b=(20, 15)),
        month(FEBRUARY, loan__a=(None, None)),
        month(MARCH, loan__a=(60, 30), loan__b=(30, 16)),
    )
    rows = {row.page.agency: row for row in compared(*months).rows}
    assert rows["a"].history == ((JANUARY, 20), (FEBRUARY, None), (MARCH, 30))
    assert rows["b"].history == ((JANUARY, 15), (FEBRUARY, 0), (MARCH, 16))
    assert rows["a"].trend_percent is None
    short = compared(*months, count=2)
    assert [len(row.history) for row in short.rows] == [2, 2]


def test_an_unknown_category_is_the_first_one():
    found = compared(month(MARCH, swim__a=(20, 10)), category="all/nothing")
    assert found.category.code == "all/leisure"
    assert [each.code for each in categories(top=TOP)] == ["all/leisure", "all/reading"]


def test_the_file_has_a_line_a_month_and_hides_what_is_hidden():
    months = (month(FEBRUARY, loan__a=(None, None)), month(MARCH, loan__a=(60, 30)))
    sheet = insight.comparison_sheet(
        comparison=compared(*months), month="2016-03", name_of=lambda kind, code: code.upper()
    )
    assert sheet.rows == (
        ("2016-03", "loan", "LOAN", "a", "A", 60, 30, None),
        ("2016-02", "loan", "LOAN", "a", "A", "", None, ""),
    )
