"""A pack that was ever active can be read again by its hash, and decides as it did."""

import datetime as dt

import pytest

from citycard.infra.packs import find_pack
from citycard.infra.packs.keeping import active_hash, keep_active, kept_tables
from citycard.infra.unit_of_work import UnitOfWorkMisused, unit_of_work
from citycard.rules import api as rules

NOW = dt.datetime(2017, 1, 3, 4, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(days=1)


class Kept:
    """A kept pack, as far as the rules need one."""

    def __init__(self, pack_hash: str) -> None:
        self._tables = kept_tables(pack_hash=pack_hash)

    def table(self, name: str) -> object:
        return self._tables[name]


@pytest.mark.django_db
def test_a_kept_pack_decides_as_it_did() -> None:
    pack = find_pack("taoyuan")
    with unit_of_work():
        assert keep_active(pack=pack, now=NOW)
        assert not keep_active(pack=pack, now=LATER)
    assert active_hash() == pack.hash
    kept = Kept(pack.hash)
    assert kept.table("entitlements") == pack.table("entitlements")
    table = rules.read_rules(
        kept_tables(pack_hash=pack.hash)["entitlements"], names=rules.vocabulary_of(kept)
    )
    facts = {"birth_on": dt.date(1951, 3, 2), "registered_district": "復興區"}
    gift = table["senior-rides"].gift("subsidy_points_each_month", facts, dt.date(2017, 1, 3))
    assert gift.payload == {"amount": 1000}


@pytest.mark.django_db
def test_going_back_to_an_older_pack_makes_it_active_again() -> None:
    taoyuan, taipei = find_pack("taoyuan"), find_pack("taipei")
    with unit_of_work():
        for day, pack in enumerate((taoyuan, taipei, taoyuan)):
            assert keep_active(pack=pack, now=NOW + dt.timedelta(days=day))
    assert active_hash() == taoyuan.hash


@pytest.mark.django_db
def test_a_hash_that_was_never_active_is_an_error() -> None:
    with pytest.raises(KeyError):
        kept_tables(pack_hash="0" * 64)


def test_keeping_needs_a_unit_of_work() -> None:
    with pytest.raises(UnitOfWorkMisused):
        keep_active(pack=find_pack("taipei"), now=NOW)
