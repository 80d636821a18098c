"""What a drill compares: the auditor's findings and the trial balance of one database, as JSON.

`python -m citycard.config.measuring <moment> [<snapshot>]` asks the database of `DATABASE_URL`,
with the clock stopped at the moment, so that the city and its copy are asked the same question.
"""

import datetime as dt
import json
import os
import sys
from dataclasses import asdict
from typing import Any


def measure(at: dt.datetime, snapshot: str | None) -> dict[str, Any]:
    """Return findings and trial balance of the database, as it is or as a snapshot saw it."""
    from django.db import connection, transaction

    from citycard.config import wiring
    from citycard.infra import clock
    from citycard.ledger import api as ledger

    with clock.stopped_at(at), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            if snapshot is not None:
                cursor.execute("SET TRANSACTION SNAPSHOT %s", [snapshot])
        findings = [asdict(it) for ask in wiring.auditors().values() for it in ask()]
        lines = [asdict(line) for line in ledger.trial_balance(on=clock.today())]
    return {"findings": findings, "trial_balance": lines}


def main() -> None:
    """Measure and print."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "citycard.config.settings")
    django.setup()
    moment, snapshot = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
    json.dump(measure(dt.datetime.fromisoformat(moment), snapshot), sys.stdout, default=str)


if __name__ == "__main__":
    main()
