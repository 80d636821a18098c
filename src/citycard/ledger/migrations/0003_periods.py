"""Booking months open and close; what comes late is booked in the next."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_published_holds")]
    operations = [
        migrations.RunSQL(
            (SQL / "0004_periods.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
