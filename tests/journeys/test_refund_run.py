"""「因系統異常誤扣市民點數，全數退還並加贈 50 點」: a thousand people get back what was taken, over
HTTP.

One officer uploads the list, another releases it, the worker's power is cut in the middle, and in
the end everybody has exactly what they should, and one message that says why.
"""

import csv
import io
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from citycard.infra.clock import now
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from tests.harness import live as harness
from tests.harness.cities import City
from tests.harness.live import LiveCity
from tests.harness.patience import wait_until

pytestmark = pytest.mark.city("taipei")

PEOPLE = 1000
UNIT = "taipei-points"
GOODWILL = 50
MESSAGES = "SELECT count(*), count(DISTINCT member_id) FROM notify_message WHERE code LIKE %s"
MAILS = "SELECT count(*) FROM notify_delivery WHERE state = 'waiting'"


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file that tells whether the power was cut: once, after a batch was committed."""
    return tmp_path_factory.mktemp("cut") / "once"


@pytest.fixture(scope="module")
def town(city: City, cut: Path) -> Iterator[LiveCity]:
    """Run a city of a thousand residents whose worker falls once in the middle of a run."""
    plain = harness._environment

    def with_a_cut(*args: Any) -> dict[str, str]:
        place = "refund.batch.after_commit"
        return plain(*args) | {
            "CITYCARD_FAILPOINT": place,
            "CITYCARD_FAILPOINT_ONCE": str(cut),
        }

    root = Path(cut.parent) / "state"
    with (
        mock.patch.object(harness, "RESIDENTS", PEOPLE + 20),
        mock.patch.object(harness, "_environment", with_a_cut),
        harness.live(city.code, database=city.database, root=root) as running,
    ):
        yield running


@pytest.fixture(scope="module")
def charges(town: LiveCity) -> dict[int, list[tuple[uuid.UUID, int]]]:
    """Give a thousand residents points and take some by mistake, from a few of them twice."""
    found = town.sql("SELECT id FROM people_member ORDER BY id LIMIT %s", [PEOPLE])
    members = [member for (member,) in found]
    assert len(members) == PEOPLE
    at = now()
    with unit_of_work():
        fund = ledger.open_fund(
            agency="health", campaign_ref="charged", unit=UNIT, actor=SYSTEM, now=at
        )
        sorry = ledger.open_fund(
            agency="doit", campaign_ref="sorry", unit=UNIT, actor=SYSTEM, now=at
        )
        for one, budget in ((fund, 10**6), (sorry, GOODWILL * PEOPLE)):
            key = fact_key(at, "budget", one)
            ledger.raise_budget(fund_id=one, amount=budget, key=key, at=at, actor=SYSTEM, now=at)
    wrong = {
        member: [
            (fact_key(at, "charge", member, n), 10 + n) for n in range(2 if member % 10 == 0 else 1)
        ]
        for member in members
    }
    last = ledger.last_day(unit=UNIT, earned_on=at.date())
    moves = []
    for member, taken in wrong.items():
        lot = ledger.member(holder=member, unit=UNIT, fund=fund, expires_on=last)
        source = ledger.budget(fund_id=fund, unit=UNIT)
        gives = ledger.Transfer(source=source, target=lot, amount=100)
        moves.append(
            ledger.Move(
                key=fact_key(at, "given", member), kind="campaign.award", at=at, transfers=[gives]
            )
        )
        into = ledger.partner(code="easycard-company", unit=UNIT)
        moves += [
            ledger.Move(
                key=key,
                kind="till.charged",
                at=at,
                transfers=[ledger.Transfer(source=lot, target=into, amount=amount)],
            )
            for key, amount in taken
        ]
    with unit_of_work():
        posted = ledger.move_many(moves=moves, actor=SYSTEM, now=at)
    assert {one.outcome for one in posted} == {"posted"}
    return wrong


@pytest.fixture(scope="module")
def before(charges: dict[int, list[tuple[uuid.UUID, int]]]) -> dict[int, int]:
    """Return what everybody has before the run."""
    return _balances(list(charges))


def test_the_run_gives_a_thousand_people_back_what_was_taken_and_tells_each_once(
    town: LiveCity,
    charges: dict[int, list[tuple[uuid.UUID, int]]],
    before: dict[int, int],
    cut: Path,
) -> None:
    finance, officer = town.persona("finance"), town.persona("operator")
    lines = [line for taken in charges.values() for line in taken]

    # a list with one wrong line is not taken at all
    finance.open("/agency/refunds/new/")
    sorry = _fund_choice(finance.page, "sorry")
    page = _upload(finance, [*lines, (uuid.uuid4(), 5)], sorry, status=422)
    assert str(len(lines) + 2) in page
    assert "找不到這筆點數紀錄" in page
    assert town.sql("SELECT count(*) FROM ledger_refund_run") == [(0,)]

    # the right one is looked up, proposed, and released by another officer
    finance.open("/agency/refunds/new/")
    page = _upload(finance, lines, sorry)
    assert f"{len(lines)} 列都查對過，共 {PEOPLE} 人" in page
    address = page.path
    page = finance.fill(action="/change/", holds="送出覆核", do="propose")
    assert "等待另一位同仁覆核" in page
    assert _balances(list(charges)) == before
    officer.open(page.link("查看覆核"))
    assert f"{PEOPLE:,}" in officer.page
    officer.fill("said", do="approve")

    # the worker falls after a batch, is started again, and goes on
    wait_until(cut.exists)
    wait_until(lambda: "已完成" in finance.open(address))
    assert "ended with" in (town.directory / "up.log").read_text(errors="replace")

    after = _balances(list(charges))
    assert after == {
        member: before[member] + sum(amount for _, amount in taken) + GOODWILL
        for member, taken in charges.items()
    }
    assert town.sql(MESSAGES, ["ledger.refund.%"]) == [(PEOPLE, PEOPLE)]
    result = finance.download(f"{address}results.csv").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(result)))
    assert len(rows) == len(lines)
    assert {row["state"] for row in rows} == {"done"}
    assert sum(int(row["goodwill"]) for row in rows) == GOODWILL * PEOPLE


def test_everybody_reads_why(
    town: LiveCity, charges: dict[int, list[tuple[uuid.UUID, int]]]
) -> None:
    member = next(m for m, taken in charges.items() if len(taken) == 2)
    ((params,),) = town.sql(
        "SELECT params::text FROM notify_message WHERE member_id = %s AND code LIKE 'ledger.ref%%'",
        [member],
    )
    assert '"points": 21' in params
    assert "Kiosks charged twice" in params
    wait_until(lambda: town.sql(MAILS) == [(0,)], every_s=1)


def test_the_run_is_undone_and_the_house_is_in_order(
    town: LiveCity, charges: dict[int, list[tuple[uuid.UUID, int]]], before: dict[int, int]
) -> None:
    finance, officer = town.persona("finance"), town.persona("operator")
    page = finance.open("/agency/refunds/")
    address = page.link("#1")
    finance.open(address)
    why = {"why_zh": "清單有誤。", "why_en": "The list was wrong."}
    page = finance.fill(action="/change/", holds="送出收回的覆核", do="undo", **why)
    officer.open(page.link("查看覆核"))
    officer.fill("said", do="approve")
    wait_until(lambda: "已收回" in finance.open(address))

    assert _balances(list(charges)) == before
    assert town.sql(MESSAGES, ["ledger.refund.undone"]) == [(PEOPLE, PEOPLE)]
    verified = town.command("verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def _upload(finance: Any, lines: list[tuple[uuid.UUID, int]], fund: str, status: int = 200) -> Any:
    content = "\n".join(["紀錄編號,點數", *(f"{key},{amount}" for key, amount in lines)])
    return finance.fill(
        files={"file": ("wrong.csv", content.encode(), "text/csv")},
        why_zh="11 月 20 日加值機重複扣點。",
        why_en="Kiosks charged twice on 20 November.",
        goodwill=GOODWILL,
        goodwill_fund=fund,
        status=status,
    )


def _fund_choice(page: Any, name: str) -> str:
    found = re.search(rf'<option value="(\d+)"[^>]*>[^<]*{name}', page.html)
    assert found is not None, page
    return found[1]


def _balances(members: list[int]) -> dict[int, int]:
    on = now().date()
    found = ledger.balances(holders=members, unit=UNIT, on=on, access=None)
    return {member: found[member].available for member in members}
