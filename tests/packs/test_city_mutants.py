"""Mutants of every city's own rules and dates are refused, each with file, line and remedy."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from citycard.fares import api as fares
from citycard.infra.packs import Pack, Problem, find_pack, pack_codes
from citycard.infra.packs.circles import check_circles
from citycard.infra.packs.inheriting import Layers
from citycard.infra.packs.pack import FILES, OPTIONAL
from citycard.infra.packs.reading import Path, Source, read_source
from citycard.rules import api as rules

from .test_mutants import mutated, shape_problems, with_source

CITIES = pack_codes()
TABLES = ("entitlements", "points", "cards", "pack", "activities", "approvals", "fares")
AMOUNTS = ("amount", "cap", "points", "points_per_section", "age", "ntd", "first_ntd", "points")

# Mutants that mean the same, and why.
EQUIVALENT = {
    ("cards", "versions", "twice"): "of two versions that fit the last one counts: the same again",
    ("cards", "versions", "backwards"): "versions for other school levels have no order",
    ("cards", "windows", "twice"): "a programme is open while any of its windows is",
    ("cards", "windows", "backwards"): "a programme is open while any of its windows is",
}


def refused(pack: Pack, table: str, source: Source, broken: Source) -> list[Problem]:
    """Return what is wrong; only what could see it is asked, since a city has many mutants."""
    changed = with_source(pack, table, source, broken)
    shaped = shape_problems(pack, table, broken) or [*check_circles(changed)]
    if shaped:
        return shaped
    return [*(fares.check_fares(pack=changed) if table == "fares" else rules.check_rules(changed))]


def dated_lists(value: Any, path: Path = ()) -> Iterator[tuple[Path, list[dict[str, Any]]]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from dated_lists(inner, (*path, key))
    elif isinstance(value, list) and value and isinstance(value[0], dict) and "from" in value[0]:
        yield path, value
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from dated_lists(inner, (*path, index))


def spoilt(rows: list[dict[str, Any]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield a dated value without a date, with a row twice, the wrong way round, below nothing."""
    first, rest = rows[0], rows[1:]
    yield "undated", [{key: inner for key, inner in first.items() if key != "from"}, *rest]
    yield "twice", [first, copy.deepcopy(first), *rest]
    if rest:
        yield "backwards", [*reversed(rows)]
    for key in AMOUNTS:
        if isinstance(first.get(key), int):
            yield f"negative {key}", [{**first, key: -1}, *rest]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("city", CITIES)
def test_a_dated_value_that_is_spoilt_is_refused(city: str, table: str) -> None:
    pack = find_pack(city)
    silent, tried = [], set()
    for source in pack.sources[table]:
        for path, rows in dated_lists(source.value):
            name = str(path[-1])
            for how, broken in spoilt(rows):
                kind = (name if table != "entitlements" else str(path[1]), how)
                if kind in tried or (table, name, how) in EQUIVALENT:
                    continue
                tried.add(kind)
                found = refused(pack, table, source, mutated(source, path, broken))
                near = [p for p in found if p.file == source.file_of(path) and p.line > 1]
                if not near:
                    silent.append(f"{source.file} {path} {how}: {found}")
    assert not silent, "\n".join(silent)


def circles(pack: Pack) -> Iterator[tuple[str, Source, Path, dict[str, Any]]]:
    (agencies,), (cards,) = pack.sources["agencies"], pack.sources["cards"]
    (rights,) = pack.sources["entitlements"]
    for table, source, path, key in (
        ("agencies", agencies, ("agencies",), "under"),
        ("cards", cards, ("kinds",), "follows"),
        ("entitlements", rights, (), "follows"),
    ):
        rows = source.value
        for step in path:
            rows = rows[step]
        code = next(iter(rows))
        yield table, source, (*path, code), {**rows[code], key: code}


@pytest.mark.parametrize("city", CITIES)
def test_a_circle_is_refused(city: str) -> None:
    pack = find_pack(city)
    for table, source, path, row in circles(pack):
        found = refused(pack, table, source, mutated(source, path, row))
        assert any("itself" in p.message and p.file == source.file for p in found), (path, found)


# how a rule is spoilt → what is said
RULES = [
    ({"age_at_lest": 65}, "did you mean “age_at_least”?"),
    ({"lives_in": "nowhere"}, "there is no district “nowhere”"),
    ({"registered_in": "atlantis"}, "there is no city “atlantis”"),
    ({"has_status": "disabilty"}, "did you mean “disability”?"),
    ({"age_at_least": -1}, "not a whole number"),
    ({"age_at_least": "65"}, "not a whole number"),
    ({"all": []}, "the list is empty"),
    ({"age_at_least": 65, "alive": True}, "properties"),
    ({"approved": "senior-ride"}, "there is no entitlement “senior-ride”"),
    ({"enrolled_at": {"levels": "primary"}}, "did you mean “level”?"),
]


@pytest.mark.parametrize("city", CITIES)
def test_a_rule_that_is_spoilt_is_refused(city: str) -> None:
    pack = find_pack(city)
    (source,) = pack.sources["entitlements"]
    code = next(iter(source.value))
    for who, says in RULES:
        found = refused(pack, "entitlements", source, mutated(source, (code, "who"), who))
        line = source.line((code, "who"))
        told = [p for p in found if p.file == source.file and line <= p.line <= line + 2]
        assert any(says in str(problem) for problem in told), (who, found)


@pytest.mark.parametrize("city", CITIES)
def test_a_table_that_the_parent_lacks_is_refused(city: str) -> None:
    """Every city names a parent's table that isn't there, and a parent that isn't there."""
    pack = find_pack(city)
    for wrong, says in (("_common", "has no places.yaml to inherit"), ("_comon", "“_common”?")):

        def read(text: str, file: str, wrong: str = wrong) -> Source:
            if file == f"{city}/pack.yaml":
                text = text.replace("inherits:", f"inherits:\n  places: {wrong} #", 1)
            return read_source(text, file)

        layers = Layers(pack.directory, FILES, OPTIONAL, read=read)
        layers.table("places")
        assert any(says in str(problem) for problem in layers.problems), layers.problems
        assert {problem.file for problem in layers.problems} == {f"{city}/pack.yaml"}
