"""ID numbers of everybody who lives here: citizens, holders of old and new resident certificates,
passports.

Source: Ministry of the Interior's rule of the check digit; new resident numbers since 2021-01-02
(second character 8 or 9), old ones (second letter A to D) valid until 2031.
"""

import re
from dataclasses import dataclass
from typing import Literal

from citycard.kernel.errors import Refused

IdKind = Literal["citizen", "resident_new", "resident_old", "passport"]

_LETTERS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
LETTER_VALUE = {letter: number for number, letter in enumerate(_LETTERS, 10)}
_WEIGHTS = (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)
_SHAPE = re.compile(r"[A-Z][0-9A-D][0-9]{8}")
_PASSPORT = re.compile(r"[A-Z0-9]{6,12}")
_KIND: dict[str, tuple[IdKind, str]] = {
    "1": ("citizen", "m"),
    "2": ("citizen", "f"),
    "8": ("resident_new", "m"),
    "9": ("resident_new", "f"),
    "A": ("resident_old", "m"),
    "B": ("resident_old", "f"),
    "C": ("resident_old", "m"),
    "D": ("resident_old", "f"),
}


class BadIdNumber(Refused):
    """This is not a valid ID number: {why}."""

    code = "kernel.bad_id_number"


@dataclass(frozen=True, kw_only=True)
class IdNumber:
    """An ID number in its written form, with what the number itself tells.

    :ivar sex: ``m`` or ``f`` as the number encodes it; None on a passport
    """

    text: str
    kind: IdKind
    sex: str | None

    def __repr__(self) -> str:
        return f"IdNumber({self.masked}, {self.kind})"

    @property
    def masked(self) -> str:
        """Return the number with its middle hidden, for screens and papers: ``A12****789``."""
        return self.text[:3] + "*" * (len(self.text) - 6) + self.text[-3:]


def parse(text: str, *, passport: bool = False) -> IdNumber:
    """Read an ID number as people type it.

    :param passport: read it as a foreign passport, which has no check digit
    :raises BadIdNumber: its shape or its check digit is wrong
    """
    number = re.sub(r"[\s-]", "", text).upper()
    if passport:
        if not _PASSPORT.fullmatch(number):
            raise BadIdNumber(why="a passport number has 6 to 12 letters and digits")
        return IdNumber(text=number, kind="passport", sex=None)
    if not _SHAPE.fullmatch(number) or number[1] not in _KIND:
        raise BadIdNumber(
            why="it needs one letter, then 1, 2, 8, 9 or a letter A to D, then 8 digits"
        )
    if not check_digit_holds(number):
        raise BadIdNumber(why="its last digit does not fit the others; a digit may be mistyped")
    kind, sex = _KIND[number[1]]
    return IdNumber(text=number, kind=kind, sex=sex)


def check_digit_holds(number: str) -> bool:
    """Tell whether the weighted sum of a ten-character number is a multiple of ten."""
    return _weighted(number) % 10 == 0


def with_check_digit(nine: str) -> str:
    """Return nine characters with the one check digit that fits them."""
    return nine + str(-_weighted(nine + "0") % 10)


def _weighted(number: str) -> int:
    first = LETTER_VALUE[number[0]]
    second = number[1]
    ones = int(second) if second.isdigit() else LETTER_VALUE[second] % 10
    digits = (first // 10, first % 10, ones, *map(int, number[2:]))
    return sum(weight * digit for weight, digit in zip(_WEIGHTS, digits, strict=True))
