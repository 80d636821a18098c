"""The table of letters: what is said to outside systems, and who says it."""

from citycard.flows import (
    asking_registers,
    cancelling,
    closing,
    crediting,
    issuing_cards,
    proving,
    telling_agencies,
)
from citycard.identity import api as identity
from citycard.infra.outbox import Topic
from citycard.notify import api as notify

TOPICS: list[Topic] = [
    identity.EMAIL_CODES,
    notify.EMAILS,
    notify.TEXTS,
    *asking_registers.LETTERS,
    *issuing_cards.LETTERS,
    proving.LETTER,
    crediting.LETTER,
    closing.LETTER,
    cancelling.LETTER,
    telling_agencies.LETTER,
]
