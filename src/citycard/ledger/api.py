"""The ledger's door.

One double-entry ledger serves every unit of value: points, subsidy points, hours. A *move* is
transfers (from, to, amount > 0) under a key; it is posted whole or not at all, and never
rewritten. Accounts are named, not numbered, at this door (``issuer``, ``budget``, ``member``,
``held``, ``partner`` …) and open by themselves. A *lot* is a person's account of one fund and one
last day; points are spent from the lot that lapses first, so that each redemption names the funds
that owe for it.

* ``key`` is ``kernel.ids.fact_key(at, …)`` of the fact itself. The same key with the same content
  is answered ``duplicate`` and changes nothing; with other content it is refused
  (``ledger.key_used``).
* Writers need an open unit of work, take batches and give one answer a row; ``refusal`` says why
  not. ``move_columns`` takes large batches as columns; ``give_columns`` what budgets give to many,
  where nothing is out of the ordinary.
* A move is booked in the local month of its key's time or, where that month is closed, in the
  first open one after it; a retry is answered from wherever it stands.
* ``expires_on`` is the last local day on which a lot may be spent (so it can be shown as it is).
* Budgets, members' and held accounts can't go below zero. Issuers and partners are never locked,
  and of a budget only what a batch leases (``lease_budgets``).
* ``reverse_many`` takes back a posted move in whole or in part, ``lapse_many`` takes what is past
  its last day, ``exchange_many`` gives one unit of a person's for another; all are moves like any
  other.
* A *refund run* gives back what was wrongly charged to many: ``check_refunds``,
  ``draft_refund_run``, ``begin_refund_run``, then ``refund_next`` batch by batch;
  ``undo_refund_run`` takes it back, ``drop_refund_run`` ends one that was never begun.
* ``month_figures`` says who owes whom for a month and what became of each fund; ``begin_closing``,
  ``freeze_closing`` and ``finish_closing`` close a month for good, ``reopen_closed`` opens the last
  one again.
* ``pub.ledger_transfers``, ``pub.ledger_accounts``, ``pub.ledger_periods`` and ``pub.ledger_late``
  show the books to other contexts' SQL.

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
from citycard.ledger.carrying_over import ends_fiscal_year, return_unspent
from citycard.ledger.charting import ChartAccount, chart_account
from citycard.ledger.clearing import FundLine, LotSum, Net, Position, Standing
from citycard.ledger.closings import (
    Closing,
    ClosingUnfinished,
    EarlierMonthOpen,
    LaterMonthClosed,
    begin_closing,
    closing,
    closing_of,
    closings,
    finish_closing,
    freeze_closing,
    reopen_closed,
)
from citycard.ledger.columns import (
    AccountColumns,
    ColumnsPosted,
    MoveColumns,
    Outcome,
    move_columns,
)
from citycard.ledger.exchanging import Exchange, exchange_many
from citycard.ledger.foretelling import Lapsing, take_lapsing
from citycard.ledger.fund_days import FundDay, fund_days
from citycard.ledger.fund_listing import FundLeft, funds_left
from citycard.ledger.funding import (
    Fund,
    FundTotals,
    every_fund,
    fund_of,
    fund_totals,
    funds,
    lease_budgets,
    open_fund,
    raise_budget,
)
from citycard.ledger.giving import Gifts, Pot, give_columns
from citycard.ledger.holding import release_held_many, settle_held_many
from citycard.ledger.lapsing import LapseBatch, Lapsed, has_lapsed, lapse_many
from citycard.ledger.lasting import grace_until, last_day
from citycard.ledger.liability import LapseHistory, Liability, Outstanding, liability
from citycard.ledger.listing import city_accounts, outstanding
from citycard.ledger.months import (
    BookingMonth,
    MonthClosed,
    MonthNotOver,
    MonthOpen,
    close_month,
    months,
    reopen_month,
)
from citycard.ledger.moves import (
    LARGEST,
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
from citycard.ledger.owning import MoveOf, whose
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
from citycard.ledger.refund_checking import (
    NamedTwice,
    NotACharge,
    OtherUnit,
    RefundAsk,
    RefundLine,
    StillUnderWay,
    check_refunds,
)
from citycard.ledger.refund_running import RefundBatch, Refunded, refund_next
from citycard.ledger.refund_runs import (
    LineState,
    NewRefundRun,
    RefundIncomplete,
    RefundNotNow,
    RefundResult,
    RefundRun,
    begin_refund_run,
    draft_refund_run,
    drop_refund_run,
    open_refund_runs,
    refund_results,
    refund_run,
    refund_runs,
    undo_refund_run,
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
from citycard.ledger.statements import MonthFigures, closing_figures, month_figures, positions
from citycard.ledger.verifying import verify
from citycard.ledger.vouchers import Voucher, VoucherLine, vouchers
from citycard.ledger.worth import dollar_units

__all__ = [
    "LARGEST",
    "AccountColumns",
    "AccountRef",
    "AmountNotExchanged",
    "AmountWrong",
    "Balance",
    "BookingMonth",
    "BudgetUsedUp",
    "ChartAccount",
    "Closing",
    "ClosingUnfinished",
    "ColumnsPosted",
    "EarlierMonthOpen",
    "Entry",
    "Exchange",
    "ExchangeTerms",
    "Fund",
    "FundDay",
    "FundLeft",
    "FundLine",
    "FundTotals",
    "Gifts",
    "HoldEnd",
    "HoldEnded",
    "HoldUnknown",
    "KeyTimeWrong",
    "KeyUsed",
    "LapseBatch",
    "LapseHistory",
    "Lapsed",
    "Lapsing",
    "LaterMonthClosed",
    "Liability",
    "LineState",
    "LotSum",
    "MonthClosed",
    "MonthFigures",
    "MonthNotOver",
    "MonthOpen",
    "Move",
    "MoveColumns",
    "MoveOf",
    "MoveUnknown",
    "NamedTwice",
    "Net",
    "NewRefundRun",
    "NotACharge",
    "NotEnough",
    "NotEnoughPoints",
    "NotExchanged",
    "NotReversible",
    "OtherUnit",
    "Outcome",
    "Outstanding",
    "Part",
    "Position",
    "Posted",
    "Pot",
    "RefundAsk",
    "RefundBatch",
    "RefundIncomplete",
    "RefundLine",
    "RefundNotNow",
    "RefundResult",
    "RefundRun",
    "Refunded",
    "Reversal",
    "Spend",
    "Standing",
    "StatementLine",
    "StillUnderWay",
    "TakenBack",
    "Transfer",
    "TrialLine",
    "Voucher",
    "VoucherLine",
    "WholeOnly",
    "balances",
    "begin_closing",
    "begin_refund_run",
    "breakage",
    "budget",
    "chart_account",
    "check_refunds",
    "city",
    "city_accounts",
    "close_month",
    "closing",
    "closing_figures",
    "closing_of",
    "closings",
    "dollar_units",
    "draft_refund_run",
    "drop_refund_run",
    "ends_fiscal_year",
    "every_fund",
    "exchange_codes",
    "exchange_many",
    "exchange_terms",
    "finish_closing",
    "freeze_closing",
    "fund_days",
    "fund_of",
    "fund_totals",
    "funds",
    "funds_left",
    "give_columns",
    "grace_until",
    "has_lapsed",
    "held",
    "history",
    "issuer",
    "lapse_many",
    "last_day",
    "lease_budgets",
    "liability",
    "loss",
    "member",
    "month_figures",
    "months",
    "move_columns",
    "move_many",
    "open_fund",
    "open_refund_runs",
    "outstanding",
    "partner",
    "positions",
    "raise_budget",
    "refund_next",
    "refund_results",
    "refund_run",
    "refund_runs",
    "release_held_many",
    "reopen_closed",
    "reopen_month",
    "return_unspent",
    "reverse_many",
    "settle_held_many",
    "spend_many",
    "statement",
    "take_lapsing",
    "trial_balance",
    "undo_refund_run",
    "verify",
    "vouchers",
    "whose",
]
