"""What a reason keeps, for statements that write many."""

import json

from citycard.entitlements.rulebook import Rulebook


def inputs_json(book: Rulebook) -> str:
    """Return the facts that each right's rule reads, as JSON by code."""
    return json.dumps({code: list(names) for code, names in book.inputs.items()})
