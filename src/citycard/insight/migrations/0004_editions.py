"""Months as they went out."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("insight", "0003_answers")]
    operations = [
        migrations.RunSQL(
            (SQL / "0004_editions.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
