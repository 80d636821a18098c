"""What is wrong with a pack, as sentences that name the file, the line and the nearest known
word."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, order=True)
class Problem:
    """One mistake in a pack."""

    file: str
    line: int
    message: str
    nearest: str | None = None

    def __str__(self) -> str:
        hint = f"; did you mean “{self.nearest}”?" if self.nearest else ""
        return f"{self.file}:{self.line}: {self.message}{hint}"


class PackError(Exception):
    """A pack can't be used. The first problem speaks; ``problems`` has all that were found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        assert problems, "an error without a problem"
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)
        first = problems[0]
        self.file, self.line = first.file, first.line
        self.message, self.nearest = first.message, first.nearest


def nearest_word(word: object, known: Iterable[object]) -> str | None:
    """Return the known word that a mistyped one most resembles, or None."""
    found = difflib.get_close_matches(str(word), [str(each) for each in known], n=1, cutoff=0.6)
    return found[0] if found else None
