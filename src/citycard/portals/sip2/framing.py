"""Messages out of a stream of bytes, however packets cut it. Pure.

SIP2 ends a message with a carriage return. Some systems send a line feed after it, or alone: either
ends a message here, and what lies between the two is an empty one, which is passed on like all
else.
"""

LONGEST_REQUEST = 8 * 1024
LONGEST_ANSWER = 256 * 1024
_ENDS = b"\r\n"


class LineTooLong(Exception):
    """A message doesn't end within the limit; whoever sends that doesn't speak SIP2."""


class Framer:
    """Gathers bytes and gives messages, each with the byte that ends it."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._held = bytearray()
        self._looked = 0

    @property
    def is_amid(self) -> bool:
        """Tell whether a message has begun that has not ended."""
        return bool(self._held)

    def feed(self, data: bytes) -> list[bytes]:
        """Return the messages that end with these bytes, in order.

        :raises LineTooLong: the message that has begun is longer than the limit
        """
        self._held += data
        found = []
        start = 0
        for at in range(self._looked, len(self._held)):
            if self._held[at] in _ENDS:
                found.append(bytes(self._held[start : at + 1]))
                start = at + 1
        del self._held[:start]
        self._looked = len(self._held)
        if self._looked > self._longest or any(len(one) > self._longest for one in found):
            raise LineTooLong
        return found


def ends_of(message: bytes) -> tuple[bytes, bytes]:
    """Return a message without what ends it, and that."""
    body = message.rstrip(_ENDS)
    return body, message[len(body) :]
