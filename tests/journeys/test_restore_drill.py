"""A restore drill: what was posted before the moment is there, what came after is not, all proved.

HOUSE.md §4: "a restore starts a new generation"; §7: a city on an embedded PostgreSQL.
"""

import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from citycard.config.restoring import UP_LOCK
from citycard.infra.crypto import make_keys
from citycard.infra.postgres.lease import Lease
from citycard.infra.postgres.place import Place, state_root
from tests.harness.live import five_free_ports
from tests.harness.patience import PATIENCE_S

pytestmark = pytest.mark.slow
CITY = "taoyuan"
PASSPHRASE = "a long walk by the Dahan river"

INSIDE = f"""
import datetime as dt, json, os, sys
from citycard.config import instance
with instance.running({CITY!r}) as here:
    instance.set_up_django()
    from citycard.infra import clock
    from citycard.infra.database import rows, scalar
    from citycard.infra.unit_of_work import unit_of_work
    from citycard.kernel.actors import SYSTEM
    from citycard.kernel.ids import fact_key
    from citycard.ledger import api as ledger
    UNIT, HOLDER, NOW = "health-points", 900_001, clock.now()
    def award(what, amount):
        with unit_of_work():
            fund = ledger.open_fund(
                agency="health", campaign_ref="drill", unit=UNIT, actor=SYSTEM, now=NOW)
            lot = ledger.member(holder=HOLDER, unit=UNIT, fund=fund, expires_on=None)
            began = clock.city_time().midnight(clock.today().replace(day=1))
            ledger.raise_budget(fund_id=fund, amount=100, key=fact_key(began, "drill"), at=began,
                                actor=SYSTEM, now=NOW)
            source = ledger.budget(fund_id=fund, unit=UNIT)
            key = fact_key(began, "drill", what)
            move = ledger.Move(key=key, kind="campaign.award", at=began, transfers=[
                ledger.Transfer(source=source, target=lot, amount=amount)])
            (posted,) = ledger.move_many(moves=[move], actor=SYSTEM, now=NOW)
        return posted.outcome
    def look():
        on = clock.today()
        found = ledger.balances(holders=[HOLDER], unit=UNIT, on=on, access=None)[HOLDER]
        lines = [(it.account_class, it.code, it.amount) for it in ledger.trial_balance(on=on)]
        return [found.available, sorted(lines)]
    print(json.dumps([eval(expression) for expression in sys.argv[1:]], default=str))
"""


class Town:
    """A city with a server of its own."""

    def __init__(self, root: Path) -> None:
        self.place = Place(root=root, city=CITY)
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("CITYCARD_", "DATABASE_", "MIGRATE_", "DJANGO_"))
        } | {
            "CITYCARD_STATE": str(root),
            "CITYCARD_CITY": CITY,
            "CITYCARD_BACKUP_PASSPHRASE": PASSPHRASE,
        }

    def citycard(self, *words: str, code: int = 0, **more: str) -> str:
        """Run a command; returns what it said."""
        done = subprocess.run(
            [sys.executable, "-m", "citycard.config.command", *words],
            env=self.environment | more,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        said = done.stdout + done.stderr
        assert done.returncode == code, f"{words}: {done.returncode}\n{said}"
        return " ".join(said.split())

    def inside(self, *expressions: str) -> Any:
        """Evaluate expressions in the city, one after the other."""
        done = subprocess.run(
            [sys.executable, "-c", INSIDE, *expressions],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    found = Town(state_root() / f"restore-{os.getpid()}")
    found.citycard("demo", "--residents", "60")
    yield found
    shutil.rmtree(found.place.root)


@pytest.fixture(scope="module")
def moment(town: Town) -> dict[str, Any]:
    """A backup, a move, a moment with its books, and a move that the restore undoes."""
    town.citycard("backup", "--with-keys")
    posted, books = town.inside("award('before', 30)", "look()")
    assert posted == "posted"
    at = dt.datetime.now(dt.UTC).isoformat()
    posted, (available, _) = town.inside("award('after', 50)", "look()")
    assert (posted, available) == ("posted", 80)
    return {"at": at, "books": books}


def test_a_drill_compares_the_city_with_its_copy_and_is_noted(town: Town) -> None:
    told = json.loads(town.citycard("drill", "--json").partition("✓")[0])
    assert told["ok"]
    assert {it["what"] for it in told["compared"]} >= {"verify", "rows"}
    assert all(it["equal"] for it in told["compared"])
    assert not (town.place.directory / "drill").exists()
    checks = json.loads(town.citycard("doctor", "--json"))["checks"]
    said = {it["name"]: it for it in checks}
    assert said["drill"]["state"] == "ok"
    assert said["backup"]["state"] == "ok"


def test_a_restore_is_refused_before_anything_is_touched(
    town: Town, moment: dict[str, Any]
) -> None:
    to = ("restore", "--yes", "--to")
    assert "oldest backup" in town.citycard(*to, "2020-01-01T00:00+08:00", code=3)
    assert "still to come" in town.citycard(*to, "2126-01-01T00:00+08:00", code=3)
    assert "no moment" in town.citycard(*to, "yesterday", code=2)
    assert "Nothing was changed" in town.citycard("restore", "--to", "latest", code=1)
    up = Lease(town.place.directory / UP_LOCK)
    assert up.take_if_last()
    assert "is up; stop it first" in town.citycard(*to, moment["at"], code=3)
    up.close()
    strange = town.place.root / "strange.json"
    make_keys(strange, made_at="2026-01-01T00:00:00+00:00")
    said = town.citycard(*to, moment["at"], code=3, CITYCARD_KEYS=str(strange))
    assert "mac, seal 1, sign differ" in said
    said = town.citycard(*to, "latest", code=3, DATABASE_URL="postgresql:///elsewhere")
    assert "point-in-time recovery" in said
    [(available, _)] = town.inside("look()")
    assert available == 80, "the city is as it was"


def test_a_restored_city_has_what_was_before_the_moment_and_lives_on(
    town: Town, moment: dict[str, Any]
) -> None:
    said = town.citycard("restore", "--yes", "--to", moment["at"])
    assert "The data before lies in" in said
    town.citycard("verify")
    books, generation, made, user, after, before = town.inside(
        "look()",
        "scalar('SELECT max(number) FROM infra_generation')",
        "scalar(\"SELECT citycard_ensure_partition('ledger_transfer', '2031-01-01')\")",
        "scalar('SELECT current_user')",
        "award('after', 50)",
        "award('before', 30)",
    )
    assert books == moment["books"]
    assert generation == 2
    assert made is True, "the application's role makes months in the restored city"
    assert user == "citycard_app"
    assert after == "posted", "its key is free again"
    assert before == "duplicate"
    town.citycard("verify")


def test_a_restored_city_opens_its_doors_and_is_drilled_while_it_runs(
    town: Town, moment: dict[str, Any]
) -> None:
    port = five_free_ports()
    up = subprocess.Popen(
        [sys.executable, "-m", "citycard.config.command", "up", "--port", str(port)],
        env=town.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert up.stdout is not None
    with up.stdout as lines:
        said = []
        for line in lines:
            said.append(line)
            if line.startswith("Ctrl-C"):
                break
        else:
            pytest.fail("".join(said))
        told = json.loads(town.citycard("drill", "--json").partition("✓")[0])
        assert told["ok"], told
        assert "is up; stop it first" in town.citycard("restore", "--to", "latest", code=3)
        up.send_signal(signal.SIGTERM)
        lines.read()
    assert up.wait(PATIENCE_S) == 0


def test_a_lost_machine_comes_back_from_the_backups_and_a_passphrase(
    town: Town, moment: dict[str, Any]
) -> None:
    """Another state directory, no keys, no passwords: only the shelf and what somebody knows."""
    other = Town(town.place.root / "elsewhere")
    shelf = str(town.place.backups)
    wrong = {"CITYCARD_BACKUP_PASSPHRASE": "guessed by somebody"}
    ask = ("restore", "--from", shelf, "--to", moment["at"])
    assert "don't open" in other.citycard(*ask, code=3, **wrong)
    other.citycard(*ask)
    assert "a demo" in other.citycard("doctor"), "invented people stay a demo"
    assert other.inside("look()") == [moment["books"]]
    keys = other.place.keys / "keys.json"
    assert keys.read_bytes() == (town.place.keys / "keys.json").read_bytes()
    assert keys.stat().st_mode & 0o077 == 0
    other.citycard("verify")


def test_no_key_lies_in_a_backup_in_clear(town: Town, moment: dict[str, Any]) -> None:
    keys = json.loads((town.place.keys / "keys.json").read_text())
    secrets = [keys["mac"], keys["sign"], *keys["seal"].values()]
    for path in town.place.backups.rglob("*"):
        if path.is_file() and path.stat().st_size < 5_000_000:
            content = path.read_bytes()
            assert not [it for it in secrets if it.encode() in content], path
