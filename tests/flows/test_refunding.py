"""A refund run: checked whole, released by a second officer, exactly once a person, undone."""

import datetime as dt
import io
import json
import uuid
from collections.abc import Iterator
from typing import Any

import openpyxl
import pytest

from citycard.agencies import api as agencies
from citycard.flows import approving, refund_lists, refunding
from citycard.infra.database import execute, rows
from citycard.infra.packs import Text
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM, Actor
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from tests.harness import spreadsheets

pytestmark = pytest.mark.usefixtures("city")
NOW = dt.datetime(2026, 11, 21, 3, 0, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(hours=1)
TODAY = dt.date(2026, 11, 21)
UNIT = "taipei-points"
EASYCARD = ledger.partner(code="easycard", unit=UNIT)
WHY = Text(zh="十一月二十日機台重複扣點。", en="Kiosks charged twice on 20 November.")
MISTAKE = Text(zh="清單有誤。", en="The list was wrong.")
MAKER = Actor(id="staff:71", kind="staff", roles=frozenset({"finance"}), agency="doit")
CHECKER = Actor(id="staff:72", kind="staff", roles=frozenset({"officer"}), agency="doit")


class Town:
    """People of their own for each test, with points that were charged."""

    def __init__(self, first: int) -> None:
        self.first = first
        with unit_of_work():
            self.fund = self._fund("campaign", 100_000)
            self.goodwill = self._fund("sorry", 5_000)

    def _fund(self, name: str, budget: int) -> int:
        fund = ledger.open_fund(
            agency="health", campaign_ref=f"{name}-{self.first}", unit=UNIT, actor=SYSTEM, now=NOW
        )
        key = fact_key(NOW, "budget", fund)
        ledger.raise_budget(fund_id=fund, amount=budget, key=key, at=NOW, actor=SYSTEM, now=NOW)
        return fund

    def people(self, n: int) -> list[int]:
        return list(range(self.first, self.first + n))

    def drain(self, fund: int, but: int) -> None:
        """Let others get what a fund has, but some of it."""
        left = ledger.fund_totals(fund_ids=[fund])[fund].budget
        source = ledger.budget(fund_id=fund, unit=UNIT)
        lot = ledger.member(holder=self.first + 9_999, unit=UNIT, fund=fund)
        given = ledger.Transfer(source=source, target=lot, amount=left - but)
        key = fact_key(LATER, "drain", fund)
        move = ledger.Move(key=key, kind="award", at=LATER, transfers=[given])
        with unit_of_work():
            assert ledger.move_many(moves=[move], actor=SYSTEM, now=LATER)[0].refusal is None

    def fill(self, fund: int, amount: int) -> None:
        """Raise a fund's budget."""
        key = fact_key(LATER, "fill", fund)
        with unit_of_work():
            posted = ledger.raise_budget(
                fund_id=fund, amount=amount, key=key, at=LATER, actor=SYSTEM, now=LATER
            )
        assert posted.refusal is None

    def charge(self, holder: int, amount: int, *what: object, had: int | None = None) -> uuid.UUID:
        """Give a person points and charge some; returns the charge's key."""
        lot = ledger.member(holder=holder, unit=UNIT, fund=self.fund)
        source = ledger.budget(fund_id=self.fund, unit=UNIT)
        key = fact_key(NOW, "award", holder, *what)
        given = ledger.Transfer(source=source, target=lot, amount=amount if had is None else had)
        award = ledger.Move(key=key, kind="award", at=NOW, transfers=[given])
        spend = ledger.Spend(
            key=fact_key(NOW, "charge", holder, *what),
            kind="redemption.settled",
            at=NOW,
            holder=holder,
            unit=UNIT,
            amount=amount,
            into=EASYCARD,
        )
        with unit_of_work():
            assert ledger.move_many(moves=[award], actor=SYSTEM, now=NOW)[0].refusal is None
            assert ledger.spend_many(spends=[spend], actor=SYSTEM, now=NOW)[0].refusal is None
        return spend.key


_firsts = iter(range(10_000, 1_000_000, 10_000))


@pytest.fixture
def town(city: Any) -> Town:
    return Town(next(_firsts))


@pytest.fixture(autouse=True)
def nothing_is_wrong(city: Any) -> Iterator[None]:
    yield
    assert ledger.verify() == []


def as_csv(*lines: tuple[object, object]) -> bytes:
    return "\n".join(["reference,amount", *(f"{ref},{amount}" for ref, amount in lines)]).encode()


def drafted(content: bytes, town: Town, goodwill: int = 0) -> int:
    return refunding.draft(
        checked=refunding.check(content=content),
        why=WHY,
        goodwill=goodwill,
        goodwill_fund=town.goodwill if goodwill else None,
        file_name="list.csv",
        actor=MAKER,
        now=NOW,
    )


def release(run_id: int) -> None:
    number = refunding.propose(run_id=run_id, actor=MAKER, now=NOW)
    approving.approve(proposal_id=number, actor=CHECKER, now=LATER)


def has(holder: int) -> int:
    found = ledger.balances(holders=[holder], unit=UNIT, on=TODAY, access=None)
    return found[holder].available


def messages(holder: int) -> list[tuple[str, Any]]:
    found = rows(
        "SELECT code, params::text AS p FROM notify_message WHERE member_id = %s ORDER BY id",
        [holder],
    )
    return [(row.code, json.loads(row.p)) for row in found]


def test_each_gets_back_what_was_taken_and_fifty_more_once_and_one_message(town: Town) -> None:
    one, two, three = town.people(3)
    content = as_csv(
        (town.charge(one, 100, 1), 100),
        (town.charge(one, 40, 2), ""),
        (town.charge(two, 60), 20),
        (town.charge(three, 7), 7),
    )
    run_id = drafted(content, town, goodwill=50)
    assert (has(one), has(two)) == (0, 0)
    release(run_id)
    assert (has(one), has(two)) == (0, 0), "a job does it"

    for _ in range(3):
        refunding.go_on(LATER)

    assert [has(holder) for holder in (one, two, three)] == [190, 70, 57]
    ((code, params),) = messages(one)
    assert code == "ledger.refund.paid_with_goodwill"
    assert params == {
        "points": 140,
        "goodwill": 50,
        "unit": UNIT,
        "why": {"zh-Hant": WHY.zh, "en": WHY.en},
    }
    run = ledger.refund_run(run_id=run_id)
    assert (run.state, run.people, run.points, run.given, run.goodwill_given) == (
        "done",
        3,
        167,
        167,
        150,
    )


def test_a_line_that_is_wrong_is_named_with_its_reason_and_nothing_is_kept(town: Town) -> None:
    one, two = town.people(2)
    good, award = town.charge(one, 100), fact_key(NOW, "award", one)
    content = as_csv(
        (good, 100), (award, 1), (uuid.uuid4(), 3), ("王小美", 5), (good, 1),
        (town.charge(two, 9), 10), (town.charge(two, 9, "x"), "-4"),
    )  # fmt: skip
    checked = refunding.check(content=content)

    assert {(line.line, line.refusal.code) for line in checked.problems if line.refusal} == {
        (3, "ledger.not_a_charge"),
        (4, "ledger.move_unknown"),
        (5, "refunding.reference_unreadable"),
        (6, "ledger.named_twice"),
        (7, "ledger.taken_back"),
        (8, "refunding.amount_unreadable"),
    }
    runs = len(ledger.refund_runs())
    with pytest.raises(ledger.RefundIncomplete) as no:
        drafted(content, town)
    assert no.value.facts == {"lines": 6}
    assert len(ledger.refund_runs()) == runs


def test_a_spreadsheet_and_redemptions_do_as_well(town: Town) -> None:
    (one,) = town.people(1)
    charge = town.charge(one, 30)
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["紀錄編號", "點數"])
    book.active.append([str(charge), 10])
    kept = io.BytesIO()
    book.save(kept)
    checked = refunding.check(content=kept.getvalue())
    assert [(line.line, line.key, line.amount) for line in checked.lines] == [(2, charge, 10)]


def test_a_list_from_an_old_mac_is_read(town: Town) -> None:
    charge = town.charge(town.first, 5)
    checked = refunding.check(content=f"reference,amount\r{charge},5\r".encode())
    assert [(line.line, line.key, line.amount) for line in checked.lines] == [(2, charge, 5)]


def test_a_first_line_that_is_no_head_is_not_lost(town: Town) -> None:
    charge = town.charge(town.first, 5)
    checked = refunding.check(content=f"{str(charge)[:-1]}x,5\n{charge},5\n".encode())
    assert [line.line for line in checked.problems] == [1]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00\x01",
        b"a,b\n",
        b"a" * 140_000,
        *spreadsheets.BROKEN.values(),
    ],
    ids=["empty", "no text", "other columns", "one endless field", *spreadsheets.BROKEN],
)
def test_what_is_no_list_is_refused(content: bytes) -> None:
    with pytest.raises(refund_lists.ListUnreadable):
        refunding.check(content=content)


def test_nobody_releases_their_own_run(town: Town) -> None:
    run_id = drafted(as_csv((town.charge(town.first, 5), 5)), town)
    number = refunding.propose(run_id=run_id, actor=MAKER, now=NOW)
    with pytest.raises(agencies.SamePerson):
        approving.approve(proposal_id=number, actor=MAKER, now=LATER)
    refunding.go_on(LATER)
    assert ledger.refund_run(run_id=run_id).state == "draft"


def test_goodwill_that_its_fund_cannot_pay_stops_the_release(town: Town) -> None:
    lines = [(town.charge(holder, 5), 5) for holder in town.people(3)]
    run_id = drafted(as_csv(*lines), town, goodwill=2000)
    number = refunding.propose(run_id=run_id, actor=MAKER, now=NOW)
    with pytest.raises(ledger.BudgetUsedUp):
        approving.approve(proposal_id=number, actor=CHECKER, now=LATER)
    assert agencies.proposal(proposal_id=number).state == "waiting"


def test_goodwill_that_met_an_empty_fund_is_given_when_it_has_points_again(town: Town) -> None:
    one, two = town.people(2)
    lines = [(town.charge(one, 10, 1), 10), (town.charge(one, 4, 2), 4), (town.charge(two, 5), 5)]
    run_id = drafted(as_csv(*lines), town, goodwill=50)
    number = refunding.propose(run_id=run_id, actor=MAKER, now=NOW)
    approving.approve(proposal_id=number, actor=CHECKER, now=LATER)
    town.drain(town.goodwill, but=60)
    refunding.go_on(LATER)
    assert (has(one), has(two)) == (14, 55)
    run = ledger.refund_run(run_id=run_id)
    assert (run.state, run.given, run.goodwill_given) == ("done", 19, 50)
    assert (run.counts["done"], run.counts["short"]) == (2, 1)
    (short,) = ledger.refund_results(run_id=run_id, state="short")
    assert short.why == "ledger.budget_used_up"

    town.fill(town.goodwill, 100)
    release(run_id)
    for _ in range(2):
        refunding.go_on(LATER)
    assert (has(one), has(two)) == (64, 55)
    run = ledger.refund_run(run_id=run_id)
    assert (run.given, run.goodwill_given, run.counts["done"]) == (19, 100, 3)
    assert [code for code, _ in messages(one)] == ["ledger.refund.paid", "ledger.refund.goodwill"]
    assert [code for code, _ in messages(two)] == ["ledger.refund.paid_with_goodwill"]
    assert messages(one)[-1][1]["points"] == 50


class CutOff(Exception):
    """The power went."""


@pytest.mark.parametrize("place", ["refund.batch.before_commit", "refund.batch.after_commit"])
def test_a_run_that_is_cut_off_goes_on_and_nobody_gets_more(
    town: Town, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    people = town.people(25)
    lines = [(town.charge(holder, 10, n), 10) for holder in people for n in (1, 2)]
    run_id = drafted(as_csv(*lines), town, goodwill=50)
    release(run_id)
    monkeypatch.setattr(refunding, "PEOPLE_A_BATCH", 4)
    cuts = {"left": 3}

    def cut(at: str) -> None:
        cuts["left"] -= at == place
        if cuts["left"] == 0 and at == place:
            raise CutOff

    monkeypatch.setattr(refunding.failpoints, "reach", cut)
    with pytest.raises(CutOff):
        refunding.go_on(LATER)
    half = ledger.refund_run(run_id=run_id)
    assert half.state == "running"
    assert half.counts["done"] == {"before": 16, "after_": 24}[place[13:19]]

    refunding.go_on(LATER)
    assert {has(holder) for holder in people} == {70}
    assert {len(messages(holder)) for holder in people} == {1}
    assert ledger.refund_run(run_id=run_id).goodwill_given == 50 * 25


def test_a_refused_line_says_why_and_can_be_tried_again(town: Town) -> None:
    one, two = town.people(2)
    key, other = town.charge(one, 10), town.charge(two, 10)
    run_id = drafted(as_csv((key, 10), (other, 10)), town)
    # meanwhile somebody gives part of it back by hand
    by_hand = ledger.Reversal(
        key=fact_key(NOW, "by hand", key), of=key, kind="back", at=NOW, amount=4
    )
    with unit_of_work():
        ledger.reverse_many(reversals=[by_hand], actor=SYSTEM, now=NOW)
    release(run_id)
    refunding.go_on(LATER)

    (refused,) = ledger.refund_results(run_id=run_id, state="refused")
    assert (refused.line, refused.why, refused.facts) == (
        2,
        "ledger.taken_back",
        {"left": 6, "wanted": 10},
    )
    assert (has(one), has(two)) == (4, 10)
    # the hand's refund was the mistake: it is undone, and the line tried again
    undo = ledger.Reversal(key=fact_key(NOW, "undo", key), of=by_hand.key, kind="back", at=NOW)
    with unit_of_work():
        ledger.reverse_many(reversals=[undo], actor=SYSTEM, now=NOW)
    release(run_id)
    refunding.go_on(LATER)
    assert (has(one), has(two)) == (10, 10)
    assert [len(messages(holder)) for holder in (one, two)] == [1, 1]


def test_the_auditor_sees_a_line_that_says_what_the_books_do_not(town: Town) -> None:
    run_id = drafted(as_csv((town.charge(town.first, 5), 5)), town)
    for state, found in (("done", ["ledger.refund_runs"]), ("waiting", [])):
        with unit_of_work():
            execute("UPDATE ledger_refund_line SET state = %s WHERE run_id = %s", [state, run_id])
        assert [finding.check for finding in ledger.verify()] == found


def test_who_spent_a_refund_keeps_the_goodwill_and_is_told_nothing(town: Town) -> None:
    (one,) = town.people(1)
    charge = town.charge(one, 20)
    run_id = drafted(as_csv((charge, 20)), town, goodwill=50)
    release(run_id)
    refunding.go_on(LATER)
    lot = ledger.member(holder=one, unit=UNIT, fund=town.fund)
    spent = ledger.Transfer(source=lot, target=EASYCARD, amount=20)
    key = fact_key(LATER, "spent", one)
    with unit_of_work():
        move = ledger.Move(key=key, kind="x", at=LATER, transfers=[spent])
        assert ledger.move_many(moves=[move], actor=SYSTEM, now=LATER)[0].refusal is None
    before = messages(one)
    number = refunding.propose_undoing(run_id=run_id, why=MISTAKE, actor=MAKER, now=LATER)
    approving.approve(proposal_id=number, actor=CHECKER, now=LATER)
    refunding.go_on(LATER)
    run = ledger.refund_run(run_id=run_id)
    assert (run.state, run.counts["kept"], run.goodwill_given) == ("undone", 1, 50)
    assert (has(one), messages(one)) == (50, before)


def test_a_run_is_undone_where_the_points_are_still_there(town: Town) -> None:
    one, two = town.people(2)
    run_id = drafted(as_csv((town.charge(one, 10), 10), (town.charge(two, 20), 20)), town, 50)
    before = ledger.fund_totals(fund_ids=[town.fund, town.goodwill])
    release(run_id)
    refunding.go_on(LATER)
    spend = ledger.Spend(
        key=fact_key(LATER, "spent", two),
        kind="x",
        at=LATER,
        holder=two,
        unit=UNIT,
        amount=20,
        into=EASYCARD,
    )
    with unit_of_work():
        ledger.spend_many(spends=[spend], actor=SYSTEM, now=LATER)

    number = refunding.propose_undoing(run_id=run_id, why=MISTAKE, actor=MAKER, now=LATER)
    approving.approve(proposal_id=number, actor=CHECKER, now=LATER)
    for _ in range(2):
        refunding.go_on(LATER)

    assert has(one) == 0
    run = ledger.refund_run(run_id=run_id)
    assert run.state == "undone"
    assert run.counts["undone"] + run.counts["kept"] == 2
    for line in ledger.refund_results(run_id=run_id, state="kept"):
        assert line.why == "ledger.not_enough_points"
    assert messages(one)[-1] == (
        "ledger.refund.undone",
        {"points": 60, "unit": UNIT, "why": {"zh-Hant": MISTAKE.zh, "en": MISTAKE.en}},
    )
    totals = ledger.fund_totals(fund_ids=[town.fund, town.goodwill])
    assert sum(t.with_people for t in totals.values()) == has(one) + has(two)
    assert totals[town.goodwill].budget in (
        before[town.goodwill].budget,
        before[town.goodwill].budget - 50,
    )
