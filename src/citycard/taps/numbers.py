"""What a reader reads off a card, and which of the city's numbers that can be. Pure: values only.

A reader's firmware sends a card's number in its own way; its profile says in which. Where it can't
tell the order of a chip's bytes there are two numbers that it can mean. Both are looked up, and two
different cards are never guessed between.
"""

from citycard.kernel.taiwan.card_numbers import canonical, turned, uid_of

NUMBER_KINDS = (
    "printed",
    "chip_id",
    "uid",
    "uid_reversed",
    "uid_either",
    "virtual",
    "virtual_code",
)
"""The kinds of number that the city knows how to read; a pack's own kinds go by their digits."""

VIRTUAL_CODE = "virtual_code"
_UIDS = frozenset({"uid", "uid_reversed", "uid_either"})

Candidate = tuple[str, str]


def candidates(*, number_kind: str, number: str) -> tuple[Candidate, ...]:
    """Return the kinds and canonical numbers that a read number can be: one, or two.

    ``uid`` has the chip's first byte first, ``uid_reversed`` has it last, ``uid_either`` is from
    firmware that does now one and now the other. A ``virtual_code`` is somebody else's to read and
    stays as it is. What is no number of its kind is one candidate that no card has.
    """
    if number_kind == VIRTUAL_CODE:
        return ((number_kind, number),)
    if number_kind not in _UIDS:
        return ((number_kind, canonical(number_kind, number)),)
    uid = uid_of(number)
    if uid is None:
        return (("uid", canonical("uid", number)),)
    if number_kind == "uid":
        return (("uid", uid),)
    other = turned(uid)
    if number_kind == "uid_reversed":
        return (("uid", other),)
    return (("uid", uid),) if uid == other else (("uid", uid), ("uid", other))
