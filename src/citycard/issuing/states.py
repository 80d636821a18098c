"""The lives of a blank card, a print and a name registration, as data."""

IN_STOCK = "in_stock"
LOADED = "loaded"  # set aside for one print: its number stands on the preview
ISSUED = "issued"
SPOILED = "spoiled"

BLANK: dict[str, frozenset[str]] = {
    IN_STOCK: frozenset({LOADED, SPOILED}),
    LOADED: frozenset({IN_STOCK, ISSUED, SPOILED}),
    ISSUED: frozenset(),
    SPOILED: frozenset(),
}

QUEUED = "queued"
READY = "ready"  # drawn on a blank of its own; the preview is what will be printed
PRINTING = "printing"
PRINTED = "printed"
HANDED_OVER = "handed_over"
CANCELLED = "cancelled"

PRINT: dict[str, frozenset[str]] = {
    QUEUED: frozenset({READY, CANCELLED}),
    READY: frozenset({QUEUED, PRINTING, CANCELLED}),
    PRINTING: frozenset({PRINTED, QUEUED}),  # back to the queue: the printer spoiled the blank
    PRINTED: frozenset({HANDED_OVER, QUEUED}),  # … or somebody saw that the card is not right
    HANDED_OVER: frozenset(),
    CANCELLED: frozenset(),
}

PRINT_OPEN = frozenset({QUEUED, READY, PRINTING, PRINTED})

BLANK_WHILE: dict[str, str | None] = {
    QUEUED: None,
    READY: LOADED,
    PRINTING: LOADED,
    PRINTED: LOADED,
    HANDED_OVER: ISSUED,
    CANCELLED: None,
}
"""In which state a print's own blank stands while the print is in each of its states."""

REGISTRATION: dict[str, frozenset[str]] = {
    "waiting": frozenset({"acknowledged", "rejected"}),
    "rejected": frozenset({"waiting"}),
    "acknowledged": frozenset(),
}
