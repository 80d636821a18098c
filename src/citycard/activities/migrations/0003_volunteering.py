"""Volunteers' hours, signed in and out."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("activities", "0002_earning")]
    operations = [
        migrations.RunSQL(
            (SQL / "0003_volunteering.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
