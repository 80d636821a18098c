"""The month's end: closed by two officers, frozen in one pass, papers kept, each step once.

Approving closes the month and puts a letter in the outbox; the worker does the rest, one unit of
work a step. What was cut off goes on where it stood, because each step knows what is done. What
fails waits visibly among the letters.
"""

import datetime as dt
from collections.abc import Callable, Sequence

from citycard.agencies import api as agencies
from citycard.flows import clearing_papers, riding_statements
from citycard.infra import failpoints, outbox, papers
from citycard.infra.outbox import Letter, Outcome, Topic
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.periods import next_month
from citycard.ledger import api as ledger

TOPIC = "ledger.closing"
Files = Sequence[papers.PaperFile]
MONTH, STATEMENT, BOOKS = "clearing.month", "clearing.statement", "clearing.books"


def close(proposal: agencies.Proposal, actor: Actor, now: dt.datetime) -> None:
    """Close a month, in the unit of work of its approval. Content: ``month``.

    :raises Refused: the month is not over, closed already, or an earlier one is open
    """
    month = dt.date.fromisoformat(proposal.content["month"])
    closing_id = ledger.begin_closing(
        month=month, made_by=proposal.made_by, reason=proposal.reason, actor=actor, now=now
    )
    outbox.enqueue(topic=TOPIC, letters=[(f"closing:{closing_id}", closing_id)], now=now)


def reopen(proposal: agencies.Proposal, actor: Actor, now: dt.datetime) -> None:
    """Open the last closed month again; its papers stay, superseded. Content: ``month``.

    :raises Refused: it is open, a later one is closed, or its closing is still under way
    """
    month = dt.date.fromisoformat(proposal.content["month"])
    ledger.reopen_closed(month=month, reason=proposal.reason, actor=actor, now=now)


def go_on(letters: Sequence[Letter], now: dt.datetime) -> list[Outcome]:
    """Finish closings that were begun."""
    for letter in letters:
        finish(closing_id=letter.ref, now=now)
    return [Outcome(id=letter.id, result="done") for letter in letters]


LETTER = Topic(name=TOPIC, deliver=go_on, batch=1)


def finish(*, closing_id: int, now: dt.datetime) -> None:
    """Do what is left of a closing: freeze it, keep its papers, note that it is done."""
    with unit_of_work():
        ledger.freeze_closing(closing_id=closing_id, now=now)
        failpoints.reach("closing.freeze.before_commit")
    failpoints.reach("closing.frozen")
    found = ledger.closing(closing_id=closing_id)
    figures = ledger.closing_figures(closing=found)
    for code in figures.parties:
        _keep_statement(figures, code, now)
        failpoints.reach("closing.statement.kept")
    riding_statements.tell(found, now)
    _keep_books(found, now)
    _keep_month(figures, now)
    failpoints.reach("closing.papers.kept")
    with unit_of_work():
        ledger.finish_closing(closing_id=closing_id, now=now)


def about(closing: ledger.Closing, code: str = "") -> str:
    """Return under which name a paper of a closing is kept: ``2026-10/1``, ``2026-10/1/health``."""
    return f"{closing.month:%Y-%m}/{closing.version}" + (f"/{code}" if code else "")


def _keep_statement(figures: ledger.MonthFigures, code: str, now: dt.datetime) -> None:
    assert figures.closing is not None
    name = f"statement-{_stem(figures.closing)}-{code}"

    def write() -> Files:
        return clearing_papers.files(clearing_papers.statement(figures, code), name)

    _keep(STATEMENT, about(figures.closing, code), write, now)


def _keep_month(figures: ledger.MonthFigures, now: dt.datetime) -> None:
    closing = figures.closing
    assert closing is not None
    older = [it for it in ledger.closings(month=closing.month) if it.version < closing.version]
    before = ledger.closing_figures(closing=older[0]) if older else None

    def write() -> Files:
        document = clearing_papers.overall(figures, before)
        return clearing_papers.files(document, f"clearing-{_stem(closing)}")

    _keep(MONTH, about(closing), write, now)


def _keep_books(closing: ledger.Closing, now: dt.datetime) -> None:
    """Keep the trial balance at the month's end and the journal for the accounting system."""
    stem = _stem(closing)
    last_day = next_month(closing.month) - dt.timedelta(days=1)

    def write() -> Files:
        trial = clearing_papers.trial_balance(ledger.trial_balance(on=last_day), last_day)
        journal = clearing_papers.journal(
            ledger.vouchers(month=closing.month), f"傳票 Vouchers {closing.month:%Y-%m}"
        )
        export = papers.PaperFile(
            name=f"journal-{stem}.csv", media_type=papers.CSV, content=papers.csv_of(journal)
        )
        return [*clearing_papers.files(trial, f"trial-balance-{stem}"), export]

    _keep(BOOKS, about(closing), write, now)


def _keep(kind: str, name: str, write: Callable[[], Files], now: dt.datetime) -> None:
    """Write a paper and keep it, unless it was kept before."""
    if papers.is_kept(kind=kind, about=name):
        return
    files = write()
    with unit_of_work():
        papers.keep(kind=kind, about=name, files=files, now=now)


def _stem(closing: ledger.Closing) -> str:
    return f"{closing.month:%Y-%m}-v{closing.version}"
