"""A resident says that something is wrong; an officer explains it, or corrects it by posting."""

import pytest

from citycard.agencies import api as agencies
from citycard.disputes import api as disputes
from citycard.fares import api as fares
from citycard.flows import (
    activating,
    approving,
    disputing,
    explaining,
    refunding,
    refunding_rides,
)
from citycard.infra.database import execute, rows
from citycard.infra.packs import Text, current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM, Actor
from citycard.kernel.errors import NotFound
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from citycard.people import api as people
from tests.fares.riding_town import LONG_AGO, NOW, Town, at

pytestmark = pytest.mark.django_db
WHY = Text(zh="計程車設備多收。", en="The taxi's device took too much.")
UNIT = "health-points"


@pytest.fixture
def town(db: None, monkeypatch: pytest.MonkeyPatch) -> Town:
    monkeypatch.setenv("CITYCARD_CITY", "taoyuan")
    activating.activate(pack=current_pack(), now=LONG_AGO)
    return Town()


@pytest.fixture
def rider(town: Town) -> Actor:
    member = town.resident("senior-rides")
    number = town.card(member)
    taxi = {"operator": "love-taxi", "route": ""}
    town.take(
        town.tap(number, at(7, 8), "whole", fare_ntd=101, charged_ntd=130, **taxi),
        town.tap(number, at(8, 8), "whole", fare_ntd=101, charged_ntd=401, **taxi),
        town.tap(number, at(9, 8), "whole", fare_ntd=101, charged_ntd=101, **taxi),
    )
    return Actor(id=f"resident:{member}", kind="resident", member_id=member,
                 roles=frozenset({"resident"}))  # fmt: skip


@pytest.fixture
def fund(town: Town) -> int:
    with unit_of_work():
        made = ledger.open_fund(
            agency="transport", campaign_ref="rides", unit=UNIT, actor=SYSTEM, now=NOW
        )
        ledger.raise_budget(
            fund_id=made, amount=5_000, key=fact_key(NOW, "b"), at=NOW, actor=SYSTEM, now=NOW
        )
    return made


def officer(number: int, agency: str = "rdec", role: str = "officer") -> Actor:
    return Actor(id=f"staff:{number}", kind="staff", agency=agency, roles=frozenset({role}))


def rides(rider: Actor) -> dict[int, str]:
    """The rider's rides by what the device took."""
    access = people.open_access(
        subject=rider.member_id, fields=("taps",), purpose="own-data", actor=rider, now=NOW
    )
    assert rider.member_id is not None
    return {
        one.charged_ntd: one.ride
        for one in fares.rides_of(access=access, member_id=rider.member_id)
    }


def dispute(rider: Actor, number: str, reason: str = "amount") -> disputes.Dispute:
    with unit_of_work():
        return disputing.open_dispute(
            thing=explaining.find(number=number), reason=reason, said="多收了", actor=rider, now=NOW
        )


def correct(found: disputes.Dispute, by: Actor, *, fund: int | None, amount: int | None = None):
    with unit_of_work():
        return disputing.correct(
            dispute_id=found.id,
            correction=disputing.Correction(why=WHY, fund=fund, amount=amount),
            actor=by,
            now=NOW,
        )


def told(rider: Actor) -> list[str]:
    found = rows("SELECT code FROM notify_message WHERE member_id = %s ORDER BY id",
                 [rider.member_id])  # fmt: skip
    return [row.code for row in found]


def has(rider: Actor) -> int:
    assert rider.member_id is not None
    found = ledger.balances(access=None, holders=[rider.member_id], unit=UNIT, on=NOW.date())
    return found[rider.member_id].available


def test_what_the_device_took_too_much_goes_back_and_both_ends_name_each_other(
    town: Town, rider: Actor, fund: int
) -> None:
    found = dispute(rider, rides(rider)[130])
    assert disputing.way_of(found=found).amount == 29
    assert correct(found, officer(1), fund=fund) is None
    refunding.go_on(NOW)
    assert has(rider) == 29
    ended = disputes.dispute(dispute_id=found.id)
    assert (ended.state, ended.amount) == ("corrected", 29)
    run = ledger.refund_run(run_id=int(ended.correction.removeprefix("refund-run:")))
    assert (run.file_name, run.given) == (f"dispute:{found.id}", 29)
    assert told(rider) == [
        "disputes.dispute.received",
        "disputes.dispute.corrected",
        "ledger.refund.paid",
    ]
    assert [*ledger.verify(), *disputes.verify(), *fares.verify()] == []
    with pytest.raises(disputes.DisputeEnded):
        correct(found, officer(1), fund=fund)
    assert has(rider) == 29


def test_a_fare_goes_back_in_points_that_are_dollars(town: Town, rider: Actor) -> None:
    with unit_of_work():
        hours = ledger.open_fund(
            agency="transport", campaign_ref="h", unit="volunteer-minutes", actor=SYSTEM, now=NOW
        )
    found = dispute(rider, rides(rider)[130])
    with pytest.raises(refunding_rides.NotADollarAPoint):
        correct(found, officer(1), fund=hours)
    with pytest.raises(NotFound):
        correct(found, officer(1), fund=987_654)
    assert disputes.dispute(dispute_id=found.id).is_open


def test_above_the_packs_amount_a_second_officer_releases_it(
    town: Town, rider: Actor, fund: int
) -> None:
    found = dispute(rider, rides(rider)[401])
    proposal = correct(found, officer(1), fund=fund)
    assert proposal is not None
    assert disputes.dispute(dispute_id=found.id).is_open
    with pytest.raises(disputing.SecondOfficerWaits):
        correct(found, officer(2), fund=fund)
    with pytest.raises(disputing.SecondOfficerWaits), unit_of_work():
        disputing.explain(dispute_id=found.id, why=WHY, actor=officer(2), now=NOW)
    with pytest.raises(agencies.SamePerson):
        approving.approve(proposal_id=proposal, actor=officer(1), now=NOW)
    approving.approve(proposal_id=proposal, actor=officer(2), now=NOW)
    refunding.go_on(NOW)
    assert has(rider) == 300
    assert disputes.dispute(dispute_id=found.id).state == "corrected"
    assert disputes.verify() == ledger.verify() == []


def test_what_is_correct_is_explained_and_may_be_disputed_again(town: Town, rider: Actor) -> None:
    number = rides(rider)[101]
    first, second = dispute(rider, number), dispute(rider, number, "other")
    assert first == second
    with pytest.raises(disputes.WhyMissing), unit_of_work():
        disputing.explain(dispute_id=first.id, why=Text(zh="對", en=" "), actor=officer(1), now=NOW)
    with unit_of_work():
        disputing.explain(dispute_id=first.id, why=WHY, actor=officer(1), now=NOW)
    assert told(rider) == ["disputes.dispute.received", "disputes.dispute.explained"]
    assert dispute(rider, number).id != first.id


def test_points_are_credited_from_a_fund_or_a_charge_goes_back(
    town: Town, rider: Actor, fund: int
) -> None:
    ride = dispute(rider, rides(rider)[101])
    with pytest.raises(disputing.AmountMissing):
        correct(ride, officer(1), fund=fund)
    with pytest.raises(disputing.FundMissing):
        correct(ride, officer(1), fund=None, amount=5)
    with pytest.raises(ledger.BudgetUsedUp):
        correct(ride, officer(1), fund=unfunded(), amount=5)
    assert correct(ride, officer(1), fund=fund, amount=50) is None
    assert has(rider) == 50
    credited = disputes.dispute(dispute_id=ride.id).correction.removeprefix("move:")
    charge = spend(rider, fund, 20)
    taken = dispute(rider, str(charge))
    assert disputing.way_of(found=taken) == disputing.Way(kind="charge", amount=20)
    correct(taken, officer(1), fund=None)
    refunding.go_on(NOW)
    assert has(rider) == 50
    assert explaining.find(number=credited).member_id == rider.member_id
    assert disputes.verify() == ledger.verify() == []


def unfunded() -> int:
    with unit_of_work():
        return ledger.open_fund(
            agency="transport", campaign_ref="none", unit=UNIT, actor=SYSTEM, now=NOW
        )


def spend(rider: Actor, fund: int, amount: int):
    """A charge of points, as a kiosk makes it."""
    day = ledger.last_day(unit=UNIT, earned_on=NOW.date())
    assert rider.member_id is not None
    lot = ledger.member(holder=rider.member_id, unit=UNIT, fund=fund, expires_on=day)
    into = ledger.partner(code="easycard-company", unit=UNIT)
    key = fact_key(NOW, "charge", rider.member_id)
    transfers = [ledger.Transfer(source=lot, target=into, amount=amount)]
    move = ledger.Move(key=key, kind="redemption.settled", at=NOW, transfers=transfers)
    with unit_of_work():
        [posted] = ledger.move_many(moves=[move], actor=SYSTEM, now=NOW)
    assert posted.refusal is None
    return key


def test_only_ones_own_and_only_officers_of_the_operator(
    town: Town, rider: Actor, fund: int
) -> None:
    other = Actor(
        id="resident:9", kind="resident", member_id=999_999, roles=frozenset({"resident"})
    )
    with pytest.raises(NotFound):
        dispute(other, rides(rider)[130])
    found = dispute(rider, rides(rider)[130])
    for who in (officer(1, agency="transport"), officer(1, role="clerk"), rider):
        with pytest.raises(disputing.MayNotAnswer):
            correct(found, who, fund=fund)
    with pytest.raises(NotFound), unit_of_work():
        disputes.withdraw(dispute_id=found.id, member_id=1, actor=other, now=NOW)
    with unit_of_work():
        disputes.withdraw(dispute_id=found.id, member_id=found.member_id, actor=rider, now=NOW)
    with pytest.raises(disputes.DisputeEnded):
        correct(found, officer(1), fund=fund)


def test_the_residents_words_are_sealed_and_a_correction_that_is_not_posted_is_found(
    town: Town, rider: Actor
) -> None:
    found = dispute(rider, rides(rider)[130])
    [stored] = rows("SELECT said_sealed FROM disputes_dispute WHERE id = %s", [found.id])
    assert "多收了".encode() not in bytes(stored.said_sealed)
    access = people.open_access(
        subject=found.member_id, fields=("disputes",), purpose="own-data", actor=rider, now=NOW
    )
    assert disputes.said_in(access=access, dispute_id=found.id) == "多收了"
    with unit_of_work():
        disputes.correct(
            dispute_id=found.id, why=WHY, correction=f"move:{fact_key(NOW, 'no')}", amount=5,
            actor=officer(1), now=NOW,
        )  # fmt: skip
    assert [one.check for one in disputes.verify()] == ["disputes.correction_is_posted"]
    assert execute("SELECT 1 FROM disputes_dispute") == 1
