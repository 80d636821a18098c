"""What a page about one thing says of the disputes about it."""

from typing import Any

from citycard.disputes import api as disputes
from citycard.kernel.access import Access
from citycard.portals import dispute_words


def disputed(access: Access, member_id: int, number: str) -> dict[str, Any]:
    """Return the last dispute about a thing, and the number for a new one."""
    found = disputes.disputes_of(access=access, member_id=member_id, about=number)
    return {"number": number, "dispute": dispute_words.line(found[0]) if found else None}
