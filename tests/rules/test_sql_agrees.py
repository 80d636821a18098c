"""Two compilers, one meaning: the SQL form of every rule says what its closures say."""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

import pytest
from ruamel.yaml import YAML

from citycard.infra.database import execute, rows
from citycard.infra.packs import Text, find_pack
from citycard.rules import api as rules
from citycard.rules.sql_days import Known, form, no, yes
from citycard.rules.vocabulary import District
from tests.architecture.house import ROOT
from tests.rules.boundaries import NEAR, Facts, as_rows, people_at

CITIES = sorted(path.parent.name for path in ROOT.glob("citypacks/[!_]*/pack.yaml"))
DAYS = (dt.date(2026, 11, 21), dt.date(2024, 2, 29), dt.date(2025, 3, 1))


@pytest.mark.parametrize("word", rules.WORDS, ids=lambda word: str(word.word))
def test_no_word_lacks_an_sql_form(word: Any) -> None:
    registered = {kind for kind in form.registry if kind is not object}
    assert word in registered, f"write the SQL form of “{word.word}” beside those of its kind"


class Person:
    """Facts in both shapes: as closures read them, and as rows that SQL reads."""

    def __init__(self, place: int, facts: Facts) -> None:
        self.id, self.facts = place, facts


def put(people: Sequence[Person]) -> None:
    """Keep people as the two published relations would show them."""
    execute("DROP TABLE IF EXISTS pg_temp.said, pg_temp.who")
    execute(
        "CREATE TEMPORARY TABLE who"
        " (member_id bigint, birth_on date, sex text, died_on date, id_kind text)"
    )
    execute(
        "CREATE TEMPORARY TABLE said (member_id bigint, name text, value jsonb, valid daterange)"
    )
    own = [
        (one.id, *(one.facts.get(name) for name in ("birth_on", "sex", "died_on", "id_kind")))
        for one in people
    ]
    execute(
        "INSERT INTO who SELECT * FROM"
        " unnest(%s::bigint[], %s::date[], %s::text[], %s::date[], %s::text[])",
        columns(own),
    )
    told = [
        (one.id, name, json.dumps(value, ensure_ascii=False), span.start, span.end)
        for one in people
        for name, value, span in as_rows(one.facts)
    ]
    execute(
        "INSERT INTO said SELECT member_id, name, value::jsonb, daterange(starts, ends) FROM"
        " unnest(%s::bigint[], %s::text[], %s::text[], %s::date[], %s::date[])"
        " AS n(member_id, name, value, starts, ends)",
        columns(told),
    )


def columns(table: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*table, strict=True)] if table else [[]] * 5


def ask(known: Known, expressions: Sequence[str]) -> dict[int, list[Any]]:
    """Return the value of each expression for each person."""
    asked = "".join(f", {sql} AS e{place}" for place, sql in enumerate(expressions))
    found = rows(
        f"WITH k AS (SELECT f.member_id{known.aggregates} FROM said f GROUP BY f.member_id),"
        f" p AS (SELECT m.member_id{known.columns} FROM who m"
        " LEFT JOIN k ON k.member_id = m.member_id)"
        f" SELECT p.member_id{asked} FROM p"
    )
    return {one.member_id: list(one[1:]) for one in found}


def answer(said_yes: Any, said_no: Any, day: dt.date) -> int:
    inside = any(day in span for span in said_yes)
    outside = any(day in span for span in said_no)
    assert not (inside and outside), f"yes and no on {day}"
    return 1 if inside else -1 if outside else 0


def people_of(rule: rules.Rule) -> list[Person]:
    facts = [
        facts
        for seed, on in enumerate(DAYS)
        for facts in people_at(rule, max(on, rule.since), count=40, seed=seed)
    ]
    return [Person(place, each) for place, each in enumerate(facts)]


def days_of(rule: rules.Rule) -> list[dt.date]:
    return sorted({max(on, rule.since) + step for on in (*DAYS, rule.since) for step in NEAR})


def values_of(rule: rules.Rule) -> list[tuple[str, rules.Dated]]:
    return [*rule.gives.items(), *rule.spends_on.items()]


def may_be_unknown(condition: Any) -> bool:
    return any(name != "died_on" and not name.startswith("approval.") for name in condition.reads)


@pytest.mark.django_db
@pytest.mark.parametrize("city", CITIES)
def test_rules_say_the_same_in_both_forms_at_their_own_boundaries(city: str) -> None:
    pack = find_pack(city)
    table = rules.read_rules(pack.table("entitlements"), names=rules.vocabulary_of(pack))
    unhit = []
    for rule in table:
        people = people_of(rule)
        put(people)
        unhit += [f"{rule.code}: {each}" for each in _compare_rule(rule, people)]
        unhit += [f"{rule.code}: {each}" for each in _compare_values(rule, people)]
    assert not unhit, "nobody stood there:\n" + "\n".join(unhit)


def _compare_rule(rule: rules.Rule, people: Sequence[Person]) -> list[str]:
    known = Known()
    asked = [rules.rule_days(rule, known)]
    conditions = {"holds": rule.holds, "eligible": rule.eligible} | {
        f"{name} row {place}": row.when
        for name, value in values_of(rule)
        for place, row in enumerate(value.rows)
        if row.when is not None
    }
    for condition in conditions.values():
        asked += [yes(condition, known), no(condition, known)]
    said = ask(known, asked)
    unhit = []
    for place, (name, condition) in enumerate(conditions.items()):
        met = set()
        for day in days_of(rule):
            test = condition.at(day)
            for person in people:
                days, *both = said[person.id]
                found = answer(both[2 * place], both[2 * place + 1], day)
                expected = test(person.facts)
                assert found == expected, f"{rule.code} {name} {day} {person.facts}"
                met.add(found)
                if name == "holds":
                    holds = expected == 1 and day >= rule.since
                    assert any(day in span for span in days) == holds
        wanted = {1, -1, 0} if may_be_unknown(condition) else set()
        unhit += [f"{name} is never {value}" for value in wanted - met]
    return unhit


def _compare_values(rule: rules.Rule, people: Sequence[Person]) -> list[str]:
    unhit = []
    for name, value in values_of(rule):
        if value.reads:
            met = _compare_value(rule, value, people)
            unhit += [
                f"{name}: row {place} never counts on {on}"
                for on in set(DAYS) & set(days_of(rule))
                if on >= value.first_on
                for place in range(len(value.version(on)))
                if (on, place) not in met
            ]
    return unhit


def _compare_value(
    rule: rules.Rule, value: rules.Dated, people: Sequence[Person]
) -> set[tuple[dt.date, int | None]]:
    known = Known()
    days = [on for on in days_of(rule) if on >= value.first_on]
    said = ask(known, [rules.row_in_force(value, known, on) for on in days])
    met = set()
    for place, on in enumerate(days):
        pick, version = value.at(on), value.version(on)
        for person in people:
            valued = pick(person.facts)
            wanted = -1 if valued.open_rows else None
            if valued.row is not None:
                wanted = version.index(valued.row)
            assert said[person.id][place] == wanted, f"{value.name} {on} {person.facts}"
            met.add((on, wanted))
    return met


@pytest.mark.django_db
@pytest.mark.parametrize(
    "word",
    [kind for kind in rules.WORDS if kind.word not in ("all", "any", "not")],
    ids=lambda kind: str(kind.word),
)
def test_every_word_says_the_same_in_both_forms_though_no_pack_uses_it(word: Any) -> None:
    condition = rules.read_condition(example_of(word), names=NAMES)
    rule: Any = AnyRule(condition)
    people = [
        Person(place, facts)
        for place, facts in enumerate(
            facts
            for seed, on in enumerate((*DAYS, dt.date(2022, 12, 31), dt.date(2023, 1, 1)))
            for facts in people_at(rule, on, count=20, seed=seed)
        )
    ]
    put(people)
    known = Known()
    said = ask(known, [yes(condition, known), no(condition, known)])
    for on in (*DAYS, dt.date(2022, 12, 31), dt.date(2023, 1, 1)):
        for day in (on + step for step in NEAR):
            test = condition.at(day)
            for person in people:
                found = answer(said[person.id][0], said[person.id][1], day)
                assert found == test(person.facts), (day, person.facts)


class AnyRule:
    """A rule of one word, as far as finding people at its boundaries needs one."""

    def __init__(self, condition: Any) -> None:
        self.holds = condition
        self.gives: dict[str, Any] = {}
        self.spends_on: dict[str, Any] = {}


def example_of(word: Any) -> Any:
    return YAML(typ="safe").load(word.example)


NAMES = rules.Vocabulary(
    city="newtown",
    cities={"newtown": Text("新城", "Newtown")},
    districts={
        "復興區": District(
            slug="fuxing", name=Text("復興區", "Fuxing"), spellings=frozenset({"fuxing", "復興區"})
        )
    },
    statuses={"disability": Text("身心障礙", "Disability")},
    grades={"disability": ("mild", "severe", "profound")},
    relations={"spouse_of_resident": Text("配偶", "Spouse")},
    levels={level: Text(level, level) for level in ("primary", "junior", "senior", "university")},
    schools={"riverside": Text("河岸", "Riverside"), "hillside": Text("山邊", "Hillside")},
    entitlements={"health-service": Text("健康", "Health")},
    agencies={"health": Text("衛生局", "Health")},
    id_kinds={kind: Text(kind, kind) for kind in ("citizen", "resident_new", "resident_old")},
    adulthood=((dt.date(1929, 10, 10), 20), (dt.date(2023, 1, 1), 18)),
)


def test_majority_came_with_the_law_to_whoever_was_eighteen_or_nineteen() -> None:
    adult = rules.read_condition({"adult": True}, names=NAMES)
    last, first = dt.date(2022, 12, 31), dt.date(2023, 1, 1)
    for born, before, after in (
        (dt.date(2002, 12, 31), True, True),  # twenty on the old law's last day
        (dt.date(2003, 1, 1), False, True),  # twenty on the new law's first
        (dt.date(2005, 1, 1), False, True),  # eighteen that very day
        (dt.date(2005, 1, 2), False, False),
    ):
        facts = {"birth_on": born}
        assert (adult.holds(facts, last) == "yes", adult.holds(facts, first) == "yes") == (
            before,
            after,
        )
    assert adult.next_change({"birth_on": dt.date(2003, 1, 1)}, last) == first
    assert adult.next_change({"birth_on": dt.date(2005, 1, 2)}, last) == first
    assert adult.next_change({"birth_on": dt.date(2005, 1, 2)}, first) == dt.date(2023, 1, 2)
