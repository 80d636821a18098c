"""The part of a pack's check that needs the rule engine: conditions, dated values and scenarios."""

from collections.abc import Iterator, Mapping
from typing import Any

from citycard.infra.packs import Pack, Problem
from citycard.infra.packs.references import places_of
from citycard.rules.dated import read_dated
from citycard.rules.mistakes import BadRule, Path
from citycard.rules.reading import Node
from citycard.rules.scenarios import failures
from citycard.rules.table import read_rules
from citycard.rules.vocabulary import Vocabulary, vocabulary_of

_DATED_ELSEWHERE = ("pack", "cards", "points", "activities", "approvals")
_READ_OTHERWISE = frozenset({"versions", "windows"})
"""Rows of which several may hold at once: artwork by school level, a programme's windows."""


def check_rules(pack: Pack) -> Iterator[Problem]:
    """Every condition and every dated value can be read."""
    names = vocabulary_of(pack)
    entitlements = pack.table("entitlements")
    for code in entitlements:
        try:
            read_rules(entitlements, names=names, only=code)
        except BadRule as error:
            yield pack.problem("entitlements", error.path, error.message, error.nearest)
    for table in _DATED_ELSEWHERE:
        yield from _check_dated(pack, table, names)


def _check_dated(pack: Pack, table: str, names: Vocabulary) -> Iterator[Problem]:
    root = pack.table(table)
    for path, rows in _dated_lists(root, ()):
        try:
            read_dated(Node(rows, path, names), ".".join(map(str, path)))
        except BadRule as error:
            yield pack.problem(table, error.path, error.message, error.nearest)


def _dated_lists(value: Any, path: Path) -> Iterator[tuple[Path, list[Any]]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key not in _READ_OTHERWISE:
                yield from _dated_lists(inner, (*path, key))
    elif isinstance(value, list) and value and _is_dated(value[0]):
        yield path, value


def _is_dated(row: Any) -> bool:
    return isinstance(row, Mapping) and "from" in row


def check_answerable(pack: Pack) -> Iterator[Problem]:
    """Whatever a rule asks about an applicant is answered; what a register may not know has a
    paper.
    """
    names = vocabulary_of(pack)
    table = read_rules(pack.table("entitlements"), names=names)
    for path, service in places_of(pack.table("forms"), "*.services.*"):
        form, right = pack.table("forms")[path[0]], service["entitlement"]
        needed = {each for each in table[right].eligible.reads if not _kept_by_the_city(each)}
        for fact in sorted(needed - _answered(pack, form, service)):
            message = f"nobody answers “{fact}”, which “{right}” depends on"
            yield pack.problem("forms", (*path, "registers"), message)
        asked = {paper.get("fact") for paper in service["papers"]}
        for fact in sorted(each for each in needed - asked if _may_stay_unknown(each)):
            message = f"no paper is asked for when “{fact}” stays unknown"
            yield pack.problem("forms", (*path, "papers"), message)


def _kept_by_the_city(fact: str) -> bool:
    return fact == "died_on" or fact.startswith("approval.")


def _may_stay_unknown(fact: str) -> bool:
    return fact == "school" or fact.startswith(("status.", "relation."))


def _answered(pack: Pack, form: Mapping[str, Any], service: Mapping[str, Any]) -> set[str]:
    registers = pack.table("statuses")["registers"]
    papers = pack.table("papers")["papers"]
    found = {question["field"] for question in form["questions"]}
    for register in service["registers"]:
        found.update(registers[register]["answers"])
    for paper in service["papers"]:
        found.update(papers[paper["paper"]]["proves"])
    return found


def check_scenarios(pack: Pack) -> Iterator[Problem]:
    """Every scenario beside the rules comes out as it says."""
    names = vocabulary_of(pack)
    table = read_rules(pack.table("entitlements"), names=names)
    for source in pack.sources["scenarios"]:
        for index, row in enumerate(source.value):
            for path, message in failures(row, table=table, names=names):
                yield source.problem((index, *path), f"{row['what']['zh-Hant']}: {message}")
