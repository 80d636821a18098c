"""Show holds to other contexts."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [
        migrations.RunSQL(
            (SQL / "0003_published_holds.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
