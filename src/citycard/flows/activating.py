"""A pack becomes the city's: its content is kept by hash, the contexts take over their parts."""

import datetime as dt

from citycard.agencies import api as agencies
from citycard.cards import api as cards
from citycard.infra import partitions
from citycard.infra.packs import Pack
from citycard.infra.packs.keeping import keep_active
from citycard.infra.unit_of_work import unit_of_work

DAYS_AHEAD = 95


def activate(*, pack: Pack, now: dt.datetime) -> bool:
    """Make a pack the active one; return False where it is already.

    One unit of work: a pack is active with all of its parts or not at all.
    """
    with unit_of_work():
        partitions.ensure_months(now.date(), now.date() + dt.timedelta(days=DAYS_AHEAD))
        if not keep_active(pack=pack, now=now):
            return False
        agencies.activate(pack=pack, now=now)
        cards.activate(pack=pack, now=now)
    return True
