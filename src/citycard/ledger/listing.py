"""The accounts of the city's side: agencies, funds, partners, what lapsed or was lost."""

from citycard.infra.database import rows
from citycard.ledger.accounts import AccountRef


def city_accounts() -> list[AccountRef]:
    """Return every account that is nobody's in person, by unit, class and whose."""
    found = rows(
        "SELECT class AS account_class, unit, nullif(fund, 0) AS fund, nullif(code, '') AS code"
        " FROM ledger_account WHERE holder = 0 ORDER BY unit, class, code, fund"
    )
    return [AccountRef(**row._asdict()) for row in found]


def outstanding() -> dict[str, int]:
    """Return what people have and what is on its way, by unit, at this moment."""
    found = rows(
        "SELECT a.unit, sum(b.amount)::bigint AS amount"
        " FROM ledger_balance b JOIN ledger_account a ON a.id = b.account_id"
        " WHERE a.class IN ('member', 'held') AND b.amount > 0 GROUP BY a.unit ORDER BY a.unit"
    )
    return {row.unit: row.amount for row in found}
