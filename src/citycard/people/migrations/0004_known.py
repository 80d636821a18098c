"""What rules read of members, published for deciding many of them at once."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("people", "0003_feed")]
    operations = [
        migrations.RunSQL(
            (SQL / "0004_known.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
