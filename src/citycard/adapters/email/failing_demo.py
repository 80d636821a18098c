"""A mail relay that always fails, each in one way."""

from collections.abc import Sequence
from typing import Literal

from citycard.identity.ports import Email, EmailResult

Way = Literal["down", "later", "refused"]


class FailingMailRelay:
    """Is down, puts every mail off, or refuses every address for good."""

    def __init__(self, way: Way = "down") -> None:
        self._way = way

    def send(self, emails: Sequence[Email]) -> Sequence[EmailResult]:
        """Fail.

        :raises OSError: when it is down
        """
        if self._way == "down":
            raise ConnectionRefusedError("the relay refuses")
        return [EmailResult(key=one.key, result=self._way, why="demo") for one in emails]

    def check(self) -> str:
        """Raise: it is down."""
        raise ConnectionRefusedError("the relay refuses")
