"""Refusals: an expected "no", told as a code, typed facts and a sentence."""

import inspect
from typing import Any, ClassVar


class Refused(Exception):
    """The request was refused.

    A subclass stands beside the function that raises it. Its docstring's first line is the English
    sentence, a format string over the facts; ``code`` names the refusal in catalogues, logs and
    APIs.
    """

    code: ClassVar[str] = "refused"

    def __init__(self, **facts: Any) -> None:
        super().__init__(self.code)
        self.facts = facts

    @property
    def sentence(self) -> str:
        """Return the English sentence with its facts filled in."""
        first_line = (inspect.getdoc(type(self)) or self.code).splitlines()[0]
        try:
            return first_line.format(**self.facts)
        except (KeyError, IndexError):
            return first_line

    def __str__(self) -> str:
        return self.sentence

    def __reduce__(self) -> tuple[Any, ...]:
        return (_restore, (type(self), self.facts))

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.facts == self.facts

    def __hash__(self) -> int:
        return hash(self.code)


class NotFound(Refused):
    """There is no {what} with this reference."""

    code = "not_found"


def _restore(kind: type[Refused], facts: dict[str, Any]) -> Refused:
    return kind(**facts)
