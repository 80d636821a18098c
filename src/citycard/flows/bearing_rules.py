"""Who bears what a device gave by itself. Pure: values only."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Ask(NamedTuple):
    """What a device took; ``whole``: the rule gives all of it or none."""

    day: dt.date
    points: int
    whole: bool


def shares(
    *, left: int, asks: Sequence[Ask], starts_on: dt.date, ends_on: dt.date | None
) -> list[int]:
    """Return what a month bears of each taking, in order, as far as it reaches."""
    given = []
    for ask in asks:
        held = starts_on <= ask.day and (ends_on is None or ask.day < ends_on)
        share = min(ask.points, max(left, 0)) if held else 0
        if ask.whole and share < ask.points:
            share = 0
        left -= share
        given.append(share)
    return given


def liability(
    *,
    at: dt.datetime,
    snapshot: int,
    reported: dt.datetime | None,
    published: int | None,
    rule: Mapping[str, Any],
) -> tuple[str, bool | None, str]:
    """Return whether a use was before or after the report, whether the reader knew, and who bears
    it.

    A reader that knew, or had no snapshot at all, should have refused: its operator bears it. What
    was before the report, and for the rule's minutes after it, is the holder's.

    :param published: the version of the service's snapshot that named the card first
    """
    report = "none" if reported is None else "before" if at < reported else "after"
    knew = None if reported is None else published is not None and snapshot >= published
    if knew or not snapshot:
        return report, knew, "operator"
    if reported is None:
        return report, knew, "city"
    free_from = reported + dt.timedelta(minutes=rule["holder_minutes"])
    return report, knew, "holder" if at < free_from else str(rule["then"])
