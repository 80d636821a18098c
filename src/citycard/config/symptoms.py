"""What an examination says: a symptom a concern."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, kw_only=True)
class Symptom:
    """What one check saw.

    :ivar name: what was looked at, like `disk` or `subscriber notify`
    :ivar state: ok, warn (look at it soon) or fail (look at it now)
    :ivar says: one sentence, nothing personal
    """

    name: str
    state: State
    says: str


def above(value: float, warn: float, fail: float) -> State:
    """Return how bad a value is that should be small."""
    if value > fail:
        return "fail"
    return "warn" if value > warn else "ok"
