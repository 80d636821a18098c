"""A number's row says how its card stands and whose it is."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("cards", "0007_roster_units")]
    operations = [
        migrations.RunSQL(
            (SQL / "0011_standing.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
