"""A pack becomes active once, whole, and its content stays readable by hash."""

import datetime as dt

import pytest

from citycard.flows import activating
from citycard.infra import journal
from citycard.infra.database import scalar
from citycard.infra.packs import find_pack
from citycard.infra.packs.keeping import active_hash, kept_tables

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)


def test_a_pack_becomes_active_once() -> None:
    pack = find_pack("taipei")
    assert activating.activate(pack=pack, now=NOW)
    assert not activating.activate(pack=pack, now=NOW)
    assert active_hash() == pack.hash
    assert scalar("SELECT count(*) FROM agencies_agency WHERE active") == len(
        pack.table("agencies")["agencies"]
    )


def test_the_newest_activation_counts_and_older_content_stays() -> None:
    first, second = find_pack("taipei"), find_pack("taoyuan")
    activating.activate(pack=first, now=NOW)
    activating.activate(pack=second, now=NOW + dt.timedelta(days=1))
    assert active_hash() == second.hash
    activating.activate(pack=first, now=NOW + dt.timedelta(days=2))
    assert active_hash() == first.hash
    assert kept_tables(pack_hash=second.hash)["pack"]["code"] == "taoyuan"


def test_months_ahead_are_ready_from_the_first_start() -> None:
    activating.activate(pack=find_pack("taipei"), now=NOW)
    assert scalar("SELECT to_regclass('infra_journal_202605') IS NOT NULL")
    assert journal.lag() is not None
