"""From the reference that people see to the ledger's key."""

import uuid
from collections.abc import Sequence

from citycard.infra.database import rows


def hold_keys(*, public_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """Return the ledger's keys under which redemptions hold or took points, by public id; unknown
    ones are left out.
    """
    found = rows(
        "SELECT public_id, hold_key FROM redemptions_session WHERE public_id = ANY (%s::uuid[])",
        [list(public_ids)],
    )
    return {row.public_id: row.hold_key for row in found}
