"""A budget is cut into parts anew while others give from it: what they gave is not forgotten."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor

import psycopg
import pytest
from django.db import connection

from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.ledger import api as ledger
from tests.harness.databases import Clone
from tests.harness.patience import PATIENCE_S, wait_until
from tests.ledger.conftest import NOW, Books, open_books

_WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0
"""


class Hand:
    """One unit of work in a thread of its own, open until it is let go."""

    def __init__(self, pool: ThreadPoolExecutor, books: Books, *, raise_by: int = 0) -> None:
        self.books, self.raise_by = books, raise_by
        self.worked, self._go = threading.Event(), threading.Event()
        self._ended: Future[None] = pool.submit(self._work)

    def _work(self) -> None:
        try:
            with unit_of_work():
                if self.raise_by:
                    key = self.books.key("raise", self.raise_by)
                    ledger.raise_budget(
                        fund_id=self.books.fund,
                        amount=self.raise_by,
                        key=key,
                        at=NOW,
                        actor=SYSTEM,
                        now=NOW,
                    )
                else:
                    award = self.books.award(1, 7, "while it is cut")
                    (posted,) = ledger.move_many(moves=[award], actor=SYSTEM, now=NOW)
                    assert posted.outcome == "posted"
                self.worked.set()
                assert self._go.wait(PATIENCE_S)
        finally:
            connection.close()

    def end(self) -> None:
        self._go.set()
        self._ended.result(PATIENCE_S)


def test_a_cut_that_waited_for_another_sees_what_is_given_from_the_new_parts(
    fresh_database: Clone, request: pytest.FixtureRequest
) -> None:
    """A first raise cuts a budget of one part into three. A second one waits for that part; while
    it does, somebody gives from one of the two that it has not seen.
    """
    books = open_books(1000, request.node.name)

    def waiting() -> int:
        return int(fresh_database.owner_sql(_WAITING)[0][0])

    with ThreadPoolExecutor(4) as pool, psycopg.connect(fresh_database.owner_url) as between:
        first = Hand(pool, books, raise_by=2000)
        assert first.worked.wait(PATIENCE_S)
        stands_between = pool.submit(
            between.execute,
            "SELECT FROM ledger_budget_slice WHERE fund = %s AND slice = 0 FOR UPDATE",
            [books.fund],
        )
        wait_until(lambda: waiting() == 1)
        second = Hand(pool, books, raise_by=3000)
        wait_until(lambda: waiting() == 2)
        first.end()
        stands_between.result(PATIENCE_S)
        giver = Hand(pool, books)
        assert giver.worked.wait(PATIENCE_S)
        between.rollback()
        wait_until(lambda: waiting() == 1, what="the second raise waits for whom has given")
        giver.end()
        second.end()

    assert books.left() == 1000 + 2000 + 3000 - 7
    assert ledger.verify() == []
