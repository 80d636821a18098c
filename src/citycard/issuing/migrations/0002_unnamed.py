"""Unnamed cards, once a person."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("issuing", "0001_initial")]
    operations = [
        migrations.RunSQL(
            (SQL / "0002_unnamed.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
