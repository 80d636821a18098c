"""Whatever a batch holds, it is decided as if one by one, in order; and so through every face."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from tests.ledger.conftest import NOW, UNIT, Books, open_books

Line = tuple[str, str, int]
"""From, to (by the names below), amount."""
Drawn = tuple[int, Sequence[Line]]
"""The number of a key, and lines."""

GUARDED = ("budget 1", "budget 2", "ann", "bob", "cat", "cat held")
OTHERS = ("issuer", "partner")


@dataclass
class Model:
    """One move after the other, as plainly as can be said."""

    balances: Counter[str] = field(default_factory=Counter)
    posted: dict[int, Sequence[Line]] = field(default_factory=dict)

    def post(self, number: int, lines: Sequence[Line]) -> tuple[str, int | None]:
        if number in self.posted:
            return ("duplicate" if self.posted[number] == lines else "key_used"), None
        after = self.balances.copy()
        for source, target, amount in lines:
            after[source] -= amount
            after[target] += amount
        for source, _, _ in lines:
            if source in GUARDED and after[source] < 0:
                return "short", self.balances[source]
        self.balances, self.posted[number] = after, lines
        return "posted", None


lines = st.tuples(
    st.sampled_from(GUARDED + OTHERS), st.sampled_from(GUARDED + OTHERS), st.integers(1, 9)
).filter(lambda line: line[0] != line[1])
moves = st.tuples(st.integers(1, 12), st.lists(lines, min_size=1, max_size=3))
single = st.tuples(st.integers(1, 12), st.lists(lines, min_size=1, max_size=1))


@contextmanager
def undone() -> Iterator[None]:
    """Run in a transaction that is rolled back: an example leaves nothing to the next."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class Accounts:
    """Two funds with 20 points each, and accounts by the model's names."""

    def __init__(self) -> None:
        first, second = (open_books(20, f"campaign-{n}").fund for n in (1, 2))
        self.funds = (first, second)
        self.named = {
            "budget 1": ledger.budget(fund_id=first, unit=UNIT),
            "budget 2": ledger.budget(fund_id=second, unit=UNIT),
            "ann": ledger.member(holder=1, unit=UNIT, fund=first),
            "bob": ledger.member(holder=2, unit=UNIT, fund=second),
            "cat": ledger.member(holder=3, unit=UNIT, fund=first, expires_on=dt.date(2030, 1, 1)),
            "cat held": ledger.held(
                holder=3, unit=UNIT, fund=first, expires_on=dt.date(2030, 1, 1)
            ),
            "issuer": ledger.issuer(agency="health", unit=UNIT),
            "partner": ledger.partner(code="easycard", unit=UNIT),
        }

    def move(self, number: int, drawn: Sequence[Line]) -> ledger.Move:
        return ledger.Move(
            key=fact_key(NOW, "batch", number),
            kind="test",
            at=NOW,
            transfers=[
                ledger.Transfer(source=self.named[f], target=self.named[t], amount=amount)
                for f, t, amount in drawn
            ],
            ref="test:1",
        )

    def balances(self) -> dict[str, int]:
        totals = ledger.fund_totals(fund_ids=self.funds)
        found = ledger.balances(holders=[1, 2, 3], unit=UNIT, on=NOW.date(), access=None)
        return {
            "budget 1": totals[self.funds[0]].budget,
            "budget 2": totals[self.funds[1]].budget,
            "ann": found[1].available,
            "bob": found[2].available,
            "cat": found[3].available,
            "cat held": found[3].held,
        }


def told(answer: ledger.Posted) -> tuple[str, int | None]:
    if answer.refusal is None:
        return answer.outcome, None
    if isinstance(answer.refusal, ledger.KeyUsed):
        return "key_used", None
    assert isinstance(answer.refusal, ledger.NotEnough)
    return "short", answer.refusal.facts["balance"]


EXAMPLES = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# What comes in later does not cover what went out before; what is refused leaves its key free.
LATER = (
    (1, [("ann", "bob", 5)]),
    (2, [("budget 1", "ann", 5)]),
    (1, [("ann", "bob", 5)]),
    (1, [("ann", "bob", 4)]),
)
CHAIN = (
    (1, [("budget 1", "ann", 9), ("ann", "bob", 9)]),
    (2, [("bob", "cat", 9)]),
    (3, [("cat", "partner", 5), ("cat", "partner", 5)]),
)


@EXAMPLES
@example(batches=[LATER])
@example(batches=[CHAIN, CHAIN])
@given(batches=st.lists(st.lists(moves, min_size=1, max_size=14), min_size=1, max_size=3))
def test_a_batch_is_decided_as_one_by_one(db: None, batches: Sequence[Sequence[Drawn]]) -> None:
    with undone():
        accounts, model = Accounts(), Model(Counter({"budget 1": 20, "budget 2": 20}))
        for batch in batches:
            expected = [model.post(number, drawn) for number, drawn in batch]
            with unit_of_work():
                answers = ledger.move_many(
                    moves=[accounts.move(*one) for one in batch], actor=SYSTEM, now=NOW
                )
            assert [told(answer) for answer in answers] == expected
        assert accounts.balances() == {name: model.balances[name] for name in GUARDED}
        # Here points reach a held account without a hold, which verify names, and nothing else.
        assert {finding.check for finding in ledger.verify()} <= {"ledger.holds"}


CODES = {
    ledger.Outcome.POSTED: "posted",
    ledger.Outcome.DUPLICATE: "duplicate",
    ledger.Outcome.KEY_USED: "key_used",
    ledger.Outcome.SHORT: "short",
}


def columns_of(moves: Sequence[ledger.Move]) -> list[ledger.MoveColumns]:
    """Cut a batch into runs of the same classes of accounts: columns have one a side."""
    runs: list[list[ledger.Move]] = []
    classes: tuple[str, str] | None = None
    for move in moves:
        its = (move.transfers[0].source.account_class, move.transfers[0].target.account_class)
        if its != classes:
            runs.append([])
        classes = its
        runs[-1].append(move)
    return [
        ledger.MoveColumns(
            key=[move.key for move in run],
            at=[move.at for move in run],
            source=side([move.transfers[0].source for move in run]),
            target=side([move.transfers[0].target for move in run]),
            amount=[move.transfers[0].amount for move in run],
            kind="test",
            ref=[move.ref for move in run],
        )
        for run in runs
    ]


def side(accounts: Sequence[ledger.AccountRef]) -> ledger.AccountColumns:
    first = accounts[0]
    return ledger.AccountColumns(
        account_class=first.account_class,
        unit=first.unit,
        holder=None if first.holder is None else [it.holder or 0 for it in accounts],
        fund=None if first.fund is None else [it.fund or 0 for it in accounts],
        expires_on=[it.expires_on for it in accounts],
        code=first.code,
    )


@EXAMPLES
@given(batch=st.lists(single, min_size=1, max_size=14))
def test_columns_are_decided_alike_and_are_the_same_moves(db: None, batch: Sequence[Drawn]) -> None:
    with undone():
        accounts, model = Accounts(), Model(Counter({"budget 1": 20, "budget 2": 20}))
        moves = [accounts.move(*one) for one in batch]
        found: list[tuple[str, int | None]] = []
        for columns in columns_of(moves):
            with unit_of_work():
                answer = ledger.move_columns(columns=columns, actor=SYSTEM, now=NOW)
            found += [
                (CODES[ledger.Outcome(outcome)], answer.had.get(n))
                for n, outcome in enumerate(answer.outcomes)
            ]
        assert found == [model.post(number, drawn) for number, drawn in batch]
        assert accounts.balances() == {name: model.balances[name] for name in GUARDED}
        with unit_of_work():
            again = ledger.move_many(moves=moves, actor=SYSTEM, now=NOW)
        assert [told(answer) for answer in again] == [model.post(*one) for one in batch]


spends = st.tuples(st.integers(1, 9), st.integers(1, 3), st.integers(1, 12), st.booleans())
FIRST, SECOND = dt.date(2026, 11, 21), dt.date(2026, 11, 22)


@EXAMPLES
@given(batch=st.lists(spends, min_size=1, max_size=12))
def test_spends_are_decided_as_one_by_one(
    db: None, batch: Sequence[tuple[int, int, int, bool]]
) -> None:
    """Five lots a person, one of which lapses between the two days that spends are of."""
    with undone():
        books = open_books(1000)
        other = open_books(1000, "campaign-2").fund
        last_days = [FIRST, SECOND, SECOND, dt.date(2027, 1, 1), None]
        lots: dict[int, list[tuple[dt.date | None, int, int]]] = {}
        for holder in (1, 2, 3):
            for n, day in enumerate(last_days):
                fund = other if n == 1 else books.fund
                books.post(books.award(holder, 4, holder, n, expires_on=day, fund=fund))
            lots[holder] = [
                (FIRST, books.fund, 4),
                (SECOND, books.fund, 4),
                (SECOND, other, 4),
                (dt.date(2027, 1, 1), books.fund, 4),
                (None, books.fund, 4),
            ]
        asked = [spend(books, *one) for one in batch]
        answers = books.post_spends(*asked)
        known: dict[uuid.UUID, tuple[ledger.Spend, tuple[ledger.Part, ...]]] = {}
        for one, answer in zip(asked, answers, strict=True):
            assert said(answer) == one_spend(one, lots[one.holder], known)
        assert ledger.verify() == []


def spend(books: Books, number: int, holder: int, amount: int, tomorrow: bool) -> ledger.Spend:
    at = NOW - dt.timedelta(hours=12) + dt.timedelta(days=tomorrow)
    one = books.spend(holder, amount, number)
    return replace(one, at=at, key=fact_key(at, number))


def said(answer: ledger.Posted) -> object:
    if answer.refusal is None:
        return answer.outcome, answer.parts
    return type(answer.refusal), answer.refusal.facts.get("balance")


def one_spend(
    one: ledger.Spend,
    lots: list[tuple[dt.date | None, int, int]],
    known: dict[uuid.UUID, tuple[ledger.Spend, tuple[ledger.Part, ...]]],
) -> object:
    if one.key in known:
        first, parts = known[one.key]
        return ("duplicate", parts) if first == one else (ledger.KeyUsed, None)
    day = (one.at + dt.timedelta(hours=8)).date()
    there = sum(left for until, _, left in lots if until is None or day <= until)
    if there < one.amount:
        return ledger.NotEnoughPoints, there
    wanted, taken = one.amount, []
    for n, (until, fund, left) in enumerate(lots):
        part = min(wanted, left) if until is None or day <= until else 0
        if part:
            lots[n] = (until, fund, left - part)
            wanted -= part
            taken.append(ledger.Part(fund=fund, expires_on=until, amount=part))
    known[one.key] = one, tuple(taken)
    return "posted", tuple(taken)


def test_rows_that_are_wrong_in_themselves_leave_the_rest(books: Books) -> None:
    later = NOW + dt.timedelta(days=3)
    keys = [books.key(n) for n in range(5)]
    columns = ledger.MoveColumns(
        key=[*keys, fact_key(later, 1), keys[0]],
        at=[NOW, NOW, NOW, NOW - dt.timedelta(days=1), NOW, later, NOW],
        source=ledger.AccountColumns(account_class="budget", unit=UNIT, fund=books.fund),
        target=ledger.AccountColumns(
            account_class="member", unit=UNIT, holder=[1, 2, 3, 4, 5, 6, 1], fund=books.fund
        ),
        amount=[5, 0, 2000, 5, 7, 5, 5],
        kind="campaign.award",
    )
    with unit_of_work():
        answer = ledger.move_columns(columns=columns, actor=SYSTEM, now=NOW)
    assert [ledger.Outcome(it).name for it in answer.outcomes] == [
        "POSTED",
        "AMOUNT_WRONG",
        "SHORT",
        "KEY_TIME_WRONG",
        "POSTED",
        "KEY_TIME_WRONG",
        "DUPLICATE",
    ]
    assert dict(answer.had) == {2: 995}
    assert [books.balance(n).available for n in range(1, 7)] == [5, 0, 0, 0, 7, 0]
    assert books.left() == 988


def test_columns_of_two_units_move_nothing(books: Books) -> None:
    columns = ledger.MoveColumns(
        key=[books.key(1)],
        at=[NOW],
        source=ledger.AccountColumns(account_class="issuer", unit=UNIT, code="health"),
        target=ledger.AccountColumns(account_class="partner", unit="hours", code="easycard"),
        amount=[5],
        kind="test",
    )
    with unit_of_work():
        answer = ledger.move_columns(columns=columns, actor=SYSTEM, now=NOW)
    assert list(answer.outcomes) == [ledger.Outcome.AMOUNT_WRONG]


def test_an_empty_batch_is_answered_with_nothing(books: Books) -> None:
    assert books.post() == []
    assert books.post_spends() == []


@pytest.mark.parametrize("count", [700])
def test_a_large_batch_with_many_short_accounts(books: Books, count: int) -> None:
    """Half of them have too little for the second of two payments."""
    books.post(*(books.award(n, 1, n) for n in range(1, count + 1)))
    lots = [ledger.member(holder=n, unit=UNIT, fund=books.fund) for n in range(1, count + 1)]
    partner = ledger.partner(code="easycard", unit=UNIT)
    pays = [
        ledger.Move(
            key=books.key("pay", n, turn),
            kind="pay",
            at=NOW,
            transfers=[ledger.Transfer(source=lot, target=partner, amount=1)],
        )
        for n, lot in enumerate(lots)
        for turn in range(1 + n % 2)
    ]
    found = Counter(answer.outcome for answer in books.post(*pays))
    assert found == {"posted": count, "refused": count // 2}
    assert ledger.verify() == []
