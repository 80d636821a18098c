"""The lives of an application and of its parts, as data."""

DRAFT = "draft"
CHECKING = "checking"  # the registers are being asked
WAITING = "waiting"  # a register doesn't answer; it goes on by itself when it does
DECIDING = "deciding"  # the parts are with the agencies
CLOSED = "closed"
WITHDRAWN = "withdrawn"
DISCARDED = "discarded"

APPLICATION: dict[str, frozenset[str]] = {
    DRAFT: frozenset({CHECKING, DISCARDED}),
    CHECKING: frozenset({WAITING, DECIDING, WITHDRAWN}),
    WAITING: frozenset({CHECKING, DECIDING, WITHDRAWN}),
    DECIDING: frozenset({CLOSED, WITHDRAWN}),
    CLOSED: frozenset(),
    WITHDRAWN: frozenset(),
    DISCARDED: frozenset(),
}

WAITING_CHECKS = "waiting_checks"
IN_REVIEW = "in_review"
SUPPLEMENT = "supplement"  # the resident is asked for something; the clock stands still
APPROVED = "approved"
REFUSED = "refused"
PART_WITHDRAWN = "withdrawn"
COMPLETED = "completed"  # approved, and the card is in the resident's hands or none was needed

PART: dict[str, frozenset[str]] = {
    WAITING_CHECKS: frozenset({IN_REVIEW, PART_WITHDRAWN}),
    IN_REVIEW: frozenset({SUPPLEMENT, APPROVED, REFUSED, PART_WITHDRAWN}),
    SUPPLEMENT: frozenset({IN_REVIEW, PART_WITHDRAWN}),
    APPROVED: frozenset({COMPLETED}),
    REFUSED: frozenset(),
    PART_WITHDRAWN: frozenset(),
    COMPLETED: frozenset(),
}

PART_UNDECIDED = frozenset({WAITING_CHECKS, IN_REVIEW, SUPPLEMENT})
PART_ENDED = frozenset(state for state, after in PART.items() if not after)
APPLICATION_OPEN = frozenset({CHECKING, WAITING, DECIDING})


def may_become(table: dict[str, frozenset[str]], before: str, after: str) -> bool:
    """Tell whether a life goes from one state to another in one step."""
    return after in table[before]
