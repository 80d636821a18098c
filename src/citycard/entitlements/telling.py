"""Telling what deciding changed: each right of each member once."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import partial

from citycard.entitlements.events import RightChanged, RightEnded, RightGranted, in_parts
from citycard.entitlements.values import Change
from citycard.infra.journal import announce

_Told = Callable[..., RightGranted | RightEnded | RightChanged]


def announce_changes(changes: Iterable[Change], on: dt.date, quiet: bool, weighed: bool) -> None:
    """Announce what began, ended or changed, each right's members together.

    :param weighed: what ended was ended by a mass change that keeps itself who lost what
    """
    ended = partial(RightEnded, weighed=weighed)
    groups: dict[tuple[_Told, str], list[int]] = defaultdict(list)
    for change in changes:
        if change.before is None and change.after is None:
            continue
        kind: _Told = RightChanged
        if change.before is None:
            kind = RightGranted
        elif change.after is None:
            kind = ended
        groups[kind, change.entitlement].append(change.member_id)
    announce(
        *(
            kind(entitlement=code, member_ids=ids, on=on, quiet=quiet)
            for (kind, code), members in groups.items()
            for ids in in_parts(members)
        )
    )
