"""Names of whoever has part in clearing: agencies and partners, in both languages."""

from collections.abc import Mapping
from typing import Any

from citycard.infra.packs import Text, current_pack
from citycard.ledger import api as ledger

DOLLARS = Text(zh="新臺幣元", en="NT$")
_TABLES = (("points", "partners"), ("agencies", "agencies"))


def party(code: str) -> Text:
    """Return the name of an agency or partner; a code that the pack has no more is its own name."""
    for table, inner in _TABLES:
        row: Mapping[str, Any] | None = current_pack().table(table).get(inner, {}).get(code)
        if row is not None:
            return Text.read(row["name"])
    return Text(zh=code, en=code)


def unit(code: str) -> Text:
    """Return the name of a unit of the ledger, dollars among them."""
    row = current_pack().table("points")["units"].get(code)
    if row is None:
        return DOLLARS if code == "ntd" else Text(zh=code, en=code)
    return Text.read(row["name"])


def fund_names() -> dict[int, str]:
    """Return the short name of each fund: what it is for."""
    return {number: fund.campaign_ref for number, fund in ledger.every_fund().items()}


def in_both(name: Text) -> str:
    """Return a name in both languages, once where they are the same."""
    return name.zh if name.zh == name.en else f"{name.zh} {name.en}"
