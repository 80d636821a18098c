"""Everything that `citycard pack check` asks of a pack. A context that reads a table its own way
adds its checker here: a function from a pack to problems."""

import os
from collections.abc import Iterator, Sequence
from typing import Any

from citycard.fares import api as fares
from citycard.infra.packs import Pack, PackError, Problem, find_pack, pack_codes
from citycard.infra.packs.consistency import CHECKERS
from citycard.infra.packs.references import Checker
from citycard.rules import api as rules

NAMES: tuple[Checker, ...] = CHECKERS


def _check_fares(pack: Pack) -> Iterator[Problem]:
    """Fares can be read, and name what there is."""
    yield from fares.check_fares(pack=pack)


RULES: tuple[Checker, ...] = (rules.check_rules, _check_fares)
SCENARIOS: tuple[Checker, ...] = (rules.check_answerable, rules.check_scenarios)


def problems_of(pack: Pack) -> Iterator[Problem]:
    """Yield every mistake of a pack whose shape is right.

    Each round stands on the one before it: rules can't be read while names are wrong, and scenarios
    can't be played while rules can't be read.
    """
    for checkers in (NAMES, RULES, SCENARIOS):
        found = [problem for check in checkers for problem in check(pack)]
        yield from sorted(found, key=lambda problem: (problem.file, problem.line))
        if found:
            return


def check_packs(codes: Sequence[str]) -> dict[str, Any]:
    """Check packs by code, or all that can be found; return what was checked and every mistake."""
    checked: list[dict[str, Any]] = []
    mistakes: list[Problem] = []
    for code in codes or pack_codes():
        try:
            pack = find_pack(code)
        except PackError as error:
            mistakes.extend(error.problems)
            continue
        mistakes.extend(problems_of(pack))
        checked.append(_about(pack))
    return {"checked": checked, "mistakes": [_as_data(problem) for problem in mistakes]}


def _about(pack: Pack) -> dict[str, Any]:
    return {
        "city": pack.code,
        "name": pack.name.zh,
        "directory": os.path.relpath(pack.directory),
        "hash": pack.hash,
        "entitlements": len(pack.table("entitlements")),
        "scenarios": len(pack.table("scenarios")),
    }


def _as_data(problem: Problem) -> dict[str, Any]:
    return {
        "file": problem.file,
        "line": problem.line,
        "message": problem.message,
        "nearest": problem.nearest,
        "sentence": str(problem),
    }
