"""Whose a card was is never rewritten, by the database's own rule."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("cards", "0001_initial")]
    operations = [
        migrations.RunSQL(
            (SQL / "0005_two_times.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
