"""「集兌點統計表…供清分帳與核銷」: a month between three agencies and two partners, one of them an
agency at its own till, is closed by two officers, nets to zero, and stays as it was.
"""

import base64
import csv
import datetime as dt
import io
import re

import pytest

from citycard.infra.clock import now
from citycard.infra.crypto import verify
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from tests.harness.live import LiveCity
from tests.harness.patience import wait_until
from tests.harness.visiting import Visitor

pytestmark = pytest.mark.city("taoyuan")

UNIT = "health-points"
MEMBERS = range(1, 6)


def last_month() -> dt.date:
    today = current_pack().time.day(now())
    return (today.replace(day=1) - dt.timedelta(days=1)).replace(day=1)


def in_last_month() -> dt.datetime:
    return current_pack().time.midnight(last_month()) + dt.timedelta(days=9, hours=12)


def fund(agency: str) -> int:
    with unit_of_work():
        return ledger.open_fund(
            agency=agency,
            campaign_ref=f"{agency}-october",
            unit=UNIT,
            actor=SYSTEM,
            now=in_last_month(),
        )


def redeem(agency: str, partner: str, amount: int, *what: object) -> None:
    """Award points out of an agency's fund and let a partner take them, in the last month."""
    at, number = in_last_month(), fund(agency)
    lot = ledger.member(holder=MEMBERS[0], unit=UNIT, fund=number)
    steps = (
        (
            "raised",
            ledger.issuer(agency=agency, unit=UNIT),
            ledger.budget(fund_id=number, unit=UNIT),
        ),
        ("awarded", ledger.budget(fund_id=number, unit=UNIT), lot),
        ("redeemed", lot, ledger.partner(code=partner, unit=UNIT)),
    )
    moves = [
        ledger.Move(
            key=fact_key(at, name, agency, partner, *what),
            kind=f"journey.{name}",
            at=at,
            transfers=[ledger.Transfer(source=source, target=target, amount=amount)],
        )
        for name, source, target in steps
    ]
    with unit_of_work():
        posted = ledger.move_many(moves=moves, actor=SYSTEM, now=now())
    assert {one.outcome for one in posted} == {"posted"}


@pytest.fixture(scope="module")
def town(live_city: LiveCity) -> LiveCity:
    """Last month: three agencies' points redeemed at two partners; one of these is an agency."""
    redeem("health", "easycard", 5_000)
    redeem("sports", "easycard", 3_000)
    redeem("library", "easycard", 700)
    redeem("health", "sports", 1_200)
    redeem("sports", "sports", 40)
    return live_city


def months_to_close() -> list[dt.date]:
    return [it.month for it in ledger.months() if it.month <= last_month() and it.state == "open"]


def close(month: dt.date, maker: Visitor, checker: Visitor) -> None:
    """One officer proposes, the other approves, the worker makes the papers."""
    address = f"/agency/books/{month:%Y-%m}/"
    maker.open(address)
    page = maker.fill("reason", action="/propose/", reason="例行月結", do="close")
    assert "等待另一位同仁" in page
    number = re.search(r"/approvals/(\d+)/", page.path)
    assert number is not None
    checker.open(f"/agency/approvals/{number[1]}/")
    checker.fill("said", action="/decide/", do="approve")
    wait_until(lambda: "第 1 版檔案" in maker.open(address))


def table(content: bytes, title: str) -> list[list[str]]:
    """Return the lines of the table of a CSV whose head begins so."""
    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    start = next(n for n, line in enumerate(lines) if line and line[0].startswith(title))
    end = next((n for n in range(start, len(lines)) if not lines[n]), len(lines))
    return lines[start + 1 : end]


def test_a_month_nets_to_zero_is_closed_by_two_and_stays_as_it_was(town: LiveCity) -> None:
    maker, checker = town.persona("finance"), town.persona("operator")
    before = {it.party: it.net for it in ledger.month_figures(month=last_month()).nets}
    assert sum(before.values()) == 0
    assert before["sports"] == 1_240 - 3_040  # takes points at its till, pays for its own
    for month in months_to_close():
        close(month, maker, checker)

    address = f"/agency/books/{last_month():%Y-%m}/1/clearing-{last_month():%Y-%m}-v1"
    first = {kind: maker.download(f"{address}.{kind}") for kind in ("csv", "xlsx", "pdf")}
    again = {kind: checker.download(f"{address}.{kind}") for kind in ("csv", "xlsx", "pdf")}
    assert first == again
    assert verify(first["csv"], base64.b64decode(maker.download(f"{address}.csv.sig")))
    *nets, total = table(first["csv"], "代碼")
    assert total[-1] == "0"
    assert {line[0]: int(line[-1]) for line in nets} == before

    # what comes late is in the running month, marked, and the closed one is as it was
    redeem("library", "sports", 90, "late")
    again = {kind: maker.download(f"{address}.{kind}") for kind in ("csv", "xlsx", "pdf")}
    assert first == again
    assert {it.party: it.net for it in ledger.month_figures(month=last_month()).nets} == before
    running = f"{current_pack().time.day(now()):%Y-%m}"
    assert "含遲到 90" in maker.open(f"/agency/books/{running}/")
    late = [it for it in ledger.positions(month=current_pack().time.day(now())) if it.late]
    assert [(it.debtor, it.creditor, it.late) for it in late] == [("library", "sports", 90)]
    verified = town.command("verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_an_agencys_officer_downloads_their_own_statement(town: LiveCity) -> None:
    organiser = town.persona("organiser")
    page = organiser.open(f"/agency/statement/?month={last_month():%Y-%m}")
    assert "悠遊卡" in page
    assert "health-october" in page
    stem = f"/agency/books/{last_month():%Y-%m}/1"
    name = f"statement-{last_month():%Y-%m}-v1"
    mine = organiser.download(f"{stem}/health/{name}-health.csv")
    assert b"health-october" in mine
    assert mine == organiser.download(f"{stem}/health/{name}-health.csv")
    organiser.open(f"{stem}/library/{name}-library.csv", status=404)


def test_the_auditor_sees_the_books_and_finds_no_button(town: LiveCity) -> None:
    auditor = town.persona("auditor")
    page = auditor.open(f"/agency/books/{last_month():%Y-%m}/")
    assert "提出重開" not in page
    assert "試算表" in auditor.open("/agency/books/trial-balance/")
    auditor.open("/agency/books/move/", status=403)
