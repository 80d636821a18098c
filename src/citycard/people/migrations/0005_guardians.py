"""Guardians of children."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("people", "0004_known")]
    operations = [
        migrations.RunSQL(
            (SQL / "0005_guardians.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
