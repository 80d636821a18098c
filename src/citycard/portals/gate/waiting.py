"""The line in which uploads wait for a writer: short ones first, large ones in turn by reader."""

import threading
from collections import deque
from collections.abc import Sequence
from typing import Any, Generic, Protocol, TypeVar

SHORT = 8
"""An upload of so many taps is somebody at a door, and not a reader's backlog."""

MANY = 100
"""So many taps are worth a batch of their own beside another one: most of what a batch costs is the
batch's and not the tap's, so fewer wait for the end of the one that is being written."""


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

    One writer takes whatever waits; helpers take when many wait. One at a time gathers.
    """

    def __init__(self) -> None:
        self._short: deque[Upload] = deque()
        self._large: dict[int, deque[Upload]] = {}
        self._taps = 0
        self._gathers = False
        self._closed = False
        self._lock = threading.Lock()
        self._some_wait = threading.Condition(self._lock)
        self._many_wait = threading.Condition(self._lock)

    def add(self, upload: Upload) -> None:
        """Let an upload wait."""
        with self._lock:
            if len(upload.reads) <= SHORT:
                self._short.append(upload)
            else:
                self._large.setdefault(upload.reader, deque()).append(upload)
            self._taps += len(upload.reads)
            self._tell()

    def close(self) -> None:
        """Let nobody wait for more, once what waits is taken."""
        with self._lock:
            self._closed = True
            self._some_wait.notify_all()
            self._many_wait.notify_all()

    def __len__(self) -> int:
        return len(self._short) + len(self._large)

    def wait(self, *, helping: bool = False) -> bool:
        """Wait until there is something to gather, and begin to; False: there will be nothing.

        :param helping: gather only when many wait
        """
        least, changed = (MANY, self._many_wait) if helping else (1, self._some_wait)
        with self._lock:
            while self._gathers or self._taps < least:
                if self._closed and (helping or not self._taps):
                    return False
                changed.wait()
            self._gathers = True
            return True

    def _tell(self) -> None:
        """Wake who may gather what waits."""
        if not self._gathers:
            self._some_wait.notify()
            if self._taps >= MANY:
                self._many_wait.notify()

    def take(self, most: int) -> list[Upload]:
        """Take a batch of so many taps at most, and let others gather; an upload is never
        divided."""
        with self._lock:
            taken, room = self._some(most // 2 if self._large else most)
            room += most - most // 2 if self._large else 0
            more = True
            while more:
                fits = [r for r, mine in self._large.items() if len(mine[0].reads) <= room]
                more = bool(fits)
                if more:
                    taken.append(self._next_of(fits[0]))
                    room -= len(taken[-1].reads)
            taken += self._some(room)[0]
            self._taps -= sum(len(upload.reads) for upload in taken)
            self._gathers = False
            self._tell()
            return taken

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
