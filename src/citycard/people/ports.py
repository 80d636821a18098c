"""What the city needs from the registers outside: answers to questions about people, in batches."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Answer = Literal["yes", "no", "unknown"]


@dataclass(frozen=True, kw_only=True)
class RegisterQuestion:
    """One person asked about. Lives in memory between the database and the port, and nowhere else.

    :ivar key: the same for a repeated question; the register may answer from its own memory
    :ivar purpose: why we ask, as the register's own log will show it
    :ivar ground: ``consent:<wording>`` or ``law:<article>``
    """

    query_id: int
    id_number: str
    name: str
    birth_on: dt.date
    purpose: str = ""
    ground: str = ""

    @property
    def key(self) -> str:
        """Return the idempotency key of the question."""
        return f"people.register_query.{self.query_id}"

    def __repr__(self) -> str:
        return f"RegisterQuestion(query_id={self.query_id})"


@dataclass(frozen=True, kw_only=True)
class RegisterAnswer:
    """What a register said to one question.

    :ivar answer: ``yes`` (known, and so), ``no`` (known, and not so), ``unknown`` (a person must
        look)
    :ivar detail: facts that come with the answer, JSON-ready: household ``registered_city``,
        ``registered_district``, ``district``, ``village``, ``died_on``, ``statuses``,
        ``relations``; status ``valid_from``,
        ``valid_to``, ``grade``
    """

    query_id: int
    answer: Answer
    detail: dict[str, Any] = field(default_factory=dict)


class HouseholdRegister(Protocol):
    """戶役政, the household register. Yes: this person exists, with this name and birth date."""

    def look_up(self, questions: Sequence[RegisterQuestion]) -> Sequence[RegisterAnswer]:
        """Answer each question; safe to repeat.

        :raises OSError: the register cannot be reached, or broke off
        """
        ...

    def check(self) -> str:
        """Say in a few words how the register is; raise when it is down."""
        ...


class StatusRegister(Protocol):
    """A register of one kind of status: disability, low income, enrolment at a school …"""

    def look_up(
        self, status: str, questions: Sequence[RegisterQuestion]
    ) -> Sequence[RegisterAnswer]:
        """Tell of each person whether they have the status now, and from when to when; safe to
        repeat.

        :raises OSError: the register cannot be reached, or broke off
        """
        ...

    def check(self) -> str:
        """Say in a few words how the register is; raise when it is down."""
        ...


@dataclass(frozen=True, kw_only=True)
class ChangePage:
    """A page of what a register says happened.

    :ivar rows: columns of a change by name, as in a file (``docs/guides/register-feed.md``); may
        hold some again, late, or in another order
    :ivar cursor: what to ask with for the next page; the source's own words, the same again while
        there is nothing new
    """

    rows: Sequence[Mapping[str, str]]
    cursor: str
    more: bool

    def __repr__(self) -> str:
        return f"ChangePage({len(self.rows)} rows, more={self.more})"


class RegisterChanges(Protocol):
    """A register that tells by itself what changed, page after page."""

    def changes_after(
        self, register: str, cursor: str, limit: int, purpose: str, ground: str
    ) -> ChangePage:
        """Return a page of changes after a cursor (empty: from the beginning); safe to repeat.

        :param ground: why we may ask, as the register's own log will show it
        :raises OSError: the register cannot be reached, or broke off
        """
        ...

    def check(self) -> str:
        """Say in a few words how the register is; raise when it is down."""
        ...


@dataclass(frozen=True, kw_only=True)
class DroppedFile:
    """A file that a register dropped for us.

    :ivar signature: the register's Ed25519 signature from the file beside it; None: there is none
    """

    name: str
    content: bytes = field(repr=False)
    signature: bytes | None = None


class RegisterFiles(Protocol):
    """A place where registers drop their files."""

    def waiting(self) -> Sequence[DroppedFile]:
        """Return the files that wait, in the order of their names.

        :raises OSError: the place can't be read
        """
        ...

    def put_away(self, name: str, taken: bool) -> None:
        """Move a file to those that were taken, or to those that were refused."""
        ...

    def is_signed(self, content: bytes, signature: bytes) -> bool:
        """Tell whether a register signed these bytes; False where the city has no key of it."""
        ...

    def check(self) -> str:
        """Say in a few words how the place is; raise when it can't be read."""
        ...


@dataclass(frozen=True, kw_only=True)
class HouseholdEntry:
    """A person to enter in a demo household register.

    :ivar detail: what an answer brings along; see ``RegisterAnswer``
    :ivar answer: None: as the facts say; ``unknown``: the register never makes up its mind
    """

    id_number: str
    name: str
    birth_on: dt.date
    detail: dict[str, Any] = field(default_factory=dict)
    answer: Answer | None = None


@dataclass(frozen=True, kw_only=True)
class StatusEntry:
    """A status to enter in a demo register; a person without an entry does not have it."""

    id_number: str
    status: str
    answer: Answer = "yes"
    detail: dict[str, Any] = field(default_factory=dict)


class DemoRegisters(Protocol):
    """Demo cities and tests only: fills the invented registers, and breaks them on purpose."""

    def enter_people(self, entries: Sequence[HouseholdEntry]) -> None:
        """Enter people in the household register; a person entered again is replaced."""
        ...

    def enter_statuses(self, entries: Sequence[StatusEntry]) -> None:
        """Enter statuses; one entered again is replaced."""
        ...

    def enter_changes(self, register: str, rows: Sequence[Mapping[str, str]]) -> None:
        """Enter changes that the register will tell by itself; ``change_no`` names each."""
        ...

    def switch(self, register: str, state: str) -> None:
        """Set a register (``household``, ``status`` or ``changes``) ``up``, ``down`` or
        ``hanging``."""
        ...

    def states(self) -> dict[str, str]:
        """Return how each register is switched."""
        ...
