"""Comings and goings, and who is told of them."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    initial = True
    dependencies = [("infra", "0001_initial"), ("people", "0005_guardians")]
    operations = [
        migrations.RunSQL(
            (SQL / "0001_attendance.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
