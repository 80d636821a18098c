"""Dated values, steps, and what is refused while reading a rule."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycard.infra.packs import find_pack
from citycard.rules import api as rules

NAMES = rules.vocabulary_of(find_pack("taoyuan"))
D = dt.date.fromisoformat
FUXING = {"registered_district": "復興區"}
ELSEWHERE = {"registered_district": "桃園區"}

ROWS = [
    {"from": D("2015-09-01"), "when": {"lives_in": "復興區"}, "amount": 1000},
    {"from": D("2015-09-01"), "amount": 800},
    {"from": D("2020-01-01"), "amount": 900, "source": "a later text"},
]


def value(rows: list[dict[str, Any]] = ROWS) -> rules.Dated:
    return rules.dated(rows, name="a value", names=NAMES)


@pytest.mark.parametrize(
    ("facts", "on", "amount"),
    [
        (FUXING, "2015-09-01", 1000),
        (ELSEWHERE, "2015-09-01", 800),
        (FUXING, "2019-12-31", 1000),  # the last day of a version
        (FUXING, "2020-01-01", 900),  # a newer version replaces all rows of the older one
    ],
)
def test_the_first_row_that_holds_counts(facts: dict[str, Any], on: str, amount: int) -> None:
    found = value().value(facts, D(on))
    assert found.payload == {"amount": amount}
    assert found.verdict is rules.Verdict.YES


def test_a_day_before_the_first_is_an_error_that_names_it() -> None:
    with pytest.raises(
        rules.NotYetInForce, match=r"2015-08-31.*first date is 2015-09-01"
    ) as caught:
        value().value(FUXING, D("2015-08-31"))
    assert caught.value.first_on == D("2015-09-01")


def test_an_unknown_fact_leaves_the_value_open() -> None:
    found = value().value({}, D("2016-01-01"))
    assert (found.verdict, found.payload) == (rules.Verdict.UNKNOWN, None)
    because = found.because({}, D("2016-01-01"))
    assert because is not None
    assert because.missing() == {"registered_district"}


def test_an_unknown_fact_does_not_matter_when_the_rows_agree() -> None:
    rows = [
        {"from": D("2015-09-01"), "when": {"lives_in": "復興區"}, "amount": 800},
        {"from": D("2015-09-01"), "amount": 800},
    ]
    assert value(rows).value({}, D("2016-01-01")).payload == {"amount": 800}


def test_a_value_knows_when_it_changes() -> None:
    assert value().next_change(FUXING, D("2016-01-01")) == D("2020-01-01")
    assert value().next_change(FUXING, D("2020-01-01")) is None
    assert value().first_on == D("2015-09-01")


STEPS = [{"fare_up_to": 100, "points": 36}, {"fare_above": 100, "points": 72}]


@pytest.mark.parametrize(("fare", "points"), [(0, 36), (99, 36), (100, 36), (101, 72), (9999, 72)])
def test_an_edge_belongs_to_the_step_below_it(fare: int, points: int) -> None:
    rows = [{"from": D("2015-09-01"), "steps": STEPS}]
    steps = value(rows).plain(D("2017-01-03"))["steps"]
    assert steps.measure == "fare"
    assert steps.at(fare) == {"points": points}


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=6, unique=True), st.integers(0, 1100))
def test_steps_find_what_a_plain_search_finds(edges: list[int], size: int) -> None:
    ordered = sorted(edges)
    rows: list[dict[str, Any]] = [{"fare_up_to": edge, "points": edge} for edge in ordered]
    rows.append({"fare_above": ordered[-1], "points": 0})
    steps = value([{"from": D("2015-09-01"), "steps": rows}]).plain(D("2017-01-03"))["steps"]
    wanted = next((edge for edge in ordered if size <= edge), 0)
    assert steps.at(size) == {"points": wanted}


BAD_VALUES = [
    ([], "a list of rows", None),
    ([{"amount": 1}], "names the day", None),
    ([{"from": "2015-09-01", "amount": 1}], "not a date", None),
    ([{"from": D("2015-09-01")}], "no value", None),
    ([*ROWS, {"from": D("2019-01-01"), "amount": 1}], "order of dates", None),
    ([ROWS[1], ROWS[1]], "no one reaches this row", None),
    ([{**ROWS[0], "when": {"livs_in": "復興區"}}], "unknown condition word “livs_in”", "lives_in"),
    ([{**ROWS[1], "steps": [STEPS[0], {"fare_above": 101}]}], "gap or overlap", None),
    ([{**ROWS[1], "steps": [STEPS[0], {"fare_up_to": 90}]}], "does not come after", None),
    ([{**ROWS[1], "steps": [STEPS[1], STEPS[0]]}], "only the last", None),
    ([{**ROWS[1], "steps": [STEPS[0], {"km_above": 100}]}], "measures", None),
    ([{**ROWS[1], "steps": [{"points": 1}]}], "names its edge", None),
]


@pytest.mark.parametrize(("rows", "says", "nearest"), BAD_VALUES)
def test_a_bad_value_is_refused(rows: Any, says: str, nearest: str | None) -> None:
    with pytest.raises(rules.BadRule, match=says) as caught:
        value(rows)
    assert caught.value.nearest == nearest


BAD_CONDITIONS = [
    ({"age_at_lest": 65}, "unknown condition word “age_at_lest”", "age_at_least"),
    ({"has_status": "disabilty"}, "no status “disabilty”", "disability"),
    ({"lives_in": "復與區"}, "no district “復與區”", "復興區"),
    ({"registered_in": "taoyan"}, "no city “taoyan”", "taoyuan"),
    ({"approved": "senior-ride"}, "no entitlement", "senior-rides"),
    ({"has_relation": "spouse_of_residents"}, "no relation", "spouse_of_resident"),
    ({"enrolled_at": {"level": "primry"}}, "no school level", "primary"),
    ({"enrolled_at": {"levl": "primary"}}, "unknown key “levl”", "level"),
    ({"employed_by": ["helth"]}, "no agency", "health"),
    ({"id_kind": "passprt"}, "no kind of identity document", "passport"),
    ({"status_grade": {"status": "disability", "one_of": ["sever"]}}, "no grade", "severe"),
    ({"sex": "female"}, "no sex", None),
    ({"age_at_least": "65"}, "not a whole number", None),
    ({"age_at_least": True}, "not a whole number", None),
    ({"born_before": "1952"}, "not a date", None),
    ({"alive": False}, "should be true", None),
    ({"all": {"alive": True}}, "a list of conditions", None),
    ({"all": []}, "empty", None),
    ({"during": {"from": D("2017-02-01"), "until": D("2017-02-01")}}, "season ends", None),
    ({"age_at_least": 1, "sex": "f"}, "one word with its argument", None),
    ("anyone", "one word with its argument", None),
]


@pytest.mark.parametrize(("node", "says", "nearest"), BAD_CONDITIONS)
def test_a_bad_condition_is_refused(node: Any, says: str, nearest: str | None) -> None:
    with pytest.raises(rules.BadRule, match=says) as caught:
        rules.read_condition({"all": [{"anyone": True}, node]}, names=NAMES, path=("x", "who"))
    assert caught.value.nearest == nearest
    assert caught.value.path[:4] == ("x", "who", "all", 1)


def test_an_entitlement_is_asked_about_no_day_before_it_began() -> None:
    table = rules.read_rules(find_pack("taoyuan").table("entitlements"), names=NAMES)
    with pytest.raises(rules.NotYetInForce, match="2015-09-01"):
        table["general"].may_have({}, D("2015-08-31"))
    assert "general" not in table.compile(D("2015-08-31"))({})


@pytest.mark.parametrize(
    ("person", "says"),
    [
        ({"birth_on": "1952-2-29"}, "not a date"),
        ({"birth_on": "1953-02-29"}, "not a date"),
        ({"birthday": "1952-02-29"}, "unknown fact “birthday”"),
        ({"registered_district": "桃圓區"}, "no district"),
        ({"statuses": {"disabled": True}}, "no status"),
        ({"statuses": {"disability": {"form": "2015-01-01"}}}, "unknown key “form”"),
        ({"statuses": "none"}, "mapping"),
        ({"resides_in_city": "yes"}, "true or false"),
        ({"school": {"level": "kindergarten"}}, "no level"),
        ([], "mapping of facts"),
    ],
)
def test_a_badly_written_person_is_refused(person: Any, says: str) -> None:
    with pytest.raises(rules.BadRule, match=says):
        rules.read_person(person, names=NAMES)


def test_a_list_of_statuses_says_there_are_no_others() -> None:
    facts = rules.read_person({"statuses": ["indigenous"], "relations": []}, names=NAMES)
    assert facts["statuses"]["indigenous"] is True
    assert facts["statuses"]["disability"] is False
    assert facts["relations"] == dict.fromkeys(NAMES.relations, False)


def test_a_district_implies_the_city() -> None:
    facts = rules.read_person({"registered_district": "台園區".replace("台", "桃")}, names=NAMES)
    assert facts["registered_city"] == "taoyuan"
