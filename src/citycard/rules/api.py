"""The rule engine's manual.

A city's rules are data (``citypacks/<city>/entitlements.yaml``). Read them once::

    names = rules.vocabulary_of(pack)
    table = rules.read_rules(pack.table("entitlements"), names=names)

Ask about one person and a day; the facts are a plain mapping (see ``facts``), absent means
unknown::

    decision = table["senior-rides"].may_have(facts, on)      # the law's part
    decision = table["senior-rides"].has(facts, on)           # approval included
    decision.verdict, decision.missing, decision.because.text("zh-Hant")
    table["senior-rides"].gift("subsidy_points_each_month", facts, on).payload["amount"]

Ask ``table.reads`` which facts are needed: those and no others are fetched. For many people bind
the day first: ``decide = table.compile(on)``, then ``decide(facts)`` gives ``{code: -1 | 0 | 1}``.
``Tracer(rule.holds, on)`` keeps what every step answered, too, and reads the reason from it later.
``rule.next_change(facts, on)`` is the next day on which time alone could change an answer, and
``phases`` turns that into periods with exact boundaries.

A whole population is decided in SQL by the same rules: ``rule_days(rule, known)`` writes the days
on which a rule says yes as a multirange, ``known`` says what to gather of people's facts, and
``failing_word`` and ``newest_word`` name the condition that decided (``sql_days`` tells how).

Other tables of a pack use the same dated values: ``dated(rows, name=…, names=…)``.
"""

from typing import Any

from citycard.rules.checking import check_answerable, check_rules, check_scenarios
from citycard.rules.condition import Condition
from citycard.rules.dated import Dated, Row, Valued, read_dated
from citycard.rules.facts import Facts
from citycard.rules.kleene import NO, UNKNOWN, YES, Verdict
from citycard.rules.majority import adults_born_by
from citycard.rules.mistakes import BadRule, NotYetInForce, Path, nearest_word
from citycard.rules.periods import Phase, phases
from citycard.rules.persons import read_person
from citycard.rules.reading import WORDS, Node, read_condition
from citycard.rules.reasons import Because
from citycard.rules.sql_days import NEVER, Known, intersection
from citycard.rules.sql_rules import failing_word, newest_word, row_in_force, rule_days
from citycard.rules.steps import Steps
from citycard.rules.table import Decision, Rule, RuleTable, read_rules
from citycard.rules.tracing import Trace, Tracer
from citycard.rules.vocabulary import Tables, Vocabulary, vocabulary_of
from citycard.rules.words_age import birthday


def dated(rows: Any, *, name: str, names: Vocabulary, path: Path = ()) -> Dated:
    """Read a dated value of any table.

    :raises BadRule: with the path to the row that can't be read.
    """
    return read_dated(Node(rows, path, names), name)


__all__ = [
    "NEVER",
    "NO",
    "UNKNOWN",
    "WORDS",
    "YES",
    "BadRule",
    "Because",
    "Condition",
    "Dated",
    "Decision",
    "Facts",
    "Known",
    "NotYetInForce",
    "Phase",
    "Row",
    "Rule",
    "RuleTable",
    "Steps",
    "Tables",
    "Trace",
    "Tracer",
    "Valued",
    "Verdict",
    "Vocabulary",
    "adults_born_by",
    "birthday",
    "check_answerable",
    "check_rules",
    "check_scenarios",
    "dated",
    "failing_word",
    "intersection",
    "nearest_word",
    "newest_word",
    "phases",
    "read_condition",
    "read_person",
    "read_rules",
    "row_in_force",
    "rule_days",
    "vocabulary_of",
]
