"""What must hold for every rule, whatever it says."""

import datetime as dt
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from citycard.infra.packs import find_pack
from citycard.kernel.periods import DateSpan
from citycard.rules import api as rules
from citycard.rules.words_age import LEAP_DAYS, latest_birth

NAMES = rules.vocabulary_of(find_pack("taoyuan"))
DAYS = st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31))
NEAR = st.dates(dt.date(2015, 1, 1), dt.date(2019, 12, 31))
LEAPS = st.builds(lambda year: dt.date(year * 4, 2, 29), st.integers(1904 // 4, 2020 // 4))


@st.composite
def spans(draw: st.DrawFn) -> DateSpan:
    start, end = sorted((draw(NEAR), draw(NEAR)))
    return DateSpan(draw(st.sampled_from([None, start])), draw(st.sampled_from([None, end])))


HELD = st.none() | st.booleans() | spans()
LEAVES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.builds(lambda n: {"age_at_least": n}, st.integers(0, 80)),
    st.builds(lambda n: {"age_below": n}, st.integers(0, 80)),
    st.sampled_from(
        [
            {"registered_in": "taoyuan"},
            {"lives_in": "復興區"},
            {"has_status": "disability"},
            {"has_status": "indigenous"},
            {"approved": "general"},
            {"spouse_of_resident": True},
            {"alive": True},
            {"registered_for_months": 6},
            {"enrolled_at": {"level": ["primary", "junior"]}},
            {"during": {"from": dt.date(2016, 1, 1), "until": dt.date(2018, 1, 1)}},
        ]
    ),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=4)),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=4)),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=8,
)


@st.composite
def people(draw: st.DrawFn) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "birth_on": draw(st.none() | st.dates(dt.date(1935, 1, 1), dt.date(2014, 12, 31)) | LEAPS),
        "died_on": draw(st.none() | NEAR),
        "registered_city": draw(st.sampled_from([None, "taoyuan", "elsewhere"])),
        "registered_district": draw(st.sampled_from([None, "復興區", "bade"])),
        "registered_since": draw(st.none() | NEAR),
        "statuses": {"disability": draw(HELD), "indigenous": draw(HELD)},
        "relations": {"spouse_of_resident": draw(HELD)},
        "approvals": {"general": draw(HELD)},
        "school": draw(
            st.none()
            | st.just({})
            | st.builds(
                lambda day: {"level": "primary", "in_city": True, "graduates_on": day}, NEAR
            )
        ),
    }
    return {name: value for name, value in facts.items() if value is not None}


def read(node: dict[str, Any]) -> rules.Condition:
    return rules.read_condition(node, names=NAMES)


@given(CONDITIONS, people(), NEAR)
def test_nothing_changes_before_the_day_that_is_named(
    node: dict[str, Any], facts: dict[str, Any], on: dt.date
) -> None:
    condition = read(node)
    change = condition.next_change(facts, on)
    before = condition.holds(facts, on)
    assert change is None or change > on
    days = min((change - on).days if change else 400, 400)
    for step in {1, days // 3, days // 2, days - 1} - {0}:
        if 0 < step < days:
            assert condition.holds(facts, on + dt.timedelta(days=step)) is before


@given(CONDITIONS, people(), NEAR)
def test_periods_are_exact_and_without_gaps(
    node: dict[str, Any], facts: dict[str, Any], on: dt.date
) -> None:
    condition = read(node)
    found = list(rules.phases(condition, facts, on))
    assert found[0].span.start == on
    assert found[-1].span.end is None
    for earlier, later in pairwise(found):
        assert earlier.span.end == later.span.start
        assert earlier.verdict is not later.verdict
        boundary = later.span.start
        assert boundary is not None
        assert condition.holds(facts, boundary) is later.verdict
        assert condition.holds(facts, boundary - dt.timedelta(days=1)) is earlier.verdict


@given(CONDITIONS, people(), NEAR)
def test_knowing_more_never_turns_a_yes_into_a_no(
    node: dict[str, Any], facts: dict[str, Any], on: dt.date
) -> None:
    """An answer that doesn't need a fact stays when the fact becomes known (approvals and deaths
    are the city's own: their absence is knowledge)."""
    condition = read(node)
    full = condition.holds(facts, on)
    for name in ("birth_on", "registered_city", "registered_district", "statuses", "school"):
        less = {key: value for key, value in facts.items() if key != name}
        partial = condition.holds(less, on)
        assert partial in (full, rules.Verdict.UNKNOWN)


@given(CONDITIONS, people(), NEAR)
def test_only_the_facts_that_are_named_are_read(
    node: dict[str, Any], facts: dict[str, Any], on: dt.date
) -> None:
    condition = read(node)
    asked: set[str] = set()

    class Watched(dict[str, Any]):
        def get(self, key: str, default: Any = None) -> Any:
            asked.add(key)
            return super().get(key, default)

    condition.holds(Watched(facts), on)
    plural = {"status": "statuses", "relation": "relations", "approval": "approvals"}
    allowed = {plural.get(name.split(".")[0], name) for name in condition.reads}
    assert asked <= allowed


@given(CONDITIONS, people(), NEAR)
def test_not_is_its_own_opposite_and_de_morgan_holds(
    node: dict[str, Any], facts: dict[str, Any], on: dt.date
) -> None:
    other = {"has_status": "disability"}
    assert read({"not": {"not": node}}).holds(facts, on) is read(node).holds(facts, on)
    either = read({"not": {"any": [node, other]}}).holds(facts, on)
    neither = read({"all": [{"not": node}, {"not": other}]}).holds(facts, on)
    assert either is neither


@settings(max_examples=500)
@given(DAYS | LEAPS, st.integers(0, 120), st.sampled_from(LEAP_DAYS), st.integers(-2, 2))
def test_a_cut_off_date_and_a_birthday_say_the_same(
    birth_on: dt.date, age: int, leap_day: str, shift: int
) -> None:
    reached = rules.birthday(birth_on, age, leap_day)
    on = reached + dt.timedelta(days=shift)
    assert (birth_on <= latest_birth(on, age, leap_day)) == (on >= reached)


@given(people(), NEAR)
def test_a_compiled_table_agrees_with_each_rule(facts: dict[str, Any], on: dt.date) -> None:
    table = rules.read_rules(find_pack("taoyuan").table("entitlements"), names=NAMES)
    answers = table.compile(on)(facts)
    assert set(answers) == {rule.code for rule in table.in_force(on)}
    for rule in table.in_force(on):
        decision = rule.has(facts, on)
        assert rules.Verdict.of(answers[rule.code]) is decision.verdict
