"""Runs of the house's auditor."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("insight", "0001_initial")]
    operations = [
        migrations.RunSQL(
            (SQL / "0002_proof_runs.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
