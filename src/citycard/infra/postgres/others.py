"""Other processes: what those that we start may know, and what runs under a process id."""

import contextlib
import os
import signal
import subprocess
from pathlib import Path


def plain_environment() -> dict[str, str]:
    """Return a small environment: no PG* variable of the caller's may steer the server."""
    kept = {"PATH", "HOME", "CITYCARD_POSTGRES_USER", "PYTHONPATH", "LD_LIBRARY_PATH"}
    return {k: v for k, v in os.environ.items() if k in kept} | {"LC_ALL": "C", "TZ": "UTC"}


def command_of(pid: int) -> str | None:
    """Return the command line of a living process, or None (also for a zombie)."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):  # gone before, or while it was being read
        return None if Path("/proc/self").exists() else _command_by_ps(pid)
    return command.replace(b"\0", b" ").decode(errors="replace") or None


def kill_family(pid: int) -> list[int]:
    """Kill a process and what it started, all at once, and return them; they end a moment later."""
    os.kill(pid, signal.SIGSTOP)  # it starts nothing any more
    family = [pid, *_children_of(pid)]
    for one in family:
        with contextlib.suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)
    return family


def _children_of(pid: int) -> list[int]:
    """Return the processes that a process started and that still live; none where /proc isn't."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = stat.read_text().rpartition(")")[2].split()  # a name may hold spaces
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(words[1]) == pid:
            found.append(int(stat.parent.name))
    return found


def _command_by_ps(pid: int) -> str | None:
    said = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True)
    return said.stdout.strip() or None
