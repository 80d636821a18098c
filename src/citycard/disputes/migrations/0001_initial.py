"""What residents say is wrong, and how it was answered."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    initial = True
    dependencies = [("infra", "0001_initial"), ("ledger", "0001_initial")]
    operations = [
        migrations.RunSQL(
            (SQL / "0001_disputes.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
