"""What import contracts don't see: doors and stories that open tables, side doors, signals."""

import ast
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.architecture.house import PACKAGE, ROOT, python_files, relative, tree_of

DOORS_AND_STORIES = [
    path for layer in ("portals", "flows") for path in python_files(PACKAGE / layer)
]
EXCEPTION = re.compile(
    r"# (noqa|type: ignore)(: [A-Z]+[0-9]+(, [A-Z]+[0-9]+)*|\[[a-z, -]+\])?(?P<reason>.*)"
)
LONGEST_FILE = 350  # most are far shorter; about 300 is where to look for a second idea


def imports_of(path: Path) -> list[str]:
    found = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return found


@pytest.mark.parametrize("path", DOORS_AND_STORIES, ids=relative)
def test_doors_and_stories_never_open_a_table(path: Path) -> None:
    assert not [name for name in imports_of(path) if name.startswith("django.db")]


def test_nobody_hides_a_reaction_in_a_signal_or_a_save() -> None:
    found = []
    for path in python_files(PACKAGE):
        if any(name.startswith("django.dispatch") for name in imports_of(path)):
            found.append(f"{relative(path)}: a signal")
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ClassDef) and "Model" in {ast.unparse(b) for b in node.bases}:
                methods = {item.name for item in node.body if isinstance(item, ast.FunctionDef)}
                found += [
                    f"{relative(path)}: {node.name}.{it}" for it in methods & {"save", "delete"}
                ]
    assert not found, "\n".join(found)


def test_no_city_is_named_in_code() -> None:
    """What differs between cities is in their packs; the simulation tells a city's own story."""
    packs = [YAML(typ="safe").load(path) for path in ROOT.glob("citypacks/[!_]*/pack.yaml")]
    names = {name for pack in packs for name in (pack["code"], *pack["name"].values())}
    assert len(names) >= 6
    found = [
        f"{relative(path)}: {name}"
        for path in [*python_files(PACKAGE), *PACKAGE.rglob("templates/**/*.html")]
        if path.relative_to(PACKAGE).parts[0] != "simulation"
        for name in names
        if name in path.read_text(encoding="utf-8")
    ]
    assert not found, "\n".join(found)


def test_exceptions_to_the_linters_say_why() -> None:
    found = [
        f"{relative(path)}:{number}: {line.strip()}"
        for path in python_files(PACKAGE)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (exception := EXCEPTION.search(line)) and not exception["reason"].strip("# -")
    ]
    assert not found, "\n".join(found)


def test_files_stay_short() -> None:
    long = {
        relative(path): lines
        for path in python_files(PACKAGE)
        if "migrations" not in path.parts
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    }
    assert not long, f"a second idea is hiding in {long}"


def test_files_are_named_for_their_work() -> None:
    vague = {"utils.py", "helpers.py", "services.py", "misc.py", "common.py"}
    assert not [relative(path) for path in python_files(PACKAGE) if path.name in vague]
