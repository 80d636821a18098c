"""The life of a card, as data."""

ISSUED = "issued"
ACTIVE = "active"
SUSPENDED = "suspended"
LOST = "lost"
RETURNED = "returned"
EXPIRED = "expired"
RETIRED = "retired"

ENDS = frozenset({LOST, RETURNED, EXPIRED, RETIRED})
"""A card never comes back from these: the card company doesn't unlock either."""

CHANGES = {
    ISSUED: frozenset({ACTIVE, SUSPENDED}) | ENDS,
    ACTIVE: frozenset({SUSPENDED}) | ENDS,
    SUSPENDED: frozenset({ACTIVE}) | ENDS,
    **{end: frozenset[str]() for end in ENDS},
}


def allows(state: str, wanted: str) -> bool:
    """Tell whether a card in one state may go to another."""
    return wanted in CHANGES[state]
