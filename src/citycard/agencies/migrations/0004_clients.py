"""Agencies' own systems."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql" / "0004_clients.sql"


class Migration(migrations.Migration):
    dependencies = [("agencies", "0003_proposals")]
    operations = [migrations.RunSQL(SQL.read_text(encoding="utf-8"), migrations.RunSQL.noop)]
