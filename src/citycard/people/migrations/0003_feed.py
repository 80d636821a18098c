"""What registers say by themselves: deliveries, changes that wait, and what each run did."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql" / "0003_feed.sql"


class Migration(migrations.Migration):
    dependencies = [("people", "0002_guards")]
    operations = [migrations.RunSQL(SQL.read_text(encoding="utf-8"), migrations.RunSQL.noop)]
