"""Who uses the server now: a shared file lock, which the kernel drops when its holder dies."""

import fcntl
import os
from pathlib import Path


class Lease:
    """A hold on one lock file, shared while using the server, exclusive while stopping it."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def share(self) -> None:
        """Say that we use the server; waits while somebody is stopping it."""
        fcntl.flock(self._file, fcntl.LOCK_SH)

    def take_if_last(self) -> bool:
        """Return whether nobody else uses the server; if so nobody can begin to until we let go."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        os.close(self._file)
