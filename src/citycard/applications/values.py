"""What crosses this context's door."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from citycard.kernel.errors import Refused

Channel = Literal["online", "counter", "import"]


@dataclass(frozen=True, kw_only=True)
class Missing:
    """One thing that an application still needs, or that is not right.

    :ivar kind: ``field``, ``paper``, ``photo`` or ``service``
    :ivar code: the field, paper or service
    :ivar why: ``missing`` or a reason code such as ``bad_id_number``, ``future``, ``too_long``
    :ivar label: what it is called, by language tag (from the pack)
    :ivar service: the service that asks for it, when only one does
    """

    kind: Literal["field", "paper", "photo", "service"]
    code: str
    why: str
    label: Mapping[str, str] = field(default_factory=dict)
    service: str | None = None

    @property
    def text_code(self) -> str:
        """The message id of the sentence; it takes ``%(label)s``."""
        return f"applications.missing.{self.why}"


@dataclass(frozen=True, kw_only=True)
class Document:
    """An uploaded paper or photo; its content is read with ``document_content``.

    :ivar paper: the paper's code in the pack; ``photo`` for the photo
    :ivar crop: x, y, w, h in pixels of the part of a photo that goes on the card
    """

    id: str
    kind: Literal["paper", "photo"]
    paper: str
    media_type: str
    bytes: int
    width: int | None
    height: int | None
    crop: Mapping[str, int] | None
    uploaded_at: dt.datetime


@dataclass(frozen=True, kw_only=True)
class Draft:
    """An application that is being filled in.

    :ivar answers: by field, as kept: texts, ISO dates, booleans
    :ivar edited_by: the actor who saved answers last, or began it
    """

    public_id: str
    form: str
    channel: str
    counter: str | None
    services: tuple[str, ...]
    answers: Mapping[str, Any] = field(repr=False)
    documents: tuple[Document, ...]
    version: int
    created_at: dt.datetime
    edited_by: str
    edited_at: dt.datetime


@dataclass(frozen=True, kw_only=True)
class Submitted:
    """An application that came in, and what its flow must do next.

    :ivar answers: cleaned, for enrolling the person
    :ivar registers: what to ask, as ``household`` or ``<register>.<status>``
    """

    application_id: int
    public_id: str
    ref: str
    answers: Mapping[str, Any] = field(repr=False)
    services: tuple[str, ...]
    entitlements: tuple[str, ...]
    registers: tuple[str, ...]
    purpose: str
    account_id: int | None
    counter: str | None


@dataclass(frozen=True, kw_only=True)
class NewApplication:
    """A whole application for the batch channel (schools, lists, the demo city).

    :ivar documents: (paper code or ``photo``, content)
    """

    form: str
    services: tuple[str, ...]
    answers: Mapping[str, Any] = field(repr=False)
    documents: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)
    channel: Channel = "import"
    account_id: int | None = None
    counter: str | None = None
    submitted_at: dt.datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Brought:
    """What became of one row of a batch: an application, or why not."""

    submitted: Submitted | None
    refusal: Refused | None = None


@dataclass(frozen=True, kw_only=True)
class Proven:
    """A fact that a reviewer reads from a paper.

    :ivar fact: as rules name it: ``status.disability``, ``resides_in_city``
    :ivar valid_to: the first day on which the paper no longer counts
    """

    fact: str
    value: Any = True
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    paper: str = ""


@dataclass(frozen=True, kw_only=True)
class PartDecision:
    """A reviewer's decision about one part.

    :ivar version: the version of the part that the reviewer saw
    :ivar reason: a code of ``REASONS``; needed for a refusal
    :ivar note: free words to the resident, kept encrypted
    """

    part_id: int
    decision: Literal["approve", "refuse"]
    version: int
    reason: str = ""
    note: str = field(default="", repr=False)
    proven: tuple[Proven, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PartDecided:
    """What became of one decision."""

    part_id: int
    application_id: int = 0
    ref: str = ""
    member_id: int = 0
    service: str = ""
    entitlement: str = ""
    card_kind: str | None = None
    own_card: bool = False
    state: str = ""
    version: int = 0
    refusal: Refused | None = None


@dataclass(frozen=True, kw_only=True)
class QueueRow:
    """A part in an agency's queue. Names no one: read names with an access for
    ``application-queue``.

    :ivar returned: a supplement came back
    :ivar opened_role: the role of whoever looked at it last
    """

    part_id: int
    application_id: int
    ref: str
    member_id: int | None
    service: str
    service_name: Mapping[str, str]
    agency: str
    channel: str
    counter: str | None
    state: str
    submitted_at: dt.datetime
    due_at: dt.datetime | None
    overdue: bool
    returned: bool
    reviewer: str | None
    wanted_papers: tuple[str, ...]
    opened_role: str | None
    opened_at: dt.datetime | None
    version: int


@dataclass(frozen=True, kw_only=True)
class Check:
    """A question to a register.

    :ivar answer: ``waiting``, ``yes``, ``no``, ``unknown``, ``stopped``; ``done`` where answers
        are not shown
    """

    register: str
    query_id: int
    answer: str
    asked_at: dt.datetime
    answered_at: dt.datetime | None


@dataclass(frozen=True, kw_only=True)
class Supplement:
    """What a reviewer asked for, what the applicant wrote to it, and when it came."""

    id: int
    papers: tuple[str, ...]
    note: str = field(repr=False)
    answer: str = field(repr=False)
    asked_at: dt.datetime
    answered_at: dt.datetime | None


@dataclass(frozen=True, kw_only=True)
class Step:
    """One entry of the timeline; who acted is a role and an agency, never a name."""

    at: dt.datetime
    code: str
    service: str | None
    role: str
    agency: str | None


@dataclass(frozen=True, kw_only=True)
class CasePart:
    """A part as the resident sees it.

    :ivar completed_at: when its card was handed over, or when it was done without one
    """

    part_id: int
    service: str
    name: Mapping[str, str]
    agency: str
    entitlement: str
    card_kind: str | None
    own_card: bool
    state: str
    due_at: dt.datetime | None
    decided_at: dt.datetime | None
    reason: str | None
    completed_at: dt.datetime | None = None
    note: str = field(default="", repr=False)
    wanted_papers: tuple[str, ...] = ()
    supplement: Supplement | None = None
    version: int = 1


@dataclass(frozen=True, kw_only=True)
class Case:
    """An application as one case: its parts, checks and history.

    :ivar waiting_for: the register that doesn't answer at the moment
    """

    application_id: int
    public_id: str
    ref: str
    state: str
    channel: str
    counter: str | None
    account_id: int | None
    member_id: int | None
    submitted_at: dt.datetime
    waiting_since: dt.datetime | None
    waiting_for: str | None
    closed_at: dt.datetime | None
    parts: tuple[CasePart, ...]
    checks: tuple[Check, ...]
    documents: tuple[Document, ...]
    timeline: tuple[Step, ...]


@dataclass(frozen=True, kw_only=True)
class PartView:
    """A part as its reviewer sees it.

    :ivar case: the whole case; only the reviewer's own part can be decided
    :ivar missing_facts: facts that neither a register nor a paper has answered
    """

    part: CasePart
    case: Case
    answers: Mapping[str, Any] = field(repr=False)
    questions: tuple[Mapping[str, Any], ...]
    missing_facts: tuple[str, ...]
    supplements: tuple[Supplement, ...]


@dataclass(frozen=True, kw_only=True)
class WaitingRow:
    """An application that waits for a register."""

    application_id: int
    ref: str
    register: str
    since: dt.datetime


@dataclass(frozen=True, kw_only=True)
class Ready:
    """A part whose approval wants a card: what issuing must make, once.

    :ivar medium: the one that the applicant chose; None leaves it to the pack
    """

    application_id: int
    ref: str
    part_id: int
    member_id: int
    card_kind: str
    medium: str | None
    counter: str | None
