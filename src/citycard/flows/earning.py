"""Earning through an agency's own system: its file or its program, in the same way as taps.

Who took part is found at the fact's own time, the same decision as for taps gives the points, the
same ledger posts them. The agency learns what each line gave, never whose it is.
"""

import datetime as dt

from citycard.activities import api as activities
from citycard.infra import failpoints
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import Actor
from citycard.ledger import api as ledger


class PointsNotPosted(RuntimeError):
    """Our own mistake: an activity awarded points that the ledger refused; the batch is undone."""


def take(*, upload: activities.Upload, actor: Actor, now: dt.datetime) -> activities.StoredUpload:
    """Take an upload whole or not at all; the answers hold once this returns.

    Sent again under its key it gets the answers that it got; a line sent again under its reference
    gives nothing more, however late it arrives.

    Source: 台北卡整合服務 肆五「行動手持設備或現有集點系統」.

    :raises UploadKeyUsed: the sender used the key for another content
    """
    with unit_of_work():
        opened = activities.open_upload(upload=upload, actor=actor, now=now)
        if opened.before is not None:
            return opened.before
        awards = activities.award_lines(requests=opened.requests, actor=actor, now=now)
        moves = [award.move for award in awards if award.move is not None]
        posted = ledger.move_many(moves=moves, actor=actor, now=now) if moves else []
        if any(one.outcome == "refused" for one in posted):
            raise PointsNotPosted(next(one.refusal.code for one in posted if one.refusal))
        stored = activities.store_upload(opened=opened, awards=awards, actor=actor, now=now)
        failpoints.reach("earning.take.before_commit")
    failpoints.reach("earning.take.after_commit")
    return stored
