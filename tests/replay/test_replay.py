"""A replay of a small city, killed again and again, ends as the table says, to the unit."""

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from citycard.infra.packs import find_pack
from citycard.simulation.replaying_plan import Plan, plan_of
from tests.harness.databases import Clone, Databases
from tests.harness.patience import wait_until

SCALE, DAYS = 0.0005, 11
"""All days in one test, some where less will do."""


@pytest.fixture(scope="module")
def clone(databases: Databases) -> Iterator[Clone]:
    with databases.clone() as made:
        yield made


@pytest.mark.slow
def test_killed_at_any_point_it_ends_as_the_table_says(clone: Clone, tmp_path: Path) -> None:
    plan = plan_of(pack=find_pack("taoyuan"), scale=SCALE)
    share = random.SystemRandom().uniform(0.05, 0.6)
    print(f"killed at {share} of the taps")
    for table, many in (("people_member", 101), ("taps_tap", int(plan.taps * share))):
        _kill_at(clone, tmp_path, table, many)
    found = _replay(clone, tmp_path)
    assert {line["name"]: line["counted"] for line in found["table"]} == _wanted(plan)
    assert all(line["equal"] for line in found["table"])
    assert found["table"][-1]["source"] == 60_411_624
    _nothing_twice(clone, plan)
    for share in found["mix"]:
        assert share["holds"], share


def _wanted(plan: Plan) -> dict[str, int]:
    wanted = {line.name.en: line.uses for line in plan.lines}
    for code, name in plan.groups.items():
        wanted[name.en] = sum(line.uses for line in plan.lines if line.group == code)
    return wanted | {"All uses": plan.uses}


def _nothing_twice(clone: Clone, plan: Plan) -> None:
    [(stored, identities)] = clone.owner_sql(
        "SELECT count(*), count(DISTINCT (reader_id, epoch, seq)) FROM taps_tap"
    )
    assert (stored, identities) == (plan.taps, plan.taps)
    [(apart,)] = clone.owner_sql(
        "SELECT (SELECT count(*) FROM taps_conflict) + (SELECT count(*) FROM taps_quarantine)"
    )
    assert apart == 0
    [(given, posted)] = clone.owner_sql(
        "SELECT (SELECT sum(points) FROM taps_tap),"
        " (SELECT sum(amount) FROM ledger_transfer WHERE kind = 'campaign.award')"
    )
    assert given == posted
    [(differing, rides, taken, decided)] = clone.owner_sql(
        "SELECT count(*) FILTER (WHERE difference_kind <> 0), count(*), sum(points_taken),"
        " sum(points) FROM fares_ride WHERE closed_at IS NULL"
    )
    assert rides > 0
    assert (differing, taken) == (0, decided), "devices charge by the city's own fares"


@pytest.mark.slow
def test_taps_from_a_file_are_counted_as_drawn_ones(databases: Databases, tmp_path: Path) -> None:
    file = tmp_path / "taps.csv"
    with databases.clone() as other:
        _command(other, tmp_path, "--days", str(DAYS), "--save", str(file))
        assert other.owner_sql("SELECT count(*) FROM taps_tap") == [(0,)]
        found = _replay(other, tmp_path, "--days", str(DAYS), "--taps", str(file))
        plan = plan_of(pack=find_pack("taoyuan"), scale=SCALE, days=DAYS)
        assert {line["name"]: line["counted"] for line in found["table"]} == _wanted(plan)
        assert found["sent"] == len(file.read_text().splitlines()) - 1
        _nothing_twice(other, plan)
        broken = tmp_path / "broken.csv"
        broken.write_text(file.read_text().replace("printed", "painted", 1))
        refused = _command(other, tmp_path, "--days", str(DAYS), "--taps", str(broken), fails=2)
        assert "line 2: " in refused
        assert "write one of" in refused


def _replay(clone: Clone, state: Path, *more: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_command(clone, state, "--json", *more))
    return found


def _command(clone: Clone, state: Path, *more: str, fails: int = 0) -> str:
    done = subprocess.run(
        [*_WORDS, *more],
        env=_environment(clone, state),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == fails, done.stderr[-3000:]
    return done.stdout[done.stdout.find("{") :] if not fails else done.stderr.replace("\n", " ")


_WORDS = [sys.executable, "-m", "citycard.config.command", "replay", "--city", "taoyuan",
          "--scale", str(SCALE)]  # fmt: skip


def _environment(clone: Clone, state: Path) -> dict[str, str]:
    return clone.environment() | {
        "CITYCARD_STATE": str(state),
        "CITYCARD_KEYS": str(state / "keys.json"),
    }


def _kill_at(clone: Clone, state: Path, table: str, many: int) -> None:
    """Kill -9 a replay when a table has so many rows: there it is held up until it is dead."""
    clone.owner_sql(HOLD_UP.format(table=table, many=many))
    with psycopg.connect(clone.owner_url) as holding:
        holding.execute("SELECT pg_advisory_lock(4711)")
        with subprocess.Popen(
            _WORDS,
            env=_environment(clone, state),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as program:
            wait_until(
                lambda: program.poll() is not None or clone.owner_sql(IS_HELD_UP)[0][0],
                what=f"{many} rows in {table}",
            )
            assert program.poll() is None, f"it ended with fewer than {many} rows in {table}"
            os.kill(program.pid, signal.SIGKILL)
    clone.owner_sql("DROP FUNCTION held_up() CASCADE")


HOLD_UP = """
CREATE FUNCTION held_up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF (SELECT count(*) FROM {table}) >= {many} THEN PERFORM pg_advisory_xact_lock(4711); END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER held_up AFTER INSERT ON {table} FOR EACH STATEMENT EXECUTE FUNCTION held_up()
"""
IS_HELD_UP = "SELECT EXISTS (SELECT FROM pg_locks WHERE objid = 4711 AND NOT granted)"
