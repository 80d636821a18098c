"""Rights in two times, the days of the next look, and what other contexts may read of them."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    initial = True
    dependencies = [("infra", "0001_initial")]
    operations = [
        migrations.RunSQL(
            (SQL / "0001_rights.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
