"""The life of a dispute, as data, and the reasons that residents choose from."""

OPEN = "open"
EXPLAINED = "explained"  # it is correct as it is; the resident was told why
CORRECTED = "corrected"  # something was posted; the dispute names it
WITHDRAWN = "withdrawn"

DISPUTE: dict[str, frozenset[str]] = {
    OPEN: frozenset({EXPLAINED, CORRECTED, WITHDRAWN}),
    EXPLAINED: frozenset(),
    CORRECTED: frozenset(),
    WITHDRAWN: frozenset(),
}

REASONS: dict[str, tuple[str, ...]] = {
    "ride": ("amount", "twice", "right_not_seen", "not_me", "other"),
    "tap": ("right_not_seen", "points_missing", "not_me", "other"),
    "points": ("amount", "twice", "points_missing", "not_me", "other"),
}
"""By what is disputed: a ride, a tap, a move of points."""
