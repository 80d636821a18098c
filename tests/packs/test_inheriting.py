"""A pack inherits tables by name and lays its own files over them; a mistake is told where it
stands."""

import shutil
from pathlib import Path

import pytest

from citycard.infra.packs import PackError, find_pack, pack_codes
from citycard.infra.packs.laying import lay_over
from citycard.infra.packs.pack import load
from citycard.infra.packs.reading import Source, read_source

PARENT = "a: {b: 1, c: {d: 2, e: [1, 2]}}\nf: x\n"
# own file → what both say together
LAID = [
    ("a: {b: 3}\n", {"a": {"b": 3, "c": {"d": 2, "e": [1, 2]}}, "f": "x"}),
    (
        "a: {c: {e: [9]}}\n",
        {"a": {"c": {"e": [9], "d": 2}, "b": 1}, "f": "x"},
    ),  # a list is replaced
    ("a: {c: null}\n", {"a": {"b": 1}, "f": "x"}),  # null removes what was inherited
    ("a: 7\n", {"a": 7, "f": "x"}),  # another kind of value takes the place
    ("f: {g: null}\n", {"f": {"g": None}, "a": {"b": 1, "c": {"d": 2, "e": [1, 2]}}}),
    ("new: null\n", {"new": None, "a": {"b": 1, "c": {"d": 2, "e": [1, 2]}}, "f": "x"}),
]


@pytest.mark.parametrize(("own", "together"), LAID)
def test_a_file_is_laid_over_by_key(own: str, together: object) -> None:
    found = lay_over(read_source(own, "city/x.yaml"), read_source(PARENT, "_p/x.yaml"))
    assert found.value == together


def test_every_value_keeps_its_file_and_line() -> None:
    own = read_source("# mine\na:\n  c: {e: [9]}\n", "city/x.yaml")
    found = lay_over(own, read_source(PARENT, "_p/x.yaml"))
    places = {path: str(found.problem(path, "?")) for path in [("a", "c", "e", 0), ("a", "b"), ()]}
    assert places == {
        ("a", "c", "e", 0): "city/x.yaml:3: ?",
        ("a", "b"): "_p/x.yaml:1: ?",
        (): "city/x.yaml:2: ?",
    }
    assert str(found.problem(("f", "unheard-of"), "?")) == "_p/x.yaml:2: ?"


def test_three_layers() -> None:
    grown = lay_over(read_source("f: y\n", "_p/x.yaml"), read_source(PARENT, "_q/x.yaml"))
    found = lay_over(read_source("a: {b: 5}\n", "city/x.yaml"), grown)
    assert found.value == {"a": {"b": 5, "c": {"d": 2, "e": [1, 2]}}, "f": "y"}
    assert [found.file_of(p) for p in [("a", "b"), ("f",), ("a", "c", "d")]] == [
        "city/x.yaml",
        "_p/x.yaml",
        "_q/x.yaml",
    ]


@pytest.fixture
def packs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of one city and of what it inherits, which may be spoilt."""
    monkeypatch.setenv("CITYCARD_STATE", str(tmp_path / "state"))
    source = find_pack("taitung").directory
    for name in ("taitung", "_common", "_schema"):
        shutil.copytree(source.parent / name, tmp_path / name)
    return tmp_path


def change(path: Path, good: str, bad: str) -> int:
    text = path.read_text("utf-8")
    assert good in text
    path.write_text(text.replace(good, bad, 1), "utf-8")
    return text[: text.index(good)].count("\n") + 1


def mistakes(packs: Path) -> list[str]:
    with pytest.raises(PackError) as caught:
        load(packs / "taitung")
    return [str(problem) for problem in caught.value.problems]


# what pack.yaml says instead → what is said about it
SPOILT = [
    ("  purposes: _common", "  purposes: _comon", "no pack “_comon” to inherit from; did you"),
    ("  purposes: _common", "  purpose: _common", "key “purpose”; did you mean “purposes”?"),
    ("  books: _common", "  books: _common\n  places: _common", "“_common” has no places.yaml"),
    ("  purposes: _common", "  purposes: [_common]", "should be a text"),
]


@pytest.mark.parametrize(("good", "bad", "says"), SPOILT)
def test_a_table_that_can_t_be_inherited_is_refused(
    packs: Path, good: str, bad: str, says: str
) -> None:
    line = change(packs / "taitung" / "pack.yaml", good, bad) + bad.count("\n")
    found = mistakes(packs)
    assert any(each.startswith(f"taitung/pack.yaml:{line}: ") and says in each for each in found), (
        found
    )


def test_a_table_that_is_inherited_no_more_is_missing(packs: Path) -> None:
    change(packs / "taitung" / "pack.yaml", "  books: _common\n", "")
    assert mistakes(packs) == [
        "taitung/books.yaml:1: this file is missing, and pack.yaml inherits no “books”"
    ]


def test_a_circle_is_refused(packs: Path) -> None:
    (packs / "_other").mkdir()
    (packs / "_other" / "pack.yaml").write_text("inherits: {books: _third}\n")
    (packs / "_third").mkdir()
    (packs / "_third" / "pack.yaml").write_text("inherits:\n  books: _other\n")
    change(packs / "taitung" / "pack.yaml", "  books: _common\n", "  books: _other\n")
    says = "“books” is inherited in a circle: taitung → _other → _third → _other"
    assert f"_third/pack.yaml:2: {says}" in mistakes(packs)


def test_a_mistake_in_a_parent_is_told_in_the_parent(packs: Path) -> None:
    line = change(packs / "_common" / "books.yaml", "side: debit", "side: debt")
    assert mistakes(packs) == [
        f"_common/books.yaml:{line}: chart.0.side: “debt” is not one of debit, credit;"
        " did you mean “debit”?"
    ]


def test_a_parent_that_is_no_yaml_is_told_in_the_parent(packs: Path) -> None:
    (packs / "_common" / "books.yaml").write_text("a: [1\n")
    assert mistakes(packs)[0].startswith("_common/books.yaml:2: ")


def test_a_file_that_no_table_is_read_from_is_refused(packs: Path) -> None:
    for name in ("taitung/paper.yaml", "_common/mesages/cards.yaml"):
        (packs / name).parent.mkdir(exist_ok=True)
        (packs / name).write_text("a: 1\n")
    assert mistakes(packs) == [
        "taitung/paper.yaml:1: no table is read from this file; did you mean “papers.yaml”?",
        "_common/mesages/cards.yaml:1: no table is read from this file; did you mean “messages”?",
    ]


def test_a_key_in_two_files_of_a_table_is_refused(packs: Path) -> None:
    shared = (packs / "_common" / "messages" / "cards.yaml").read_text("utf-8")
    (packs / "taitung" / "messages").mkdir(exist_ok=True)
    (packs / "taitung" / "messages" / "own.yaml").write_text(shared, "utf-8")
    assert any("stands in _common/messages/cards.yaml, too" in each for each in mistakes(packs))


def test_what_was_inherited_is_content(packs: Path) -> None:
    """The hash covers the parents' values and drawings; a remark changes nothing."""
    city, parent = packs / "taitung", packs / "_common"
    before = load(city).hash
    assert before == find_pack("taitung").hash
    change(parent / "books.yaml", "# The city's own", "# A remark: the city's own")
    assert load(city).hash == before
    change(parent / "books.yaml", '"5110"', '"5119"')
    assert (changed := load(city).hash) != before
    (parent / "theme").mkdir(exist_ok=True)
    (parent / "theme" / "another.svg").write_text("<svg/>")
    assert load(city).hash != changed
    assert load(city).file("theme/another.svg") == parent / "theme" / "another.svg"
    assert load(city).file("theme/mark.svg") == city / "theme" / "mark.svg"


def test_a_parent_is_found_among_the_packs_that_come_along(packs: Path) -> None:
    """A city of somebody's own needs no copy of what it inherits, nor of the schemas."""
    shutil.rmtree(packs / "_common")
    shutil.rmtree(packs / "_schema")
    assert load(packs / "taitung").hash == find_pack("taitung").hash


def test_a_parent_is_no_city() -> None:
    assert not [code for code in pack_codes() if code.startswith("_")]
    with pytest.raises(PackError, match="there is no city pack “_common”"):
        find_pack("_common")


def test_what_was_kept_knows_where_it_came_from(packs: Path) -> None:
    first, again = load(packs / "taitung"), load(packs / "taitung")
    assert again.parents == first.parents == (packs / "_common",)
    (source,) = again.sources["statuses"]
    assert isinstance(source, Source)
    assert source.file_of(("schools",)) == "_common/statuses.yaml"
    assert source.file == "taitung/statuses.yaml"
