"""Where a city's state lies: data, keys, passwords, socket, and what one clone's cities share."""

import hashlib
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 107  # bytes; sockaddr_un on Linux holds 108 with the closing zero


@dataclass(frozen=True, kw_only=True)
class Place:
    """The directories of one city in the state directory of one clone."""

    root: Path
    city: str

    @property
    def directory(self) -> Path:
        return self.root / self.city

    @property
    def data(self) -> Path:
        return self.directory / "data"

    @property
    def keys(self) -> Path:
        return self.directory / "keys"

    @property
    def passwords(self) -> Path:
        return self.directory / "passwords.json"

    @property
    def lease(self) -> Path:
        return self.directory / "lease"

    @property
    def log(self) -> Path:
        return self.directory / "start.log"

    @property
    def backups(self) -> Path:
        """The city's backups: beside the data, or in a directory of its own in CITYCARD_BACKUPS."""
        given = os.environ.get("CITYCARD_BACKUPS")
        return (
            Path(given).expanduser().resolve() / self.city if given else self.directory / "backups"
        )

    @property
    def run(self) -> Path:
        """The socket's directory: beside the data, or a short one where that path is too long."""
        beside = self.directory / "run"
        if len(os.fsencode(beside / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
            return beside
        short = Path("/tmp")  # noqa: S108 - a name of ours below it; its rights are checked
        return short / f"citycard-{os.geteuid()}-{_digest(str(beside))}"


def place_of(city: str) -> Place:
    """Return the place of `city` in this clone's state directory; nothing is made yet."""
    return Place(root=state_root(), city=city)


def state_root() -> Path:
    """Return CITYCARD_STATE, or a directory named for this clone under the account's state.

    For root that is /var/lib/citycard: a home that others can't enter could not hold the data of
    a server that runs as another user.
    """
    given = os.environ.get("CITYCARD_STATE")
    if given:
        return Path(given).expanduser().resolve()
    if os.geteuid() == 0:
        base = Path("/var/lib")
    else:
        base = Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state").expanduser()
    return base / "citycard" / clone_id()


def clone_id() -> str:
    """Return a short name for this clone (or, for an installed wheel, this environment)."""
    home = project_root() or Path(sys.prefix)
    name = re.sub(r"[^a-z0-9]+", "-", home.name.lower()).strip("-") or "city"
    return f"{name[:20]}-{_digest(str(home))}"


def project_root() -> Path | None:
    """Return the clone that this code runs from, or None when it was installed from a wheel."""
    for parent in Path(__file__).resolve().parents:
        if (parent / "pyproject.toml").is_file() and (parent / "src" / "citycard").is_dir():
            return parent
    return None


def make_directory(path: Path, *, mode: int) -> None:
    """Make a directory with exactly this mode; parents that are missing become 0755."""
    if path.is_dir():
        return
    if not path.parent.is_dir():
        make_directory(path.parent, mode=0o755)
    path.mkdir(mode=mode, exist_ok=True)
    path.chmod(mode)  # the umask may have taken bits away


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
