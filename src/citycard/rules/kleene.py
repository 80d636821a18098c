"""Three-valued logic. Inside the engine a verdict is -1, 0 or 1, so that *all* is a minimum and
*any* a maximum."""

from enum import StrEnum

NO, UNKNOWN, YES = -1, 0, 1


class Verdict(StrEnum):
    """The answer of a rule."""

    NO = "no"
    UNKNOWN = "unknown"
    YES = "yes"

    @classmethod
    def of(cls, value: int) -> "Verdict":
        """Return the word for the engine's number."""
        return _WORDS[value]


_WORDS = {NO: Verdict.NO, UNKNOWN: Verdict.UNKNOWN, YES: Verdict.YES}
