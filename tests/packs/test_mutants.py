"""Mutants of the real packs are refused, with file, line and the nearest known word."""

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from citycard.config.checking_packs import problems_of
from citycard.infra.packs import Pack, PackError, Problem, find_pack, pack_codes
from citycard.infra.packs.consistency import CHECKERS
from citycard.infra.packs.directories import schemas_for
from citycard.infra.packs.inheriting import Layers
from citycard.infra.packs.pack import FILES, OPTIONAL
from citycard.infra.packs.reading import Path, Source, read_source
from citycard.infra.packs.references import REFERENCES, places_of
from citycard.infra.packs.shapes import has_shape, problems_of_shape

CITIES = pack_codes()


def own_sources(city: str, table: str) -> Iterator[Source]:
    """Yield the files of a table that are the city's own; what is wholly inherited is the first
    city's, once for all."""
    for source in find_pack(city).sources[table]:
        if city == CITIES[0] or not source.file.startswith("_"):
            yield source


def mutated(source: Source, path: Path, value: Any) -> Source:
    """Return a file with one value replaced; lines stay."""
    root = copy.deepcopy(source.value)
    at = root
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return replace(source, value=root, problems=[])


def edited(pack: Pack, table: str, good: str, bad: str) -> tuple[Pack, str, int]:
    """Return a pack with a text of one file of a table replaced, the file and the line: the pack's
    own file, or the one that it inherits."""
    found: list[tuple[str, int]] = []

    def read(text: str, file: str) -> Source:
        inside = FILES[table] if file.endswith(".yaml") else ""
        if good in text and not found and inside in file:
            found.append((file, text[: text.index(good)].count("\n") + 1))
            text = text.replace(good, bad, 1)
        return read_source(text, file)

    layers = Layers(pack.directory, FILES, OPTIONAL, read=read)
    sources = {**pack.sources, table: layers.table(table)}
    assert found, f"{good} is nowhere"
    return Pack(pack.directory, sources, pack.parents), *found[0]


def with_source(pack: Pack, table: str, old: Source, new: Source) -> Pack:
    sources = {**pack.sources}
    sources[table] = tuple(new if each is old else each for each in sources[table])
    return Pack(pack.directory, sources, pack.parents)


def shape_problems(pack: Pack, table: str, source: Source) -> list[Problem]:
    schemas = schemas_for(pack.directory)
    return list(problems_of_shape(source, table, schemas)) if has_shape(schemas, table) else []


def references(pack: Pack) -> Iterator[tuple[str, Source, Path, str]]:
    """Yield one place of each reference that the pack has."""
    for table, pattern, _ in REFERENCES:
        if pattern.endswith("/"):
            continue
        inner = pattern.split(".", 1)[1] if table == "forms" else pattern
        for source in pack.sources[table]:
            places = list(places_of(source.value, inner))
            if places:
                path, name = places[-1]
                yield table, source, path, name
                break


@pytest.mark.parametrize("city", CITIES)
def test_a_name_that_is_misspelt_is_refused_with_the_nearest(city: str) -> None:
    pack = find_pack(city)
    tried = 0
    for table, source, path, name in references(pack):
        broken = with_source(pack, table, source, mutated(source, path, f"{name}x"))
        found = list(problems_of(broken))
        place = (source.file_of(path), source.line(path))
        assert any((p.file, p.line) == place for p in found), f"{source.file} {path}: {found}"
        assert any(f"“{name}x”" in p.message and p.nearest for p in found), (path, found)
        tried += 1
    assert tried > 50


def values(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from values(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from values(inner, (*path, index))
    else:
        yield path, value


def mappings(value: Any, path: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    if isinstance(value, dict):
        yield path, value
        for key, inner in value.items():
            yield from mappings(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from mappings(inner, (*path, index))


# What was tried by table: cities share the schemas, so that each kind of thing is tried once.
SURPLUS: dict[str, set[tuple[str, ...]]] = {}
KINDS: dict[str, set[tuple[str, ...]]] = {}

# Tables whose mappings are open on purpose: a key there is a name of the author's own.
OPEN = {"scenarios", "entitlements"}


@pytest.mark.parametrize("table", sorted(set(FILES) - OPEN))
@pytest.mark.parametrize("city", CITIES)
def test_a_key_too_many_is_refused(city: str, table: str) -> None:
    """Each kind of mapping of each file, once: an unknown key, or a value of the wrong kind."""
    pack = find_pack(city)
    for source in own_sources(city, table):
        seen = SURPLUS.setdefault(table, set())
        for path, inner in mappings(source.value):
            kind = tuple(sorted(inner))
            if kind in seen or not path:
                continue
            seen.add(kind)
            broken = mutated(source, path, {**inner, "Surplus!": {}})
            assert shape_problems(pack, table, broken), f"{source.file}: {path}"


@pytest.mark.parametrize("table", sorted(set(FILES) - {"scenarios"}))
@pytest.mark.parametrize("city", CITIES)
def test_a_value_of_another_kind_is_refused(city: str, table: str) -> None:
    """A number, a date, a truth or a text where another is expected; parameters are free."""
    pack = find_pack(city)
    for source in own_sources(city, table):
        seen = KINDS.setdefault(table, set())
        for path, value in values(source.value):
            kind = (str(len(path)), *(step for step in path[-1:] if isinstance(step, str)))
            if kind in seen or value is None or _free(table, path):
                continue
            seen.add(kind)
            broken = mutated(source, path, {"not": "this"})
            found = shape_problems(pack, table, broken)
            if not found:
                found = list(problems_of(with_source(pack, table, source, broken)))
            assert found, f"{source.file}: {path}"
            assert found[0].line >= 1


def _free(table: str, path: Path) -> bool:
    """Values that a context reads in its own way: what a dated row of an entitlement says."""
    return table == "entitlements" and ("spends_on" in path or "gives" in path)


CONDITION_MUTANTS = [
    ("age_at_least: 65", "age_at_lest: 65", "age_at_least"),
    ("has_status: indigenous", "has_status: indigenious", "indigenous"),
    ("registered_in: taoyuan", "registered_in: taoyuen", "taoyuan"),
    ("lives_in: 復興區", "lives_in: 復與區", "復興區"),
    ("level: university", "level: universty", "university"),
]


@pytest.mark.parametrize(("good", "bad", "nearest"), CONDITION_MUTANTS)
def test_a_misspelt_condition_is_refused_with_file_line_and_word(
    good: str, bad: str, nearest: str
) -> None:
    pack = find_pack("taoyuan")
    (source,) = pack.sources["entitlements"]
    text = (pack.directory / "entitlements.yaml").read_text("utf-8")
    line = text[: text.index(good)].count("\n") + 1
    new = read_source(text.replace(good, bad, 1), source.file)
    problems = list(problems_of(with_source(pack, "entitlements", source, new)))
    assert [(p.file, p.line, p.nearest) for p in problems] == [
        ("taoyuan/entitlements.yaml", line, nearest)
    ]


RULE_MUTANTS = [
    ("age_at_least: 65", "age_at_least: 66"),
    ("age_at_least: 55", "age_at_least: 54"),
    ("age_at_least: 7}", "age_at_least: 8}"),
    ("amount: 1000", "amount: 999"),
    ("amount: 800", "amount: 801"),
    ("fare_up_to: 100, points: 36", "fare_up_to: 99, points: 36"),
    ("points: 72", "points: 73"),
    ("cap: 70", "cap: 71"),
    ("from: 2026-01-01, cap: 70", "from: 2026-01-02, cap: 70"),
    ("spouse_of_resident: true", "not: {spouse_of_resident: true}"),
    ("- has_status: disability-companion", "- has_status: disability"),
    ("level: university, in_city: true", "level: senior, in_city: true"),
    (
        "when: {enrolled_at: {level: primary}}, amount: 50",
        "when: {enrolled_at: {level: primary}}, amount: 51",
    ),
    ("employed_by: city", "employed_by: [health]"),
]


@pytest.mark.parametrize(("good", "bad"), RULE_MUTANTS)
def test_a_rule_that_says_something_else_fails_a_scenario(good: str, bad: str) -> None:
    pack = find_pack("taoyuan")
    (source,) = pack.sources["entitlements"]
    text = (pack.directory / "entitlements.yaml").read_text("utf-8")
    assert good in text
    new = read_source(text.replace(good, bad, 1), source.file)
    assert list(problems_of(with_source(pack, "entitlements", source, new)))


YAML_MISTAKES = [
    ("a: 1\na: 2\n", 2, "“a” stands twice; the first one is on line 1"),
    ("a: 1\nb: [1, 2\n", 3, "expected ',' or ']'"),
    ("a: 010\n", 1, "in quotes"),
    ("a: 2015-13-01\n", 1, "not a date"),
    ("a: 2015-09-01T10:00:00Z\n", 1, "not a date"),
    ("a: !python/object:os.system x\n", 1, "not a kind of value"),
    ("? [a, b]\n: 1\n", 1, "a key is a word"),
    ("", 1, "empty"),
    ("a: b\n\tc: d\n", 2, ""),
]


@pytest.mark.parametrize(("text", "line", "says"), YAML_MISTAKES)
def test_bad_yaml_is_refused(text: str, line: int, says: str) -> None:
    with pytest.raises(PackError) as caught:
        read_source(text, "a.yaml")
    assert caught.value.line == line
    assert says in caught.value.message
    assert str(caught.value).startswith(f"a.yaml:{line}: ")


def test_yaml_means_what_it_looks_like() -> None:
    source = read_source("a: no\nb: 12:30\nc: on\nd: true\ne: '010'\nf: null\n", "a.yaml")
    assert source.value == {
        "a": "no",
        "b": "12:30",
        "c": "on",
        "d": True,
        "e": "010",
        "f": None,
    }
    assert source.line(("e",)) == 5


SHAPE_MISTAKES = [
    (
        "services",
        "needs: {entitlement: library, link: library}",
        "needs: {entitlment: library}",
        "entitlement",
    ),
    ("points", "kind: subsidy", "kind: subsidi", "subsidy"),
    ("entitlements", "  granted_by: law\n", "  granted_by: lawe\n", "law"),
    ("entitlements", "  decided_by: health\n", "", None),
    ("entitlements", "since: 2013-04-30", 'since: "2013-04-30"', None),
    ("pack", "small_cell: 10", "small_cel: 10", "small_cell"),
    ("cards", "size: CR80", "size: CR8", "CR80"),
    ("statuses", "expires: true", "expires: yes", None),
]


@pytest.mark.parametrize(("table", "good", "bad", "nearest"), SHAPE_MISTAKES)
def test_a_wrong_shape_is_refused(table: str, good: str, bad: str, nearest: str | None) -> None:
    pack = find_pack("taipei")
    broken, file, line = edited(pack, table, good, bad)
    found = [
        each for source in broken.sources[table] for each in shape_problems(pack, table, source)
    ]
    assert found
    assert nearest is None or nearest in {problem.nearest for problem in found}
    near = [abs(problem.line - line) for problem in found if problem.file == file]
    assert min(near) <= (8 if not bad else 0)


def test_every_checker_finds_nothing_in_the_real_packs_and_has_a_docstring() -> None:
    for check in CHECKERS:
        assert check.__doc__
        for city in CITIES:
            assert list(check(find_pack(city))) == []


CONSISTENCY = [
    ("theme", "mark: theme/mark.svg", "mark: theme/mrk.svg", "no file"),
    ("cards", 'example: "0611651733"', 'example: "061165173"', "which “length” lacks"),
    ("cards", "shown: printed", "shown: printd", "no number “printd”"),
    ("cards", 'pattern: "^[0-9]{16}$"', 'pattern: "^[0-9{16}$"', "not a pattern"),
    ("messages", "申辦編號 {ref}", "申辦編號 {rf}", "no parameter “rf”"),
    ("kpis", "services: [kiosk]", "services: [activity]", "stands twice in the tree"),
    ("kpis", "services: [kiosk]", "services: [kiosc]", "no service “kiosc”"),
    ("kpis", "regular_days: 4", "regular_days: 5", "no line of days_of_use begins at 5"),
    ("forms", "needs: [disability-rides]", "needs: [disability-ride]", "the form has no service"),
    ("forms", "asked_when: {field: applied_by", "asked_when: {field: aplied_by", "no question"),
    ("forms", "registers: [household, disability]", "registers: [disability]", "nobody answers “"),
    (
        "forms",
        "field: resides_in_city",
        "field: resides_in_town",
        "the form has no question “resides_in_city”",
    ),
    ("forms", "sent_to:\n      - {agency: health", "sent_to:\n      - {agency: helth", "no agency"),
    ("forms", "purpose: approved-case", "purpose: agency-notices", "does not cover “name”"),
    ("forms", "purpose: approved-case", "purpose: right-offers", "doesn't ask for the consent"),
    (
        "services",
        "{}, answers: [verdict], at_counter: any",
        "{}, answers: [verdict], at_counter: own",
        "has a counter",
    ),
    ("forms", "purpose: approved-case", "purpose: counter-service", "not one of the role “system”"),
    ("forms", "when: unknown, fact: status.low-income", "when: always", "no paper is asked for"),
    ("forms", "agency: health\n", "agency: education\n", "is decided by “health”"),
    ("cards", "carries: [health-service,", "carries: [", "does not carry “health-service”"),
    ("pack", "zone: Asia/Taipei", "zone: Asia/Taipeh", "did you mean “Asia/Taipei”"),
    ("pack", 'starts_at: "04:00"', 'starts_at: "25:00"', "not a time of day"),
    ("points", "choices: [50, 100, 200, 500]", "choices: [50, 5000]", "more than the 1000"),
    ("districts", '"6300100"', '"6300199"', "no district"),
    ("districts", "songshan: {", "songshen: {", "no district “songshan”"),
]


@pytest.mark.parametrize(("table", "good", "bad", "says"), CONSISTENCY)
def test_a_pack_that_disagrees_with_itself_is_refused(
    table: str, good: str, bad: str, says: str
) -> None:
    broken, _, _ = edited(find_pack("taipei"), table, good, bad)
    found = [str(problem) for problem in problems_of(broken)]
    assert any(says in each for each in found), found
