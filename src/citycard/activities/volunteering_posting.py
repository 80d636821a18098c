"""Posting volunteers' minutes: through a fund of the organiser, differences only, each under a key
of its shift and version.

An hour that was worked has no budget: the organiser's budget is raised by exactly what is given.
What a correction takes away after it was spent stands on a loss account and is made good by later
hours, so that what a volunteer has does not depend on which came first.
"""

import datetime as dt
from collections.abc import Mapping, Sequence

from citycard.activities.events import HoursPosted
from citycard.activities.volunteering_keeping import Change, Volunteer
from citycard.activities.volunteering_rule import time_bank
from citycard.infra.database import execute
from citycard.infra.journal import announce
from citycard.kernel.actors import Actor
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger

Volunteers = Mapping[tuple[int, str], Volunteer]


class HoursNotPosted(RuntimeError):
    """Our own mistake: the ledger refused minutes that were worked out; nothing was kept."""


def post_hours(
    changes: Sequence[Change], volunteers: Volunteers, *, actor: Actor, now: dt.datetime
) -> None:
    """Post differences: first what is given, then what is taken back."""
    if not changes:
        return
    given = [change for change in changes if change.difference > 0]
    _raise_budgets(given, volunteers, actor, now)
    _post([_given(change, volunteers[_of(change)]) for change in given], actor, now)
    for change in changes:
        if change.difference < 0:
            _take_back(change, volunteers[_of(change)], actor, now)
    _save(changes, volunteers)
    announce(
        HoursPosted(
            member_ids=tuple(change.member_id for change in changes),
            shift_ids=tuple(change.shift_id for change in changes),
            minutes=tuple(change.difference for change in changes),
            corrections=tuple(change.is_correction for change in changes),
        )
    )


def owed_account(volunteer: Volunteer) -> ledger.AccountRef:
    """Return the loss account of what one volunteer owes; its code says no member's number, for it
    stands in the month's papers and in what an auditor sees.
    """
    code = f"hours:{volunteer.number}:{volunteer.organiser}"
    return ledger.loss(unit=time_bank().unit, code=code)


def _of(change: Change) -> tuple[int, str]:
    return change.member_id, change.organiser


def _lot(change: Change, volunteer: Volunteer) -> ledger.AccountRef:
    return ledger.member(
        holder=volunteer.member_id,
        unit=time_bank().unit,
        fund=volunteer.fund_id,
        expires_on=change.expires_on,
    )


def _budget(volunteer: Volunteer) -> ledger.AccountRef:
    return ledger.budget(fund_id=volunteer.fund_id, unit=time_bank().unit)


def _raise_budgets(
    given: Sequence[Change], volunteers: Volunteers, actor: Actor, now: dt.datetime
) -> None:
    wanted: dict[int, int] = {}
    for change in given:
        fund = volunteers[_of(change)].fund_id
        wanted[fund] = wanted.get(fund, 0) + change.difference
    left = ledger.lease_budgets(wanted=wanted)
    for fund, minutes in sorted(wanted.items()):
        if minutes <= left[fund]:
            continue
        named = [change.key for change in given if volunteers[_of(change)].fund_id == fund]
        posted = ledger.raise_budget(
            fund_id=fund,
            amount=minutes - left[fund],
            key=fact_key(now, "volunteer.budget", *named),
            at=now,
            actor=actor,
            now=now,
        )
        if posted.refusal:
            raise HoursNotPosted(posted.refusal.code)


def _given(change: Change, volunteer: Volunteer) -> ledger.Move:
    """Return the move that gives minutes; what is owed is made good first."""
    made_good = min(volunteer.owed, change.difference)
    volunteer.owed -= made_good
    source = _budget(volunteer)
    amounts = (
        (owed_account(volunteer), made_good),
        (_lot(change, volunteer), change.difference - made_good),
    )
    return _move(
        change,
        [ledger.Transfer(source=source, target=to, amount=n) for to, n in amounts if n],
    )


def _take_back(change: Change, volunteer: Volunteer, actor: Actor, now: dt.datetime) -> None:
    """Take minutes back out of their lot; what was spent meanwhile is owed."""
    wanted, target = -change.difference, _budget(volunteer)
    lot, owed = _lot(change, volunteer), owed_account(volunteer)
    whole = _move(change, [ledger.Transfer(source=lot, target=target, amount=wanted)])
    (posted,) = ledger.move_many(moves=[whole], actor=actor, now=now)
    if not isinstance(posted.refusal, ledger.NotEnough):
        _check([posted])
        return
    there = int(posted.refusal.facts["balance"])
    amounts = ((lot, there), (owed, wanted - there))
    volunteer.owed += wanted - there
    _post(
        [
            _move(
                change,
                [ledger.Transfer(source=of, target=target, amount=n) for of, n in amounts if n],
            )
        ],
        actor,
        now,
    )


def _move(change: Change, transfers: Sequence[ledger.Transfer]) -> ledger.Move:
    return ledger.Move(
        key=change.key,
        kind="volunteer.corrected" if change.is_correction else "volunteer.hours",
        at=change.at,
        transfers=transfers,
        ref=f"shift:{change.shift_id}",
    )


def _post(moves: Sequence[ledger.Move], actor: Actor, now: dt.datetime) -> None:
    if moves:
        _check(ledger.move_many(moves=moves, actor=actor, now=now))


def _check(posted: Sequence[ledger.Posted]) -> None:
    for one in posted:
        if one.refusal:
            raise HoursNotPosted(one.refusal.code)


def _save(changes: Sequence[Change], volunteers: Volunteers) -> None:
    for change in changes:
        volunteers[_of(change)].minutes += change.difference
    changed = {_of(change): volunteers[_of(change)] for change in changes}.values()
    execute(
        """
        UPDATE activities_volunteer v SET minutes = c.minutes, owed = c.owed
        FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[])
             AS c(member_id, organiser, minutes, owed)
        WHERE v.member_id = c.member_id AND v.organiser = c.organiser
        """,
        [
            [it.member_id for it in changed],
            [it.organiser for it in changed],
            [it.minutes for it in changed],
            [it.owed for it in changed],
        ],
    )
