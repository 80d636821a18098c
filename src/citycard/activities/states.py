"""The life of a campaign."""

from typing import Literal

State = Literal["draft", "open", "closed"]

MAY_BECOME: dict[State, frozenset[State]] = {
    "draft": frozenset({"open", "closed"}),
    "open": frozenset({"closed"}),
    "closed": frozenset(),
}
