"""Entries at venues, and each card's first day."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    initial = True
    dependencies = [("cards", "0004_functions"), ("infra", "0001_initial")]
    operations = [
        migrations.RunSQL(
            (SQL / "0001_entries.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
