"""One city's server: made once, started or attached to, left; who leaves last stops it."""

import contextlib
import math
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psycopg

from citycard.infra.postgres import roles
from citycard.infra.postgres.account import Account, server_account
from citycard.infra.postgres.binaries import find_binaries, major_version
from citycard.infra.postgres.errors import PostgresProblem
from citycard.infra.postgres.lease import Lease
from citycard.infra.postgres.others import command_of, kill_family, plain_environment
from citycard.infra.postgres.place import SOCKET_NAME, Place, make_directory
from citycard.infra.postgres.replacing import finish_replacing, note_replaced
from citycard.infra.postgres.shelf import Shelf
from citycard.infra.postgres.tuning import configuration

START_WITHIN_S = 60.0  # covers recovery after a crash
STOP_WITHIN_S = 60.0


class Cluster:
    """The PostgreSQL of one place.

    >>> cluster = Cluster(place_of("city"))
    >>> cluster.start()        # or attaches to the running one
    >>> cluster.app_url()      # for DATABASE_URL
    >>> cluster.leave()        # stops it, if nobody else uses it
    """

    def __init__(
        self,
        place: Place,
        *,
        durable: bool = True,
        linger_s: float = 0.0,
        archives: bool = True,
        shelf: Shelf | None = None,
        binaries: Path | None = None,
    ) -> None:
        """Name the server; nothing is made or started yet.

        :param archives: False for a copy that must not write into the city's archive
        :param shelf: where the archive stands, if not in the place's own backups
        :param binaries: the server's, where they were found before
        """
        self.place = place
        self.durable = durable
        self.linger_s = linger_s
        self.archives = archives
        self.shelf = shelf or Shelf(directory=place.backups)
        self.account: Account = server_account()
        self._lease: Lease | None = None
        self._bin = binaries

    @property
    def bin(self) -> Path:
        """The directory of the server's binaries (psql, pg_dump and pgbench lie there too)."""
        if self._bin is None:
            self._bin = find_binaries(root=self.place.root, account=self.account)
        return self._bin

    def start(self) -> None:
        """Make the server if it's new, start it if it isn't running, and hold a lease on it.

        :raises PostgresProblem: it can't be made or started; the message has the server's words.
        """
        self._share()
        with one_at_a_time(self.place.directory / "start.lock"):
            self.prepare_directories()
            if not (self.place.data / "PG_VERSION").is_file():
                finish_replacing(self.place)
            if not (self.place.data / "PG_VERSION").is_file():
                self._initialise()
            note_replaced(self.place, self.shelf)
            if self.pid() is None:
                self._launch(self._archiving(), within_s=START_WITHIN_S)
            roles.prepare_server(self.admin_url(), self._passwords())

    def recover(self, settings: Mapping[str, str], tell: Callable[[], None]) -> None:
        """Start on data that recovers from an archive, and wait until it has; leave as usual.

        :param settings: what to recover, and who may connect meanwhile
        :param tell: called now and then while it lasts, which may be hours
        :raises PostgresProblem: it gave up; `place.log` has the server's words
        """
        self._share()
        self._launch({**self._archiving(), **settings}, within_s=None, tell=tell)

    def archive_anew(self) -> None:
        """Let the running server take up (or give up) archiving, as the shelf now stands.

        :raises PostgresProblem: it was started without any archiving
        """
        self._configure(self._archiving())
        with psycopg.connect(self.admin_url(), autocommit=True) as connection:
            row = connection.execute("SHOW archive_mode").fetchone()
            if row is None or row[0] == "off":
                raise PostgresProblem(
                    "The server was started without archiving; stop the city and start it again."
                )
            connection.execute("SELECT pg_reload_conf()")

    def leave(self) -> None:
        """Let go of the server; whoever leaves last stops it (later, where it lingers)."""
        if self._lease is None:
            return
        self._lease.release()
        if self.linger_s == 0 and self._lease.take_if_last():
            self._stop(signal.SIGINT)
        self._lease.close()
        self._lease = None

    @contextlib.contextmanager
    def running(self) -> Iterator["Cluster"]:
        """Have the server for a while: start or attach, then leave."""
        self.start()
        try:
            yield self
        finally:
            self.leave()

    def kill(self) -> None:
        """Kill the server at once, as a power cut would; for fault tests.

        All of it: a session outlives its server by a moment, and would still answer in it.
        """
        pid = self.pid()
        for one in kill_family(pid) if pid is not None else ():
            self._wait_until_gone(one, STOP_WITHIN_S)

    def pid(self) -> int | None:
        """Return the running server's process id, or None; forget a pid that is now another's."""
        pid_file = self.place.data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None
        command = command_of(pid)
        if command is None:
            return None  # dead; PostgreSQL itself clears the file and checks the shared memory
        if str(self.place.data) in command:
            return pid
        for stale in (pid_file, self.place.run / f"{SOCKET_NAME}.lock"):
            stale.unlink(missing_ok=True)
        return None

    def app_url(self, database: str = roles.DATABASE) -> str:
        """Return the application role's address."""
        return self._url(roles.APP_ROLE, database)

    def owner_url(self, database: str = roles.DATABASE) -> str:
        """Return the owner's address, for migrations."""
        return self._url(roles.OWNER_ROLE, database)

    def admin_url(self, database: str = "postgres") -> str:
        """Return the superuser's address; for this supervisor and for test clusters."""
        return self._url(roles.ADMIN_ROLE, database)

    def _url(self, role: str, database: str) -> str:
        return roles.url(role, self._passwords()[role], database, self.place.run)

    def _passwords(self) -> dict[str, str]:
        return roles.read_passwords(self.place.passwords)

    def _share(self) -> None:
        make_directory(self.place.directory, mode=0o755)
        if self._lease is None:
            self._lease = Lease(self.place.lease)
        self._lease.share()

    def _archiving(self) -> dict[str, str]:
        if not (self.durable and self.archives):
            return {}
        return self.shelf.archive.settings()

    def prepare_directories(self) -> None:
        """Make what lies around the data: keys' directory, socket's directory, passwords.

        :raises PostgresProblem: the socket's directory belongs to somebody else
        """
        make_directory(self.place.keys, mode=0o700)
        run = self.place.run
        if not run.is_dir():
            make_directory(run, mode=0o700)
            self.account.give(run)
        owner = run.lstat().st_uid
        if run.is_symlink() or owner not in {os.geteuid(), self.account.uid}:
            raise PostgresProblem(f"{run} belongs to somebody else; remove it.")
        if not self.place.passwords.exists():
            roles.write_passwords(self.place.passwords)

    def _initialise(self) -> None:
        making = self.place.directory / "data.making"
        if making.exists():
            subprocess.run(["rm", "-rf", making], check=True)
        make_directory(making, mode=0o700)
        self.account.give(making)
        password_file = self.place.run / f"password-{secrets.token_hex(8)}"
        descriptor = os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(self._passwords()[roles.ADMIN_ROLE])
        self.account.give(password_file)
        try:
            self._initdb(making, password_file)
        finally:
            password_file.unlink()
        with (making / "postgresql.conf").open("a") as file:
            file.write("include 'citycard.conf'\n")
        making.rename(self.place.data)

    def _initdb(self, target: Path, password_file: Path) -> None:
        command: list[str | Path] = [
            self.bin / "initdb",
            f"--pgdata={target}",
            f"--username={roles.ADMIN_ROLE}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            *locale_options(major_version(self.bin)),
        ]
        if not self.durable:
            command.append("--no-sync")
        made = subprocess.run(
            command,
            capture_output=True,
            text=True,
            cwd="/",
            env=plain_environment(),
            **self.account.for_subprocess(),
        )
        if made.returncode != 0:
            raise PostgresProblem(f"initdb could not make {target}:\n{made.stderr.strip()}")

    def _configure(self, more: Mapping[str, str]) -> None:
        settings = self.place.data / "citycard.conf"
        settings.write_text(
            configuration(
                socket_directory=self.place.run,
                durable=self.durable,
                free=shutil.disk_usage(self.place.data).free,
                more=more,
            )
        )
        settings.chmod(0o600)
        self.account.give(settings)

    def _launch(
        self,
        more: Mapping[str, str],
        *,
        within_s: float | None,
        tell: Callable[[], None] = lambda: None,
    ) -> None:
        self._configure(more)
        deadline = time.monotonic() + (math.inf if within_s is None else within_s)
        while True:
            with self.place.log.open("w") as log:
                keeper = subprocess.Popen(
                    [
                        *(sys.executable, "-m", "citycard.infra.postgres.keeper"),
                        *(self.bin / "postgres", self.place.data, self.place.lease),
                        str(self.linger_s),
                    ],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd="/",
                    env=plain_environment(),
                    start_new_session=True,
                )
            if self._wait_until_ready(keeper, deadline, tell):
                return
            # After a kill -9 the dead server's last children need a moment to notice.
            said = self.place.log.read_text()
            lingering = "still in use" in said or "already exists" in said
            if within_s is None or not lingering or time.monotonic() > deadline:
                raise PostgresProblem(f"PostgreSQL didn't start in {self.place.data}:\n{said}")
            time.sleep(0.2)

    def _wait_until_ready(
        self, keeper: "subprocess.Popen[bytes]", deadline: float, tell: Callable[[], None]
    ) -> bool:
        while time.monotonic() < deadline:
            if keeper.poll() is not None:
                return False
            if self._is_ready():
                # Not ours to wait for: it outlives us when others use the server.
                keeper.returncode = 0
                return True
            tell()
            time.sleep(0.02)
        return False

    def _is_ready(self) -> bool:
        with contextlib.suppress(FileNotFoundError):
            lines = (self.place.data / "postmaster.pid").read_text().splitlines()
            return len(lines) >= 8 and lines[7].strip() == "ready" and self.pid() is not None
        return False

    def _stop(self, how: signal.Signals) -> None:
        pid = self.pid()
        if pid is None:
            return
        os.kill(pid, how)
        if not self._wait_until_gone(pid, STOP_WITHIN_S):
            os.kill(pid, signal.SIGQUIT)
            self._wait_until_gone(pid, STOP_WITHIN_S)

    def _wait_until_gone(self, pid: int, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if command_of(pid) is None:
                return True
            time.sleep(0.02)
        return False


def locale_options(major: int) -> list[str]:
    """Return initdb's locale options: the builtin provider where there is one (17 and later)."""
    if major >= 18:
        return ["--locale-provider=builtin", "--builtin-locale=PG_UNICODE_FAST", "--locale=C"]
    if major == 17:
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    return ["--locale=C.UTF-8"]


@contextlib.contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Let one process of this machine at a time through, by a lock on the file `path`."""
    lock = Lease(path)
    while not lock.take_if_last():
        time.sleep(0.02)
    try:
        yield
    finally:
        lock.close()
