"""What a register says happened: one change a row, in the words that a file and an API share."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Form = Literal["changes", "list"]

KINDS: Mapping[str, tuple[str, ...]] = {
    "moved": ("city",),
    "died": (),
    "married": (),
    "divorced": (),
    "enrolled": ("code",),
    "graduated": ("code",),
    "left_school": (),
    "certificate_issued": ("code",),
    "certificate_expired": ("code",),
    "certificate_revoked": ("code",),
    "renamed": ("new_name",),
    "renumbered": ("new_id_number",),
    "born": (),
}
"""Kind of change → the columns that it can't do without, besides ``NEEDED``."""

NEEDED = ("change_no", "kind", "on", "id_number", "birth_on")
OPTIONAL = (
    "code",
    "city",
    "district",
    "village",
    "valid_to",
    "new_name",
    "new_id_number",
    "place",
)
LISTED = "listed"
"""The kind of a row in a full list: this person has the status on the list's day."""


@dataclass(frozen=True, kw_only=True)
class RegisterChange:
    """One change. Lives in memory between the source and the sealed table, and nowhere else.

    :ivar number: the source's own number of the change; it is taken over once
    :ivar on: the day from which it holds
    :ivar says: the other columns, by name; empty ones left out
    :ivar line: where it stands in its file, or its place in its page
    """

    number: int
    kind: str
    on: dt.date
    id_number: str
    birth_on: dt.date
    says: Mapping[str, str] = field(default_factory=dict)
    line: int = 0

    def __repr__(self) -> str:
        return f"RegisterChange(number={self.number}, kind={self.kind})"


@dataclass(frozen=True, kw_only=True)
class FeedFile:
    """A file that was read and found whole.

    :ivar register: whose it is: a register's code of the pack
    :ivar after: the last change number of the file before it
    :ivar listed_on: the day of a full list; None for changes
    :ivar status: the status that a full list is about; empty for changes
    :ivar checked_by: ``signature`` or ``total``
    """

    name: str
    register: str
    form: Form
    after: int
    listed_on: dt.date | None
    status: str
    changes: Sequence[RegisterChange]
    content_hash: bytes
    checked_by: str


@dataclass(frozen=True, kw_only=True)
class FeedWords:
    """What the city's pack lets a register speak about.

    :ivar registers: by register, the facts that it answers for
    :ivar levels: levels of schools
    :ivar districts: the city's own, by every way to write them → code
    :ivar district_names: code → what rules and papers call them
    :ivar own_city: every way to write this city
    """

    registers: Mapping[str, frozenset[str]]
    levels: frozenset[str]
    districts: Mapping[str, str]
    district_names: Mapping[str, str]
    own_city: frozenset[str]
    city: str


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """What a register delivered, and what became of it.

    :ivar door: ``file`` or ``port``
    :ivar rows: how many changes it held
    :ivar ours: how many are about members and fit them
    :ivar unfit: how many name a member's number with another date of birth; they change nothing
    :ivar state: ``taken`` or ``refused``
    :ivar why: a refusal's code; ``facts`` what its sentence names
    """

    delivery_id: int
    register: str
    door: str
    form: str
    name: str
    last_number: int
    listed_on: dt.date | None
    rows: int
    ours: int
    unfit: int
    state: str
    why: str
    facts: Mapping[str, str | int]
    run_id: int | None
    taken_at: dt.datetime
    taken_by: str


@dataclass(frozen=True, kw_only=True)
class FeedState:
    """How a register's feed is.

    :ivar last_number: of the last change that was taken over and not thrown away
    :ivar waiting: changes that are kept and wait for their run's release
    :ivar failing_since: since when its API has not answered; None: it answers, or has none
    """

    register: str
    cursor: str
    last_number: int
    last_listed_on: dt.date | None
    last_taken_at: dt.datetime | None
    waiting: int
    failing_since: dt.datetime | None
    failing_why: str
