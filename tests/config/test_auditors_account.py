"""An auditor's own database account reads the ledger's figures, no person, and changes nothing."""

import psycopg
import pytest
from psycopg import sql

from citycard.infra.postgres import roles


@pytest.fixture
def account(databases, fresh_database):
    """An account that an administrator made for one auditor."""
    with psycopg.connect(databases.cluster.admin_url(), autocommit=True) as admin:
        admin.execute("DROP ROLE IF EXISTS auditor_lin")
        admin.execute(
            "CREATE ROLE auditor_lin LOGIN PASSWORD 'only-in-tests' IN ROLE citycard_auditor"
        )
    name = fresh_database.app_url.split("?")[0].rsplit("/", 1)[1]
    yield roles.url("auditor_lin", "only-in-tests", name, databases.cluster.place.run)
    with psycopg.connect(databases.cluster.admin_url(), autocommit=True) as admin:
        admin.execute("DROP ROLE auditor_lin")


@pytest.mark.parametrize("view", roles.AUDITED)
def test_reads_what_is_published_for_auditors(account, view):
    with psycopg.connect(account) as connection:
        asked = sql.SQL("SELECT * FROM {} LIMIT 1").format(sql.Identifier("pub", view))
        columns = {column.name for column in connection.execute(asked).description}
    assert not columns & {"holder", "from_holder", "to_holder", "from_account", "to_account"}


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM pub.ledger_transfers",
        "SELECT * FROM ledger_transfer",
        "SELECT * FROM agencies_staff",
        "SELECT * FROM infra_paper_file",
        "DELETE FROM pub.ledger_funds",
        "SELECT ledger_close_month('2026-01-01', 'x', now())",
        "CREATE TABLE public.mine (id int)",
    ],
)
def test_reads_nothing_else_and_changes_nothing(account, statement):
    with (
        psycopg.connect(account) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)
