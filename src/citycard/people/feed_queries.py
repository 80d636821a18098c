"""How the registers' feeds are, for operators; no person stands in what this returns."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from citycard.infra.database import row, rows
from citycard.infra.packs import current_pack
from citycard.kernel.taiwan.text import fold
from citycard.people.feed_taking import LAST
from citycard.people.feed_values import Delivery, FeedState, FeedWords

PURPOSE = "register-feed"
"""The pack's purpose under which registers are followed."""


def feed_states() -> list[FeedState]:
    """Return how each register of the city is followed, in the pack's order."""
    known = {one.register: one for one in rows(_FEEDS)}
    return [_state(register, known.get(register)) for register in _registers()]


_FEEDS = """
SELECT f.register, f.cursor, f.failing_since, f.failing_why, (
    SELECT count(*) FROM people_feed_change c WHERE c.register = f.register AND c.state = 'waiting'
) AS waiting FROM people_feed f
"""


def _state(register: str, found: Any) -> FeedState:
    last = row(LAST, [register])
    assert last is not None, "an aggregate has a row"
    return FeedState(
        register=register,
        cursor=found.cursor if found else "",
        last_number=last.number,
        last_listed_on=last.listed_on,
        last_taken_at=last.taken_at,
        waiting=found.waiting if found else 0,
        failing_since=found.failing_since if found else None,
        failing_why=found.failing_why if found else "",
    )


_DELIVERIES = """
SELECT id AS delivery_id, register, door, form, name, last_number, listed_on, rows, ours, unfit,
    state, why, facts::text AS facts, run_id, taken_at, taken_by
FROM people_feed_delivery
"""


def deliveries(*, limit: int = 50, run_id: int | None = None) -> list[Delivery]:
    """Return what registers delivered, newest first.

    :param run_id: only what went into this run
    """
    found = rows(
        _DELIVERIES + " WHERE %(run)s::bigint IS NULL OR run_id = %(run)s"
        " ORDER BY id DESC LIMIT %(limit)s",
        {"run": run_id, "limit": limit},
    )
    return [Delivery(**{**one._asdict(), "facts": json.loads(one.facts)}) for one in found]


def days_covered(*, run_id: int) -> int:
    """Return how many days of a register's life a run's changes span; at least one."""
    found = row(
        "SELECT min(on_day) AS first, max(on_day) AS last FROM people_feed_change"
        " WHERE run_id = %s AND state IN ('waiting', 'done')",
        [run_id],
    )
    if found is None or found.first is None:
        return 1
    return int((found.last - found.first) / dt.timedelta(days=1)) + 1


def feed_words() -> FeedWords:
    """Return what the active pack lets registers speak about."""
    pack = current_pack()
    statuses = pack.table("statuses")
    about = pack.table("pack")
    districts = {
        fold(way): code for code, row in pack.table("districts").items() for way in _ways(code, row)
    }
    own = {about["code"], about["register_code"], *about["name"].values()}
    return FeedWords(
        registers={code: frozenset(row["answers"]) for code, row in statuses["registers"].items()},
        levels=frozenset(statuses["schools"]["levels"]),
        districts=districts,
        district_names={
            code: row["name"]["zh-Hant"] for code, row in pack.table("districts").items()
        },
        own_city=frozenset(map(fold, own)),
        city=about["code"],
    )


def _ways(code: str, row: Mapping[str, Any]) -> list[str]:
    return [code, *row["name"].values(), *([str(row["code"])] if "code" in row else [])]


def feed_ground() -> str:
    """Return the law that registers are followed on, as the pack words it; empty: there is none."""
    purpose = current_pack().table("purposes")["purposes"].get(PURPOSE)
    if purpose is None or purpose["ground"]["kind"] != "law":
        return ""
    return f"law:{purpose['ground']['text']['zh-Hant']}"


def _registers() -> list[str]:
    return list(current_pack().table("statuses")["registers"])
