"""What was decided once is decided the same for ever; what rules say now is on record."""

import datetime as dt

import pytest

from citycard.infra.packs import find_pack, pack_codes
from tests.corpus.frozen import KeptPack, Line, decided, kept_pack, lines, read, written

LINES = list(lines())
REMEDY = (
    "If the rule was meant to change, run `python -m tests.corpus.freeze` and review what it adds"
    " to tests/corpus/decisions.jsonl"
)


def again(line: Line, pack: KeptPack) -> Line:
    on = dt.date.fromisoformat(line["on"])
    return decided(pack.rules, line["right"], read(line["facts"]), on)


def test_there_are_thousands() -> None:
    assert len(LINES) > 2000
    assert {line["holds"] for line in LINES} == {"yes", "no", "unknown"}


def test_every_decision_comes_out_as_it_was_made() -> None:
    differing = [
        (line["city"], line["right"], line["on"], now, line)
        for line in LINES
        for now in [again(line, kept_pack(line["pack"]))]
        if any(line[name] != value for name, value in now.items())
    ]
    assert not differing, f"the engine decides otherwise than before: {differing[:3]}"


def test_a_kept_pack_is_what_its_hash_says() -> None:
    for pack_hash in {line["pack"] for line in LINES}:
        assert kept_pack(pack_hash).hash == pack_hash


@pytest.mark.parametrize("city", pack_codes())
def test_the_rules_of_today_say_what_was_frozen_last(city: str) -> None:
    pack = KeptPack.of(find_pack(city))
    own = [line for line in LINES if line["city"] == city]
    assert own, f"no decision of {city} is frozen. {REMEDY}"
    if pack.hash == own[-1]["pack"]:
        return  # they are decided again above
    latest = [line for line in own if line["pack"] == own[-1]["pack"]]
    gone = {line["right"] for line in latest} - set(pack.rules.rules)
    assert not gone, f"{city} has no {gone} any more. {REMEDY}"
    for line in latest:
        on = dt.date.fromisoformat(line["on"])
        assert on >= pack.rules[line["right"]].since, f"{city} {line['right']}. {REMEDY}"
        now = again(line, pack)
        said = {name: line[name] for name in now}
        assert now == said, f"{city} {line['right']} {line['on']}. {REMEDY}"


def test_facts_come_back_as_they_were() -> None:
    for line in LINES[::50]:
        assert written(read(line["facts"])) == line["facts"]
