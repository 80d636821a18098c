"""Generations of events only ever begin."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("infra", "0001_initial")]
    operations = [
        migrations.RunSQL(
            (SQL / "0004_generations.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
