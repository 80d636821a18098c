"""A city that had cards before their numbers said how they stand: the migration tells them all."""

import datetime as dt
from pathlib import Path

import psycopg

from citycard.cards import api as cards
from citycard.cards import migrations
from citycard.infra.database import rows
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from tests.harness.cities import City
from tests.taps.town import NOW, Town

STANDING = Path(migrations.__path__[0]) / "sql" / "0011_standing.sql"
BEFORE = """
DROP VIEW cards_standing;
DROP FUNCTION cards_tell_standing CASCADE;
DROP FUNCTION cards_card_stands CASCADE;
DROP FUNCTION cards_card_stands_for CASCADE;
ALTER TABLE cards_card_number DROP COLUMN since CASCADE, DROP COLUMN binding_id CASCADE,
    DROP COLUMN member_id CASCADE, DROP COLUMN expires_on CASCADE, DROP COLUMN works CASCADE,
    DROP COLUMN kind CASCADE;
"""


def test_cards_from_before_stand_as_they_do(city: City) -> None:
    town = Town()
    bound, lost, blank = town.cards([*town.residents(2), None])
    with unit_of_work():
        cards.report_lost(card_id=town.card_id(lost), actor=SYSTEM, now=NOW - dt.timedelta(days=1))
    told = "SELECT number, since, member_id, works, kind FROM cards_card_number ORDER BY number"
    as_they_stand = rows(told)
    assert {one.number for one in as_they_stand} >= {bound, lost, blank}
    with psycopg.connect(city.database.owner_url) as owner:
        owner.execute(BEFORE.encode())
        owner.execute(STANDING.read_bytes())
    assert rows(told) == as_they_stand
    assert all(one.since is not None for one in as_they_stand)
    assert cards.verify() == []
