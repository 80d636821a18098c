"""Run a program that ends when its parent ends, however the parent ends.

`python -I -S leash.py <parent's pid> <program> <arguments>…`: asks the kernel to send SIGTERM when
the parent dies (kill -9 too), then becomes the program. Linux only; elsewhere it just runs it.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1


def on(command: Sequence[str | os.PathLike[str]]) -> list[str]:
    """Return the command line that runs a program on our leash."""
    ours = (sys.executable, "-I", "-S", __file__, str(os.getpid()))
    return [*ours, *(os.fspath(word) for word in command)]


def main() -> None:
    """Put the leash on and become the program."""
    parent, program = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before the leash was on
        sys.exit(0)
    os.execvp(program[0], program)  # noqa: S606 - the supervisor's own command line


if __name__ == "__main__":
    main()
