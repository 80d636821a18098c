"""The public codes: all that a reader ever learns about why. The reasons go to the resident."""

from enum import IntEnum


class Code(IntEnum):
    """What a reader is told about a tap; its name in lower case is the word on the wire.

    Numbers are stored and never change their meaning.
    """

    ACCEPTED = 1
    ACCEPTED_POINTS = 2
    NO_POINTS_LEFT = 3
    UNKNOWN_CARD = 10
    NOT_BOUND = 11
    NOT_ENTITLED = 12
    BLOCKED = 13
    WRONG_SERVICE = 14
    NOT_LINKED = 15
    AMBIGUOUS_CARD = 16
    QUARANTINED_TIME = 20
    CONFLICT = 21
    READER_REVOKED = 22
    BAD_RIDE = 23
    BAD_SALE = 24
    BAD_TAP = 25

    @property
    def word(self) -> str:
        """Return the word that goes over the wire, such as ``accepted_points``."""
        return _WORDS[self]

    @property
    def is_accepted(self) -> bool:
        """Tell whether the door opens, so to speak."""
        return self <= Code.NO_POINTS_LEFT


_WORDS = {code: code.name.lower() for code in Code}

MEANINGS = {
    Code.ACCEPTED: "The card is good for this service.",
    Code.ACCEPTED_POINTS: "The card is good, and the tap gave points.",
    Code.NO_POINTS_LEFT: "The card is good; the activity gives this person no more points.",
    Code.UNKNOWN_CARD: "The city does not know a card with this number.",
    Code.NOT_BOUND: "The card belongs to nobody yet.",
    Code.NOT_ENTITLED: "The card is known, and its holder does not have what this service needs.",
    Code.BLOCKED: "The card is out of use.",
    Code.WRONG_SERVICE: "This kind of card is not for this service.",
    Code.NOT_LINKED: "The agency has no number of its own for the holder.",
    Code.AMBIGUOUS_CARD: "The number can mean two cards; nothing was guessed.",
    Code.QUARANTINED_TIME: "The reader's clock is wrong; the tap is kept apart.",
    Code.CONFLICT: "Another tap came under this sequence number before.",
    Code.READER_REVOKED: "The reader, or this epoch of it, is not in service.",
    Code.BAD_RIDE: "What the tap says of the ride can't be right; it was not taken: see `detail`.",
    Code.BAD_TAP: "A field of the tap can't be read; it was not taken: see `detail`.",
    Code.BAD_SALE: "What the tap says of the price can't be right; it was not taken: see `detail`.",
}
