"""Moving out stops earning, not what is earned; whether it stops redeeming, the pack says."""

import datetime as dt
import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from citycard.activities import api as activities
from citycard.activities import residents
from citycard.flows import redeeming
from citycard.infra.packs import current_pack
from citycard.kernel.actors import SYSTEM
from citycard.ledger import api as ledger
from tests.activities.conftest import NOW, UNIT, give, open_campaign, tap

pytestmark = pytest.mark.django_db
Make = Callable[..., int]
MOVED = dt.date(2026, 11, 15)
ZONE = dt.timezone(dt.timedelta(hours=8))


def at(day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour, minute), ZONE).astimezone(dt.UTC)


def test_the_day_of_the_move_is_the_first_on_which_nothing_is_earned(resident: Make) -> None:
    """A fact holds up to its last day; the day on which the register says “moved” is the next."""
    open_campaign(residents_only=True, per_person_cap=1000)
    leaves = resident("taipei", since=dt.date(2020, 1, 1), until=MOVED)
    comes = resident("taipei", since=MOVED)
    before = MOVED - dt.timedelta(days=1)
    moments = [at(before, 23, 59), at(MOVED, 0, 0), at(MOVED, 12), at(MOVED, 23, 59)]

    left = give([tap(leaves, at=moment) for moment in moments])
    came = give([tap(comes, at=moment) for moment in moments])
    assert [award.code for award in left] == ["points"] + ["not_resident"] * 3
    assert [award.code for award in came] == ["not_resident"] + ["points"] * 3


def test_what_was_earned_stays_and_a_late_tap_from_before_still_earns(resident: Make) -> None:
    open_campaign(residents_only=True, per_person_cap=1000)
    member = resident("taipei", since=dt.date(2020, 1, 1), until=MOVED)
    give([tap(member, at=at(MOVED, 9)), tap(member, at=at(MOVED - dt.timedelta(days=1), 9))])
    balance = ledger.balances(holders=[member], unit=UNIT, on=NOW.date(), access=None)[member]
    assert balance.available == 10
    assert activities.may_not_redeem(member_ids=[member], on=NOW.date()) == set()


def test_a_pack_may_stop_redeeming_from_the_day_of_the_move(
    resident: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_campaign(residents_only=True)
    open_campaign(residents_only=False, devices=[777])
    member = resident("taipei", since=dt.date(2020, 1, 1), until=MOVED)
    stays = resident("taipei", since=dt.date(2020, 1, 1))
    visitor = resident("taoyuan", since=dt.date(2020, 1, 1))
    earlier = at(MOVED - dt.timedelta(days=2), 9)
    give([tap(member, at=earlier), tap(stays, at=earlier), tap(visitor, at=earlier, reader=777)])
    monkeypatch.setattr(residents, "current_pack", _stopping)

    def stopped(on: dt.date) -> set[int]:
        return activities.may_not_redeem(member_ids=[member, stays, visitor], on=on)

    assert stopped(MOVED - dt.timedelta(days=1)) == set()
    assert stopped(MOVED) == {member}
    assert stopped(MOVED + dt.timedelta(days=400)) == {member}


def _stopping() -> Any:
    return SimpleNamespace(
        code=current_pack().code,
        time=current_pack().time,
        table=lambda name: {"moved_out": "redeeming_stops"},
    )


def test_every_way_of_redeeming_asks(resident: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kiosk, account and till begin alike; the refusal comes before anything is held."""
    open_campaign(residents_only=True)
    member = resident("taipei", since=dt.date(2020, 1, 1), until=MOVED)
    give([tap(member, at=at(MOVED - dt.timedelta(days=2), 9))])
    activities.check_may_redeem(member_id=member, now=NOW)  # this pack lets people redeem
    monkeypatch.setattr(residents, "current_pack", _stopping)
    with pytest.raises(activities.RedeemingStopped):
        activities.check_may_redeem(member_id=member, now=NOW)
    with pytest.raises(activities.RedeemingStopped):
        redeeming.redeem_to_account(
            member_id=member, kind="any", points=10, key=uuid.uuid4(), actor=SYSTEM, now=NOW
        )
