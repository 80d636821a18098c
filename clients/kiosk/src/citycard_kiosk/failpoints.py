"""Places where a rehearsal may cut the power: the process ends at once, as by kill -9."""

import os
import signal

_WANTED = os.environ.get("CITYCARD_FAILPOINT", "")


def reach(place: str) -> None:
    """End this process here, if a rehearsal asks for it (once, if it names a file to remember
    by).
    """
    if _WANTED and place == _WANTED and _is_first():
        os.kill(os.getpid(), signal.SIGKILL)


def _is_first() -> bool:
    once = os.environ.get("CITYCARD_FAILPOINT_ONCE")
    if not once:
        return True
    try:
        os.close(os.open(once, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True
