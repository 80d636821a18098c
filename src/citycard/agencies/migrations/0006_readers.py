"""Where devices stood and when, their epochs, and what the gate did not take of them."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql" / "0006_readers.sql"


class Migration(migrations.Migration):
    dependencies = [("agencies", "0005_mass_changes")]
    operations = [migrations.RunSQL(SQL.read_text(encoding="utf-8"), migrations.RunSQL.noop)]
