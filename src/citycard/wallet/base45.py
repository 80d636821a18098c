"""Base45 (RFC 9285): bytes in the characters that a QR code writes densely."""

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUES = {letter: value for value, letter in enumerate(_LETTERS)}


class NotBase45(ValueError):
    """The text is no Base45."""


def encode(content: bytes) -> str:
    """Return bytes as text: three characters for two bytes."""
    text = []
    for i in range(0, len(content) - 1, 2):
        high, rest = divmod(int.from_bytes(content[i : i + 2], "big"), 45 * 45)
        middle, low = divmod(rest, 45)
        text += [_LETTERS[low], _LETTERS[middle], _LETTERS[high]]
    if len(content) % 2:
        middle, low = divmod(content[-1], 45)
        text += [_LETTERS[low], _LETTERS[middle]]
    return "".join(text)


def decode(text: str) -> bytes:
    """Return the bytes of a text.

    :raises NotBase45: it is none
    """
    try:
        values = [_VALUES[letter] for letter in text]
    except KeyError as wrong:
        raise NotBase45(text[:8]) from wrong
    content = bytearray()
    for i in range(0, len(values), 3):
        part = values[i : i + 3]
        number = sum(value * 45**place for place, value in enumerate(part))
        if len(part) == 1 or number >= 256 ** (len(part) - 1):
            raise NotBase45(text[:8])
        content += number.to_bytes(len(part) - 1, "big")
    return bytes(content)
