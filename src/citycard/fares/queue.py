"""The queue of differences as officers see it, and what they make of each."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from citycard.fares.differing import Difference
from citycard.infra.database import execute, rows, statement
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused

Outcome = Literal["kept", "operator"]
LONGEST_NOTE = 300


class DifferenceEnded(Refused):
    """Some of these differences have ended meanwhile; please look at the list again."""

    code = "fares.difference_ended"


class NoteMissing(Refused):
    """Please say why, in up to {most} characters: it stays with the difference."""

    code = "fares.note_missing"


@dataclass(frozen=True, kw_only=True)
class OpenDifference:
    """A difference, without whose ride it was.

    :ivar amount_micro: what the person owes by the rule less what the device took: below zero the
        person was charged too much
    :ivar points: likewise of the allowance
    :ivar rider: a member; below zero a card that is nobody's
    """

    id: int
    kind: Difference
    state: str
    month: dt.date
    boarded_at: dt.datetime
    operator: str
    route: str
    ride: tuple[int, int, int]
    rider: int
    amount_micro: int
    points: int
    fare_ntd: int
    charged_ntd: int
    points_taken: int
    rule_points: int
    rule_ntd: int
    found_at: dt.datetime
    ended_at: dt.datetime | None
    ended_by: str
    note: str
    refund_run: int | None


@dataclass(frozen=True, kw_only=True)
class DifferenceSum:
    """How many differences of a kind are open, and what they come to."""

    kind: Difference
    count: int
    amount_micro: int


def differences(
    *,
    kind: Difference | None = None,
    month: dt.date | None = None,
    ids: Sequence[int] | None = None,
    ride: tuple[int, int, int] | None = None,
    run: int | None = None,
    agencies: Sequence[str] | None = None,
    open_only: bool = True,
    limit: int = 100,
) -> list[OpenDifference]:
    """Return differences for whoever works them off, the oldest ride first.

    :param ride: only those of the ride of this reader, epoch and number
    :param run: only those on this refund run
    :param agencies: only those of rides that these agencies' devices saw
    :param open_only: False: those that were seen to or are on a refund run, the newest first
    """
    asked = {
        "kind": None if kind is None else int(kind),
        "month": month,
        "ids": None if ids is None else list(ids),
        "reader": ride and ride[0],
        "epoch": ride and ride[1],
        "seq": ride and ride[2],
        "run": run,
        "agencies": None if agencies is None else list(agencies),
        "open": open_only,
        "limit": limit,
    }
    found = rows(statement(__file__, "differences"), asked)
    return [
        OpenDifference(
            **{name: value for name, value in row._asdict().items() if name not in _BESIDE},
            kind=Difference(row.kind_number),
            ride=(row.reader_id, row.epoch, row.seq),
        )
        for row in found
    ]


_BESIDE = {"kind_number", "reader_id", "epoch", "seq"}


def difference_sums(*, agencies: Sequence[str] | None = None) -> list[DifferenceSum]:
    """Return what is open, by kind; the kinds with most first.

    :param agencies: only of rides that these agencies' devices saw
    """
    found = rows(
        "SELECT kind, count(*) AS n, sum(amount_micro)::bigint AS micro FROM fares_difference"
        " WHERE state = 'open' AND (%(agencies)s::text[] IS NULL OR reader_id IN (SELECT"
        " v.device_id FROM pub.devices v WHERE v.agency = ANY (%(agencies)s::text[])))"
        " GROUP BY kind ORDER BY n DESC, kind",
        {"agencies": None if agencies is None else list(agencies)},
    )
    return [
        DifferenceSum(kind=Difference(row.kind), count=row.n, amount_micro=row.micro)
        for row in found
    ]


def end_differences(
    *,
    ids: Sequence[int],
    outcome: Outcome,
    note: str,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """End open differences with an officer's word; what is stored of the rides stays.

    :param outcome: ``kept`` it stays as it is · ``operator`` claimed from or paid to the operator
    :raises DifferenceEnded: one of them is no longer open; none is ended
    :raises NoteMissing: the note is empty or too long
    """
    require_unit_of_work()
    check_note(note)
    ended = execute(
        "UPDATE fares_difference SET state = %(outcome)s, ended_at = %(now)s, ended_by = %(actor)s,"
        " note = %(note)s WHERE id = ANY (%(ids)s::bigint[]) AND state = 'open'",
        {
            "outcome": outcome,
            "now": now,
            "actor": actor.id,
            "note": note.strip(),
            "ids": list(ids),
        },
    )
    if ended != len(set(ids)) or not ids:
        raise DifferenceEnded()


def check_note(note: str) -> None:
    """Stop a note that says nothing, or too much.

    :raises NoteMissing: as it says
    """
    if not note.strip() or len(note) > LONGEST_NOTE:
        raise NoteMissing(most=LONGEST_NOTE)
