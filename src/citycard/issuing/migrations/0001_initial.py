"""Blank cards with their moves, prints, and names sent to the card company."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    initial = True
    dependencies = [("infra", "0001_initial")]
    operations = [
        migrations.RunSQL(
            (SQL / "0001_issuing.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
