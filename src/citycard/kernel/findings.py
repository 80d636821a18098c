"""What the house's own auditor says when something does not add up."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that ``citycard verify`` found wrong.

    :ivar check: dotted name of the proof that failed, like ``ledger.balances``
    :ivar about: the ids it concerns, never personal data
    :ivar says: one English sentence: what differs, and by how much
    """

    check: str
    about: str
    says: str
