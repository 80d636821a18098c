"""Pseudonyms of cards on screens, and which codes were used."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    initial = True
    dependencies = [("cards", "0004_functions"), ("infra", "0001_initial")]
    operations = [
        migrations.RunSQL(
            (SQL / "0001_tokens.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
