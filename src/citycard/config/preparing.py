"""What stands between a started database and open doors: schema, texts, static files, pack, city.

Each step first asks whether there is anything to do, so that a second start is quick.
"""

import compileall
import hashlib
import importlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg

from citycard.config import migrating
from citycard.config.apps import present
from citycard.config.instance import Instance
from citycard.infra import journal
from citycard.infra.postgres import roles

PACKAGE = Path(__file__).resolve().parents[1]
Say = Callable[[str], None]


class NotPrepared(Exception):
    """A step before opening failed; the message says which and why."""


def migrate(instance: Instance, say: Say) -> bool:
    """Bring the schema up to date; return whether anything was pending.

    :raises NotPrepared: something is pending and the owner's address isn't known
    :raises MigrationFailed: a migration did not go through
    """
    changed = not migrating.is_current(instance.app_url())
    if changed:
        owner_url = instance.owner_url()
        if not owner_url:
            raise NotPrepared(
                "The database's schema isn't this version's. Name its owner in "
                "MIGRATE_DATABASE_URL (DATABASE_URL is the application's role, which may not "
                "change tables)."
            )
        migrating.migrate(owner_url, say=say)
    with psycopg.connect(instance.app_url()) as connection:
        journal.begin_generation_if_restored(connection)
    return changed


def compile_code() -> None:
    """Compile modules that changed, once, instead of in each process that is about to start."""
    compileall.compile_dir(PACKAGE, quiet=2)


def compile_texts() -> None:
    """Compile catalogues of texts that are newer than what was compiled from them."""
    if present("citycard.infra.web.texts"):
        importlib.import_module("citycard.infra.web.texts").compile_catalogues()


def collect_static_files(instance: Instance) -> bool:
    """Collect static files where one of them changed; return whether any did.

    :raises NotPrepared: Django refused; with its words
    """
    target = instance.place.root / "static"
    known = target / "sources"
    wanted = _static_fingerprint()
    if known.is_file() and known.read_text() == wanted:
        return False
    done = subprocess.run(
        [sys.executable, "-m", "django", "collectstatic", "--no-input", "--clear", "-v", "0"],
        env=os.environ | {"CITYCARD_DB_POOL": "0"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise NotPrepared(f"Static files could not be collected:\n{done.stderr.strip()}")
    known.write_text(wanted)
    return True


def activate_pack() -> bool:
    """Load the city's pack and make it the active one; return False where it was. Django is set up.

    :raises PackError: with file, line and the nearest known word
    """
    from citycard.flows import activating
    from citycard.infra import clock
    from citycard.infra.packs import current_pack

    return activating.activate(pack=current_pack(), now=clock.now())


def has_no_staff() -> bool:
    """Tell whether nobody can sign in as staff yet. Django is set up."""
    from citycard.agencies import api as agencies

    return not agencies.staff_of()


def build_demo_city(instance: Instance, *, progress: Any, **wishes: Any) -> bool:
    """Build the demo city unless there are residents already; return whether it was built.

    :param wishes: residents, seed, on
    """
    simulation = find_simulation()
    if simulation is None or simulation.has_city():
        return False
    unfinished(instance).touch()
    simulation.build_city(progress=progress, **wishes)
    unfinished(instance).unlink()
    return True


def unfinished(instance: Instance) -> Path:
    """Return the file that is there while a demo city is being built."""
    return instance.place.directory / "demo-unfinished"


def discard_unfinished_city(instance: Instance) -> bool:
    """Empty the database when building its demo city was interrupted; return whether it was.

    :raises NotPrepared: the database is the operator's own: we don't empty that
    """
    if not unfinished(instance).exists():
        return False
    if instance.cluster is None:
        raise NotPrepared(
            "Building the demo city in the database of DATABASE_URL was interrupted. Empty that "
            f"database and remove {unfinished(instance)}."
        )
    roles.make_database_anew(instance.cluster.admin_url())
    unfinished(instance).unlink()
    return True


def find_simulation() -> Any | None:
    """Return the simulation's face, or None in a build without it."""
    if not present("citycard.simulation.api"):
        return None
    return importlib.import_module("citycard.simulation.api")


def _static_fingerprint() -> str:
    digest = hashlib.sha256(b"hashed names, compressed\n")
    for path in _static_sources():
        about = path.stat()
        digest.update(f"{path} {about.st_size} {about.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _static_sources() -> Iterator[Path]:
    import django_htmx

    for directory in (PACKAGE, Path(django_htmx.__file__).parent):
        for static in sorted(directory.glob("**/static")):
            yield from sorted(path for path in static.rglob("*") if path.is_file())
