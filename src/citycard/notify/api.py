"""Messages to residents.

A flow or a subscriber turns a happening into `NewMessage` rows and calls `tell_many`. The key of
the
happening makes it one message, however often it is handled; the pack's `messages` table gives each
code its words in both languages, the channels it goes to and the parameters it may hold.

Following: `tell_about` takes announced events (the codes in `FOLLOWED`) and tells whom they
concern.
Reading: `inbox`, `unread_count` (take an `Access` with the field ``messages``), `mark_read`.
Sending: `EMAILS` and `TEXTS` are the outbox topics that hand messages to identity's `EmailSender`
and to `TextCarrier`; what fails waits in the outbox, where an operator sees it and sends it again.
A text message may cost its recipient money (`NewMessage.text_price_ntd`); `text_bills` and
`texts_to_pay` count those that were sent, by month: one's own, and what an agency bills.
Proof: `verify` finds messages without their delivery, and deliveries that nobody carries.
"""

from citycard.notify.billing import TextBill, text_bills, texts_to_pay
from citycard.notify.following import FOLLOWED, tell_about
from citycard.notify.inbox import InboxMessage, inbox, mark_read, unread_count
from citycard.notify.proving import verify
from citycard.notify.sending import EMAILS, TEXTS
from citycard.notify.telling import NewMessage, Told, tell_many
from citycard.notify.texts import MessageTextMissing, Text, params_of, render_message

__all__ = [
    "EMAILS",
    "FOLLOWED",
    "TEXTS",
    "InboxMessage",
    "MessageTextMissing",
    "NewMessage",
    "Text",
    "TextBill",
    "Told",
    "inbox",
    "mark_read",
    "params_of",
    "render_message",
    "tell_about",
    "tell_many",
    "text_bills",
    "texts_to_pay",
    "unread_count",
    "verify",
]
