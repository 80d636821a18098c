"""Every condition word at its boundaries, known and unknown."""

import datetime as dt
import re
from typing import Any

import pytest

from citycard.infra.packs import Text, find_pack
from citycard.kernel.periods import DateSpan
from citycard.rules import api as rules

NAMES = rules.vocabulary_of(find_pack("taoyuan"))
ON = dt.date(2017, 3, 1)
YES, NO, UNKNOWN = "yes", "no", "unknown"


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def until(text: str) -> DateSpan:
    return DateSpan(None, day(text))


def through(last_day: str, **more: Any) -> dict[str, Any]:
    return {"student_through": {"level": "university", "last_day": last_day, **more}}


def student(**more: Any) -> dict[str, Any]:
    return {"school": {"level": "university", "in_city": True, **more}}


CASES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    # birthdays: the day before, the day itself, the day after
    ({"age_at_least": 65}, {"birth_on": day("1952-03-02")}, NO),
    ({"age_at_least": 65}, {"birth_on": day("1952-03-01")}, YES),
    ({"age_at_least": 65}, {"birth_on": day("1952-02-29")}, YES),  # a leap day: on 1 March
    ({"age_at_least": 65}, {"birth_on": day("1952-02-28")}, YES),
    ({"age_at_least": 0}, {"birth_on": ON}, YES),
    ({"age_at_least": 65}, {}, UNKNOWN),
    ({"age_at_least": 65}, {"birth_on": None}, UNKNOWN),
    ({"age_below": 12}, {"birth_on": day("2005-03-02")}, YES),
    ({"age_below": 12}, {"birth_on": day("2005-03-01")}, NO),
    ({"age_below": 12}, {}, UNKNOWN),
    # the month of the birthday, once its first working day has come; more in test_workdays
    ({"age_from_first_workday": 65}, {"birth_on": day("1952-03-31")}, YES),
    ({"age_from_first_workday": 65}, {"birth_on": day("1952-04-01")}, NO),
    ({"age_from_first_workday": 65}, {}, UNKNOWN),
    # of age by the law of the day: twenty then, eighteen since 2023; more in test_sql_agrees
    ({"adult": True}, {"birth_on": day("1997-03-01")}, YES),
    ({"adult": True}, {"birth_on": day("1997-03-02")}, NO),
    ({"adult": True}, {}, UNKNOWN),
    ({"born_before": day("1952-01-01")}, {"birth_on": day("1951-12-31")}, YES),
    ({"born_before": day("1952-01-01")}, {"birth_on": day("1952-01-01")}, NO),
    ({"born_before": day("1952-01-01")}, {}, UNKNOWN),
    ({"born_on_or_after": day("2010-09-02")}, {"birth_on": day("2010-09-02")}, YES),
    ({"born_on_or_after": day("2010-09-02")}, {"birth_on": day("2010-09-01")}, NO),
    ({"born_on_or_after": day("2010-09-02")}, {}, UNKNOWN),
    ({"sex": "f"}, {"sex": "f"}, YES),
    ({"sex": "f"}, {"sex": "m"}, NO),
    ({"sex": "f"}, {}, UNKNOWN),
    # no death on record means living; the day of death is the last one
    ({"alive": True}, {}, YES),
    ({"alive": True}, {"died_on": ON}, YES),
    ({"alive": True}, {"died_on": day("2017-02-28")}, NO),
    ({"registered_in": "taoyuan"}, {"registered_city": "taoyuan"}, YES),
    ({"registered_in": "taoyuan"}, {"registered_city": "taipei"}, NO),
    ({"registered_in": "taoyuan"}, {}, UNKNOWN),
    ({"registered_for_months": 6}, {"registered_since": day("2016-09-01")}, YES),
    ({"registered_for_months": 6}, {"registered_since": day("2016-09-02")}, NO),
    ({"registered_for_months": 6}, {"registered_since": day("2016-08-31")}, YES),  # no 31 Feb
    ({"registered_for_months": 6}, {}, UNKNOWN),
    # a district under every spelling
    ({"lives_in": "復興區"}, {"registered_district": "復興區"}, YES),
    ({"lives_in": "復興區"}, {"registered_district": "fuxing"}, YES),
    ({"lives_in": "復興區"}, {"registered_district": "6801300"}, YES),
    ({"lives_in": ["fuxing", "八德區"]}, {"registered_district": "八德區"}, YES),
    ({"lives_in": "復興區"}, {"registered_district": "桃園區"}, NO),
    ({"lives_in": "復興區"}, {}, UNKNOWN),
    ({"resides_in": "taoyuan"}, {"resides_in_city": True}, YES),
    ({"resides_in": "taoyuan"}, {"resides_in_city": False}, NO),
    ({"resides_in": "taoyuan"}, {}, UNKNOWN),
    ({"id_kind": ["resident_new", "resident_old"]}, {"id_kind": "resident_old"}, YES),
    ({"id_kind": "passport"}, {"id_kind": "citizen"}, NO),
    ({"id_kind": "passport"}, {}, UNKNOWN),
    # school: level, place, and the day of graduation, on which it is over
    ({"enrolled_at": {"level": "primary"}}, {"school": {"level": "primary", "in_city": True}}, YES),
    ({"enrolled_at": {"level": "primary"}}, {"school": {"level": "primary"}}, UNKNOWN),
    (
        {"enrolled_at": {"level": "primary", "in_city": False}},
        {"school": {"level": "primary"}},
        YES,
    ),
    (
        {"enrolled_at": {"level": "primary"}},
        {"school": {"level": "primary", "in_city": True, "graduates_on": ON}},
        NO,
    ),
    (
        {"enrolled_at": {"level": "primary"}},
        {"school": {"level": "primary", "in_city": True, "graduates_on": day("2017-03-02")}},
        YES,
    ),
    ({"enrolled_at": {"level": "primary"}}, {"school": {"level": "senior"}}, NO),
    ({"enrolled_at": {"level": "primary"}}, {"school": {}}, NO),
    ({"enrolled_at": {"level": "primary"}}, {}, UNKNOWN),
    # a school by its name
    ({"attends": "kainan"}, {"school": {"level": "university", "code": "kainan"}}, YES),
    ({"attends": ["kainan"]}, {"school": {"level": "university", "code": "other"}}, NO),
    (
        {"attends": "kainan"},
        {"school": {"level": "university", "code": "kainan", "graduates_on": ON}},
        NO,
    ),
    ({"attends": "kainan"}, {"school": {"level": "university"}}, UNKNOWN),
    ({"attends": "kainan"}, {"school": {}}, NO),
    ({"attends": "kainan"}, {}, UNKNOWN),
    # a student through a day of the graduation year: the day itself counts, the next does not
    (through("03-01"), student(graduates_on=day("2017-01-31")), YES),
    (through("02-28"), student(graduates_on=day("2017-01-31")), NO),
    (through("10-31"), student(graduates_on=day("2016-06-30")), NO),
    (through("01-31"), student(graduates_on=day("2017-03-02")), YES),  # never before graduation
    (through("01-31"), student(graduates_on=ON), NO),
    (through("10-31"), student(), YES),
    (through("10-31"), {"school": {"level": "primary", "in_city": True}}, NO),
    (through("10-31"), {"school": {"level": "university"}}, UNKNOWN),
    (through("10-31"), {"school": {"level": "university", "in_city": False}}, NO),
    (through("10-31", in_city=False), {"school": {"level": "university"}}, YES),
    (through("10-31"), {"school": {}}, NO),
    (through("10-31"), {}, UNKNOWN),
    ({"employed_by": "city"}, {"employer_agency": "health"}, YES),
    ({"employed_by": "city"}, {"employer_agency": ""}, NO),
    ({"employed_by": ["health"]}, {"employer_agency": "rdec"}, NO),
    ({"employed_by": "city"}, {}, UNKNOWN),
    # statuses: known, ended, several spans, graded
    ({"has_status": "disability"}, {"statuses": {"disability": True}}, YES),
    ({"has_status": "disability"}, {"statuses": {"disability": False}}, NO),
    ({"has_status": "disability"}, {"statuses": {"disability": until("2017-03-02")}}, YES),
    ({"has_status": "disability"}, {"statuses": {"disability": until("2017-03-01")}}, NO),
    (
        {"has_status": "disability"},
        {"statuses": {"disability": (until("2016-01-01"), DateSpan(ON, None))}},
        YES,
    ),
    ({"has_status": "disability"}, {"statuses": {"disability": None}}, UNKNOWN),
    ({"has_status": "disability"}, {"statuses": {}}, UNKNOWN),
    ({"has_status": "disability"}, {}, UNKNOWN),
    (
        {"has_status": "disability"},
        {"statuses": {"disability": {"held": True, "grade": "mild"}}},
        YES,
    ),
    (
        {"status_grade": {"status": "disability", "one_of": ["severe", "profound"]}},
        {"statuses": {"disability": {"held": True, "grade": "severe"}}},
        YES,
    ),
    (
        {"status_grade": {"status": "disability", "one_of": ["severe"]}},
        {"statuses": {"disability": {"held": True, "grade": "mild"}}},
        NO,
    ),
    (
        {"status_grade": {"status": "disability", "one_of": ["severe"]}},
        {"statuses": {"disability": True}},
        UNKNOWN,
    ),
    (
        {"status_grade": {"status": "disability", "one_of": ["severe"]}},
        {"statuses": {"disability": False}},
        NO,
    ),
    (
        {"has_relation": "spouse_of_resident"},
        {"relations": {"spouse_of_resident": True}},
        YES,
    ),
    ({"spouse_of_resident": True}, {"relations": {"spouse_of_resident": False}}, NO),
    ({"spouse_of_resident": True}, {}, UNKNOWN),
    # an approval that isn't on record was not given
    ({"approved": "general"}, {"approvals": {"general": True}}, YES),
    ({"approved": "general"}, {"approvals": {}}, NO),
    ({"approved": "general"}, {}, NO),
    ({"during": {"from": ON, "until": day("2017-04-01")}}, {}, YES),
    ({"during": {"until": ON}}, {}, NO),
    ({"during": {"from": day("2017-03-02")}}, {}, NO),
    ({"anyone": True}, {}, YES),
    ({"all": [{"anyone": True}, {"sex": "f"}]}, {}, UNKNOWN),
    ({"any": [{"anyone": True}, {"sex": "f"}]}, {}, YES),
    ({"not": {"sex": "f"}}, {"sex": "f"}, NO),
    ({"not": {"sex": "f"}}, {}, UNKNOWN),
]


@pytest.mark.parametrize(("node", "facts", "verdict"), CASES)
def test_a_word_answers(node: dict[str, Any], facts: dict[str, Any], verdict: str) -> None:
    condition = rules.read_condition(node, names=NAMES)
    assert condition.holds(facts, ON).value == verdict


def test_every_word_stands_in_the_table_above() -> None:
    assert {word for node, _, _ in CASES for word in node} == {kind.word for kind in rules.WORDS}


@pytest.mark.parametrize(("node", "facts", "verdict"), CASES)
def test_a_word_explains_itself_in_both_languages(
    node: dict[str, Any], facts: dict[str, Any], verdict: str
) -> None:
    condition = rules.read_condition(node, names=NAMES)
    because = condition.because(facts, ON)
    assert because.verdict.value == verdict
    assert because.text("zh-Hant")
    assert not re.search("[一-鿿]", because.text("en"))
    assert because.missing() <= condition.reads
    assert bool(because.missing()) == (verdict == UNKNOWN)


@pytest.mark.parametrize("kind", rules.WORDS, ids=lambda kind: kind.word)
def test_a_word_is_documented(kind: type[rules.Condition]) -> None:
    assert kind.__doc__
    assert kind.takes
    assert kind.example.startswith(kind.word)


def test_a_student_s_last_day_is_the_day_of_the_graduation_year() -> None:
    condition = rules.read_condition(through("10-31"), names=NAMES)
    facts = student(graduates_on=day("2017-06-30"))
    assert condition.holds(facts, day("2017-10-31")).value == YES
    assert condition.holds(facts, day("2017-11-01")).value == NO
    assert condition.next_change(facts, ON) == day("2017-11-01")
    assert condition.next_change(facts, day("2017-11-01")) is None


def test_a_named_school_ends_with_graduation() -> None:
    condition = rules.read_condition({"attends": "kainan"}, names=NAMES)
    facts = {"school": {"level": "university", "code": "kainan", "graduates_on": day("2017-06-30")}}
    assert condition.next_change(facts, ON) == day("2017-06-30")


@pytest.mark.parametrize(
    "node",
    [through("10-32"), through("02-29"), through("10-31", in_city="yes"), {"attends": "kainen"}],
)
def test_a_badly_written_school_is_refused(node: dict[str, Any]) -> None:
    with pytest.raises(rules.BadRule):
        rules.read_condition(node, names=NAMES)


def test_a_city_may_let_leap_day_children_turn_on_28_february() -> None:
    born = dt.date(1952, 2, 29)
    assert rules.birthday(born, 65) == day("2017-03-01")
    assert rules.birthday(born, 65, "february_28") == day("2017-02-28")
    assert rules.birthday(born, 64, "february_28") == day("2016-02-29")


def test_a_reason_names_what_decided_it() -> None:
    node = {"all": [{"sex": "f"}, {"any": [{"age_at_least": 65}, {"has_status": "disability"}]}]}
    condition = rules.read_condition(node, names=NAMES)
    because = condition.because({"sex": "f", "birth_on": day("1952-03-02")}, ON)
    assert because.missing() == {"status.disability"}
    assert [leaf.word for leaf in because.decisive()] == ["has_status"]
    assert "2017-03-02 滿 65 歲" in because.text("zh-Hant")
    assert Text("a", "b").in_("en-GB") == "b"
