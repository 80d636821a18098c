"""How much of each move was taken back."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_periods")]
    operations = [
        migrations.RunSQL(
            (SQL / "0005_reversals.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
