"""What crosses this context's door."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from citycard.rules.api import Because, Verdict


@dataclass(frozen=True, kw_only=True)
class Entitlement:
    """Something that residents of this city may have.

    :ivar name: by language tag
    :ivar granted_by: ``law`` (follows from facts alone) or ``application`` (an approval is one of
        the facts)
    :ivar agency: whose it is; ``decided_by`` the agency that approves
    :ivar since: the first day on which anybody may have it
    """

    code: str
    name: Mapping[str, str]
    granted_by: str
    agency: str
    decided_by: str | None
    service: str | None
    card_kind: str | None
    since: dt.date


@dataclass(frozen=True, kw_only=True)
class Right:
    """What a person may have: local days, half-open; ``valid_to`` None means with no end in sight.

    :ivar because: the facts that the rule read, small: codes, dates and yes/no
    """

    member_id: int
    entitlement: str
    valid_from: dt.date
    valid_to: dt.date | None
    because: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Change:
    """A difference that deciding made: the right in force before and after, on the day decided for.

    Both may be there: then its days changed.

    :ivar lost_on: the first of the stored days that it takes away, however far ahead; None: it
        takes none
    """

    member_id: int
    entitlement: str
    before: Right | None
    after: Right | None
    lost_on: dt.date | None = None


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Why somebody has, or hasn't, a right on a day.

    :ivar verdict: whether they have it, an approval included; ``eligible`` is the law's part alone
    :ivar because: the rule's own steps; ``because.text(language)`` reads them aloud
    :ivar missing: facts that would have to be known to tell whether they are eligible
    :ivar right: the stored right of that day, if there is one
    """

    entitlement: str
    on: dt.date
    verdict: Verdict
    eligible: Verdict
    because: Because
    missing: frozenset[str]
    right: Right | None
    pack_hash: str
