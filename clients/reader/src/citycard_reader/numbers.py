"""Which of the city's numbers a number that was read can be. Pure: values only."""

import re

_BETWEEN = re.compile(r"[\s\-\u2010-\u2015:.]+")
_UID_BYTES = (4, 7, 10)
_DECIMAL_BYTES = {9: 4, 10: 4, 15: 7, 16: 7, 17: 7}


def candidates(kind: str, number: str) -> list[tuple[str, str]]:
    """Return kind and number, in the form that the city keeps them: one, or two where the order of
    a chip's bytes isn't known (``uid_either``)."""
    plain = _BETWEEN.sub("", number).upper()
    if kind == "chip_id" and plain.isdecimal() and len(plain) >= 8:
        return [(kind, plain.lstrip("0").zfill(10))]
    if kind not in ("uid", "uid_reversed", "uid_either"):
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
