"""A city lives on every PostgreSQL that we promise: a small one is built, lives its weeks and
proves itself on the oldest server whose programs this machine has."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from citycard.infra.postgres.binaries import OLDEST_SUPPORTED, major_version
from citycard.infra.postgres.place import state_root

NEWEST = 18
DEBIAN = "/usr/lib/postgresql/{major}/bin"


def older_servers() -> list[Path]:
    found = (Path(DEBIAN.format(major=n)) for n in range(OLDEST_SUPPORTED, NEWEST))
    return [one for one in found if (one / "postgres").is_file()]


def citycard(environment: dict[str, str], *said: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "citycard.config.command", *said],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{said}: {done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.slow
@pytest.mark.skipif(
    not older_servers(),
    reason=f"no PostgreSQL {OLDEST_SUPPORTED} to {NEWEST - 1} on this machine "
    f"(apt-get install postgresql-{OLDEST_SUPPORTED})",
)
@pytest.mark.parametrize("city", ["taipei", "taoyuan"])
def test_a_city_is_built_and_proves_itself_on_an_older_server(city: str) -> None:
    oldest = older_servers()[0]
    assert OLDEST_SUPPORTED <= major_version(oldest) < NEWEST
    state = state_root() / f"older-{os.getpid()}"
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CITYCARD_", "DATABASE"))}
    kept.pop("MIGRATE_DATABASE_URL", None)
    environment = kept | {
        "CITYCARD_STATE": str(state),
        "CITYCARD_POSTGRES_BIN": str(oldest),
        "CITYCARD_CITY": city,
        "CITYCARD_DEMO": "1",
    }
    try:
        citycard(environment, "migrate")
        citycard(environment, "demo", "--residents", "60")
        citycard(environment, "verify")
    finally:
        shutil.rmtree(state, ignore_errors=True)
