"""The daily comparison of three books: the kiosks' journals, the companies' files, the ledger.

Set-based over what was taken in. It may run at any time and as often as one likes: what was found
is found once, with the day of its detection, and what arrives late closes its own difference.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from citycard.infra import partitions
from citycard.infra.database import execute, rows, scalar, statement
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.periods import next_month
from citycard.redemptions.hearing import hear, lock
from citycard.redemptions.lines import LINE_TABLES
from citycard.redemptions.values import CardReading, Says, Session

_STEPS = ("find_clones", "find_items", "find_broken_chains", "find_gaps")


@dataclass(frozen=True, kw_only=True)
class Reconciled:
    """What one run found.

    :ivar low, high: the local days that were compared
    :ivar found: how many new differences of each kind
    :ivar arrived: how many earlier ones were closed by what came late
    """

    low: dt.date
    high: dt.date
    found: Mapping[str, int] = field(default_factory=dict)
    arrived: int = 0


def reconcile(*, on: dt.date, now: dt.datetime) -> Reconciled:
    """Compare the three books up to the day before, and name each difference.

    :param on: the local day of the run: the day of detection
    """
    require_unit_of_work()
    facts = _facts(on, now)
    _prepare(facts)
    for step in _STEPS:
        execute(statement(__file__, step), facts)
    arrived = execute(statement(__file__, "close_arrived"), facts)
    execute(statement(__file__, "day_totals"), facts)
    return Reconciled(low=facts["low"], high=facts["high"], found=_found(now), arrived=arrived)


def hear_company_files(*, now: dt.datetime, limit: int = 500) -> list[Session]:
    """Let what the companies' files say end sessions that hang, and contest wrong releases.

    :returns: the sessions that were told something
    """
    require_unit_of_work()
    since = now - dt.timedelta(days=_rules()["look_back_days"])
    told = rows(
        statement(__file__, "hanging_in_file"), {"zone": _zone(), "since": since, "limit": limit}
    )
    heard = []
    for line in told:
        (found,) = lock("id = %s", [line.id])
        says: Says = "written" if line.written else "not_written"
        reading = CardReading(purse=line.purse_after, counter=line.counter)
        detail = f"company's record {line.reference}"
        heard.append(hear(found, "file", says, detail, reading, SYSTEM, now))
    return heard


def _facts(on: dt.date, now: dt.datetime) -> dict[str, Any]:
    rules, time = _rules(), current_pack().time
    high = on - dt.timedelta(days=1)
    low = min(on - dt.timedelta(days=rules["look_back_days"]), _earliest_new(now) or high)
    return {
        "on": on,
        "now": now,
        "low": low,
        "high": high,
        "begins": time.midnight(low - dt.timedelta(days=2)),
        "ends": time.midnight(on),
        "zone": _zone(),
        "file_grace": rules["file_grace_days"],
        "kiosk_grace": rules["kiosk_grace_days"],
        "skew": dt.timedelta(seconds=rules["clock_skew_seconds"]),
        "pairs": dt.timedelta(seconds=rules["clock_skew_seconds"]),
    }


def _earliest_new(now: dt.datetime) -> dt.date | None:
    """Return the earliest day of which lines came since the run before."""
    since = scalar("SELECT max(run_at) FROM redemptions_reconciled WHERE run_at < %s", [now])
    if since is None:
        since = now - dt.timedelta(days=400)
    earliest: dt.date | None = scalar(
        """
        SELECT min(day) FROM (
            SELECT min(day) AS day FROM redemptions_kiosk_line WHERE received_at >= %(since)s
            UNION ALL
            SELECT min(day) FROM redemptions_company_line WHERE received_at >= %(since)s) AS d
        """,
        {"since": since},
    )
    return earliest


def _prepare(facts: Mapping[str, Any]) -> None:
    """Give the run room, and the planner statistics: a month that fills is not as it was."""
    execute("SET LOCAL work_mem = '96MB'")
    month: dt.date = facts["low"].replace(day=1)
    while month <= facts["high"]:
        for table in LINE_TABLES:
            partitions.ensure_month(table, month)
            execute("SELECT citycard_analyze_partition(%s, %s)", [table, month])
        month = next_month(month)


def _found(now: dt.datetime) -> dict[str, int]:
    counts: Sequence[Any] = rows(
        "SELECT kind, count(*) AS times FROM redemptions_difference WHERE found_at = %s GROUP BY 1",
        [now],
    )
    return {one.kind: int(one.times) for one in counts}


def _rules() -> Mapping[str, Any]:
    rules: Mapping[str, Any] = current_pack().table("points")["reconciliation"]
    return rules


def _zone() -> str:
    return str(current_pack().time.zone)
