"""What crosses the door of the wallet."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Outcome = Literal["good", "unknown", "expired", "replayed"]


class Resolved(NamedTuple):
    """What became of a code that a scanner read; when it is good, a number of the card.

    :ivar outcome: ``good``; ``unknown`` (no code of a card of this city); ``expired``; ``replayed``
        (good once, and used elsewhere)
    """

    outcome: Outcome
    issuer: str = ""
    number_kind: str = ""
    number: str = ""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A card as its holder's screen shows it.

    :ivar square: the text of a two-dimensional code, in characters that a QR code writes densely
    :ivar line: the 20 digits of a bar code
    :ivar until: until when both are taken
    """

    square: str = field(repr=False)
    line: str = field(repr=False)
    until: dt.datetime
