"""Trying a policy before it is made: stored months under other rules, beside the rules in force.

The months' rides are priced twice by the very code that prices them in earnest, by the pack in
force and by the proposal. What the first comes to is held against what is stored, ride by ride, so
that a trial whose starting point is wrong says so. Nothing is written but the trial's figures.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence

from citycard.entitlements import api as entitlements
from citycard.fares import api as fares
from citycard.infra import clock
from citycard.infra.packs import Pack, PackError, current_pack, instead_of_the_citys, proposed
from citycard.infra.unit_of_work import unit_of_work
from citycard.insight import api as insight
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.rules import api as rules

RIDERS_AT_ONCE = 20_000

Told = Callable[[int, int], None]
"""Hears how many riders are done, and of how many."""


class NoRides(Refused):
    """There are no stored rides in {months}; a trial needs some."""

    code = "policies.no_rides"


class NothingProposed(Refused):
    """Nothing is other than it is now; change at least one figure."""

    code = "policies.nothing_proposed"


class ChangesWhoHolds(Refused):
    """This proposal changes who may have “{entitlement}”; stored rides are of those who hold it."""

    code = "policies.changes_who_holds"


def try_policy(
    *,
    proposal: Pack,
    months: Sequence[dt.date],
    guesses: Sequence[fares.Guess],
    today: dt.date,
    told: Told = lambda done, whole: None,
) -> fares.PolicyTrial:
    """Price stored months by the pack in force and by a proposal, and tell the difference.

    :param months: first days of local months
    :param guesses: how riders may follow lower prices; the first is usually nobody
    :raises NoRides, ChangesWhoHolds: nothing can be said
    """
    city = current_pack()
    _check_holders(city, proposal)
    riders = {month: fares.riders_of(month=month) for month in months}
    whole, done = sum(len(found) for found in riders.values()), 0
    if not whole:
        raise NoRides(months="、".join(f"{month:%Y-%m}" for month in months))
    before: list[fares.TriedMonth] = []
    after: list[fares.TriedMonth] = []
    for month, found in riders.items():
        for begin in range(0, len(found), RIDERS_AT_ONCE):
            some = found[begin : begin + RIDERS_AT_ONCE]
            before.append(_tried(city, month, some, today, compared=True))
            with instead_of_the_citys(proposal):
                after.append(_tried(proposal, month, some, today))
            done += len(some)
            told(done, whole)
    return fares.compare_policies(
        before=fares.joined(parts=before),
        after=fares.joined(parts=after),
        guesses=guesses,
        groups_of=lambda riders: fares.groups_of(riders=riders),
        today=today,
        shown=_shown,
    )


def _check_holders(city: Pack, proposal: Pack) -> None:
    """Stored rides are priced by stored rights: who holds one can't be tried here."""
    now, then = city.table("entitlements"), proposal.table("entitlements")
    for code in {**now, **then}:
        ways = [
            {name: rule.get(name) for name in ("who", "granted_by", "since", "excludes", "follows")}
            for rule in (now.get(code, {}), then.get(code, {}))
        ]
        if ways[0] != ways[1]:
            raise ChangesWhoHolds(entitlement=code)


def _tried(
    pack: Pack, month: dt.date, riders: fares.Column, today: dt.date, *, compared: bool = False
) -> fares.TriedMonth:
    def grants(members: Sequence[int], month: dt.date) -> Mapping[int, fares.Grant]:
        unit = fares.points_unit()
        found = entitlements.month_amounts(member_ids=members, month=month, on=today)
        granted = entitlements.machine_allowances(member_ids=members, month=month)
        at_tills = {
            member: sum(one.at_tills for one in own if one.unit == unit)
            for member, own in granted.items()
        }
        return {
            member: fares.Grant(max(0, one.amount - at_tills[member]), one.starts_on)
            for member, own in found.items()
            for one in own
            if one.unit == unit
        }

    return fares.try_month(pack=pack, month=month, riders=riders, grants=grants, compared=compared)


def _shown(people: Mapping[str, int]) -> dict[str, bool]:
    """Tell which groups have enough people to be told of; with a hidden one goes its neighbour."""
    shown = insight.parted(
        whole=insight.Line(people=sum(people.values())),
        parts={code: insight.Line(people=n) for code, n in people.items()},
        least=insight.least_people(),
        apart=True,
    )
    return {code: code in shown.parts for code in people}


def ask(*, new: fares.NewTrial, actor: Actor, now: dt.datetime) -> int:
    """Have a proposal tried by the next job; refused at once where it can't be.

    :raises PackError: the proposal has mistakes
    :raises NothingProposed, ChangesWhoHolds, BadRule: it can't be tried
    """
    city = current_pack()
    if not new.changes:
        raise NothingProposed()
    proposal = proposed(city=city, changes=new.changes)
    _check_holders(city, proposal)
    fares.book(pack=proposal)
    with unit_of_work():
        return fares.ask_trial(new=new, pack_hash=city.hash, actor=actor, now=now)


def go_on(now: dt.datetime) -> None:
    """Run the trials that wait, one after the other; run by the clock. One that was cut off begins
    again after its lease: nothing of it was kept. One that breaks is over, so that it holds up no
    other."""
    while (waiting := _take()) is not None:
        figures, said = None, ""
        try:
            figures = _run(waiting, now)
        except (Refused, PackError, rules.BadRule) as why:
            said = str(why)
        except Exception as broken:
            said = type(broken).__name__
            raise
        finally:
            _finish(waiting, figures, said)


def _take() -> fares.StoredTrial | None:
    with unit_of_work():
        return fares.take_trial(now=clock.now())


def _run(waiting: fares.StoredTrial, now: dt.datetime) -> fares.PolicyTrial:
    return try_policy(
        proposal=proposed(city=current_pack(), changes=waiting.changes),
        months=waiting.months,
        guesses=waiting.guesses,
        today=current_pack().time.day(now),
        told=_noting(waiting.id),
    )


def _finish(waiting: fares.StoredTrial, figures: fares.PolicyTrial | None, said: str) -> None:
    with unit_of_work():
        fares.finish_trial(trial_id=waiting.id, figures=figures, said=said, now=clock.now())


def _noting(trial_id: int) -> Told:
    def told(done: int, whole: int) -> None:
        with unit_of_work():
            fares.note_progress(trial_id=trial_id, done=done, whole=whole, now=clock.now())

    return told
