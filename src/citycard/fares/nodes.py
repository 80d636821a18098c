"""A place in a pack's fares while they are read: its value, its path, and the names there are."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple, NoReturn

from citycard.fares.spans import Spans
from citycard.rules.api import BadRule, nearest_word

Path = tuple[str | int, ...]

MOST_BITS = 62


@dataclass(frozen=True)
class Names:
    """The codes that one part of the table uses for another."""

    operators: tuple[str, ...]
    modes: tuple[str, ...]
    media: tuple[str, ...]
    classes: tuple[str, ...]
    routes: tuple[str, ...]
    tariffs: tuple[str, ...]
    marks: tuple[str, ...]
    funds: tuple[str, ...]
    concessions: tuple[str, ...]

    @classmethod
    def of(cls, fares: Mapping[str, Any]) -> "Names":
        """Take the codes of a table."""
        return cls(**{name: tuple(fares.get(name, {})) for name in cls.__dataclass_fields__})


class Node(NamedTuple):
    """A value with the path that leads to it."""

    value: Any
    path: Path
    names: Names

    def below(self, step: str | int) -> "Node":
        """Go one step down."""
        return Node(self.value[step], (*self.path, step), self.names)

    def has(self, step: str) -> bool:
        """Tell whether there is something below."""
        return step in self.value

    def each(self) -> Iterator["Node"]:
        """Go through a list's items or a mapping's values."""
        keys: Iterable[Any] = self.value if isinstance(self.value, Mapping) else ()
        for step in keys or range(len(self.value)):
            yield self.below(step)

    @property
    def code(self) -> str:
        """Return the last step of the path."""
        return str(self.path[-1])

    def place(self, kind: str) -> int:
        """Return the place of the name that stands here.

        :raises BadRule: there is none of that name.
        """
        known: tuple[str, ...] = getattr(self.names, kind)
        if self.value not in known:
            self.refuse(f"there is no “{self.value}” among {kind}", nearest_word(self.value, known))
        return known.index(self.value)

    def places(self, step: str, kind: str) -> tuple[int, ...]:
        """Return the places of the names in a list below; none where there is no list."""
        if not self.has(step):
            return ()
        return tuple(each.place(kind) for each in self.below(step).each())

    def bits(self, step: str, kind: str) -> int:
        """Return the bits of the names in a list below."""
        return sum(1 << place for place in set(self.places(step, kind)))

    def refuse(self, message: str, nearest: str | None = None) -> NoReturn:
        """Say what is wrong here."""
        raise BadRule(message, self.path, nearest)


def dated(rows: Node) -> Spans:
    """Return the days on which each of some dated rows holds.

    :raises BadRule: they overlap, or don't stand in the order of their days.
    """
    found = list(rows.each())
    for earlier, later in pairwise(found):
        if later.value["from"] <= earlier.value["from"]:
            later.refuse("rows stand in the order of their days, one a day")
        if "until" in earlier.value and earlier.value["until"] >= later.value["from"]:
            later.refuse("the row before it ends on this day or later")
    for row in found:
        if "until" in row.value and row.value["until"] < row.value["from"]:
            row.refuse("it ends before it begins")
    return Spans.of((row.value["from"], row.value.get("until")) for row in found)


def few_enough(node: Node, names: Sequence[str]) -> None:
    """Refuse more names than a column of bits can hold."""
    if len(names) > MOST_BITS:
        node.refuse(f"there are more than {MOST_BITS}")
