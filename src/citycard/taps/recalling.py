"""What became of taps that were taken before: their stored answers, or that they differ."""

from collections.abc import Sequence
from typing import Any

from citycard.cards import api as cards
from citycard.infra.database import rows, statement
from citycard.taps.codes import Code
from citycard.taps.columns import TapColumns, Whole
from citycard.taps.opened import State
from citycard.taps.values import TapAnswer

Fate = tuple[State, TapAnswer]
_CONFLICT = (State.CONFLICT, TapAnswer(Code.CONFLICT))
_QUARANTINED = """
SELECT r.n, q.content_hash
FROM unnest(%s::bigint[], %s::integer[], %s::bigint[])
     WITH ORDINALITY AS r(reader_id, epoch, seq, n)
JOIN taps_quarantine q USING (reader_id, epoch, seq)
"""


def recall(
    columns: TapColumns, days: Whole, hashes: Whole, places: Sequence[int]
) -> dict[int, Fate]:
    """Return, by place in the batch, the answers of taps that were taken before."""
    months: Any = days[places].astype("M8[D]").astype("M8[M]").astype("M8[D]")
    asked = [of[places].tolist() for of in (columns.device_id, columns.epoch, columns.seq)]
    month = months.tolist()
    taken = rows(statement(__file__, "stored_answers"), [month, *asked, sorted(set(month))])
    numbers = cards.numbers_of_links(link_ids=[row.link_id for row in taken if row.link_id])
    same = {
        places[row.n - 1]: (
            State.DUPLICATE,
            TapAnswer(Code(row.code), row.points, numbers.get(row.link_id), profile=row.profile),
        )
        for row in taken
        if row.content_hash == hashes[places[row.n - 1]]
    }
    if len(same) == len(places):
        return same
    apart = {
        places[row.n - 1]: (State.DUPLICATE, TapAnswer(Code.QUARANTINED_TIME))
        for row in rows(_QUARANTINED, asked, prepare=True)
        if row.content_hash == hashes[places[row.n - 1]]
    }
    return {i: same.get(i) or apart.get(i) or _CONFLICT for i in places}
