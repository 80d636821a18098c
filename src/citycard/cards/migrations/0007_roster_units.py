"""Under which unit a community has somebody on its roster."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("cards", "0006_snapshots")]
    operations = [
        migrations.RunSQL(
            (SQL / "0010_roster_units.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
