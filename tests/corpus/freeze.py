"""Freeze decisions of every city's rules as they are now: ``python -m tests.corpus.freeze``.

A pack whose rules were frozen already adds nothing. A new one adds decisions about people at its
own boundaries, and those of the pack that it replaces once more: where its rules say something
else, the new line differs from the old one, and whoever reviews the change sees which.
"""

import datetime as dt
import json
from collections.abc import Iterator

from citycard.infra.packs import find_pack, pack_codes
from citycard.rules import api as rules
from tests.corpus.frozen import DECISIONS, KeptPack, Line, decided, lines, read, written
from tests.rules.boundaries import people_at

DAYS = (dt.date(2026, 11, 21), dt.date(2024, 2, 29), dt.date(2020, 9, 1))
OF_EACH = 12
"""Decisions of each right on each day."""


def main() -> None:
    """Add what is not frozen yet."""
    known = list(lines())
    with DECISIONS.open("a", encoding="utf-8") as kept:
        for city in pack_codes():
            pack = KeptPack.of(find_pack(city))
            if any(line["pack"] == pack.hash for line in known):
                continue
            pack.keep()
            before = [line for line in known if line["city"] == city]
            latest = [line for line in before if line["pack"] == before[-1]["pack"]]
            for line in [*_again(latest, pack), *_new(city, pack, latest)]:
                kept.write(json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n")


def _again(latest: list[Line], pack: KeptPack) -> Iterator[Line]:
    for line in latest:
        if line["right"] in pack.rules.rules and not _too_early(pack, line):
            yield _line(line["city"], pack, line["right"], read(line["facts"]), _on(line))


def _too_early(pack: KeptPack, line: Line) -> bool:
    return _on(line) < pack.rules[line["right"]].since


def _on(line: Line) -> dt.date:
    return dt.date.fromisoformat(line["on"])


def _new(city: str, pack: KeptPack, latest: list[Line]) -> Iterator[Line]:
    had = {line["right"] for line in latest}
    for place, rule in enumerate(pack.rules):
        if rule.code in had:
            continue
        for seed, on in enumerate(DAYS):
            if on >= rule.since:
                for facts in _spread(rule, on, seed=place * 10 + seed):
                    yield _line(city, pack, rule.code, facts, on)


def _spread(rule: rules.Rule, on: dt.date, *, seed: int) -> list[rules.Facts]:
    """Return some of the people around a rule: no answer crowds out the others."""
    people = people_at(rule, on, count=60, seed=seed)
    answers: dict[str, list[rules.Facts]] = {}
    for facts in people:
        answers.setdefault(rule.has(facts, on).verdict.value, []).append(facts)
    each = -(-OF_EACH // len(answers))
    return [facts for some in answers.values() for facts in some[:: max(1, len(some) // each)]][
        : 2 * OF_EACH
    ]


def _line(city: str, pack: KeptPack, right: str, facts: rules.Facts, on: dt.date) -> Line:
    return {
        "city": city,
        "pack": pack.hash,
        "right": right,
        "on": on.isoformat(),
        "facts": written(facts),
        **decided(pack.rules, right, facts, on),
    }


if __name__ == "__main__":
    main()
