"""Monthly allowances: what was granted, what was used, and how far a month's granting is."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("entitlements", "0002_two_times")]
    operations = [
        migrations.RunSQL(
            (SQL / "0003_allowances.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
