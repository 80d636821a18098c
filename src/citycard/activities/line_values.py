"""What an agency's own system sends of people who took part, and what it is answered."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from citycard.activities.values import LineRequest

Route = Literal["api", "file"]
LineCode = Literal[
    "points", "limit", "not_resident", "no_campaign", "unknown_number", "not_valid", "conflict"
]


@dataclass(frozen=True, kw_only=True)
class EarningLine:
    """Somebody took part, as the agency's own system knows it.

    :ivar reference: the agency's own name of the fact, unique within the agency for ever
    :ivar campaign_id: one of the agency's campaigns
    :ivar number: a card's number; empty when ``member_number`` says who
    :ivar issuer: who issued the number, and ``number_kind`` which of the card's numbers it is;
        empty: any that the city knows
    :ivar member_number: the agency's own number of the member
    """

    reference: str
    campaign_id: int
    at: dt.datetime
    number: str = ""
    issuer: str = ""
    number_kind: str = ""
    member_number: str = ""


@dataclass(frozen=True, kw_only=True)
class LineAnswer:
    """All that the agency learns of a line: never whose it is.

    :ivar code: ``points``; ``limit`` (the share or the budget is used up); ``not_resident``;
        ``no_campaign`` (it gave no points at that time); ``unknown_number``; ``not_valid`` (the
        card was blocked or nobody's, or its holder may not collect); ``conflict`` (the reference
        stands for something else already)
    :ivar again: the reference was answered before; this is that answer
    """

    code: LineCode
    points: int = 0
    again: bool = False


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A batch under the sender's own key.

    :ivar agency: whose references and member numbers these are
    :ivar route: the door that it came through; with the sender and the key it names the batch
    """

    agency: str
    route: Route
    key: str
    lines: Sequence[EarningLine]


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line as it stands in an opened upload; ``answer`` is there when no points are to decide."""

    place: int
    said: EarningLine
    reference_key: bytes
    content_hash: bytes
    member_id: int | None = None
    answer: LineAnswer | None = None

    @property
    def is_new(self) -> bool:
        """Tell whether the line is to be stored."""
        return self.answer is None or not (self.answer.again or self.answer.code == "conflict")


@dataclass(frozen=True, kw_only=True)
class OpenUpload:
    """An upload whose agency is locked until the unit of work ends.

    :ivar before: what it was answered before, when it was; then nothing is to do
    :ivar requests: what is to be decided, in the order of the facts' own times
    """

    upload: Upload
    key_hash: bytes
    content_hash: bytes
    lines: tuple[Line, ...] = ()
    requests: tuple[LineRequest, ...] = ()
    before: "StoredUpload | None" = None


@dataclass(frozen=True, kw_only=True)
class StoredUpload:
    """A kept upload; ``told`` are the answers in the order of its lines.

    :ivar again: the very same upload was taken before; these are its answers
    """

    upload_id: int
    agency: str
    received_at: dt.datetime
    told: tuple[LineAnswer, ...]
    again: bool = False


@dataclass(frozen=True, kw_only=True)
class UploadLine:
    """An upload in a list: how many of its lines were new for a campaign, and what they gave."""

    upload_id: int
    received_at: dt.datetime
    route: Route
    lines: int
    points: int
