"""The queue of differences: what a deciding leaves for an officer, and what it takes away again.

What was seen to once stays seen to: when a later decision changes the difference of such a ride,
only the rest of it comes back into the queue.
"""

import datetime as dt

import numpy as np

from citycard.fares.storing import Changed
from citycard.infra.database import execute, statement


def keep_differences(*, month: dt.date, changed: Changed, now: dt.datetime) -> None:
    """Bring the queue to what the changed rides say; in the unit of work that stores them."""
    differs = changed.added[changed.added["difference_kind"] != 0]
    before = changed.closed[changed.closed["difference_kind"] != 0]
    if not len(differs) and not len(before):
        return
    gone = before[~np.isin(_identity(before), _identity(differs))]
    asked = {
        "month": month,
        "now": now,
        "readers": [*differs["reader_id"].tolist(), *gone["reader_id"].tolist()],
        "epochs": [*differs["epoch"].tolist(), *gone["epoch"].tolist()],
        "seqs": [*differs["seq"].tolist(), *gone["seq"].tolist()],
        "riders": [*differs["rider"].tolist(), *gone["rider"].tolist()],
        "boarded": [*differs["boarded_at"].tolist(), *gone["boarded_at"].tolist()],
        "operators": [*differs["operator_id"].tolist(), *gone["operator_id"].tolist()],
        "routes": [*differs["route_id"].tolist(), *gone["route_id"].tolist()],
        "amounts": [*differs["difference_micro"].tolist(), *([0] * len(gone))],
        "points": [*(differs["points"] - differs["points_taken"]).tolist(), *([0] * len(gone))],
        "kinds": [*differs["difference_kind"].tolist(), *([0] * len(gone))],
    }
    if len(before):
        execute(statement(__file__, "end_differences"), asked)
    execute(statement(__file__, "begin_differences"), asked)


def _identity(rows: "np.ndarray[tuple[int], np.dtype[np.void]]") -> "np.ndarray":
    named = np.zeros(len(rows), [("reader", "i8"), ("seq", "i8"), ("epoch", "i8")])
    named["reader"], named["seq"], named["epoch"] = rows["reader_id"], rows["seq"], rows["epoch"]
    return named.view("S24")
