"""The ledger's door.

One double-entry ledger serves every unit of value: points, subsidy points, hours. A *move* is
transfers (from, to, amount > 0) under a key; it is posted whole or not at all, and never
rewritten. Accounts are named, not numbered, at this door (``issuer``, ``budget``, ``member``,
``held``, ``partner`` …) and open by themselves. A *lot* is a person's account of one fund and one
last day; points are spent from the lot that lapses first, so that each redemption names the funds
that owe for it.

* ``key`` is ``kernel.ids.fact_key(at, …)`` of the fact itself. The same key with the same content
is answered
  ``duplicate`` and changes nothing; with other content it is refused (``ledger.key_used``).
* Writers need an open unit of work, take batches and give one answer a row; ``refusal`` says why
not.
* ``expires_on`` is the last local day on which a lot may be spent (so it can be shown as it is).
* Budgets, members' and held accounts can't go below zero. Issuers and partners are never locked.
* ``reverse_many`` takes back a posted move in whole or in part, ``lapse_many`` takes what is past its
last day, ``exchange_many`` gives one unit of a person's for another; all are moves like any other.
* ``pub.ledger_transfers`` and ``pub.ledger_accounts`` show the books to other contexts' SQL.

A person's balances need an ``Access`` that covers the field ``points``, their history one that
covers ``points_history``; ``access=None`` is for flows that decide and show nobody anything.
"""

from citycard.ledger.accounts import (
    AccountRef,
    breakage,
    budget,
    city,
    held,
    issuer,
    loss,
    member,
    partner,
)
from citycard.ledger.exchanging import Exchange, exchange_many
from citycard.ledger.foretelling import Lapsing, take_lapsing
from citycard.ledger.fund_days import FundDay, fund_days
from citycard.ledger.funding import (
    Fund,
    FundTotals,
    fund_of,
    fund_totals,
    funds,
    lock_budgets,
    open_fund,
    raise_budget,
)
from citycard.ledger.holding import release_held_many, settle_held_many
from citycard.ledger.lapsing import LapseBatch, Lapsed, has_lapsed, lapse_many
from citycard.ledger.lasting import last_day
from citycard.ledger.moves import (
    AmountWrong,
    BudgetUsedUp,
    HoldEnd,
    HoldEnded,
    HoldUnknown,
    KeyTimeWrong,
    KeyUsed,
    Move,
    NotEnough,
    NotEnoughPoints,
    Part,
    Posted,
    Spend,
    Transfer,
)
from citycard.ledger.posting import move_many
from citycard.ledger.queries import (
    Balance,
    Entry,
    StatementLine,
    TrialLine,
    balances,
    history,
    statement,
    trial_balance,
)
from citycard.ledger.rates import (
    AmountNotExchanged,
    ExchangeTerms,
    NotExchanged,
    exchange_codes,
    exchange_terms,
)
from citycard.ledger.reversing import (
    MoveUnknown,
    NotReversible,
    Reversal,
    TakenBack,
    WholeOnly,
    reverse_many,
)
from citycard.ledger.spending import spend_many
from citycard.ledger.verifying import verify

__all__ = [
    "AccountRef",
    "AmountNotExchanged",
    "AmountWrong",
    "Balance",
    "BudgetUsedUp",
    "Entry",
    "Exchange",
    "ExchangeTerms",
    "Fund",
    "FundDay",
    "FundTotals",
    "HoldEnd",
    "HoldEnded",
    "HoldUnknown",
    "KeyTimeWrong",
    "KeyUsed",
    "LapseBatch",
    "Lapsed",
    "Lapsing",
    "Move",
    "MoveUnknown",
    "NotEnough",
    "NotEnoughPoints",
    "NotExchanged",
    "NotReversible",
    "Part",
    "Posted",
    "Reversal",
    "Spend",
    "StatementLine",
    "TakenBack",
    "Transfer",
    "TrialLine",
    "WholeOnly",
    "balances",
    "breakage",
    "budget",
    "city",
    "exchange_codes",
    "exchange_many",
    "exchange_terms",
    "fund_days",
    "fund_of",
    "fund_totals",
    "funds",
    "has_lapsed",
    "held",
    "history",
    "issuer",
    "lapse_many",
    "last_day",
    "lock_budgets",
    "loss",
    "member",
    "move_many",
    "open_fund",
    "partner",
    "raise_budget",
    "release_held_many",
    "reverse_many",
    "settle_held_many",
    "spend_many",
    "statement",
    "take_lapsing",
    "trial_balance",
    "verify",
]
