"""What was printed on a card is erased some time after its hand-over, as papers are."""

import datetime as dt

from citycard.infra.database import execute
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work


def erase_old_faces(*, now: dt.datetime) -> int:
    """Erase the drawn faces, portrait and name, of cards handed over longer ago than the pack keeps
    papers; returns how many.

    The hash and the template stay: they tell what was printed.
    """
    require_unit_of_work()
    days = int(current_pack().table("pack")["privacy"]["paper_days_after_decision"])
    return execute(
        "UPDATE issuing_print SET bitmap_sealed = NULL"
        " WHERE bitmap_sealed IS NOT NULL AND handed_over_at < %s",
        [now - dt.timedelta(days=days)],
    )
