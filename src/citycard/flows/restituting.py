"""What a right that ended late went on costing: *should have been* minus *was*, in points."""

from collections.abc import Sequence

from citycard.agencies import api as agencies
from citycard.entitlements import api as entitlements
from citycard.infra.packs import current_pack


def used_after_end(*, change_id: int) -> Sequence[entitlements.UsedAfter]:
    """Return what was used of the rights that a mass change ended, between their true end and its
    release; nothing should have been.

    :raises NotFound: there is no such mass change
    """
    found = agencies.mass_change(change_id=change_id)
    if found.released_at is None:
        return []
    time = current_pack().time
    rights = [
        (one.member_id, one.entitlement, time.midnight(one.ended_on))
        for one in agencies.ended_rights(change_id=change_id)
    ]
    return entitlements.used_after(rights=rights, until=found.released_at)
