"""A trace tells what the rule tells, step by step."""

import datetime as dt

import pytest

from citycard.infra.packs import find_pack, pack_codes
from citycard.rules import api as rules
from tests.rules.boundaries import people_at

ON = dt.date(2026, 11, 21)


@pytest.mark.parametrize("city", pack_codes())
def test_a_trace_answers_and_explains_as_the_rule_does(city: str) -> None:
    pack = find_pack(city)
    table = rules.read_rules(pack.table("entitlements"), names=rules.vocabulary_of(pack))
    for rule in table.in_force(ON):
        tracer = rules.Tracer(rule.holds, ON)
        for facts in people_at(rule, ON, count=5, seed=1)[::3]:
            trace = tracer(facts)
            decision = rule.has(facts, ON)
            assert rules.Verdict.of(trace.answer) is decision.verdict
            assert tracer.because(trace, facts) == decision.because
