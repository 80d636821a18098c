"""Whole numbers as they come in from a browser: a page's mark, a version, a line of a list."""

_LONGEST = 18  # digits; what the database counts rows by holds any such number


def whole(text: str) -> int | None:
    """Return a whole number, or None where the text is none: “²” is a digit, but no number."""
    return int(text) if text.isdecimal() and len(text) <= _LONGEST else None
