"""The value that opens personal data. ``people.open_access`` alone makes one."""

from collections.abc import Iterable
from dataclasses import dataclass

from citycard.kernel.actors import Actor


class AccessTooNarrow(RuntimeError):
    """Our own mistake: code read a field or a person that the access it was given does not
    cover."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """Leave to read named fields of named people for one purpose.

    :ivar subjects: member ids, or None for a whole recorded population
    :ivar record_id: the access record that stands behind it; None for one's own data
    """

    subjects: frozenset[int] | None
    fields: frozenset[str]
    purpose: str
    actor: Actor
    record_id: int | None

    def covers(self, member_id: int) -> bool:
        """Tell whether the access reaches this person."""
        return self.subjects is None or member_id in self.subjects

    def require(self, *fields: str, members: Iterable[int] = ()) -> None:
        """Stop unless the access covers these fields of these people.

        :raises AccessTooNarrow: it does not; the caller opened too little
        """
        missing = set(fields) - self.fields
        if missing:
            raise AccessTooNarrow(f"purpose {self.purpose} was opened without {sorted(missing)}")
        if not all(self.covers(member) for member in members):
            raise AccessTooNarrow(f"purpose {self.purpose} was not opened for these people")
