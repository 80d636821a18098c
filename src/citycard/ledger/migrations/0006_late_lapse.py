"""Lots that are filled each month lapse after their days of grace for late uploads."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_clearing")]
    operations = [
        migrations.RunSQL(
            (SQL / "0007_late_lapse.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
