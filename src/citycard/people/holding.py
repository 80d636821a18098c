"""Which statuses of the pack a member is on record with, for people who may see them."""

import datetime as dt

from citycard.kernel.access import Access
from citycard.people.facts import facts_of


def statuses_of(*, access: Access, member_id: int, on: dt.date) -> dict[str, bool]:
    """Return status code → held on a day; a status that nobody has told us of is missing.

    :raises AccessTooNarrow: the access doesn't cover ``statuses`` of the member
    """
    access.require("statuses", members=[member_id])
    known = facts_of(member_ids=[member_id], names=["statuses"], on=on)
    return {code: bool(held) for code, held in known[member_id].get("statuses", {}).items()}
