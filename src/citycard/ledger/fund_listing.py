"""Funds to choose from: whose, for what, and what each may still give."""

from collections.abc import Sequence
from dataclasses import dataclass

from citycard.infra.database import rows


@dataclass(frozen=True, kw_only=True)
class FundLeft:
    """A fund with what it may still give."""

    id: int
    agency: str
    campaign_ref: str
    unit: str
    left: int


def funds_left(*, agencies: Sequence[str] | None = None) -> list[FundLeft]:
    """Return the funds (of some agencies) that may still give something, by agency and purpose."""
    found = rows(
        """
        SELECT f.id, f.agency, f.campaign_ref, f.unit, sum(s.amount)::bigint AS "left"
        FROM ledger_fund f JOIN ledger_budget_slice s ON s.fund = f.id
        WHERE %(all)s OR f.agency = ANY (%(agencies)s::text[])
        GROUP BY f.id HAVING sum(s.amount) > 0 ORDER BY f.agency, f.campaign_ref, f.id
        """,
        {"all": agencies is None, "agencies": list(agencies or ())},
    )
    return [FundLeft(**row._asdict()) for row in found]
