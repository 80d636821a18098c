"""What happened to offers."""

from dataclasses import dataclass
from typing import ClassVar

from citycard.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class EntriesMerged(Event):
    """A venue's entries came in; how many were new, and how many proved to be double free days."""

    code: ClassVar[str] = "offers.entries.merged"
    agency: str
    stored: int
    double_free_days: int
