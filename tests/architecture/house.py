"""Where things stand, for the tests of this directory: contexts, their files, strings in code."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import citycard
from citycard.config.apps import CONTEXTS as CONTEXT_APPS

PACKAGE = Path(citycard.__file__).resolve().parent
ROOT = PACKAGE.parents[1]
ALL_CONTEXTS = frozenset(name.removeprefix("citycard.") for name in CONTEXT_APPS)
CONTEXTS = sorted(name for name in ALL_CONTEXTS if (PACKAGE / name / "apps.py").is_file())
FACES = sorted(name for name in ALL_CONTEXTS if (PACKAGE / name / "api.py").is_file())


def python_files(directory: Path) -> list[Path]:
    """Return every Python file below a directory of the package."""
    return sorted(directory.rglob("*.py"))


@functools.cache
def tree_of(path: Path) -> ast.Module:
    """Return a file's syntax tree, parsed once for all tests."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def strings_in(path: Path) -> Iterator[tuple[int, str]]:
    """Yield every string of a file with its line; what an f-string fills in reads `placeholder`."""
    inside_f_strings: set[int] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.JoinedStr):
            inside_f_strings |= {id(part) for part in ast.walk(node) if part is not node}
            yield node.lineno, "".join(_part(part) for part in node.values)
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in inside_f_strings
        ):
            yield node.lineno, node.value


def _part(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    return "placeholder"


def relative(path: Path) -> str:
    """Return a path as a reader of the repository knows it."""
    return str(path.relative_to(ROOT))
