"""A reference card reader: keeps each tap until the city has answered it, and answers alone while
the city is away. The standard library, and `cryptography` for signatures."""

from citycard_reader.documents import Key, NotTrusted
from citycard_reader.journal import Journal, NotToMend, Tap
from citycard_reader.numbers import Misread
from citycard_reader.offline import Decision, Offline
from citycard_reader.reader import Answer, Reader
from citycard_reader.refusing import Refused, Unreachable

__all__ = [
    "Answer",
    "Decision",
    "Journal",
    "Key",
    "Misread",
    "NotToMend",
    "NotTrusted",
    "Offline",
    "Reader",
    "Refused",
    "Tap",
    "Unreachable",
]
