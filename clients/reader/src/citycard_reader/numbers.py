"""Which of the city's numbers a number that was read can be. Pure: values only."""

import re

LONGEST = 160
"""A card's number has fewer characters; a code from a phone's screen has 132."""

_BETWEEN = re.compile(r"[\s\-\u2010-\u2015:.]+")
_UIDS = ("uid", "uid_reversed", "uid_either")
_KNOWN = ("printed", "chip_id", "virtual", *_UIDS)
_UID_BYTES = (4, 7, 10)
_DECIMAL_BYTES = {9: 4, 10: 4, 15: 7, 16: 7, 17: 7}


class Misread(ValueError):
    """What was read is no card's number; nothing of it was noted: ask for the card again."""


def check(number: str) -> None:
    """Let through what the gate can read as a number.

    :raises Misread: a chip that was taken away too early, or noise
    """
    if not (0 < len(number) <= LONGEST and number.isprintable()):
        raise Misread(f"a card's number has 1 to {LONGEST} printable characters; hold it again")


def candidates(kind: str, number: str) -> list[tuple[str, str]]:
    """Return kind and number, in the form that the city keeps them: one, or two where the order of
    a chip's bytes isn't known (``uid_either``)."""
    if kind not in _KNOWN:  # a city's own kind of number, hyphens and all
        return [(kind, number.strip())]
    plain = _BETWEEN.sub("", number).upper()
    if kind == "chip_id" and re.fullmatch("[0-9]{8,}", plain):
        return [(kind, plain.lstrip("0").zfill(10))]
    if kind not in _UIDS:
        return [(kind, plain)]
    uid = _uid(plain)
    if uid is None:
        return [("uid", plain)]
    turned = bytes.fromhex(uid)[::-1].hex().upper()
    found = {"uid": [uid], "uid_reversed": [turned], "uid_either": [uid, turned]}[kind]
    return [("uid", one) for one in dict.fromkeys(found)]


def _uid(plain: str) -> str | None:
    """Return a chip's UID as hex: two digits a byte, or one decimal number (“8H10D”)."""
    plain = plain.removeprefix("0X")
    if re.fullmatch("[0-9A-F]+", plain) and len(plain) in (2 * size for size in _UID_BYTES):
        return plain
    size = _DECIMAL_BYTES.get(len(plain), 0) if re.fullmatch("[0-9]+", plain) else 0
    return f"{int(plain):0{2 * size}X}" if size and int(plain) < 256**size else None
