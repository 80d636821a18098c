"""A reference card reader: keeps each tap until the city has answered it. Standard library only."""

from citycard_reader.journal import Journal, Tap
from citycard_reader.reader import Answer, Reader, Refused, Unreachable

__all__ = ["Answer", "Journal", "Reader", "Refused", "Tap", "Unreachable"]
