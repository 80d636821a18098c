"""Mass changes that were held, released or undone, with the figures that people decided by."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql" / "0005_mass_changes.sql"


class Migration(migrations.Migration):
    dependencies = [("agencies", "0004_clients")]
    operations = [migrations.RunSQL(SQL.read_text(encoding="utf-8"), migrations.RunSQL.noop)]
