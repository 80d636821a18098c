"""Reads one YAML file of a pack: YAML 1.2, plain values only, and the line of everything.

Nodes are turned into values here, by hand, because a pack must mean what it looks like: a key that
stands twice, a number with a leading zero (a code that lost its quotes), a date with a time and a
custom tag are mistakes.
"""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from citycard.infra.packs.mistakes import PackError, Problem

Path = tuple[str | int, ...]
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")


@dataclass
class Source:
    """A file's values, and the line on which each of them stands."""

    file: str
    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    files: dict[Path, str] = field(default_factory=dict)  # of what was inherited from elsewhere
    problems: list[Problem] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """Return the line of a value, or of the nearest thing around it."""
        return self.lines.get(self._marked(path), 1)

    def file_of(self, path: Path) -> str:
        """Return the file of a value: this one, or the one that it was inherited from."""
        return self.files.get(self._marked(path), self.file)

    def problem(self, path: Path, message: str, nearest: str | None = None) -> Problem:
        """Describe a mistake at a place."""
        file, line = self.file_of(path), self.line(path)
        return Problem(file=file, line=line, message=message, nearest=nearest)

    def _marked(self, path: Path) -> Path:
        while path and path not in self.lines:
            path = path[:-1]
        return path


def read_source(text: str, file: str) -> Source:
    """Read a file.

    :raises PackError: with every mistake of form that it has.
    """
    source = Source(file)
    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        what = error.problem or error.context or "this is not YAML"
        raise PackError([Problem(file=file, line=line, message=str(what))]) from error
    if root is None:
        raise PackError([Problem(file=file, line=1, message="the file is empty")])
    source.value = _value(root, (), source)
    if source.problems:
        raise PackError(source.problems)
    return source


def _value(node: Node, path: Path, source: Source) -> Any:
    source.lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, MappingNode):
        return _mapping(node, path, source)
    if isinstance(node, SequenceNode):
        return [_value(each, (*path, index), source) for index, each in enumerate(node.value)]
    if isinstance(node, ScalarNode):
        return _scalar(node, path, source)
    raise AssertionError(f"a node of an unknown kind: {node!r}")


def _mapping(node: MappingNode, path: Path, source: Source) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, ScalarNode):
            source.problems.append(Problem(file=source.file, line=line, message="a key is a word"))
            continue
        key = str(key_node.value)
        if key in found:
            first = source.lines[(*path, key)]
            message = f"“{key}” stands twice; the first one is on line {first}"
            source.problems.append(Problem(file=source.file, line=line, message=message))
            continue
        source.lines[(*path, key)] = line
        found[key] = _value(value_node, (*path, key), source)
    return found


def _scalar(node: ScalarNode, path: Path, source: Source) -> Any:
    make = _SCALARS.get(str(node.tag).removeprefix("tag:yaml.org,2002:"))
    try:
        if make is None:
            raise ValueError(f"“{node.tag}” is not a kind of value that a pack has")
        return make(str(node.value))
    except ValueError as error:
        source.problems.append(source.problem(path, str(error)))
        return None


def _whole(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError(f"write {text} in quotes if it is a code, or plainly if it is a number")
    return int(text)


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"“{text}” is not a date such as 2015-09-01") from None


_SCALARS: dict[str, Callable[[str], Any]] = {
    "str": str,
    "int": _whole,
    "float": float,
    "bool": lambda text: text.lower() == "true",
    "null": lambda text: None,
    "timestamp": _date,
}
