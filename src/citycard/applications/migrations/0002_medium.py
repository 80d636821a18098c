"""The medium that an applicant chose."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("applications", "0001_initial")]
    operations = [
        migrations.RunSQL(
            (SQL / "0002_medium.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
