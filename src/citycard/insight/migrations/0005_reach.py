"""How many people could use a service."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("insight", "0004_editions")]
    operations = [
        migrations.RunSQL(
            (SQL / "0005_reach.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
