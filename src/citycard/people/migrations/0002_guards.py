"""Constraints, search indexes and rights that Django's models cannot say."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql" / "0002_guards.sql"


class Migration(migrations.Migration):
    dependencies = [("infra", "0001_initial"), ("people", "0001_initial")]
    operations = [migrations.RunSQL(SQL.read_text(encoding="utf-8"), migrations.RunSQL.noop)]
