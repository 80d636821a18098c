"""The database is killed under the gate: readers hear when to come back, nothing is lost."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from citycard.infra.database import give_back_connection, scalar
from citycard.taps import api as taps
from tests.gate.serving import gate
from tests.harness.cities import DurableCity
from tests.harness.patience import wait_until
from tests.taps.town import Town

pytestmark = pytest.mark.slow


def test_taps_wait_for_the_database_and_are_stored_once(
    durable_city: DurableCity, tmp_path: Path
) -> None:
    town = Town()
    [member] = town.residents(1)
    number, reader = town.card(member), town.reader("activity", "doit")
    town.campaign(reader, points=2)

    def tap(seq: int) -> dict[str, Any]:
        at = dt.datetime(2026, 11, 20, tzinfo=dt.UTC).isoformat()
        return {"epoch": 1, "seq": seq, "at": at, "number": number}

    with gate(durable_city.database, tmp_path / "gate.log") as running:
        first = running.taps(reader, tap(1))
        assert first.json()["code"] == "accepted_points"
        durable_city.cluster.kill()
        away = running.taps(reader, tap(2))
        assert away.status_code == 503
        assert int(away.headers["retry-after"]) > 0
        wait_until(lambda: running.client.get("/health").status_code == 503)
        durable_city.cluster.start()
        give_back_connection()
        wait_until(lambda: running.taps(reader, tap(2)).status_code != 503)
        assert running.taps(reader, tap(2)).json()["points"] == 2
        assert running.taps(reader, tap(1)).content == first.content
    assert scalar("SELECT count(*) FROM pub.taps") == 2
    assert taps.verify() == []
