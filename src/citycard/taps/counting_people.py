"""How many different people used several services together: counts, and never who."""

import datetime as dt
from collections.abc import Mapping, Sequence

from citycard.infra.database import rows, statement
from citycard.taps.codes import Code

MOST_GROUPS = 62
"""How many groups are counted at once."""


def count_people(*, month: dt.date, groups: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Count different members with at least one accepted tap in a month, by group of services.

    Figures know a person under another pseudonym in each service, so that only the taps themselves
    can tell how many people two services have together. What leaves here are counts; small ones are
    for the caller to hide.

    :param month: first day of the local month
    :param groups: codes of services by the group's name; at most `MOST_GROUPS`
    :return: the count of each group
    """
    assert len(groups) <= MOST_GROUPS, "one number's bits hold the groups"
    names = sorted(groups)
    masks: dict[str, int] = {}
    for n, name in enumerate(names):
        for service in groups[name]:
            masks[service] = masks.get(service, 0) | 1 << n
    found = rows(
        statement(__file__, "count_people"),
        {
            "month": month,
            "services": list(masks),
            "masks": list(masks.values()),
            "groups": len(names),
            "served": [int(code) for code in Code if code.is_accepted],
        },
    )
    return {names[row.number]: row.people for row in found}
