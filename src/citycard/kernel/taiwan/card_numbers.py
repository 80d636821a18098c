"""Card numbers: the one form that the city keeps each in, and how much of one a screen may show."""

import re
from collections.abc import Sequence

_BETWEEN = re.compile(r"[\s\-\u2010-\u2015:.]+")
_DIGITS = re.compile(r"[0-9]+")
_HEX = re.compile(r"[0-9A-F]+")
_KNOWN = frozenset({"printed", "chip_id", "uid", "virtual"})
_UID_BYTES = (4, 7, 10)
_DECIMAL_BYTES = {9: 4, 10: 4, 15: 7, 16: 7, 17: 7}
"""How many bytes a decimal number of so many digits stands for."""

_CHIP_DIGITS = 10
_SHORTEST_CHIP = 8


def canonical(kind: str, number: str) -> str:
    """Return a card's number in the one form that the city keeps numbers of its kind in.

    Blanks, hyphens and colons are for the eye and go, and letters are upper case. A ``chip_id`` is
    a number: leading zeros say nothing, and it is written with ten digits at least. A ``uid`` is
    the chip's bytes as upper-case hex, whether they were given as hex or as a decimal number.
    What has no such form comes back as it is without blanks, and is no card's number. A kind of
    number that only a city's pack knows is what the pack's pattern says, hyphens and all.
    """
    if kind not in _KNOWN:
        return number.strip()
    plain = _BETWEEN.sub("", number).upper()
    if kind == "chip_id" and len(plain) >= _SHORTEST_CHIP and _DIGITS.fullmatch(plain):
        return plain.lstrip("0").zfill(_CHIP_DIGITS)
    if kind == "uid":
        return uid_of(plain) or plain
    return plain


def uid_of(text: str) -> str | None:
    """Return a chip's UID as upper-case hex, or None where a text is none.

    A UID has 4, 7 or 10 bytes. Hex comes with two digits a byte, decimal (“8H10D”) as one number
    of the bytes in the order that they are given in: ten digits for four bytes, seventeen for
    seven; leading zeros may be missing. Eight and fourteen digits are hex.
    """
    plain = _BETWEEN.sub("", text).upper().removeprefix("0X")
    if _HEX.fullmatch(plain) and len(plain) in (2 * size for size in _UID_BYTES):
        return plain
    if not _DIGITS.fullmatch(plain):
        return None
    size = _DECIMAL_BYTES.get(len(plain), 0)
    value = int(plain)
    return f"{value:0{2 * size}X}" if size and value < 256**size else None


def turned(uid: str) -> str:
    """Return a UID's hex with its bytes in the other order."""
    return bytes.fromhex(uid)[::-1].hex().upper()


def mask(number: str, hidden: Sequence[int]) -> str:
    """Return a card number with the given places hidden.

    :param hidden: places counted from 1 at the left, or from -1 at the right (a pack's rule a
        medium)
    """
    places = {place - 1 if place > 0 else len(number) + place for place in hidden}
    return "".join("*" if i in places else digit for i, digit in enumerate(number))
