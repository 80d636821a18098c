"""The line in which uploads wait for a writer: short ones first, large ones in turn by reader."""

import threading
from collections import deque
from collections.abc import Sequence
from typing import Any, Generic, Protocol, TypeVar

SHORT = 8
"""An upload of so many taps is somebody at a door, and not a reader's backlog."""


class Waits(Protocol):
    """What stands in the line."""

    @property
    def reads(self) -> Sequence[Any]:
        """The taps."""

    @property
    def reader(self) -> int:
        """Whose they are."""


Upload = TypeVar("Upload", bound=Waits)


class Line(Generic[Upload]):
    """Uploads in the order in which they are written; any thread may add and take.

    While large uploads wait, short ones take half a batch at most, and large ones are taken reader
    by reader: the backlog of one holds up neither who stands at a door nor the other readers.
    """

    def __init__(self) -> None:
        self._short: deque[Upload] = deque()
        self._large: dict[int, deque[Upload]] = {}
        self._changed = threading.Condition()
        self._closed = False

    def add(self, upload: Upload) -> None:
        """Let an upload wait."""
        with self._changed:
            if len(upload.reads) <= SHORT:
                self._short.append(upload)
            else:
                self._large.setdefault(upload.reader, deque()).append(upload)
            self._changed.notify()

    def close(self) -> None:
        """Let nobody wait for more, once what waits is taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def __len__(self) -> int:
        return len(self._short) + len(self._large)

    def wait(self) -> bool:
        """Wait until an upload waits; False: there will be none."""
        with self._changed:
            while not self._short and not self._large and not self._closed:
                self._changed.wait()
            return bool(self._short or self._large)

    def take(self, most: int) -> list[Upload]:
        """Take a batch of so many taps at most; an upload is never divided."""
        with self._changed:
            taken, room = self._some(most // 2 if self._large else most)
            room += most - most // 2 if self._large else 0
            more = True
            while more:
                fits = [r for r, mine in self._large.items() if len(mine[0].reads) <= room]
                more = bool(fits)
                if more:
                    taken.append(self._next_of(fits[0]))
                    room -= len(taken[-1].reads)
            rest, _ = self._some(room)
            return taken + rest

    def _some(self, room: int) -> tuple[list[Upload], int]:
        taken: list[Upload] = []
        while self._short and len(self._short[0].reads) <= room:
            upload = self._short.popleft()
            room -= len(upload.reads)
            taken.append(upload)
        return taken, room

    def _next_of(self, reader: int) -> Upload:
        """Take a reader's next upload; the reader goes to the end."""
        mine = self._large.pop(reader)
        upload = mine.popleft()
        if mine:
            self._large[reader] = mine
        return upload
