"""The month's end as a whole: two officers, papers that stay, steps that can be cut off."""

import csv
import datetime as dt
import io
from typing import Any

import pytest

from citycard.agencies import api as agencies
from citycard.flows import approving, closing
from citycard.infra import failpoints, papers
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import Actor
from citycard.ledger import api as ledger
from tests.ledger.clearing_town import AFTER, IN_SEPTEMBER, OCTOBER, SEPTEMBER, Town

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def pdfs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write real PDFs in one test only: each takes the time of all the rest."""
    if "approving_closes" not in request.node.name:
        monkeypatch.setattr(
            papers, "pdf_of", lambda document: b"%PDF-1.7 " + document.title.encode()
        )


def officer(number: int) -> Actor:
    return Actor(id=f"staff:{number}", kind="staff", roles=frozenset({"finance"}), agency="doit")


@pytest.fixture
def town(db: None) -> Town:
    with unit_of_work():
        agencies.activate(pack=current_pack(), now=AFTER)
    found = Town()
    found.award("health", 100, IN_SEPTEMBER)
    found.redeem("health", "easycard", 60, IN_SEPTEMBER)
    return found


def propose(kind: str, month: dt.date, reason: str = "月結") -> int:
    with unit_of_work():
        return agencies.propose(
            kind=kind,
            about=f"{month:%Y-%m}",
            content={"month": month.isoformat()},
            reason=reason,
            actor=officer(1),
            now=AFTER,
        )


def approve(kind: str, month: dt.date, reason: str = "月結") -> None:
    number = propose(kind, month, reason)
    approving.approve(proposal_id=number, actor=officer(2), now=AFTER)


def close(month: dt.date) -> ledger.Closing:
    approve("ledger.close_month", month)
    [found, *_] = ledger.closings(month=month)
    closing.finish(closing_id=found.closing_id, now=AFTER)
    return ledger.closing(closing_id=found.closing_id)


def lines_of(kind: str, about: str, name: str) -> list[list[str]]:
    paper = papers.kept(kind=kind, about=about)
    assert paper is not None
    file = paper.file(name)
    assert file is not None
    return list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))


def test_approving_closes_and_the_papers_are_kept(town: Town) -> None:
    found = close(SEPTEMBER)
    assert (found.state, found.made_by, found.approved_by) == ("done", "staff:1", "staff:2")
    assert {about for about, _, _ in papers.papers(kind=closing.STATEMENT)} == {
        "2026-09/1/easycard",
        "2026-09/1/health",
        "2026-09/1/library",  # it raised a budget
        "2026-09/1/sports",
    }
    own = lines_of(closing.STATEMENT, "2026-09/1/health", "statement-2026-09-v1-health.csv")
    text = "\n".join(",".join(line) for line in own)
    assert "臺北市政府衛生局" in text
    assert "悠遊卡公司" in text
    [_, _, books_files] = papers.papers(kind=closing.BOOKS)[0]
    assert "journal-2026-09-v1.csv" in books_files
    assert {name.rsplit(".")[-1] for name in books_files} == {"csv", "xlsx", "pdf"}


def test_the_journal_balances_and_the_trial_balance_is_zero(town: Town) -> None:
    close(SEPTEMBER)
    head, *journal = lines_of(closing.BOOKS, "2026-09/1", "journal-2026-09-v1.csv")
    debit, credit = head.index("debit"), head.index("credit")
    assert sum(int(it[debit]) for it in journal) == sum(int(it[credit]) for it in journal) > 0
    trial = lines_of(closing.BOOKS, "2026-09/1", "trial-balance-2026-09-v1.csv")
    assert trial[-1][0].startswith("合計")
    assert trial[-1][-1] == trial[-1][-2]


@pytest.mark.parametrize(
    "place",
    [
        "closing.freeze.before_commit",
        "closing.frozen",
        "closing.statement.kept",
        "closing.operators.before_commit",
        "closing.papers.kept",
    ],
)
def test_what_was_cut_off_goes_on_where_it_stood(
    town: Town, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    approve("ledger.close_month", SEPTEMBER)
    [found] = ledger.closings(month=SEPTEMBER)

    def cut(reached: str) -> None:
        if reached == place:
            raise ConnectionError(place)

    with monkeypatch.context() as patched:
        patched.setattr(failpoints, "reach", cut)
        with pytest.raises(ConnectionError):
            closing.finish(closing_id=found.closing_id, now=AFTER)
    assert ledger.closing(closing_id=found.closing_id).state != "done"
    closing.finish(closing_id=found.closing_id, now=AFTER)
    closing.finish(closing_id=found.closing_id, now=AFTER + dt.timedelta(hours=1))
    assert ledger.closing(closing_id=found.closing_id).done_at == AFTER
    assert len(papers.papers(kind=closing.STATEMENT)) == 4
    assert papers.verify() == []


def test_a_month_that_is_not_over_stays_open_and_the_proposal_waiting(town: Town) -> None:
    with pytest.raises(ledger.EarlierMonthOpen):
        approve("ledger.close_month", dt.date(2026, 12, 1))
    close(SEPTEMBER)
    with pytest.raises(ledger.MonthNotOver):
        approve("ledger.close_month", dt.date(2027, 1, 1))
    assert {it.about for it in agencies.proposals()} == {"2026-12", "2027-01"}
    assert len(ledger.closings()) == 1


def test_reopening_keeps_the_old_papers_and_names_the_difference(town: Town) -> None:
    close(SEPTEMBER)
    before = papers.kept(kind=closing.MONTH, about="2026-09/1")
    approve("ledger.reopen_month", SEPTEMBER, "補登健康局活動")
    town.redeem("health", "easycard", 15, IN_SEPTEMBER)
    second = close(SEPTEMBER)
    assert second.version == 2
    assert papers.kept(kind=closing.MONTH, about="2026-09/1") == before
    told = lines_of(closing.MONTH, "2026-09/2", "clearing-2026-09-v2.csv")
    [change] = [it for it in told if it and "→" in it[0]]
    assert change[1:] == ["60", "75", "15"]


def test_no_paper_names_a_person(town: Town) -> None:
    """A person's number is in no file: not as a holder, nor inside an account's name."""
    town.move(town.budget("sports"), town.lot("sports", 770077), 9, IN_SEPTEMBER)
    town.move(town.lot("sports", 770077), town.partner("easycard"), 4, IN_SEPTEMBER)
    close(SEPTEMBER)
    for kind in (closing.MONTH, closing.STATEMENT, closing.BOOKS):
        for about, _, _ in papers.papers(kind=kind):
            paper = papers.kept(kind=kind, about=about)
            assert paper is not None
            for file in paper.files:
                assert b"770077" not in file.content or not file.name.endswith(".csv"), file.name


def test_late_items_are_marked_on_the_next_statement(town: Town) -> None:
    close(SEPTEMBER)
    town.redeem("health", "easycard", 7, IN_SEPTEMBER)
    close(OCTOBER)
    lines: list[Any] = lines_of(
        closing.STATEMENT, "2026-10/1/easycard", "statement-2026-10-v1-easycard.csv"
    )
    [owed] = [it for it in lines if it and it[0].startswith("臺北市政府衛生局")]
    assert owed[4:] == ["7", "7", "7"]  # amount, of which late, NT$
