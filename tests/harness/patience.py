"""How long a test waits for what comes by itself: one answer for all of them.

A machine may be slow, and busy with other things: that something came late says nothing about the
code. So whoever waits for it waits by this and by no number of its own. It costs nothing where it
comes; where it never does, the test fails all the same.
"""

import time
from collections.abc import Callable
from typing import Any

PATIENCE_S = 300.0


def wait_until(holds: Callable[[], Any], *, what: str = "", every_s: float = 0.05) -> Any:
    """Return what `holds` returns once it is true; fail when it never is.

    :param what: what is waited for, in words, for who reads the failure
    """
    deadline = time.monotonic() + PATIENCE_S
    while not (found := holds()):
        assert time.monotonic() < deadline, f"waited {PATIENCE_S:.0f} s in vain: {what or holds}"
        time.sleep(every_s)
    return found
