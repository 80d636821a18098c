"""Applications: one form for several services, one case for the resident, one part for each agency.

**Filling in** (resident's or clerk's actor; the writers need an open unit of work)::

    draft = applications.start_draft(actor=actor, now=now, services=["senior-rides"])
    applications.save_answers(public_id=draft.public_id, answers={"name": "王小美"}, actor=actor,
    now=now)
    applications.add_document(public_id=…, paper="photo", content=file_bytes, actor=actor, now=now)
    applications.completeness(public_id=…, actor=actor, now=now)   # [] or every Missing at once
    applications.forecast(public_id=…, actor=actor, now=now)       # what the rule says so far

``Missing.text_code`` is the sentence's message id, its ``label`` fills ``%(label)s``. ``form()``
gives the pack's form: ``form().asked(services, answers)`` the questions, ``form().services`` what
it offers, ``closed_services`` what of it is not taken at present. ``AnswersRefused`` and
``Incomplete`` carry ``facts["missing"]``: a list of ``Missing``.

**Submitting, checks, decisions, cards** cross contexts: call ``flows.applying`` (``submit``,
``decide``, ``ask_supplement``, ``resubmit``, ``withdraw``, ``review``), which opens its own unit of
work.

**Reading.** A resident: ``cases_of(actor=…)``, ``case(ref=…, actor=…)``, ``own_document``. Staff
open an access first (fields ``application``, ``papers``, ``photo``, ``checks``): ``case(ref=…,
access=…)``, ``open_part``, ``document_content``, ``cases_of_member``. These name no one and need
none: ``queue``, ``queue_counts``, ``part``, ``find``, ``at_counter``, ``waiting``,
``approved_parts``, ``times``. Pictures are cut to the card's proportions by ``photo_of``;
``set_crop`` moves the box.

States are data in ``states`` (``APPLICATION``, ``PART``); their words are the messages
``applications.application.state.<state>`` and ``applications.part.state.<state>``; refusal reasons
``REASONS`` are ``applications.reason.<code>``.

Published for SQL: ``pub.application_parts(part_id, application_id, service, agency, state, channel,
counter, submitted_at, decided_at, completed_at)``. Events: ``applications.events``.
"""

from citycard.applications import states
from citycard.applications.answering import is_passport
from citycard.applications.auditing import verify
from citycard.applications.bringing_in import AlreadyApplied
from citycard.applications.cases import case, cases_of, cases_of_member, open_part
from citycard.applications.checking import (
    being_checked,
    dispatch,
    expect_answers,
    mark_waiting,
    record_answers,
    waiting,
)
from citycard.applications.closing import (
    NothingToWithdraw,
    cards_to_make,
    complete_parts,
    complete_settled,
    complete_with_card,
    own_card_parts,
    withdraw,
)
from citycard.applications.documents import (
    CropOutside,
    DocumentErased,
    NothingAskedFor,
    TooManyOthers,
    add_document,
    crop_draft_photo,
    document_content,
    erase_old_papers,
    own_document,
    photo_of,
    set_crop,
)
from citycard.applications.drafting import (
    AlreadySubmitted,
    AnswersRefused,
    ChannelNotOffered,
    DraftChangedMeanwhile,
    completeness,
    discard,
    discard_old_drafts,
    draft,
    drafts_of,
    forecast,
    save_answers,
    start_draft,
)
from citycard.applications.finding import ApplicationFound, PartFound, at_counter, find, part
from citycard.applications.forms import (
    OTHER,
    PHOTO,
    Form,
    NoSuchForm,
    Question,
    Service,
    closed_services,
    form,
    paper_name,
)
from citycard.applications.handing_on import (
    ApprovedPart,
    answers_given,
    approved_parts,
    approved_since,
)
from citycard.applications.importing import CheckedApplication, check_many, import_many
from citycard.applications.inspecting import (
    FileBroken,
    FileEmpty,
    FileLocked,
    FileTooLarge,
    FileTypeNotTaken,
    PictureTooLarge,
    PictureTooSmall,
    UnknownPaper,
)
from citycard.applications.locking import hold_open
from citycard.applications.queueing import queue, queue_counts
from citycard.applications.reviewing import (
    REASONS,
    AlreadyDecided,
    ChangedMeanwhile,
    NotInReview,
    NotYourAgency,
    ReasonNeeded,
    decide_many,
    decide_part,
    mark_opened,
)
from citycard.applications.submitting import (
    ConsentNeeded,
    Incomplete,
    LevelTooLow,
    NotYourNumber,
    check_before_submitting,
    submit,
)
from citycard.applications.supplementing import (
    LONGEST_ANSWER,
    AnswerNeeded,
    AnswerTooLong,
    NothingAsked,
    SupplementNotThere,
    ask_supplement,
    resubmit,
)
from citycard.applications.timeline import agency_name, in_words
from citycard.applications.timing import Times, times
from citycard.applications.values import (
    Brought,
    Case,
    CasePart,
    Check,
    Document,
    Draft,
    Missing,
    NewApplication,
    PartDecided,
    PartDecision,
    PartView,
    Proven,
    QueueRow,
    Ready,
    Step,
    Submitted,
    Supplement,
    WaitingRow,
)

__all__ = [
    "LONGEST_ANSWER",
    "OTHER",
    "PHOTO",
    "REASONS",
    "AlreadyApplied",
    "AlreadyDecided",
    "AlreadySubmitted",
    "AnswerNeeded",
    "AnswerTooLong",
    "AnswersRefused",
    "ApplicationFound",
    "ApprovedPart",
    "Brought",
    "Case",
    "CasePart",
    "ChangedMeanwhile",
    "ChannelNotOffered",
    "Check",
    "CheckedApplication",
    "ConsentNeeded",
    "CropOutside",
    "Document",
    "DocumentErased",
    "Draft",
    "DraftChangedMeanwhile",
    "FileBroken",
    "FileEmpty",
    "FileLocked",
    "FileTooLarge",
    "FileTypeNotTaken",
    "Form",
    "Incomplete",
    "LevelTooLow",
    "Missing",
    "NewApplication",
    "NoSuchForm",
    "NotInReview",
    "NotYourAgency",
    "NotYourNumber",
    "NothingAsked",
    "NothingAskedFor",
    "NothingToWithdraw",
    "PartDecided",
    "PartDecision",
    "PartFound",
    "PartView",
    "PictureTooLarge",
    "PictureTooSmall",
    "Proven",
    "Question",
    "QueueRow",
    "Ready",
    "ReasonNeeded",
    "Service",
    "Step",
    "Submitted",
    "Supplement",
    "SupplementNotThere",
    "Times",
    "TooManyOthers",
    "UnknownPaper",
    "WaitingRow",
    "add_document",
    "agency_name",
    "answers_given",
    "approved_parts",
    "approved_since",
    "ask_supplement",
    "at_counter",
    "being_checked",
    "cards_to_make",
    "case",
    "cases_of",
    "cases_of_member",
    "check_before_submitting",
    "check_many",
    "closed_services",
    "complete_parts",
    "complete_settled",
    "complete_with_card",
    "completeness",
    "crop_draft_photo",
    "decide_many",
    "decide_part",
    "discard",
    "discard_old_drafts",
    "dispatch",
    "document_content",
    "draft",
    "drafts_of",
    "erase_old_papers",
    "expect_answers",
    "find",
    "forecast",
    "form",
    "hold_open",
    "import_many",
    "in_words",
    "is_passport",
    "mark_opened",
    "mark_waiting",
    "open_part",
    "own_card_parts",
    "own_document",
    "paper_name",
    "part",
    "photo_of",
    "queue",
    "queue_counts",
    "record_answers",
    "resubmit",
    "save_answers",
    "set_crop",
    "start_draft",
    "states",
    "submit",
    "times",
    "verify",
    "waiting",
    "withdraw",
]
