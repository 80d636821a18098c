"""A household register that always fails, each in one way, so that failure can be shown and
tested.
"""

import time
from collections.abc import Sequence
from typing import Literal, NoReturn

from citycard.people.ports import ChangePage, RegisterAnswer, RegisterQuestion

Way = Literal["refuses", "hangs", "breaks_off", "talks_nonsense"]


class FailingHouseholdRegister:
    """Fails at every look-up: refuses, hangs for ``hangs_s``, breaks off half-way, or answers
    others' questions.
    """

    def __init__(self, way: Way = "refuses", hangs_s: float = 60.0) -> None:
        self._way = way
        self._hangs_s = hangs_s

    def look_up(self, questions: Sequence[RegisterQuestion]) -> Sequence[RegisterAnswer]:
        """Fail.

        :raises OSError: always, but for nonsense
        """
        if self._way == "talks_nonsense":
            return [RegisterAnswer(query_id=-1, answer="yes") for _ in questions]
        _fail(self._way, self._hangs_s)

    def check(self) -> str:
        """Raise: it is down."""
        raise ConnectionRefusedError("the register refuses")


class FailingRegisterChanges:
    """A register that tells its changes, and always fails in one way.

    ``talks_nonsense``: it answers with rows that no register could mean.
    """

    def __init__(self, way: Way = "refuses", hangs_s: float = 60.0) -> None:
        self._way = way
        self._hangs_s = hangs_s

    def changes_after(
        self, register: str, cursor: str, limit: int, purpose: str, ground: str
    ) -> ChangePage:
        """Fail.

        :raises OSError: always, but for nonsense
        """
        if self._way == "talks_nonsense":
            return ChangePage(rows=[{"change_no": "1", "kind": "?"}], cursor="1", more=False)
        _fail(self._way, self._hangs_s)

    def check(self) -> str:
        """Raise: it is down."""
        raise ConnectionRefusedError("the register refuses")


class NoRegisterChanges:
    """No gateway is set: there is never anything new."""

    def changes_after(
        self, register: str, cursor: str, limit: int, purpose: str, ground: str
    ) -> ChangePage:
        """Return an empty page."""
        return ChangePage(rows=[], cursor=cursor, more=False)

    def check(self) -> str:
        """Say that none is set."""
        return "no gateway is set"


def _fail(way: Way, hangs_s: float) -> NoReturn:
    """Be as silent as a register can be."""
    if way == "hangs":
        time.sleep(hangs_s)
        raise TimeoutError("the register hung")
    if way == "breaks_off":
        raise ConnectionResetError("the register broke off")
    raise ConnectionRefusedError("the register refuses")
