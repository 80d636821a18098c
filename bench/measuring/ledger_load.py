"""One connection's load of batches on the ledger, by its Python faces.

Run as a program of its own: ``python -m bench.measuring.ledger_load`` reads its orders as JSON on
stdin, makes its batches, says ``ready``, waits for a line, posts them, and answers as JSON.
"""

import datetime as dt
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from bench.measuring.ledger_city import BATCH, ISSUERS, LAST_DAY, UNIT, Purses

Post = Callable[[], Counter[str]]
TAKES_TOO_MUCH = 0.02
SENT_AGAIN = 0.10


class Draw:
    """Random moves of one worker; the same seed draws the same."""

    def __init__(self, purses: Purses, seed: int, now: dt.datetime) -> None:
        self.purses = purses
        self.random = random.Random(seed)
        self.seed = seed
        self.now = now
        self.drawn = 0

    def key(self) -> Any:
        from citycard.kernel.ids import fact_key

        self.drawn += 1
        at = self.now + dt.timedelta(milliseconds=self.drawn // 50)
        return fact_key(at, self.seed, self.drawn), at

    def row(self) -> tuple[Any, ...]:
        """Half from an issuer, three in ten from a fund's budget, two in ten to a partner."""
        key, at = self.key()
        holder = self.random.randint(1, self.purses.people)
        own = holder % ISSUERS
        fund, kind = self.purses.funds[own], self.random.random()
        lot = ("member", holder, fund, LAST_DAY, None)
        if kind < 0.5:
            return key, at, ("issuer", None, None, None, f"agency-{own}"), lot, 5, "bench.credit"
        if kind < 0.8:
            return key, at, ("budget", None, fund, None, None), lot, 3, "bench.award"
        amount = 10**9 if kind < 0.8 + TAKES_TOO_MUCH else 1
        return key, at, lot, ("partner", None, None, None, "easycard"), amount, "bench.redeem"

    def batches(self, count: int) -> Iterator[list[tuple[Any, ...]]]:
        """Batches of which a tenth was sent before: in an earlier batch, or in the same one."""
        sent: list[tuple[Any, ...]] = []
        for _ in range(count):
            again = int(BATCH * SENT_AGAIN)
            rows = [self.row() for _ in range(BATCH - again)]
            rows += self.random.choices(sent or rows, k=again)
            self.random.shuffle(rows)
            sent = rows
            yield rows


def mixed(draw: Draw, count: int) -> list[Post]:
    """Batches of all kinds of moves, through ``move_columns``."""
    return [_columns(rows) for rows in draw.batches(count)]


def _columns(rows: list[tuple[Any, ...]]) -> Post:
    from citycard.ledger import api as ledger

    key, at, source, target, amount, kind = (list(column) for column in zip(*rows, strict=True))
    columns = ledger.MoveColumns(
        key=key, at=at, source=_side(source), target=_side(target), amount=amount, kind=kind,
        ref="bench:1",
    )  # fmt: skip

    def post() -> Counter[str]:
        from citycard.kernel.actors import SYSTEM

        answer = ledger.move_columns(columns=columns, actor=SYSTEM, now=dt.datetime.now(dt.UTC))
        return Counter(ledger.Outcome(outcome).name for outcome in answer.outcomes)

    return post


def _side(accounts: list[Any]) -> Any:
    from citycard.ledger import api as ledger

    class_, holder, fund, last_day, code = (list(column) for column in zip(*accounts, strict=True))
    return ledger.AccountColumns(
        account_class=class_, unit=UNIT, holder=holder, fund=fund, expires_on=last_day, code=code
    )


def plain(draw: Draw, count: int) -> list[Post]:
    """Redemptions from one known lot each, through ``move_many``."""
    return [_moves([_redeemed(draw) for _ in range(BATCH)]) for _ in range(count)]


def _redeemed(draw: Draw) -> Any:
    from citycard.ledger import api as ledger

    key, at = draw.key()
    holder = draw.random.randint(1, draw.purses.spenders)
    lot = ledger.member(
        holder=holder, unit=UNIT, fund=draw.purses.funds[holder % ISSUERS], expires_on=LAST_DAY
    )
    partner = ledger.partner(code="easycard", unit=UNIT)
    transfer = ledger.Transfer(source=lot, target=partner, amount=1)
    return ledger.Move(key=key, kind="bench.redeem", at=at, transfers=[transfer], ref="bench:1")


def _moves(moves: list[Any]) -> Post:
    from citycard.kernel.actors import SYSTEM
    from citycard.ledger import api as ledger

    def post() -> Counter[str]:
        now = dt.datetime.now(dt.UTC)
        return Counter(it.outcome for it in ledger.move_many(moves=moves, actor=SYSTEM, now=now))

    return post


def lots(draw: Draw, count: int) -> list[Post]:
    """Redemptions that name the funds of their lots, through ``spend_many``."""
    return [_spends([_spent(draw) for _ in range(BATCH)]) for _ in range(count)]


def _spent(draw: Draw) -> Any:
    from citycard.ledger import api as ledger

    key, at = draw.key()
    return ledger.Spend(
        key=key,
        kind="bench.redeem",
        at=at,
        holder=draw.random.randint(1, draw.purses.spenders),
        unit=UNIT,
        amount=draw.random.choice((5, 10, 30)),
        into=ledger.partner(code="easycard", unit=UNIT),
        ref="bench:1",
    )


def _spends(spends: list[Any]) -> Post:
    from citycard.kernel.actors import SYSTEM
    from citycard.ledger import api as ledger

    def post() -> Counter[str]:
        now = dt.datetime.now(dt.UTC)
        answers = ledger.spend_many(spends=spends, actor=SYSTEM, now=now)
        found: Counter[str] = Counter(it.outcome for it in answers)
        found["parts"] = sum(len(it.parts) for it in answers)
        return found

    return post


KINDS = {"mixed": mixed, "plain": plain, "lots": lots}


def main() -> None:
    """Take orders, make batches, wait, post, answer."""
    import django

    django.setup()
    from citycard.infra.unit_of_work import unit_of_work

    orders = json.loads(sys.stdin.readline())
    draw = Draw(Purses(**orders["purses"]), orders["seed"], dt.datetime.now(dt.UTC))
    posts = KINDS[orders["kind"]](draw, orders["batches"] + 1)
    with unit_of_work():
        posts.pop(0)()  # plans, caches
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    found: Counter[str] = Counter()
    begun, cpu = time.time(), time.process_time()
    for post in posts:
        with unit_of_work():
            found += post()
    told = {"begun": begun, "ended": time.time(), "cpu_s": time.process_time() - cpu}
    sys.stdout.write(json.dumps(told | {"found": found, "moves": len(posts) * BATCH}) + "\n")


if __name__ == "__main__":
    main()
