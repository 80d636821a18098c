"""What each closed month came to, party by party."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_reversals")]
    operations = [
        migrations.RunSQL(
            (SQL / "0006_clearing.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
