"""What granting and using move in the ledger: a fund's budget, a person's lot of the month, whoever
got the points."""

import datetime as dt
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from citycard.entitlements.allowances_table import MonthlyUnit
from citycard.infra.packs import current_pack
from citycard.kernel.actors import Actor
from citycard.kernel.ids import fact_key
from citycard.kernel.periods import next_month
from citycard.ledger import api as ledger

GRANTED, CORRECTED, USED = "allowance.granted", "allowance.corrected", "allowance.used"
TAKEN_BACK = "allowance.use_taken_back"


@dataclass(frozen=True, slots=True)
class Change:
    """What a person's lot of a month gets from its fund, or gives back to it (below zero)."""

    member_id: int
    fund: int
    points: int
    key: uuid.UUID
    kind: str


def begins(month: dt.date) -> dt.datetime:
    """Return the instant at which a month begins: when its grants count from."""
    return current_pack().time.midnight(month)


def last_day(month: dt.date) -> dt.date:
    """Return a month's last day."""
    return next_month(month) - dt.timedelta(days=1)


def grant_key(unit: str, entitlement: str, member_id: int, month: dt.date) -> uuid.UUID:
    """Return the key of a month's grant, which names it by right, person and month."""
    return fact_key(begins(month), GRANTED, unit, entitlement, member_id, month.isoformat())


def correction_key(unit: str, member_id: int, month: dt.date, revision: int) -> uuid.UUID:
    """Return the key of a difference that is posted later."""
    return fact_key(begins(month), CORRECTED, unit, member_id, month.isoformat(), revision)


def funds_of(
    unit: MonthlyUnit, entitlements: Iterable[str], actor: Actor, now: dt.datetime
) -> dict[str, int]:
    """Return the fund of each right: its agency's own for the unit, opened when it is new."""
    agencies = {code: str(unit.rules[code].settings["agency"]) for code in set(entitlements)}
    opened = {
        agency: ledger.open_fund(
            agency=agency, campaign_ref=f"allowance:{unit.code}", unit=unit.code, actor=actor,
            now=now,
        )
        for agency in sorted(set(agencies.values()))
    }  # fmt: skip
    return {code: opened[agency] for code, agency in agencies.items()}


def post_changes(
    *,
    unit: str,
    month: dt.date,
    changes: Sequence[Change],
    actor: Actor,
    now: dt.datetime,
) -> frozenset[int]:
    """Post what lots get and give back; returns the members whose lot had too little to give.

    A fund whose budget is too small for what the law gives is raised by what is missing: what
    lapsed of earlier months is given again first.
    """
    more = [one for one in changes if one.points > 0]
    less = [one for one in changes if one.points < 0]
    _cover(more, month, actor, now)
    given = _post(unit, month, more, actor, now)
    assert not given, "a grant was not covered by its fund"
    return _post(unit, month, less, actor, now)


def _cover(changes: Sequence[Change], month: dt.date, actor: Actor, now: dt.datetime) -> None:
    wanted: Counter[int] = Counter()
    first: dict[int, Change] = {}
    for one in changes:
        wanted[one.fund] += one.points
        first.setdefault(one.fund, one)
    leased: Mapping[int, int] = ledger.lease_budgets(wanted=wanted) if wanted else {}
    for fund, points in sorted(wanted.items()):
        if leased[fund] < points:
            at = begins(month)
            posted = ledger.raise_budget(
                fund_id=fund,
                amount=points - leased[fund],
                key=fact_key(at, "allowance.budget", fund, first[fund].key),
                at=at,
                actor=actor,
                now=now,
            )
            assert posted.outcome == "posted", "a budget was raised for a grant posted before"


def _post(
    unit: str, month: dt.date, changes: Sequence[Change], actor: Actor, now: dt.datetime
) -> frozenset[int]:
    if not changes:
        return frozenset()
    funds = [one.fund for one in changes]
    budgets = ledger.AccountColumns(account_class="budget", unit=unit, fund=funds)
    lots = ledger.AccountColumns(
        account_class="member",
        unit=unit,
        holder=[one.member_id for one in changes],
        fund=funds,
        expires_on=last_day(month),
    )
    given = changes[0].points > 0
    columns = ledger.MoveColumns(
        key=[one.key for one in changes],
        at=[begins(month)] * len(changes),
        source=budgets if given else lots,
        target=lots if given else budgets,
        amount=[abs(one.points) for one in changes],
        kind=[one.kind for one in changes],
        ref=f"allowance:{month:%Y-%m}",
    )
    outcomes = ledger.move_columns(columns=columns, actor=actor, now=now).outcomes
    allowed = {ledger.Outcome.POSTED} if given else {ledger.Outcome.POSTED, ledger.Outcome.SHORT}
    assert set(outcomes) <= allowed, "a grant's key was used before"
    return frozenset(
        one.member_id
        for one, outcome in zip(changes, outcomes, strict=True)
        if outcome == ledger.Outcome.SHORT
    )


def by_fund(changes: Iterable[Change]) -> dict[int, list[Change]]:
    """Return changes by the fund that they belong to."""
    found: defaultdict[int, list[Change]] = defaultdict(list)
    for one in changes:
        found[one.fund].append(one)
    return found
