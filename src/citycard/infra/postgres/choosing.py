"""Which backup, and which line of the log, leads to a moment."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from citycard.infra.postgres.archiving import WalArchive
from citycard.infra.postgres.errors import PostgresProblem
from citycard.infra.postgres.shelf import Backup, Done, Shelf


class CannotRestore(PostgresProblem):
    """What was asked for can't be restored; the message says why and what can."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a moment will be recovered.

    :ivar to: the moment; None: everything there is
    :ivar timeline: the line of the log that the city lived on then; each restore begins another
    """

    backup: Backup
    archive: WalArchive
    to: dt.datetime | None
    timeline: int


def plan_restore(shelf: Shelf, *, to: dt.datetime | None, now: dt.datetime) -> Plan:
    """Choose the newest backup before a moment.

    :param to: None: as far as the archive goes
    :raises CannotRestore: there is no backup, none as old as that, the moment is still to come, or
        the log has a hole before its end
    """
    backups = shelf.backups()
    if not backups:
        raise CannotRestore(f"There is no backup in {shelf.directory}.")
    if to is not None and to > now:
        raise CannotRestore(f"{_shown(to)} is still to come; the clock says {_shown(now)}.")
    timeline = _timeline_at(shelf.restores(), backups, to or now)
    before = [backup for backup in backups if to is None or backup.ended_at <= to]
    if not before:
        raise CannotRestore(
            f"The oldest backup in {shelf.directory} was finished at "
            f"{_shown(backups[0].ended_at)}; nothing before that can be restored."
        )
    leading = _leading_to(timeline, before, shelf.archive.forks(timeline))
    if leading is None:
        raise CannotRestore(
            f"No backup in {shelf.directory} leads to {_shown(to or now)}: the city was restored "
            "meanwhile, and backups from before were not kept."
        )
    plan = Plan(backup=leading, archive=shelf.archive, to=to, timeline=timeline)
    if to is None:
        _refuse_gaps(plan)
    return plan


def refuse_other_keys(backup: Backup, present: Mapping[str, str]) -> None:
    """Stop unless the keys at hand open what was sealed when the backup was made.

    :param present: what the keys at hand look like (`Keyring.prints`)
    :raises CannotRestore: one is missing or is another; the message names it
    """
    other = sorted(name for name, print_ in backup.keys.items() if present.get(name) != print_)
    if other:
        raise CannotRestore(
            f"These are not the keys of {backup.name}: {', '.join(other)} differ. Sealed fields "
            "could not be read. Name the city's own key file in CITYCARD_KEYS; nothing was changed."
        )


def _timeline_at(restores: Sequence[Done], backups: Sequence[Backup], at: dt.datetime) -> int:
    """Return the line of the log that the city lived on at a moment."""
    lived = [done.timeline for done in restores if done.at <= at]
    if lived:
        return lived[-1]
    # After a restore elsewhere nothing is noted here: the newest backup before then knows.
    before = [backup for backup in backups if backup.ended_at <= at]
    return (before or backups[:1])[-1].timeline


def _leading_to(
    timeline: int, backups: Sequence[Backup], forks: Mapping[int, int]
) -> Backup | None:
    """Return the newest backup on a timeline, or on one before it and older than its fork."""
    for backup in reversed(backups):
        if backup.timeline == timeline or backup.end <= forks.get(backup.timeline, -1):
            return backup
    return None


def _refuse_gaps(plan: Plan) -> None:
    missing = next(plan.archive.gaps(after=plan.backup.end, timeline=plan.timeline), None)
    if missing is not None:
        raise CannotRestore(
            f"Segment {missing} is missing from {plan.archive.directory}; only moments before it "
            "can be restored: name one with --to."
        )


def _shown(moment: dt.datetime) -> str:
    return moment.isoformat(sep=" ", timespec="seconds")
