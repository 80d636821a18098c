"""What each resident may have, from when to when, and why.

A right follows by rule (the pack's table ``entitlements``) from facts that ``people`` keeps: call
``decide`` in the unit of work that records facts; the subscriber of ``people.facts.changed`` calls
``decide_again``, and the daily job ``decide_due``. All are set-based and write differences only::

    changes = entitlements.decide(member_ids=[7], on=today, now=now, actor=actor)
    changes[0].entitlement, changes[0].after.valid_to      # date or None

Reads for people take an access that covers the field ``rights``: ``rights_of``, ``outlook``,
``explain``, ``history``. ``explain(...).because.text("zh-Hant")`` reads the rule's steps aloud. For
a flow's own decision (never a page): ``machine_rights_of``, ``eligibility``, ``facts_needed``.

**Monthly allowances** (points that a right gives each month) live in the ledger, one lot a person
and month. ``grant_month`` posts them ahead, the first use posts what the job has not; ``set_uses``
brings what is posted of each use to what it should be (``set_use_columns``: many, by columns); both
are idempotent. ``pay_at_tills`` prices a use at a till by the right's own rule and says what stored
value and cash pay. ``allowances_of`` reads them, ``machine_allowances`` for a flow's own decision,
``left_to_rides`` for many people's rides. Which unit, how it counts and what limits it is the
pack's (``points: units: … monthly``, parameters ``subsidy_month_…``, ``spends_on``).

Many at once, or everybody after a change of rules, go by a *run* in three steps, each in sets and
each to be gone on with where it was stopped: ``preview`` works out what would change and keeps it
(counts by right and reason, shares of holders, samples), ``carry_out`` writes exactly that, and
``undo`` takes it back::

    found = entitlements.preview(member_ids=None, codes=entitlements.changed_rules(), on=today,
                                 now=now, actor=actor)
    found.shares["senior-rides"].touched_ppm
    entitlements.carry_out(run_id=found.run_id, actor=actor, now=now)

Published for SQL: ``pub.rights(member_id, entitlement, valid daterange)``, as known now, and
``pub.entitlements_uses`` (month, member_id, at, unit, category, wanted, points, partner): what is
posted of uses that no till was answered for.

Events: ``entitlements.right.granted``, ``.ended``, ``.changed`` (entitlement, member_ids, on,
quiet).
"""

from citycard.entitlements.allowances_granting import (
    MonthTooFarAhead,
    grant_month,
    months_to_grant,
)
from citycard.entitlements.allowances_left import Left, left_to_rides
from citycard.entitlements.allowances_paying import asked_at_tills, paid_before, pay_at_tills
from citycard.entitlements.allowances_queries import (
    allowance_figures,
    allowance_uses,
    allowances_of,
    gives_each_month,
    machine_allowances,
    month_amounts,
    rights_that_give_each_month,
)
from citycard.entitlements.allowances_using import set_use_columns, set_uses
from citycard.entitlements.allowances_values import (
    Allowance,
    AllowanceFigures,
    AllowanceUse,
    AllowanceUsed,
    CategoryFigure,
    MonthAmount,
    MonthGranted,
    Paid,
    TillAsk,
    UseColumns,
    UseSet,
)
from citycard.entitlements.auditing import verify
from citycard.entitlements.carrying_out import carry_out
from citycard.entitlements.changed_rules import changed_rules
from citycard.entitlements.gifts import gifts_of
from citycard.entitlements.granting import decide, decide_again, decide_due
from citycard.entitlements.mass_figures import (
    UsedAfter,
    ended_by_run,
    held_of,
    holders_by_right,
    last_days,
    lost_days_of_run,
    used_after,
)
from citycard.entitlements.previewing import begin_preview, go_on_previewing, preview
from citycard.entitlements.queries import (
    FIELD,
    catalogue,
    due,
    eligibility,
    ended_rivals,
    explain,
    facts_needed,
    history,
    judge,
    machine_rights_of,
    outlook,
    rights_of,
)
from citycard.entitlements.rulebook import NoSuchEntitlement
from citycard.entitlements.run_values import Count, Kind, Preview, Sample, Share
from citycard.entitlements.runs import NoSuchRun, RunNotReady, preview_of
from citycard.entitlements.undoing import undo
from citycard.entitlements.values import Change, Entitlement, Explanation, Right

__all__ = [
    "FIELD",
    "Allowance",
    "AllowanceFigures",
    "AllowanceUse",
    "AllowanceUsed",
    "CategoryFigure",
    "Change",
    "Count",
    "Entitlement",
    "Explanation",
    "Kind",
    "Left",
    "MonthAmount",
    "MonthGranted",
    "MonthTooFarAhead",
    "NoSuchEntitlement",
    "NoSuchRun",
    "Paid",
    "Preview",
    "Right",
    "RunNotReady",
    "Sample",
    "Share",
    "TillAsk",
    "UseColumns",
    "UseSet",
    "UsedAfter",
    "allowance_figures",
    "allowance_uses",
    "allowances_of",
    "asked_at_tills",
    "begin_preview",
    "carry_out",
    "catalogue",
    "changed_rules",
    "decide",
    "decide_again",
    "decide_due",
    "due",
    "eligibility",
    "ended_by_run",
    "ended_rivals",
    "explain",
    "facts_needed",
    "gifts_of",
    "gives_each_month",
    "go_on_previewing",
    "grant_month",
    "held_of",
    "history",
    "holders_by_right",
    "judge",
    "last_days",
    "left_to_rides",
    "lost_days_of_run",
    "machine_allowances",
    "machine_rights_of",
    "month_amounts",
    "months_to_grant",
    "outlook",
    "paid_before",
    "pay_at_tills",
    "preview",
    "preview_of",
    "rights_of",
    "rights_that_give_each_month",
    "set_use_columns",
    "set_uses",
    "undo",
    "used_after",
    "verify",
]
