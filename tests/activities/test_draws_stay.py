"""What was committed to stays as it is, also for who owns the tables."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import connection

from citycard.activities import api as activities
from citycard.flows import drawing
from citycard.kernel.actors import SYSTEM
from tests.activities.test_draws import CHANGES, LATER, SEED, announce, busy, over

pytestmark = pytest.mark.usefixtures("fresh_database")


def test_not_even_the_owner_of_the_tables_changes_a_draw(
    owner_sql: Callable[..., list[Any]],
) -> None:
    campaign = busy(3)
    draw = announce(campaign)
    over(campaign)
    drawing.commit(draw_id=draw.id, actor=SYSTEM, now=LATER)
    drawing.hold(draw_id=draw.id, seed=SEED, actor=SYSTEM, now=LATER + dt.timedelta(days=1))
    before = (activities.draw_list(draw_id=draw.id), activities.winners(draw_id=draw.id))
    connection.close()
    for change in CHANGES:
        with pytest.raises(psycopg.Error):
            owner_sql(change)
    assert before == (activities.draw_list(draw_id=draw.id), activities.winners(draw_id=draw.id))


def test_the_citys_own_auditor_sees_a_list_that_was_changed_after_all(
    owner_sql: Callable[..., list[Any]],
) -> None:
    """An owner who drops the guard can change a list; the hash says so."""
    assert activities.verify() == []
    connection.close()
    owner_sql("ALTER TABLE activities_draw_entry DISABLE TRIGGER USER")
    owner_sql("UPDATE activities_draw_entry SET tickets = tickets + 1")
    owner_sql("ALTER TABLE activities_draw_entry ENABLE TRIGGER USER")
    found = activities.verify()
    assert [finding.check for finding in found] == ["activities.draws"]
