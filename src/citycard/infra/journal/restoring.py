"""After a restore: transaction ids may begin anew, and cursors would then wait for ever."""

import psycopg

# Nothing that is stored can be of a transaction to come: where it is, the ids began anew.
_BEGIN = """
INSERT INTO infra_generation (number)
SELECT g.newest + 1 FROM (SELECT max(number) AS newest FROM infra_generation) g
WHERE EXISTS (SELECT FROM infra_journal j
              WHERE j.generation = g.newest AND j.xid >= pg_snapshot_xmax(pg_current_snapshot()))
   OR EXISTS (SELECT FROM infra_cursor c
              WHERE c.generation = g.newest AND c.xid > pg_snapshot_xmax(pg_current_snapshot()))
ON CONFLICT DO NOTHING RETURNING number
"""


def begin_generation_if_restored(connection: psycopg.Connection) -> bool:
    """Begin a new generation of events where this database was restored into another server.

    To be asked before anybody announces; what was announced before the restore is followed first.

    :returns: whether a new generation began
    """
    return connection.execute(_BEGIN).fetchone() is not None


def begin_generation(connection: psycopg.Connection) -> None:
    """Begin a new generation of events: what was announced after the restored moment never was.

    To be called on the restored database before anybody announces.
    """
    connection.execute(
        "INSERT INTO infra_generation (number) SELECT max(number) + 1 FROM infra_generation"
    )
