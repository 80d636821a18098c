"""Redemptions of every way, by the pack alone: into an account, at a till; refunds and deposits."""

import datetime as dt
import uuid
from collections.abc import Iterator

import pytest

from citycard.config import wiring
from citycard.infra import outbox
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.access import Access
from citycard.kernel.actors import SYSTEM
from citycard.kernel.errors import NotFound
from citycard.ledger import api as ledger
from citycard.redemptions import api as redemptions
from tests.redemptions.conftest import AGENT, NOW, OFFICER, Card, give_points, mark_writing, settle

pytestmark = pytest.mark.usefixtures("taoyuan", "clean_books")
UNIT = "health-points"
TILL = redemptions.Kiosk(device_id=9, code="TILL-01", place="till-9", agency="market")
MEMBER = 4_000


@pytest.fixture(autouse=True)
def taoyuan(db: None) -> Iterator[None]:
    with wiring.city("taoyuan"):
        give_points(MEMBER, 1_000, unit=UNIT)
        yield


def balance() -> tuple[int, int]:
    found = ledger.balances(holders=[MEMBER], unit=UNIT, on=NOW.date(), access=None)[MEMBER]
    return found.available, found.held


def to_account(
    points: int = 100, kind: str = "transit-subsidy", key: uuid.UUID | None = None
) -> redemptions.Session:
    asked = redemptions.Reservation(
        key=key or uuid.uuid4(), member_id=MEMBER, points=points, kind=kind
    )
    with unit_of_work():
        return redemptions.send_to_account(asked=asked, actor=SYSTEM, now=NOW)


def acknowledge(
    session: redemptions.Session, *, credited: bool, source: str = "partner"
) -> redemptions.Session:
    with unit_of_work():
        return redemptions.acknowledge(
            key=session.key,
            credited=credited,
            receipt="R-1" if credited else "",
            why="" if credited else "no_account",
            source=source,  # type: ignore[arg-type]  # one of the two that partners speak by
            actor=SYSTEM,
            now=NOW + dt.timedelta(days=40),
        )


def buy(points: int = 120, key: uuid.UUID | None = None) -> redemptions.Session:
    asked = redemptions.Reservation(
        key=key or uuid.uuid4(), member_id=MEMBER, points=points, kind="shopping", kiosk=TILL
    )
    with unit_of_work():
        return redemptions.take_at_till(asked=asked, receipt="B-77", actor=AGENT, now=NOW)


def give_back(
    session: redemptions.Session, points: int, key: uuid.UUID | None = None
) -> redemptions.Session:
    with unit_of_work():
        return redemptions.refund(
            key=session.key,
            kiosk=TILL,
            refund_key=key or uuid.uuid4(),
            points=points,
            why="returned goods",
            actor=AGENT,
            now=NOW,
        )


@pytest.mark.parametrize("source", ["partner", "file"])
@pytest.mark.parametrize("credited", [True, False])
def test_a_credit_ends_by_the_partners_word_alone(source: str, credited: bool) -> None:
    session = to_account(100)
    assert (session.state, session.way, session.partner) == (
        "writing",
        "account",
        "transport-bureau",
    )
    assert outbox.counts()["redemptions.credit"] == {"waiting": 1}
    with unit_of_work():
        assert redemptions.expire_reserved(now=NOW + dt.timedelta(days=400)) == []
    assert balance() == (900, 100)
    ended = acknowledge(session, credited=credited, source=source)
    assert ended.state == ("settled" if credited else "released")
    assert ended.receipt == ("R-1" if credited else "")
    assert acknowledge(session, credited=credited, source=source) == ended
    assert balance() == ((900, 0) if credited else (1000, 0))


def test_a_credit_asked_again_is_the_same_letter() -> None:
    session = to_account(100)
    assert to_account(100, key=session.key) == session
    assert outbox.counts()["redemptions.credit"] == {"waiting": 1}
    with pytest.raises(redemptions.KeyUsed):
        to_account(50, key=session.key)
    with pytest.raises(redemptions.KeyUsed):
        to_account(100, "bus-rides", key=session.key)


def test_a_partner_that_changes_its_word_is_contested() -> None:
    session = to_account(100)
    acknowledge(session, credited=True)
    late = acknowledge(session, credited=False, source="file")
    assert (late.state, late.contested) == ("settled", True)


@pytest.mark.parametrize("points", [0, 49, 75, 1050])
def test_an_accounts_own_limits_are_the_packs(points: int) -> None:
    with pytest.raises(redemptions.AmountNotOffered):
        to_account(points)


def test_each_account_has_a_days_allowance_of_its_own() -> None:
    to_account(500, "bus-rides")
    with pytest.raises(redemptions.DayLimitReached):
        to_account(10, "bus-rides")
    assert to_account(500).state == "writing"


def test_a_kind_is_redeemed_its_own_way_only() -> None:
    for kind in ("shopping", "stored-value", "gold"):
        with pytest.raises(redemptions.WayWrong):
            to_account(100, kind)
    asked = redemptions.Reservation(
        key=uuid.uuid4(), member_id=MEMBER, points=100, kind="bus-rides", kiosk=TILL
    )
    with pytest.raises(redemptions.WayWrong), unit_of_work():
        redemptions.take_at_till(asked=asked, receipt="", actor=AGENT, now=NOW)


def test_a_till_takes_points_at_once_and_once() -> None:
    session = buy(120)
    assert (session.state, session.way, session.partner) == ("settled", "till", "market")
    assert buy(120, key=session.key) == session
    assert balance() == (880, 0)
    heard = redemptions.evidence_of(session_id=session.id)
    assert [(one.source, one.says) for one in heard] == [("till", "written")]
    with pytest.raises(ledger.NotEnoughPoints):
        buy(881)


def test_a_purchase_is_refunded_in_parts_and_never_twice() -> None:
    session, key = buy(120), uuid.uuid4()
    assert give_back(session, 50, key).returned_points == 50
    assert give_back(session, 50, key).returned_points == 50
    assert balance() == (930, 0)
    with pytest.raises(redemptions.NotReturnable) as refused:
        give_back(session, 71)
    assert refused.value.facts == {"left": 70}
    assert give_back(session, 70).returned_points == 120
    assert balance() == (1000, 0)
    statement = redemptions.partner_statement(partner="market", month=NOW.date())
    assert (sum(line.ntd for line in statement.lines), statement.returned) == (120, 120)


def test_another_till_refunds_nothing() -> None:
    session = buy(120)
    other = redemptions.Kiosk(device_id=8, code="TILL-02", place="x", agency="market")
    with pytest.raises(NotFound), unit_of_work():
        redemptions.refund(
            key=session.key,
            kiosk=other,
            refund_key=uuid.uuid4(),
            points=1,
            why="x",
            actor=AGENT,
            now=NOW,
        )


def test_a_person_sees_what_points_may_become() -> None:
    access = Access(
        subjects=frozenset({MEMBER}),
        fields=frozenset({"points"}),
        purpose="own-data",
        actor=AGENT,
        record_id=None,
    )
    to_account(500, "bus-rides")
    found = redemptions.kinds_for(access=access, member_id=MEMBER, now=NOW)
    assert [(one.kind, one.way, one.most, one.why_not) for one in found] == [
        ("stored-value", "card", 500, ""),
        ("stored-value-ipass", "card", 500, ""),
        ("bus-rides", "account", 0, "day_limit"),
        ("transit-subsidy", "account", 500, ""),
        ("shopping", "till", 500, ""),
    ]


def load(points: int = 100) -> redemptions.Session:
    card = Card(id=77, member=MEMBER)
    kiosk = redemptions.Kiosk(device_id=1, code="KSK-01", place="kiosk-a", agency="doit")
    asked = redemptions.Reservation(
        key=uuid.uuid4(),
        kiosk=kiosk,
        card_id=card.id,
        member_id=MEMBER,
        medium="easycard",
        points=points,
        reading=card.reading(),
    )
    with unit_of_work():
        session = redemptions.reserve(asked=asked, actor=AGENT, now=NOW)
    mark_writing(session, kiosk=kiosk)
    card.write(points)
    return settle(session, card)


def deposit(ntd: int, reference: str = "BANK-1") -> None:
    with unit_of_work():
        redemptions.deposit(
            partner="easycard",
            ntd=ntd,
            paid_on=NOW.date(),
            reference=reference,
            actor=OFFICER,
            now=NOW,
        )


def test_loadings_draw_down_what_the_city_paid_ahead() -> None:
    deposit(300_050)
    deposit(300_050)  # the same payment
    with pytest.raises(ledger.KeyUsed):
        deposit(200_000)
    before = redemptions.partner_statement(partner="easycard", month=NOW.date())
    assert (before.closing, before.is_low) == (300_050, False)
    load(100)
    after = redemptions.partner_statement(partner="easycard", month=NOW.date())
    assert (after.deposits, after.loaded, after.closing) == (300_050, 100, 299_950)
    assert after.is_low
    assert [(line.place, line.count, line.ntd) for line in after.lines] == [("kiosk-a", 1, 100)]
    december = redemptions.partner_statement(partner="easycard", month=dt.date(2026, 12, 1))
    assert (december.opening, december.closing, december.lines) == (299_950, 299_950, [])


def test_a_loading_is_booked_also_when_the_deposit_has_run_dry() -> None:
    load(100)
    found = redemptions.partner_statement(partner="easycard", month=NOW.date())
    assert (found.closing, found.is_low) == (-100, True)


def test_a_deposit_needs_a_reference_and_a_partner_that_takes_one() -> None:
    with pytest.raises(redemptions.DepositWrong):
        deposit(100, "  ")
    with pytest.raises(redemptions.DepositWrong):
        deposit(0)
    with pytest.raises(redemptions.NotPrefunded), unit_of_work():
        redemptions.deposit(
            partner="bus-company",
            ntd=5,
            paid_on=NOW.date(),
            reference="B",
            actor=OFFICER,
            now=NOW,
        )
