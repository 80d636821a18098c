"""Points: each unit for itself, every move explained, the same numbers everywhere."""

import re
import uuid

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from citycard.activities import api as activities
from citycard.flows import redeeming, refunding
from citycard.identity import api as identity
from citycard.infra.clock import now, today
from citycard.infra.packs import Text
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM, Actor
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from citycard.portals.counter import handles
from tests.harness.cities import City
from tests.portals import counter_desk, purse, seeding

HOURS = "volunteer-minutes"


@pytest.fixture(scope="module")
def full(city: City) -> purse.Purse:
    return purse.build(city)


@pytest.fixture
def rich(full: purse.Purse) -> Client:
    return purse.resident(full.rich)


def page(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    found: str = response.content.decode()
    assert response.status_code == status, found[:2000]
    return found


def available(member: int, unit: str) -> int:
    found = ledger.balances(holders=[member], unit=unit, on=today(), access=None)
    return found[member].available


def test_each_unit_stands_for_itself(full: purse.Purse, rich: Client) -> None:
    said = page(rich, "/points/")
    assert "台北點" in said
    assert "志工時數" in said
    assert "7 小時" in said  # two shifts of three hours and thirty minutes, counted in half hours
    assert "正在兌換" in said
    poor = page(purse.resident(full.poor), "/points/")
    assert "志工時數</span>" not in poor
    assert "0 點" in poor


def test_one_unit_says_what_lapses_when_and_what_is_being_loaded(
    full: purse.Purse, rich: Client
) -> None:
    said = page(rich, f"/points/{full.points}/")
    assert re.search(r"30 點將於 \d{4}/12/31 到期", said)
    assert re.search(r"12 點將於 \d{4}/01/17 到期", said)
    assert "退回的寬限" in said
    assert "20 點，" in said  # where and since when
    assert "起）" in said


def test_the_history_turns_pages_until_the_first_move(full: purse.Purse, rich: Client) -> None:
    seen: list[str] = []
    address = f"/points/{full.points}/"
    while True:
        said = page(rich, address)
        seen += re.findall(r"/entries/([0-9a-f-]{36})/", said)
        more = re.search(r'href="(\?before=[0-9a-f-]{36})#history"', said)
        if more is None:
            break
        address = f"/points/{full.points}/{more.group(1)}"
    everything = ledger.history(holder=full.rich, unit=full.points, limit=500, access=None)
    assert seen == [str(entry.key) for entry in everything]
    assert len(seen) > 30


def test_every_move_says_why(full: purse.Purse, rich: Client) -> None:
    for unit in (full.points, HOURS):
        for entry in ledger.history(holder=full.rich, unit=unit, limit=500, access=None):
            said = page(rich, f"/points/{unit}/entries/{entry.key}/")
            assert str(entry.key) in said
            assert entry.kind not in said


def test_why_an_award_was_given(full: purse.Purse, rich: Client) -> None:
    awards = [
        entry
        for entry in ledger.history(holder=full.rich, unit=full.points, limit=500, access=None)
        if entry.ref.startswith("campaign:")
    ]
    said = page(rich, f"/points/{full.points}/entries/{awards[-1].key}/")
    assert "大安運動中心銀髮族" in said
    assert "體育局" in said
    assert "大安運動中心" in said
    assert "10 點" in said


def test_nobody_elses_move_is_shown(full: purse.Purse) -> None:
    (entry,) = ledger.history(holder=full.members[1], unit=full.points, access=None)[:1]
    page(purse.resident(full.rich), f"/points/{full.points}/entries/{entry.key}/", 404)
    page(purse.resident(full.poor), f"/points/{full.points}/entries/{uuid.uuid4()}/", 404)


def test_all_channels_show_the_same_numbers_at_the_same_time(full: purse.Purse) -> None:
    """點數查詢: 官網、臨櫃、app, and the kiosk, which sees the card's holder."""
    rich = purse.resident(full.rich)
    data = rich.get("/points/balances.json").json()
    by_unit = {one["unit"]: one for one in data["balances"]}
    for unit, one in by_unit.items():
        book = ledger.balances(holders=[full.rich], unit=unit, on=today(), access=None)[full.rich]
        assert (one["available"], one["held"]) == (book.available, book.held)
        assert sum(lot["amount"] for lot in one["lots"]) == book.available
    points = by_unit[full.points]["available"]
    assert f"{points:,} 點" in page(rich, "/points/")
    clerk = counter_desk.clerk_at()
    assert _at_counter(clerk, full.rich) >= {f"{points:,}"}
    views = redeeming.kinds_for(member_id=full.rich, actor=_actor(full.rich), now=now())
    assert {view.points for view in views if view.unit == full.points} == {points}


def _actor(member_id: int) -> Actor:
    return Actor(
        id=f"member:{member_id}",
        kind="resident",
        roles=frozenset({"resident"}),
        member_id=member_id,
    )


def _at_counter(clerk: Client, member_id: int) -> set[str]:
    """What the counter shows of a person whom a clerk has found."""
    account = clerk.session["account_id"]
    asked = RequestFactory().get("/counter/")
    asked.actor = identity.actor_of(account_id=account, now=now())  # type: ignore[attr-defined]
    address = reverse("counter:person", args=[handles.handle_of(asked, member_id)])
    return set(re.findall(r"[\d,]+", page(clerk, address)))


class TestExchange:
    def test_hours_become_points_at_the_rate_of_the_day_once(
        self, full: purse.Purse, rich: Client
    ) -> None:
        before = available(full.rich, HOURS), available(full.rich, full.points)
        address = f"/points/{HOURS}/exchange/hours-to-points/"
        assert "1 小時 換 10 點" in page(rich, address)
        checked = page(rich, f"{address}?amount=2")
        assert "20 點" in checked
        once = re.search(r'name="once" value="([^"]+)"', checked)
        assert once is not None
        for _ in range(2):  # a double click
            sent = rich.post(address, {"amount": "2", "once": once.group(1)}, follow=True)
            assert "已用 2 小時 換得 20 點" in sent.content.decode()
        after = available(full.rich, HOURS), available(full.rich, full.points)
        assert (before[0] - after[0], after[1] - before[1]) == (120, 20)
        for unit in (HOURS, full.points):
            newest = ledger.history(holder=full.rich, unit=unit, access=None)[0]
            said = page(rich, f"/points/{unit}/entries/{newest.key}/")
            assert "1 小時 換 10 點" in said
            assert "2 小時" in said
            assert "20 點" in said

    @pytest.mark.parametrize("amount", ["0", "-1", "1000", "x", ""])
    def test_what_cannot_be_exchanged_is_said_beside_the_field(
        self, rich: Client, amount: str
    ) -> None:
        address = f"/points/{HOURS}/exchange/hours-to-points/?amount={amount}"
        assert "cc-error" in page(rich, address, 422) or "errorlist" in page(rich, address, 422)

    def test_sent_again_when_everything_was_given_it_is_answered_as_before(
        self, full: purse.Purse
    ) -> None:
        other = purse.resident(full.members[1])
        address = f"/points/{HOURS}/exchange/hours-to-points/"
        whole = str(available(full.members[1], HOURS) // 60)
        once = re.search(r'name="once" value="([^"]+)"', page(other, f"{address}?amount={whole}"))
        assert once is not None
        for _ in range(2):
            sent = other.post(address, {"amount": whole, "once": once.group(1)}, follow=True)
            assert f"已用 {whole} 小時" in sent.content.decode()
        another = other.post(address, {"amount": whole, "once": "another"})
        assert another.status_code == 422
        assert available(full.members[1], HOURS) < 60

    def test_who_has_too_little_is_told_so(self, full: purse.Purse) -> None:
        poor = purse.resident(full.poor)
        said = page(poor, f"/points/{HOURS}/exchange/hours-to-points/")
        assert "還不能兌換" in said


class TestHours:
    def test_a_missing_sign_out_is_flagged_and_not_guessed(
        self, full: purse.Purse, rich: Client
    ) -> None:
        said = page(rich, "/hours/")
        assert said.count("缺簽退") == 1
        assert "志工服務中心" in said

    def test_a_shift_shows_how_it_came_to_stand(self, full: purse.Purse, rich: Client) -> None:
        shift = re.findall(r'href="(/hours/\d+/)"', page(rich, "/hours/"))[0]
        assert "時數怎麼算" in page(rich, shift)
        page(purse.resident(full.poor), shift, 404)

    def test_giving_to_somebody_else(self, full: purse.Purse, rich: Client) -> None:
        number = seeding.card_number(1)
        before = available(full.rich, HOURS), available(full.members[1], HOURS)
        asked = {"card_number": number, "amount": "30"}
        checked = rich.post("/hours/give/", asked).content.decode()
        assert "請檢查後確認" in checked
        assert f"…{number[-4:]}" in checked
        once = re.search(r'name="once" value="([^"]+)"', checked)
        assert once is not None
        for _ in range(2):
            sent = {**asked, "once": once.group(1), "confirmed": "yes"}
            assert "已轉贈 30 分鐘" in rich.post("/hours/give/", sent, follow=True).content.decode()
        after = available(full.rich, HOURS), available(full.members[1], HOURS)
        assert (before[0] - after[0], after[1] - before[1]) == (30, 30)
        other = purse.resident(full.members[1])
        assert "收到他人轉贈" in page(other, f"/points/{HOURS}/")
        assert "轉贈他人" in page(rich, f"/points/{HOURS}/")

    @pytest.mark.parametrize(
        ("number", "minutes"),
        [("0000000000000000", "30"), (seeding.card_number(0), "30"), (seeding.card_number(1), "0")],
    )
    def test_a_gift_that_cannot_be_is_refused_in_words(
        self, rich: Client, number: str, minutes: str
    ) -> None:
        sent = rich.post("/hours/give/", {"card_number": number, "amount": minutes})
        assert sent.status_code == 422
        assert "activities." not in sent.content.decode()


def test_a_refund_says_why_and_comes_with_what_makes_it_good(full: purse.Purse) -> None:
    """退還誤扣並補贈: the 2021 case, read by one of those whom it concerned."""
    member, at = full.members[2], seeding.at_noon(2)
    charge = purse.charged(member, full.points, 60, at)
    with unit_of_work():
        fund = ledger.open_fund(
            agency="doit", campaign_ref="sorry", unit=full.points, actor=SYSTEM, now=at
        )
        key = fact_key(at, "sorry")
        ledger.raise_budget(fund_id=fund, amount=500, key=key, at=at, actor=SYSTEM, now=at)
    content = f"reference,amount\n{charge},60\n".encode()
    run_id = refunding.draft(
        checked=refunding.check(content=content),
        why=Text(zh="加值機重複扣點，已全數退還。", en="A kiosk charged twice; all is refunded."),
        goodwill=50,
        goodwill_fund=fund,
        file_name="list.csv",
        actor=SYSTEM,
        now=at,
    )
    with unit_of_work():
        ledger.begin_refund_run(run_id=run_id, actor=SYSTEM, now=at)
        ledger.refund_next(run_id=run_id, now=at, actor=SYSTEM)
    theirs = purse.resident(member)
    said = page(theirs, f"/points/{full.points}/")
    assert "退還誤扣" in said
    assert "補償贈點" in said
    assert "+50 點" in said
    refunds = [
        entry
        for entry in ledger.history(holder=member, unit=full.points, access=None)
        if entry.kind.startswith("refund.")
    ]
    assert [entry.amount for entry in sorted(refunds, key=lambda it: it.amount)] == [50, 60]
    for entry in refunds:
        why = page(theirs, f"/points/{full.points}/entries/{entry.key}/")
        assert "加值機重複扣點，已全數退還" in why


def test_the_books_are_clean_afterwards(full: purse.Purse) -> None:
    assert activities.verify() == []
    assert ledger.verify() == []
