"""Answers to the one question after a use."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("insight", "0002_proof_runs")]
    operations = [
        migrations.RunSQL(
            (SQL / "0003_answers.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
