"""Trials of policies: asked for by an officer, run by a job, kept with what they came to."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from citycard.fares.comparing import PolicyLine, PolicyTrial
from citycard.fares.estimating import Estimate, Guess
from citycard.fares.months import months_with_rides
from citycard.infra.database import execute, row, rows
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import NotFound

TrialState = Literal["waiting", "running", "done", "refused"]
LISTED = 50
LEASE = dt.timedelta(minutes=5)
"""Longer than pricing the riders between two notes of progress takes."""
_COLUMNS = (
    "id, asked_at, agency, title, months, changes::text AS changes, settings::text AS settings,"
    " guesses::text AS guesses, pack_hash, state, done, whole, ended_at, said,"
    " figures::text AS figures"
)


@dataclass(frozen=True, kw_only=True)
class NewTrial:
    """A proposal to be tried on months.

    :ivar changes: YAML by table; ``settings`` the levers that made it: code → (before, after)
    """

    title: str
    months: Sequence[dt.date]
    changes: Mapping[str, str]
    settings: Mapping[str, tuple[int, int]]
    guesses: Sequence[Guess]


@dataclass(frozen=True, kw_only=True)
class StoredTrial:
    """A trial as it stands.

    :ivar done: riders priced so far, of ``whole``
    :ivar said: why nothing came of it, where nothing did
    """

    id: int
    asked_at: dt.datetime
    agency: str
    title: str
    months: tuple[dt.date, ...]
    changes: Mapping[str, str]
    settings: Mapping[str, tuple[int, int]]
    guesses: tuple[Guess, ...]
    pack_hash: str
    state: TrialState
    done: int
    whole: int
    ended_at: dt.datetime | None
    said: str
    figures: PolicyTrial | None


def ask_trial(*, new: NewTrial, pack_hash: str, actor: Actor, now: dt.datetime) -> int:
    """Keep a trial for the job to run; returns its number."""
    require_unit_of_work()
    found = row(
        "INSERT INTO fares_trial (asked_at, asked_by, agency, title, months, changes, settings,"
        " guesses, pack_hash) VALUES (%s, %s, %s, %s, %s::date[], %s, %s, %s, %s) RETURNING id",
        [
            now,
            actor.id,
            actor.agency or "",
            new.title,
            list(new.months),
            json.dumps(dict(new.changes)),
            json.dumps(dict(new.settings)),
            json.dumps([[guess.name, dict(guess.percent)] for guess in new.guesses]),
            pack_hash,
        ],
    )
    assert found is not None
    return int(found.id)


def take_trial(*, now: dt.datetime) -> StoredTrial | None:
    """Take the oldest trial that waits, or whose runner was not heard of for a lease; None: there
    is none, or another process has it.
    """
    require_unit_of_work()
    found = row(
        f"UPDATE fares_trial SET state = 'running', touched_at = %s WHERE id = ("  # noqa: S608 - ours
        "SELECT id FROM fares_trial WHERE state = 'waiting'"
        " OR (state = 'running' AND touched_at < %s)"
        f" ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING {_COLUMNS}",
        [now, now - LEASE],
    )
    return None if found is None else _stored(found)


def note_progress(*, trial_id: int, done: int, whole: int, now: dt.datetime) -> None:
    """Note how far a trial is, and that somebody is at it."""
    require_unit_of_work()
    execute(
        "UPDATE fares_trial SET done = %s, whole = %s, touched_at = %s WHERE id = %s",
        [done, whole, now, trial_id],
    )


def finish_trial(
    *, trial_id: int, figures: PolicyTrial | None, said: str = "", now: dt.datetime
) -> None:
    """Keep what a trial came to, or why nothing did."""
    require_unit_of_work()
    execute(
        "UPDATE fares_trial SET state = %s, figures = %s, said = %s, ended_at = %s WHERE id = %s",
        [
            "refused" if figures is None else "done",
            None if figures is None else json.dumps(_packed(figures)),
            said,
            now,
            trial_id,
        ],
    )


def trials(*, limit: int = LISTED) -> list[StoredTrial]:
    """Return the latest trials, newest first."""
    found = rows(
        f"SELECT {_COLUMNS} FROM fares_trial ORDER BY id DESC LIMIT %s",  # noqa: S608 - our own columns
        [limit],
    )
    return [_stored(one) for one in found]


def trial(*, trial_id: int) -> StoredTrial:
    """Return one trial.

    :raises NotFound: there is none of this number
    """
    found = row(f"SELECT {_COLUMNS} FROM fares_trial WHERE id = %s", [trial_id])  # noqa: S608 - our own columns
    if found is None:
        raise NotFound(what="trial")
    return _stored(found)


def trial_months(*, limit: int = 24) -> list[dt.date]:
    """Return the months with stored rides, newest first."""
    return months_with_rides()[:limit]


def _stored(one: Any) -> StoredTrial:
    settings = json.loads(one.settings)
    return StoredTrial(
        id=one.id,
        asked_at=one.asked_at,
        agency=one.agency,
        title=one.title,
        months=tuple(one.months),
        changes=json.loads(one.changes),
        settings={code: (before, after) for code, (before, after) in settings.items()},
        guesses=tuple(Guess(name, percent) for name, percent in json.loads(one.guesses)),
        pack_hash=one.pack_hash,
        state=one.state,
        done=one.done,
        whole=one.whole,
        ended_at=one.ended_at,
        said=one.said,
        figures=None if one.figures is None else _unpacked(json.loads(one.figures)),
    )


_TABLES = ("by_mode", "by_district", "by_age")


def _packed(figures: PolicyTrial) -> dict[str, Any]:
    lines = {name: [vars(line) for line in getattr(figures, name)] for name in _TABLES}
    return {**vars(figures), "all": vars(figures.all), **lines}


def _unpacked(kept: dict[str, Any]) -> PolicyTrial:
    lines = {name: tuple(_line(one) for one in kept[name]) for name in _TABLES}
    return PolicyTrial(
        **{**kept, "guesses": tuple(kept["guesses"]), "all": _line(kept["all"]), **lines}
    )


def _line(kept: dict[str, Any]) -> PolicyLine:
    guesses = kept["guesses"]
    told = None if guesses is None else tuple(Estimate(*one) for one in guesses)
    return PolicyLine(**{**kept, "guesses": told})
