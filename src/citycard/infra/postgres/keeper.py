"""The process above the server: `python -m citycard.infra.postgres.keeper`.

It starts `postgres` as the right account and waits. When nobody has held a lease for `linger_s`
seconds (everybody left, or was killed) it stops the server, so that nothing is orphaned.
"""

import contextlib
import signal
import subprocess
import sys
import time
from pathlib import Path

from citycard.infra.postgres.account import server_account
from citycard.infra.postgres.lease import Lease

LOOK_EVERY_S = 0.5
FAST_SHUTDOWN = signal.SIGINT  # roll back, disconnect everybody, checkpoint


def keep(*, postgres: str, data: str, lease_file: Path, linger_s: float) -> int:
    """Run the server until it ends or has been unused for `linger_s`; return its exit code."""
    server = subprocess.Popen(
        [postgres, "-D", data],
        stdin=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
        **server_account().for_subprocess(),
    )
    lease = Lease(lease_file)
    unused_since: float | None = None
    while server.poll() is None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(LOOK_EVERY_S)
        if not lease.take_if_last():
            unused_since = None
            continue
        unused_since = unused_since or time.monotonic()
        if time.monotonic() - unused_since >= linger_s and server.poll() is None:
            server.send_signal(FAST_SHUTDOWN)
            server.wait()
        lease.release()
    return server.returncode


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that shows progress
    _, postgres_path, data_path, lease_path, linger = sys.argv
    sys.exit(
        keep(
            postgres=postgres_path,
            data=data_path,
            lease_file=Path(lease_path),
            linger_s=float(linger),
        )
    )
