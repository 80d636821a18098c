"""Issuing: blank cards, previews, prints, hand-over, names for the card company.

**Stock** by counter: ``receive_blanks``, ``stock``, ``spoil_blank``. Every move of a
blank stands in its ledger; ``verify`` adds it up.

**A card** comes from an approved part (``queue_prints``, called by the flow). The steps that cross
contexts are ``flows.issuing_cards``: ``preview`` (sets a blank aside and draws), ``print_card``,
``hand_over``, ``say_spoiled``. What waits: ``waiting_jobs``, ``print_job``,
``jobs_of_applications``, ``jobs_of_member``; none of them names anybody. The bitmap is read with an
access that covers ``name`` and ``photo``: ``preview``; ``erase_old_faces`` erases it some
time after the hand-over. States are data in ``states``; their words are the messages
``issuing.print.state.<state>``.

**Unnamed cards** are handed out once a person (``hand_out_unnamed``, called by
``flows.handing_out``), of whom a keyed one-way mark stays and nothing else. ``template_of`` picks a
card's artwork by kind, day and school level.

**Names** go to the card company from the hand-over on: ``registrations(state="rejected")`` is the
visible queue, ``send_again`` puts one back in line, ``reconcile(on=day)`` counts a day.

Published for SQL: ``pub.prints(print_id, application_id, part_id, card_kind, medium, state,
counter, queued_at, printed_at, handed_over_at)``. Events: ``issuing.events``. Ports:
``CardPrinter`` and ``CardCompany`` in ``issuing.ports``.
"""

from citycard.issuing import states
from citycard.issuing.artwork import template_of
from citycard.issuing.auditing import verify
from citycard.issuing.drawing import DOTS_AN_INCH, HEIGHT_PX, WIDTH_PX, Drawn, draw, pixels
from citycard.issuing.erasing import erase_old_faces
from citycard.issuing.handing_over import TOPIC as NAMES_TOPIC
from citycard.issuing.handing_over import (
    AlreadyHandedOver,
    hand_over,
    note_card,
    reconcile,
    record_acknowledged,
    registrations,
    send_again,
)
from citycard.issuing.printing import TOPIC as PRINTER_TOPIC
from citycard.issuing.printing import (
    GlyphsMissing,
    NoBlankLeft,
    NoCounter,
    NotNow,
    PreviewOutdated,
    cancel,
    keep_drawing,
    orders,
    preview,
    queue_prints,
    record_printed,
    send_to_printer,
    set_blank_aside,
    spoil,
)
from citycard.issuing.queries import (
    handed_over_on,
    jobs_of_applications,
    jobs_of_member,
    masked,
    print_job,
    waiting_jobs,
)
from citycard.issuing.stock import (
    BlankKnown,
    BlankNotInStock,
    BlankNumberWrong,
    NoSuchMedium,
    receive_blanks,
    spoil_blank,
    stock,
)
from citycard.issuing.unnamed import (
    AlreadyPickedUp,
    HandedOut,
    NotUnnamed,
    hand_out_unnamed,
    unnamed_kinds,
)
from citycard.issuing.values import (
    CardFace,
    HandedOver,
    NewBlank,
    NewPrint,
    Preview,
    PrintJob,
    Received,
    Reconciled,
    Registration,
    Stock,
)

__all__ = [
    "DOTS_AN_INCH",
    "HEIGHT_PX",
    "NAMES_TOPIC",
    "PRINTER_TOPIC",
    "WIDTH_PX",
    "AlreadyHandedOver",
    "AlreadyPickedUp",
    "BlankKnown",
    "BlankNotInStock",
    "BlankNumberWrong",
    "CardFace",
    "Drawn",
    "GlyphsMissing",
    "HandedOut",
    "HandedOver",
    "NewBlank",
    "NewPrint",
    "NoBlankLeft",
    "NoCounter",
    "NoSuchMedium",
    "NotNow",
    "NotUnnamed",
    "Preview",
    "PreviewOutdated",
    "PrintJob",
    "Received",
    "Reconciled",
    "Registration",
    "Stock",
    "cancel",
    "draw",
    "erase_old_faces",
    "hand_out_unnamed",
    "hand_over",
    "handed_over_on",
    "jobs_of_applications",
    "jobs_of_member",
    "keep_drawing",
    "masked",
    "note_card",
    "orders",
    "pixels",
    "preview",
    "print_job",
    "queue_prints",
    "receive_blanks",
    "reconcile",
    "record_acknowledged",
    "record_printed",
    "registrations",
    "send_again",
    "send_to_printer",
    "set_blank_aside",
    "spoil",
    "spoil_blank",
    "states",
    "stock",
    "template_of",
    "unnamed_kinds",
    "verify",
    "waiting_jobs",
]
