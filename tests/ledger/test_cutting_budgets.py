"""A budget is cut into parts anew while others give from it: what they gave is not forgotten."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import psycopg
import pytest
from django.db import connection

from citycard.infra.database import execute
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.ledger import api as ledger
from tests.harness.databases import Clone
from tests.harness.patience import PATIENCE_S, wait_until
from tests.ledger.conftest import NOW, Books, open_books

HELD_UP = """
CREATE FUNCTION held_up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF current_setting('test.held_up', true) = 'yes' THEN
        PERFORM pg_advisory_xact_lock(4712);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER held_up BEFORE UPDATE ON ledger_budget_slice
FOR EACH STATEMENT EXECUTE FUNCTION held_up()
"""
IS_HELD_UP = "SELECT EXISTS (SELECT FROM pg_locks WHERE objid = 4712 AND NOT granted)"
WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0
"""


class Hand:
    """One unit of work in a thread of its own, open until it is let go."""

    def __init__(self, pool: ThreadPoolExecutor, work: Callable[[], None]) -> None:
        self.worked, self._go = threading.Event(), threading.Event()
        self._ended: Future[None] = pool.submit(self._do, work)

    def _do(self, work: Callable[[], None]) -> None:
        try:
            with unit_of_work():
                work()
                self.worked.set()
                assert self._go.wait(PATIENCE_S)
        finally:
            connection.close()

    def end(self) -> None:
        self._go.set()
        self._ended.result(PATIENCE_S)


def raising(books: Books, amount: int, *, held_up: bool = False) -> Callable[[], None]:
    def work() -> None:
        if held_up:
            execute("SELECT set_config('test.held_up', 'yes', true)")
        key = books.key("raise", amount)
        ledger.raise_budget(
            fund_id=books.fund, amount=amount, key=key, at=NOW, actor=SYSTEM, now=NOW
        )

    return work


def giving(books: Books, points: int) -> Callable[[], None]:
    def work() -> None:
        award = books.award(1, points, "while it is cut")
        (posted,) = ledger.move_many(moves=[award], actor=SYSTEM, now=NOW)
        assert posted.outcome == "posted"

    return work


def test_a_cut_that_waited_for_another_sees_what_is_given_from_the_new_parts(
    fresh_database: Clone, request: pytest.FixtureRequest
) -> None:
    """A first raise cuts a budget of one part into three. A second one waited for that part and is
    held up as it cuts anew; whoever gives meanwhile waits for it, or is not forgotten.
    """
    books = open_books(1000, request.node.name)
    fresh_database.owner_sql(HELD_UP)

    def asked(question: str) -> int:
        return int(fresh_database.owner_sql(question)[0][0])

    with ThreadPoolExecutor(3) as pool, psycopg.connect(fresh_database.owner_url) as holding:
        holding.execute("SELECT pg_advisory_lock(4712)")
        first = Hand(pool, raising(books, 2000))
        assert first.worked.wait(PATIENCE_S)
        second = Hand(pool, raising(books, 3000, held_up=True))
        wait_until(lambda: asked(WAITING))
        first.end()
        wait_until(lambda: asked(IS_HELD_UP))
        giver = Hand(pool, giving(books, 7))
        wait_until(lambda: giver.worked.is_set() or asked(WAITING) >= 2)
        if giver.worked.is_set():
            giver.end()
        holding.execute("SELECT pg_advisory_unlock(4712)")
        assert second.worked.wait(PATIENCE_S)
        second.end()
        giver.end()

    assert books.left() == 1000 + 2000 + 3000 - 7
    assert ledger.verify() == []
