"""On which day a budget runs out, if people go on as in the last fortnight. Pure."""

import datetime as dt
from collections.abc import Sequence

from citycard.ledger import api as ledger

PACE_DAYS = 14


def runs_out_on(*, days: Sequence[ledger.FundDay], on: dt.date) -> dt.date | None:
    """Return the local day on which a budget is used up at the pace of the fortnight up to ``on``.

    Points that come back (taken back, lapsed) are not counted on. None: nothing is left, or
    nothing was given in that fortnight.

    :param days: of ``ledger.fund_days``
    """
    since = on - dt.timedelta(days=PACE_DAYS - 1)
    first = min((day.day for day in days if day.given > 0), default=on)
    given = sum(day.given for day in days if since <= day.day <= on)
    left = days[-1].left if days else 0
    if given <= 0 or left <= 0:
        return None
    lasted = (on - max(since, first)).days + 1
    return on + dt.timedelta(days=-(-left * lasted // given))
