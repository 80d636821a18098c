"""Answers of our own, in the terminal's terms: when the city says no, or the library is away. Pure.

Each question has its proper refusal: a patron who is not valid, a loan that was not made; with a
sentence for the screen (``AF``) and, where the question named one, the patron's number as it was
sent. Source: 3M SIP 2.00, the answers' required fields.
"""

import datetime as dt

from citycard.portals.sip2 import messages
from citycard.portals.sip2.framing import ends_of

RESEND = b"96"
_DENIED = b"YYYY" + b" " * 10
"""Of the fourteen flags, the first four: no loans, renewals, recalls or holds."""

_LOANS_RENEWED = b"0000" * 2
_COUNTS = b"0000" * 6
_ENGLISH = frozenset({b"001", b"024"})
_SAYS_LANGUAGE = frozenset({b"23", b"63"})


def language_of(message: bytes) -> str | None:
    """Return the language that a question asks for; None: the city's first."""
    if messages.code_of(message) in _SAYS_LANGUAGE and message[2:5] in _ENGLISH:
        return "en"
    return None


def refusal(message: bytes, *, says: str, now: dt.datetime) -> bytes | None:
    """Return the answer that refuses a question; None for one that has no such answer.

    :param says: the sentence for the terminal's screen
    :param now: in the city's own time
    """
    code = messages.code_of(message)
    write = _REFUSALS.get(code)
    if write is None:
        return None
    text = write(message, now.strftime("%Y%m%d    %H%M%S").encode())
    if code not in _SILENT:
        text += b"AF" + _plain(says) + b"|"
    return messages.finished(text, messages.sequence_of(message), ends_of(message)[1])


def resend(message: bytes) -> bytes:
    """Return the request to send a message again, whose checksum was wrong; it has no number."""
    text = RESEND
    if messages.sequence_of(message) is not None:
        text += b"AZ"
        text += messages.checksum(text)
    return text + ends_of(message)[1]


def _plain(says: str) -> bytes:
    """Return a sentence in UTF-8 without what would end a field or a message, at most 255 bytes."""
    text = " ".join(says.replace("|", " ").split()).encode()[:255]
    return text.decode(errors="ignore").encode()


def _copied(message: bytes, *tags: bytes) -> bytes:
    return b"".join(tag + messages.field_of(message, tag) + b"|" for tag in tags)


def _status(code: bytes, message: bytes, at: bytes, counts: bytes = b"") -> bytes:
    language = message[2:5] if messages.code_of(message) in _SAYS_LANGUAGE else b"000"
    said = code + _DENIED + language + at + counts
    return said + _copied(message, b"AO", b"AA") + b"AE|BLN|CQN|"


def _patron_status(message: bytes, at: bytes) -> bytes:
    return _status(b"24", message, at)


def _patron_information(message: bytes, at: bytes) -> bytes:
    return _status(b"64", message, at, _COUNTS)


def _enable(message: bytes, at: bytes) -> bytes:
    return _status(b"26", message, at)


def _checkout(message: bytes, at: bytes) -> bytes:
    return b"120NUN" + at + _copied(message, b"AO", b"AA", b"AB") + b"AJ|AH|"


def _renew(message: bytes, at: bytes) -> bytes:
    return b"300NUN" + at + _copied(message, b"AO", b"AA", b"AB") + b"AJ|AH|"


def _renew_all(message: bytes, at: bytes) -> bytes:
    return b"660" + _LOANS_RENEWED + at + _copied(message, b"AO")


def _checkin(message: bytes, at: bytes) -> bytes:
    return b"100NUN" + at + _copied(message, b"AO", b"AB") + b"AQ|"


def _hold(message: bytes, at: bytes) -> bytes:
    return b"160N" + at + _copied(message, b"AO", b"AA")


def _fee(message: bytes, at: bytes) -> bytes:
    return b"38N" + at + _copied(message, b"AO", b"AA")


def _end_session(message: bytes, at: bytes) -> bytes:
    return b"36Y" + at + _copied(message, b"AO", b"AA")


def _item(message: bytes, at: bytes) -> bytes:
    return b"18010001" + at + _copied(message, b"AB") + b"AJ|"


def _item_status(message: bytes, at: bytes) -> bytes:
    return b"200" + at + _copied(message, b"AB")


def _login(message: bytes, at: bytes) -> bytes:
    return b"940"


def _offline(message: bytes, at: bytes) -> bytes:
    """The status that says: not on line, nothing is possible now; ask again."""
    return b"98NNNNNN" + b"000" + b"003" + at + b"2.00AO|BX" + b"N" * 16 + b"|"


_SILENT = frozenset({b"93"})
_REFUSALS = {
    b"01": _patron_status,
    b"09": _checkin,
    b"11": _checkout,
    b"15": _hold,
    b"17": _item,
    b"19": _item_status,
    b"23": _patron_status,
    b"25": _enable,
    b"29": _renew,
    b"35": _end_session,
    b"37": _fee,
    b"63": _patron_information,
    b"65": _renew_all,
    b"93": _login,
    b"99": _offline,
}
REFUSABLE = frozenset(_REFUSALS)
"""Questions that have a refusal of their own."""

IDEMPOTENT = frozenset({b"17", b"23", b"63", b"93", b"99"})
"""Questions that change nothing: asked again on a new connection when the old one fell."""
