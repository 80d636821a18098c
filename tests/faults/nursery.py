"""Keeps a program ready and brings it to life as often as asked, each time as a child of its own.

A start costs milliseconds instead of the seconds in which a process reads all of its code, and a
child that is killed is as dead as any other. ``python -m tests.faults.nursery MODULE`` calls the
module's ``main`` for every line on its input, which is the child's environment as JSON, and
answers with the child's number.
"""

import importlib
import json
import os
import signal
import sys
import traceback
from types import ModuleType

FAILPOINTS = ("citycard.infra.failpoints", "citycard_kiosk.failpoints")


def main() -> None:
    """Bring up children until there are no more orders; none outlives a kill of its group."""
    program = importlib.import_module(sys.argv[1])
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how a child ended
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _live(program, json.loads(line))
        print(child, flush=True)


def _live(program: ModuleType, environment: dict[str, str]) -> None:
    try:
        os.setsid()
        os.close(sys.stdin.fileno())
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what it says is no answer of ours
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        sys.argv = [program.__name__]
        os.environ.update(environment)
        for name in FAILPOINTS:
            if name in sys.modules:
                sys.modules[name]._WANTED = environment.get("CITYCARD_FAILPOINT", "")  # type: ignore[attr-defined]
        program.main()
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        os._exit(1)


if __name__ == "__main__":
    main()
