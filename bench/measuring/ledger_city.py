"""Accounts for the ledger's benchmark: 720,000 people, 50 issuers, and months full of moves."""

import datetime as dt
import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

PEOPLE = 720_000
ISSUERS = 50
UNIT = "bench-points"
LOTS = 6
"""Lots of each person that spends."""
LAST_DAY = dt.date(2035, 12, 31)
BUDGET = 10**12
BATCH = 5_000


@dataclass(frozen=True, kw_only=True)
class Purses:
    """What the load draws from.

    :ivar funds: one an issuer; a person's own fund is that of their number modulo 50
    :ivar spenders: the first so many people have ``LOTS`` lots
    """

    funds: list[int]
    people: int
    spenders: int


def make_purses(people: int, spenders: int) -> Purses:
    """Open everybody's account by the ledger's own face, with 1,000 points each."""
    from citycard.infra.unit_of_work import unit_of_work
    from citycard.kernel.actors import SYSTEM
    from citycard.kernel.ids import fact_key
    from citycard.ledger import api as ledger

    now = dt.datetime.now(dt.UTC)
    funds = []
    for n in range(ISSUERS):
        with unit_of_work():
            fund = ledger.open_fund(
                agency=f"agency-{n}", campaign_ref="bench", unit=UNIT, actor=SYSTEM, now=now
            )
            key = fact_key(now, "budget", n)
            ledger.raise_budget(fund_id=fund, amount=BUDGET, key=key, at=now, actor=SYSTEM, now=now)
        funds.append(fund)
    purses = Purses(funds=funds, people=people, spenders=spenders)
    for columns in itertools.chain(_opening(purses, now), _more_lots(purses, now)):
        with unit_of_work():
            answer = ledger.move_columns(columns=columns, actor=SYSTEM, now=now)
        assert set(answer.outcomes) == {ledger.Outcome.POSTED}
    return purses


def _opening(purses: Purses, now: dt.datetime) -> Iterator[Any]:
    for first in range(0, purses.people, BATCH):
        holders = range(first + 1, min(first + BATCH, purses.people) + 1)
        yield _credits("open", holders, purses, LAST_DAY, 1_000, now)


def _more_lots(purses: Purses, now: dt.datetime) -> Iterator[Any]:
    for lot in range(1, LOTS):
        for first in range(0, purses.spenders, BATCH):
            holders = range(first + 1, min(first + BATCH, purses.spenders) + 1)
            last_day = dt.date(2027 + lot, 12, 31)
            yield _credits(f"lot {lot}", holders, purses, last_day, 20, now)


def _credits(
    what: str,
    holders: Sequence[int],
    purses: Purses,
    last_day: dt.date,
    amount: int,
    now: dt.datetime,
) -> Any:
    from citycard.kernel.ids import fact_key
    from citycard.ledger import api as ledger

    own = [holder % ISSUERS for holder in holders]
    return ledger.MoveColumns(
        key=[fact_key(now, what, holder) for holder in holders],
        at=[now] * len(holders),
        source=ledger.AccountColumns(
            account_class="issuer", unit=UNIT, code=[f"agency-{n}" for n in own]
        ),
        target=ledger.AccountColumns(
            account_class="member",
            unit=UNIT,
            holder=list(holders),
            fund=[purses.funds[n] for n in own],
            expires_on=last_day,
        ),
        amount=[amount] * len(holders),
        kind="bench.opened",
        ref="bench:1",
    )


def fill_month(owner_url: str, month: dt.date, count: int) -> None:
    """Put a month's moves into the books in bulk; two connections, each a half of its days."""
    halves = [(0, count // 2), (count // 2, count)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda half: _fill(owner_url, month, count, *half), halves))


def _fill(owner_url: str, month: dt.date, count: int, first: int, last: int) -> None:
    import psycopg

    with psycopg.connect(owner_url) as connection:
        connection.execute(
            "CREATE TEMP TABLE own AS SELECT row_number() OVER () AS n, id FROM"
            " ledger_account WHERE holder <> 0"
        )
        connection.execute(
            "CREATE TEMP TABLE issuer AS SELECT row_number() OVER () - 1 AS n, id"
            " FROM ledger_account WHERE class = 'issuer'"
        )
        connection.execute("CREATE INDEX ON own (n)")
        connection.execute("ANALYZE own")
        for begin in range(first, last, 250_000):
            connection.execute(
                _ROWS,
                {
                    "month": month,
                    "count": count,
                    "first": begin,
                    "last": min(begin + 250_000, last) - 1,
                },
            )
            connection.commit()


# Straight into the tables, as the owner: rows as posting writes them, balances kept.
_ROWS = """
WITH drawn AS MATERIALIZED (
    SELECT n, (SELECT count(*) FROM own) AS people,
           %(month)s::timestamptz + n * (interval '28 days' / %(count)s) AS at
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) n),
named AS MATERIALIZED (
    SELECT d.n, d.at, o.id AS member, i.id AS issuer FROM drawn d
    JOIN own o ON o.n = 1 + (d.n * 7919 + 13 * (d.n / 720000)) %% d.people
    JOIN issuer i ON i.n = d.n %% 50),
credited AS (
    UPDATE ledger_balance b SET amount = b.amount + c.times
    FROM (SELECT member, count(*) AS times FROM named GROUP BY member) c
    WHERE b.account_id = c.member)
INSERT INTO ledger_transfer (booked_month, line, key, content_hash, at, recorded_at, from_account,
                             to_account, amount, kind, ref, actor)
SELECT %(month)s, 0,
       (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '8'
        || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 5, 15))::uuid,
       md5(n::text)::uuid, at, at, issuer, member, 1, 'bench.filled', 'bench:1', 'system'
FROM named ORDER BY n
"""
