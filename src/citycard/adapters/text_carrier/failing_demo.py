"""A carrier that always fails, each in one way."""

from collections.abc import Sequence
from typing import Literal

from citycard.notify.ports import TextMessage, TextResult

Way = Literal["down", "later", "refused"]


class FailingTextCarrier:
    """Is down, puts every message off, or refuses every number for good."""

    def __init__(self, way: Way = "down") -> None:
        self._way = way

    def send(self, texts: Sequence[TextMessage]) -> Sequence[TextResult]:
        """Fail.

        :raises OSError: when it is down
        """
        if self._way == "down":
            raise ConnectionRefusedError("the carrier refuses")
        return [TextResult(key=one.key, result=self._way, why="demo") for one in texts]

    def check(self) -> str:
        """Raise: it is down."""
        raise ConnectionRefusedError("the carrier refuses")
