"""SIP2's messages as bytes: the patron's field and the checksum. Pure.

Source: 3M Standard Interchange Protocol 2.00. A message is a code of two digits, a fixed part, then
fields of a tag of two letters and a value that ends with ``|``; last, where the terminal detects
errors, ``AY`` with a sequence number and ``AZ`` with a checksum. Some systems shorten dates or
leave counts out, so the first field is looked for by its tag.
"""

import re
from dataclasses import dataclass

from citycard.portals.sip2.framing import ends_of

PATRON = b"AA"
_FIRST_TAG = re.compile(rb"(?=[A-C][A-Z])")
"""What a first field begins with. No fixed part has such letters, but for a payment's currency."""

_CURRENCY_ENDS = {b"37": 27}
_CHECKSUM = re.compile(rb"(?:AY[0-9]|\|)AZ([0-9A-Fa-f]{1,4})\Z")
_SEQUENCE = re.compile(rb"AY([0-9])(?:AZ[0-9A-Fa-f]{1,4})?\Z")


_ANSWERS = {
    b"01": b"24", b"09": b"10", b"11": b"12", b"15": b"16", b"17": b"18", b"19": b"20",
    b"23": b"24", b"25": b"26", b"29": b"30", b"35": b"36", b"37": b"38", b"63": b"64",
    b"65": b"66", b"93": b"94", b"99": b"98",
}  # fmt: skip
_SEND_AGAIN = b"96"


@dataclass(frozen=True)
class Field:
    """Where a field's value lies in a message."""

    start: int
    end: int


def code_of(message: bytes) -> bytes:
    """Return a message's code: two digits, or whatever stands there."""
    return message[:2]


def is_answer_to(question: bytes, answer: bytes) -> bool:
    """Tell whether a message can be the answer to a question, by their codes."""
    expected = _ANSWERS.get(code_of(question))
    return expected is None or code_of(answer) in (expected, _SEND_AGAIN)


def patron_fields(message: bytes) -> list[Field]:
    """Return where the patron's number stands: nowhere, in one field, or (wrongly) in several."""
    body, _ = ends_of(message)
    found = []
    at = _fields_begin(body)
    while at < len(body):
        end = body.find(b"|", at)
        end = len(body) if end < 0 else end
        if body[at : at + 2] == PATRON:
            found.append(Field(at + 2, end))
        at = end + 1
    return found


def value_of(message: bytes, field: Field) -> bytes:
    """Return a field's value."""
    return message[field.start : field.end]


def with_value(message: bytes, field: Field, value: bytes) -> bytes:
    """Return a message with another value in a field, and its checksum moved by the difference.

    So a checksum that was right is right again, however its sender counts what is not ASCII, and
    one that was wrong stays wrong for the other end to see.
    """
    changed = message[: field.start] + value + message[field.end :]
    body, end = ends_of(changed)
    found = _CHECKSUM.search(body)
    if found is None:
        return changed
    moved = int(found[1], 16) + sum(value_of(message, field)) - sum(value)
    return body[: found.start(1)] + b"%04X" % (moved & 0xFFFF) + end


def checksum(text: bytes) -> bytes:
    """Return the checksum over a message up to and with ``AZ``: the sum's two's complement."""
    return b"%04X" % (-sum(text) & 0xFFFF)


def has_wrong_checksum(message: bytes) -> bool:
    """Tell whether a message has a checksum that is not its own.

    It is summed over bytes; some clients sum the characters instead, which is known and taken.
    """
    body, _ = ends_of(message)
    found = _CHECKSUM.search(body)
    if found is None:
        return False
    said, summed = int(found[1], 16), body[: found.start(1)]
    if said == int(checksum(summed), 16):
        return False
    by_character = sum(map(ord, summed.decode("utf-8", "replace")))
    return said != (-by_character & 0xFFFF)


def sequence_of(message: bytes) -> bytes | None:
    """Return the digit of ``AY``, or None where the terminal detects no errors."""
    found = _SEQUENCE.search(ends_of(message)[0])
    return found[1] if found else None


def finished(text: bytes, sequence: bytes | None, end: bytes = b"\r") -> bytes:
    """Return a message of our own, with number and checksum where its question had them."""
    if sequence is not None:
        text += b"AY" + sequence + b"AZ"
        text += checksum(text)
    return text + end


def field_of(message: bytes, tag: bytes) -> bytes:
    """Return the value of the first field with a tag; empty where there is none."""
    body, _ = ends_of(message)
    at = _fields_begin(body)
    for part in body[at:].split(b"|"):
        if part[:2] == tag:
            return part[2:]
    return b""


def _fields_begin(body: bytes) -> int:
    """Return where the first field begins, right after the fixed part."""
    found = _FIRST_TAG.search(body, _CURRENCY_ENDS.get(code_of(body), 2))
    return found.start() if found else len(body)
