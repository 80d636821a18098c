"""How names are found: by their pairs of characters, since a Chinese name has two or three in
all.
"""

from citycard.kernel.taiwan.text import fold

_START = "^"


def bigrams(name: str) -> list[str]:
    """Return what a stored name is found by: its first character, marked, and each pair of
    neighbours.
    """
    folded = fold(name)
    return sorted({_START + folded[:1], *_pairs(folded)}) if folded else []


def wanted_bigrams(part: str) -> list[str]:
    """Return what a name must have to contain a part; one character alone is taken as a surname."""
    folded = fold(part)
    return sorted(set(_pairs(folded))) if len(folded) > 1 else [_START + folded]


def contains(name: str, part: str) -> bool:
    """Tell whether a name contains a part, as both are compared."""
    return fold(part) in fold(name)


def _pairs(folded: str) -> list[str]:
    return [folded[i : i + 2] for i in range(len(folded) - 1)]
