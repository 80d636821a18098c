"""Earning through an agency's own system, and draws."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("activities", "0001_initial")]
    operations = [
        migrations.RunSQL(
            (SQL / "0002_earning.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
