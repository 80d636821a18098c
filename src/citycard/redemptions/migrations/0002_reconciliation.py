"""Lines of kiosks and card companies, and where the three do not agree."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("redemptions", "0001_initial")]
    operations = [
        migrations.RunSQL(
            (SQL / "0002_reconciliation.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
