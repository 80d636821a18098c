"""The city's chart of accounts: which of its account codes stands for which kind of account."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from citycard.infra.packs import Text, current_pack


@dataclass(frozen=True, kw_only=True)
class ChartAccount:
    """An account of the city's books.

    :ivar side: on which side what stands there is normally shown
    """

    code: str
    name: Text
    side: Literal["debit", "credit"]


def chart_account(*, account_class: str, unit: str) -> ChartAccount:
    """Return the city's account for a kind of account: the unit's own, or the one for any unit."""
    rows = [row for row in _chart() if row["class"] == account_class]
    own = [row for row in rows if row.get("unit") == unit]
    anybodys = [row for row in rows if "unit" not in row]
    found = (own or anybodys)[0]
    return ChartAccount(code=found["code"], name=Text.read(found["name"]), side=found["side"])


def _chart() -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = current_pack().table("books")["chart"]
    return found
