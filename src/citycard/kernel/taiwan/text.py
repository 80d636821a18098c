"""How Taiwan writes: 臺 and 台 are one character to a reader, full-width is half-width to a
machine."""

import unicodedata


def fold(text: str) -> str:
    """Return text as it is compared: compatibility forms unified, 台 written 臺, case and blanks
    gone."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().replace("台", "臺").split())
