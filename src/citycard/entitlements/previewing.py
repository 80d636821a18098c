"""A mass decision as a dry run: everybody's rights are worked out in sets, the differences kept."""

import datetime as dt
from collections.abc import Sequence

from citycard.entitlements.changed_rules import all_codes, changed_rules
from citycard.entitlements.chunks import cut_everybody, cut_listed, work_through
from citycard.entitlements.compiling import CompiledRules, compiled
from citycard.entitlements.rulebook import kept_rulebook, rulebook
from citycard.entitlements.run_values import Preview
from citycard.entitlements.runs import Run, count_up, load, lock, preview_of, set_state
from citycard.infra.database import rows, scalar, statement
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor

CHUNK = 20_000
"""Members a statement; what it holds in memory grows with it, and locks nothing."""

MOST_LISTED = 100_000


def preview(
    *,
    on: dt.date,
    now: dt.datetime,
    actor: Actor,
    member_ids: Sequence[int] | None = None,
    codes: Sequence[str] | None = None,
) -> Preview:
    """Work out what deciding members from a day onward would change; nothing of their rights does.

    The differences are kept under the run's id, to be looked at and carried out. Days before ``on``
    are left as they are, as in ``decide``.

    :param member_ids: whom; None: everybody. Where no rule changed, those whose facts are of the
        version that was decided, and who meet no boundary, are passed over
    :param codes: which rights; None: all. Members who were never decided are looked at only then
    """
    run_id = begin_preview(on=on, now=now, actor=actor, member_ids=member_ids, codes=codes)
    return go_on_previewing(run_id=run_id, now=now)


def begin_preview(
    *,
    on: dt.date,
    now: dt.datetime,
    actor: Actor,
    member_ids: Sequence[int] | None = None,
    codes: Sequence[str] | None = None,
) -> int:
    """Begin a dry run to be gone on with in pieces, each a unit of work; return its id.

    Parameters as of ``preview``.
    """
    require_unit_of_work()
    book, today = rulebook(), current_pack().time.day(now)
    if member_ids is None and codes is None and not changed_rules():
        member_ids = _to_look_at(on, today)
    every = all_codes(book)
    wanted = every if codes is None else tuple(dict.fromkeys(codes))
    run_id = scalar(
        statement(__file__, "begin_run"),
        [
            book.pack_hash,
            None if member_ids is None else sorted(set(member_ids)),
            list(wanted),
            set(wanted) >= set(every),
            on,
            today,
            now,
            actor.id,
        ],
    )
    run = load(run_id)
    cut_everybody(run, CHUNK) if member_ids is None else cut_listed(run, CHUNK)
    return run.id


def _to_look_at(on: dt.date, today: dt.date) -> list[int] | None:
    """Return whom to look at when no rule changed; None: too many to list, so everybody."""
    asked = {"on": on, "today": today, "most": MOST_LISTED + 1}
    found = [one.member_id for one in rows(statement(__file__, "to_look_at"), asked)]
    return found if len(found) <= MOST_LISTED else None


def go_on_previewing(*, run_id: int, now: dt.datetime, most: int | None = None) -> Preview:
    """Go on with a dry run where it was left, for about so many members (None: to its end).

    Several workers may go on with one run, each in units of work of its own.

    :raises NoSuchRun: there is none of this id
    """
    require_unit_of_work()
    run = load(run_id)
    if run.state == "previewing":
        rules = compiled(kept_rulebook(run.pack_hash), run.codes)
        if work_through(run, lambda after, upto: _compare(run, rules, after, upto), most=most):
            _finish(run_id, now)
    return preview_of(run_id=run_id)


def _finish(run_id: int, now: dt.datetime) -> None:
    run = lock(run_id)
    if run.state == "previewing":
        count_up(run)
        set_state(run, "previewed", now=now)


def _compare(run: Run, rules: CompiledRules, after: int, upto: int) -> int:
    """Compare one chunk of members and keep what differs; return how many they were."""
    sql = _put_in(statement(__file__, "differ"), rules, listed=run.member_ids is not None)
    ids = [m for m in run.member_ids or () if after < m <= upto]
    (found,) = rows(
        sql,
        {
            "run": run.id,
            "on": run.on,
            "today": run.today,
            "after": after,
            "upto": upto,
            "ids": ids,
            "codes": list(run.codes),
            "names": sorted(rules.known.names),
            "every_rule": run.every_rule,
        },
    )
    return int(found.members)


def _put_in(sql: str, rules: CompiledRules, *, listed: bool) -> str:
    who = (
        "{}.member_id = ANY(%(ids)s::bigint[])"
        if listed
        else "{0}.member_id > %(after)s AND {0}.member_id <= %(upto)s"
    )
    places = range(len(rules.codes))
    parts = {
        "aggregates": rules.known.aggregates,
        "columns": rules.known.columns,
        "days": "".join(f", {rules.days[i]} * p.onward AS d{i}" for i in places),
        "stored": "".join(
            f", range_agg(r.valid) FILTER (WHERE r.entitlement = '{rules.codes[i]}') AS s{i}"
            for i in places
        ),
        "wanted array": f"ARRAY[{', '.join(f'w.d{i}' for i in places)}]",
        "stored array": f"ARRAY[{', '.join(f's.s{i}' for i in places)}]",
        "any differs": "".join(
            f" OR w.d{i} <> coalesce(s.s{i}, '{{}}') * w.onward" for i in places
        ),
        "reason": rules.reason,
    }
    for name, part in parts.items():
        sql = sql.replace(f"/*{name}*/", part.replace("%", "%%"))
    for alias in "fcmrv":
        sql = sql.replace(f"/*who {alias}*/", who.format(alias))
    return sql
